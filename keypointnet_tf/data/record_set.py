"""A folder of record files as published, with its splits, projection and up axis.

`NNNN.tfrecord` files of pairs; `train.txt`, `dev.txt`, `test.txt` with record names, one per line
(a record in neither dev nor test is training data); `projection.txt`, a 4 x 4 OpenGL projection;
optionally `job.txt`, model ids line by line in the order of the record names, and ours,
`meta.json`. Published records have an object frame with `y` up and front `+x`; ours is `z` up.
Pairs come out in ours.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator

import numpy as np
from absl import logging

from keypointnet_tf.data import records, schema
from keypointnet_tf.data.up_axis import find_up, turn_to_zup
from keypointnet_tf.rendering.pairs import ViewPair

SPLITS = ("train", "dev", "test")

_SAMPLED_FILES, _SAMPLED_RECORDS = 16, 4


@dataclasses.dataclass(frozen=True)
class Location:
    """Where one pair lies: its file, its number in it from 0 and its first byte."""

    path: pathlib.Path
    index: int
    offset: int


class RecordSet:
    """The pairs of a folder, in our object frame.

    Attributes:
      folder: the folder.
      size: side of all images in pixels.
      focal: focal length of `projection.txt`, or None without that file.
      records_up: "y" or "z", the up axis of the records' own object frame.
      meta: contents of `meta.json`, {} without that file.
    """

    def __init__(self, folder: str | os.PathLike, *, records_up: str = "auto"):
        """Looks at the folder; pairs are read when asked for.

        Args:
          folder: the folder.
          records_up: "y", "z", or "auto": as `meta.json` says, else as the cameras show.

        Raises:
          ValueError: not a folder of records, a malformed or inconsistent side file, a damaged
            first record, or an up axis that cannot be told.
        """
        self.folder = pathlib.Path(folder)
        if records_up not in ("auto", "y", "z"):
            raise ValueError(f"records_up is {records_up!r}; expected 'auto', 'y' or 'z'")
        self._paths = _record_paths(self.folder)
        self._split_of = _read_splits(self.folder, self._paths)
        self.focal = _read_focal(self.folder / "projection.txt")
        self.meta = _read_meta(self.folder / "meta.json")
        self._object_ids = _read_job(self.folder / "job.txt", list(self._paths))
        first = next(iter(self._paths.values()))
        self.size = next(self._encoded_in(first)).size
        self.records_up = records_up if records_up != "auto" else self._find_up()
        logging.info("%s: records have %s up", self.folder, self.records_up)

    @property
    def landmark_names(self) -> tuple[str, ...]:
        """Names of the landmarks, () where the set has none."""
        return tuple(self.meta.get("landmark_names") or ())

    def fingerprint(self) -> str:
        """Hash of what the set holds by its side files and record names, wherever it lies."""
        digest = hashlib.sha256(json.dumps(self.meta, sort_keys=True).encode())
        digest.update(json.dumps([self._split_of, self._object_ids, self.size]).encode())
        return digest.hexdigest()[:16]

    def names(self, split: str) -> tuple[str, ...]:
        """Record names of "train", "dev" or "test", in order."""
        if split not in SPLITS:
            raise ValueError(f"split is {split!r}; expected one of {SPLITS}")
        return tuple(name for name in self._paths if self._split_of[name] == split)

    def count(self, split: str) -> int:
        """Number of pairs of a split."""
        return len(self.locations(split))

    @functools.cache  # noqa: B019 - a set lives as long as the run
    def locations(self, split: str) -> tuple[Location, ...]:
        """Where the pairs of a split lie, from the frames of its files alone.

        Raises:
          ValueError: a file is empty or cut short; names it.
        """
        return tuple(
            Location(self._paths[name], index, int(offset))
            for name in self.names(split)
            for index, offset in enumerate(records.record_offsets(self._paths[name]))
        )

    def pairs(self, split: str) -> Iterator[ViewPair]:
        """Pairs of a split, file by file.

        Raises:
          ValueError: a record is damaged or differs in image size; names file, record, feature.
        """
        for name in self.names(split):
            path = self._paths[name]
            for index, encoded in enumerate(self._encoded_in(path)):
                encoded = self._checked(encoded, path, index)
                yield schema.decode_images(encoded, path=path, index=index)

    def encoded_pair(self, location: Location) -> schema.EncodedPair:
        """One pair with its images still PNG bytes; raises as `pairs` does."""
        path, index = location.path, location.index
        data = records.read_record_at(path, location.offset)
        features = records.decode_example(data, where=f"{path}: record {index}")
        encoded = schema.decode_fields(features, path=path, index=index, focal=self.focal)
        return self._checked(encoded, path, index)

    def _encoded_in(self, path: pathlib.Path) -> Iterator[schema.EncodedPair]:
        for index, features in enumerate(records.read_records(path)):
            yield schema.decode_fields(features, path=path, index=index, focal=self.focal)

    def _checked(
        self, encoded: schema.EncodedPair, path: pathlib.Path, index: int
    ) -> schema.EncodedPair:
        where = f"{path}: record {index}"
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
        return dataclasses.replace(
            encoded, object_id=encoded.object_id or self._object_ids[path.stem]
        )

    def _find_up(self) -> str:
        if self.meta.get("records_up"):
            return self.meta["records_up"]
        paths = list(self._paths.values())
        poses = []
        for path in paths[:: -(-len(paths) // _SAMPLED_FILES)]:
            for encoded, _ in zip(self._encoded_in(path), range(_SAMPLED_RECORDS), strict=False):
                poses += [encoded.object_to_camera0, encoded.object_to_camera1]
        return find_up(np.stack(poses), where=str(self.folder))


def _record_paths(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; expected one with .tfrecord files")
    paths = {path.stem: path for path in sorted(folder.glob("*.tfrecord"))}
    if not paths:
        found = sorted(path.name for path in folder.iterdir())[:5]
        raise ValueError(f"{folder} holds {found or 'nothing'}; expected .tfrecord files")
    return paths


def _read_splits(folder: pathlib.Path, paths: dict[str, pathlib.Path]) -> dict[str, str]:
    split_of = dict.fromkeys(paths, "train")
    for split in SPLITS:
        file = folder / f"{split}.txt"
        for name in _lines(file):
            if name not in paths:
                hint = (
                    "; rendering is unfinished: run the same render.py command again"
                    if (folder / "meta.json").is_file()
                    else ""
                )
                raise ValueError(
                    f"{file}: record {name!r} is listed; expected {name}.tfrecord{hint}"
                )
            if {split, split_of[name]} == {"dev", "test"}:
                raise ValueError(f"{file}: record {name!r} is in dev.txt too; expected one split")
            split_of[name] = split
    return split_of


def _lines(file: pathlib.Path) -> list[str]:
    if not file.is_file():
        return []
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]


def _read_focal(file: pathlib.Path) -> float | None:
    if not file.is_file():
        return None
    try:
        values = np.array(file.read_text().split(), float)
    except ValueError as error:
        raise ValueError(f"{file}: {error}; expected 4 x 4 numbers") from error
    if values.size != 16:
        raise ValueError(f"{file}: holds {values.size} numbers; expected 4 x 4")
    matrix = values.reshape(4, 4)
    focal = matrix[0, 0]
    if not np.isfinite(values).all() or focal <= 0 or abs(matrix[1, 1] - focal) > 1e-3 * focal:
        raise ValueError(
            f"{file}: diagonal starts {focal}, {matrix[1, 1]}; expected one focal length above 0"
        )
    return float(focal)


def _read_meta(file: pathlib.Path) -> dict:
    if not file.is_file():
        return {}
    try:
        meta = json.loads(file.read_text())
    except ValueError as error:
        raise ValueError(f"{file}: {error}; expected a JSON object") from error
    if not isinstance(meta, dict) or meta.get("records_up", "z") not in ("y", "z"):
        raise ValueError(f"{file}: expected a JSON object with records_up 'y' or 'z'")
    return meta


def _read_job(file: pathlib.Path, names: list[str]) -> dict[str, str]:
    lines = _lines(file)
    if len(lines) == len(names):
        return dict(zip(names, lines, strict=True))
    if lines:
        logging.warning(
            "%s: %d lines for %d records; object ids are the record names",
            file,
            len(lines),
            len(names),
        )
    return {name: name for name in names}
