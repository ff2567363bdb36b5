"""A folder of record files as published, with its splits, projection and up axis.

`NNNN.tfrecord` files of pairs; `train.txt`, `dev.txt`, `test.txt` with record names, one per line
(a record in neither dev nor test is training data); `projection.txt`, a 4 x 4 OpenGL projection;
optionally `job.txt`, model ids line by line in the order of the record names, and ours,
`meta.json` and `manifest.json`. With a manifest a file may hold several objects, without one it
holds one. The folder may be local, inside a zip, or behind a URL. Published records have an object
frame with `y` up and front `+x`; ours is `z` up. Pairs come out in ours.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator

from absl import logging

from keypointnet_tf.data import schema, side_files
from keypointnet_tf.data.encoded_records import encoded_pairs, find_set_up
from keypointnet_tf.data.in_order import map_in_order, open_in_order
from keypointnet_tf.data.record_frames import frame_data
from keypointnet_tf.data.record_index import REMOTE_WORKERS, Location, SplitIndex
from keypointnet_tf.data.records import decode_example
from keypointnet_tf.data.side_files import SPLITS
from keypointnet_tf.data.storage import CACHE_BYTES, Storage, open_storage, record_names
from keypointnet_tf.data.up_axis import turn_to_zup
from keypointnet_tf.rendering.pairs import ViewPair


class RecordSet:
    """The pairs of a folder, in our object frame.

    Attributes:
      folder: where the set lies in full, a path or a URL.
      storage: the folder's files.
      size: side of all images in pixels.
      focal: focal length of `projection.txt`, or None without that file.
      records_up: "y" or "z", the up axis of the records' own object frame.
      up_source: how that is known: "as given", "meta.json" or "cameras".
      meta: contents of `meta.json`, {} without that file.
      manifest: entries of `manifest.json` by record name, {} without that file.
    """

    def __init__(
        self,
        folder: str | os.PathLike | Storage,
        *,
        records_up: str = "auto",
        cache_dir: str | os.PathLike | None = None,
        cache_bytes: int = CACHE_BYTES,
        progress: bool = True,
    ):
        """Looks at the folder; pairs are read when asked for.

        Args:
          folder: a local folder, a zip of one, or an fsspec URL of either, see `open_storage`.
          records_up: "y", "z", or "auto": as `meta.json` says, else as the cameras show.
          cache_dir: folder for copies of remote files; None reads from the server each time.
          cache_bytes: most bytes of decompressed zip members that are kept in memory.
          progress: whether to show a bar while records are found, if that takes a second or more.

        Raises:
          ValueError: not a folder of records, a malformed or inconsistent side file, a damaged
            first record, or an up axis that cannot be told.
        """
        if records_up not in ("auto", "y", "z"):
            raise ValueError(f"records_up is {records_up!r}; expected 'auto', 'y' or 'z'")
        if not isinstance(folder, Storage):
            folder = open_storage(folder, cache_dir=cache_dir, cache_bytes=cache_bytes)
        self.storage, self.folder, self._progress = folder, folder.location, progress
        self._names = _some_names(self.storage)
        self._split_of = side_files.read_splits(self.storage, self._names)
        self.focal = side_files.read_focal(self.storage)
        self.meta = side_files.read_meta(self.storage)
        self.manifest = side_files.read_manifest(self.storage)
        side_files.check_listing(self.storage, self._names, self.manifest)
        self._object_ids = {} if self.manifest else side_files.read_job(self.storage, self._names)
        self.size = next(encoded_pairs(self.storage, self._names[0], self.focal)).size
        self.records_up, self.up_source = find_set_up(
            self.storage, self._names, self.meta, self.focal, records_up=records_up
        )
        logging.info("%s: records have %s up", self.folder, self.records_up)

    @property
    def landmark_names(self) -> tuple[str, ...]:
        """Names of the landmarks, () where the set has none."""
        return tuple(self.meta.get("landmark_names") or ())

    def fingerprint(self) -> str:
        """Hash of what the set holds by its side files and record names, wherever it lies."""
        objects = self._object_ids or {
            name: entry.objects[0][0] if len(entry.objects) == 1 else entry.objects
            for name, entry in sorted(self.manifest.items())
        }
        digest = hashlib.sha256(json.dumps(self.meta, sort_keys=True).encode())
        digest.update(json.dumps([self._split_of, objects, self.size]).encode())
        return digest.hexdigest()[:16]

    def names(self, split: str) -> tuple[str, ...]:
        """Record names of "train", "dev" or "test", in order."""
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; expected one of {SPLITS}")
        return tuple(name for name in self._names if self._split_of[name] == split)

    def count(self, split: str) -> int:
        """Number of pairs of a split."""
        return len(self.index(split))

    @functools.cache  # noqa: B019 - a set lives as long as the run
    def index(self, split: str) -> SplitIndex:
        """Where the pairs of a split lie.

        Raises:
          ValueError: a file is empty or cut short; names it.
        """
        return SplitIndex(
            self.storage,
            self.names(split),
            manifest=self.manifest,
            object_ids=self._object_ids,
            progress=self._progress,
        )

    def pairs(self, split: str, indices: Iterable[int] | None = None) -> Iterator[ViewPair]:
        """Pairs of a split: those with some numbers in its index, or by default all.

        Raises:
          ValueError: a record is damaged or differs in image size; names file, record, feature.
        """
        if indices is None:
            yield from self._sweep(self.names(split))
            return
        index = self.index(split)
        workers = 1 if self.storage.is_local else REMOTE_WORKERS
        locations = (index.location(int(number)) for number in indices)
        yield from map_in_order(self.pair, locations, workers=workers)

    def _sweep(self, names: Iterable[str]) -> Iterator[ViewPair]:
        """All pairs file by file, which takes fewer requests than one by one."""
        names = list(names)
        streams = open_in_order(self.storage, [f"{name}.tfrecord" for name in names])
        for name, stream in zip(names, streams, strict=True):
            path, ids = self.storage.locate(f"{name}.tfrecord"), self._ids_in(name)
            count = 0
            with stream:
                for encoded in encoded_pairs(self.storage, name, self.focal, stream=stream):
                    encoded = self._checked(encoded, next(ids, ""), f"{path}: record {count}")
                    yield schema.decode_images(encoded, path=path, index=count)
                    count += 1
            if self.manifest and count != self.manifest[name].pairs:
                raise ValueError(
                    f"{path}: holds {count} records; expected {self.manifest[name].pairs} as in "
                    "manifest.json"
                )

    def _ids_in(self, name: str) -> Iterator[str]:
        """The object of each record of a file, endless where there is no manifest."""
        if not self.manifest:
            return itertools.repeat(self._object_ids[name])
        repeated = (itertools.repeat(*item) for item in self.manifest[name].objects)
        return itertools.chain.from_iterable(repeated)

    def pair(self, location: Location) -> ViewPair:
        """One pair with its pixels; raises as `pairs` does."""
        encoded = self.encoded_pair(location)
        path = self.storage.locate(f"{location.name}.tfrecord")
        return schema.decode_images(encoded, path=path, index=location.index)

    def encoded_pair(self, location: Location) -> schema.EncodedPair:
        """One pair with its images still PNG bytes; raises as `pairs` does."""
        file = f"{location.name}.tfrecord"
        path = self.storage.locate(file)
        where = f"{path}: record {location.index}"
        frame = self.storage.read_range(file, location.offset, location.length)
        features = decode_example(frame_data(frame, where=where), where=where)
        encoded = schema.decode_fields(features, path=path, index=location.index, focal=self.focal)
        return self._checked(encoded, location.object_id, where)

    def _checked(
        self, encoded: schema.EncodedPair, object_id: str, where: str
    ) -> schema.EncodedPair:
        if encoded.size != self.size:
            raise ValueError(
                f"{where}: feature 'img0' is {encoded.size} pixels wide; "
                f"expected {self.size} as the set's first record"
            )
        names, landmarks = self.landmark_names, encoded.landmarks
        if names and landmarks is not None and len(landmarks) != len(names):
            raise ValueError(
                f"{where}: feature 'landmarks' holds {len(landmarks)} points; "
                f"expected {len(names)} as in meta.json"
            )
        encoded = encoded if self.records_up == "z" else turn_to_zup(encoded)
        return dataclasses.replace(encoded, object_id=encoded.object_id or object_id)


def _some_names(storage: Storage) -> list[str]:
    names = list(record_names(storage))
    if not names:
        found = storage.names()[:5]
        raise ValueError(f"{storage.location} holds {found or 'nothing'}; expected .tfrecord files")
    return names
