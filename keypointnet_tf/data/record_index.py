"""Where each pair of a split lies, in a few bytes per pair.

Pairs are numbered file by file. With a manifest their numbers are known at once and the offsets of
a file are found when one of its pairs is first asked for; without one, every file's frames are
walked on several threads. Letters: N pairs, F files, O objects.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.in_order import map_in_order
from keypointnet_tf.data.manifest import MANIFEST_FILE, FileEntry
from keypointnet_tf.data.record_frames import frame_offsets
from keypointnet_tf.data.storage import Storage

# Waiting for a server is what takes the time there, so there are more threads than cores.
REMOTE_WORKERS = 16

# Files in the system's cache are walked fastest by one thread, as the frames are parsed under the
# interpreter's lock: some files are timed before threads are started.
_TIMED_FILES, _SLOW_SECONDS_PER_RECORD = 16, 30e-6
_LOCKS = 64
_BAR_DELAY_SECONDS = 1.0


@dataclasses.dataclass(frozen=True)
class Location:
    """Where one pair lies, and what it shows.

    Attributes:
      name: its record file, without suffix.
      index: its number in it, from 0.
      offset: its first byte there.
      length: its bytes, framing included.
      object_id: its object, as the manifest, `job.txt` or the file's name say.
    """

    name: str
    index: int
    offset: int
    length: int
    object_id: str


@dataclasses.dataclass(frozen=True)
class _Files:
    """Record files and what is known of them.

    Attributes:
      sizes: `[F]` int64 bytes.
      objects: `(object_id, pairs)` of the objects of each file.
      offsets: `[N]` int64 first bytes of the pairs, -1 where not yet found.
    """

    sizes: np.ndarray
    objects: list[tuple[tuple[str, int], ...]]
    offsets: np.ndarray


class SplitIndex:
    """The pairs of some record files, numbered in the order of the files.

    Args:
      storage: the folder.
      names: F record files.
      manifest: entries of all of them, or {}.
      object_ids: object of each file, where there is no manifest.
      progress: whether to show a bar while files are walked, if that takes a second or more.

    Raises:
      ValueError: a file is empty or cut short, or is not of the manifest's size; names it.
    """

    def __init__(
        self,
        storage: Storage,
        names: Sequence[str],
        *,
        manifest: Mapping[str, FileEntry],
        object_ids: Mapping[str, str],
        progress: bool = True,
    ):
        self._storage, self._names, self._progress = storage, tuple(names), progress
        files = self._from_manifest(manifest) if manifest else self._walked(object_ids)
        self._sizes, self._offsets = files.sizes, files.offsets
        self._first = _starts(sum(n for _, n in items) for items in files.objects)
        self._object_ids = [object_id for items in files.objects for object_id, _ in items]
        self._object_first = _starts(n for items in files.objects for _, n in items)
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def __len__(self) -> int:
        """N."""
        return len(self._offsets)

    def location(self, pair: int) -> Location:
        """Where a pair lies; safe to call from several threads.

        Raises:
          IndexError: no such pair.
          ValueError: the pair's file is damaged, or holds another number of records than the
            manifest says.
        """
        if not 0 <= pair < len(self):
            raise IndexError(f"pair is {pair}; expected 0 to {len(self) - 1}")
        file = int(np.searchsorted(self._first, pair, side="right")) - 1
        low, high = int(self._first[file]), int(self._first[file + 1])
        if self._offsets[pair : min(pair + 2, high)].min() < 0:
            self._find_offsets(file)
        offset = int(self._offsets[pair])
        end = int(self._offsets[pair + 1] if pair + 1 < high else self._sizes[file])
        number = int(np.searchsorted(self._object_first, pair, side="right")) - 1
        return Location(
            self._names[file], pair - low, offset, end - offset, self._object_ids[number]
        )

    def first_pairs(self, objects: int | None = None, pairs: int | None = None) -> np.ndarray:
        """Numbers of the first `pairs` pairs of each of the first `objects` objects, in order.

        An object whose pairs lie in several places is one object all the same. None: all.
        """
        taken: dict[str, int] = {}
        parts = [np.zeros(0, np.int64)]
        bounds = zip(self._object_first[:-1], self._object_first[1:], strict=True)
        for object_id, (low, high) in zip(self._object_ids, bounds, strict=True):
            if object_id not in taken and objects is not None and len(taken) >= objects:
                continue
            before = taken.get(object_id, 0)
            count = high - low if pairs is None else min(high - low, max(0, pairs - before))
            taken[object_id] = before + int(count)
            parts.append(np.arange(low, low + count))
        return np.concatenate(parts)

    def _from_manifest(self, manifest: Mapping[str, FileEntry]) -> _Files:
        """Sizes are compared at once, which finds files that are cut short."""
        workers = 1 if self._storage.is_local else REMOTE_WORKERS
        files = [f"{name}.tfrecord" for name in self._names]
        found = self._bar(map_in_order(self._storage.size, files, workers=workers))
        entries = [manifest[name] for name in self._names]
        for entry, file, size in zip(entries, files, found, strict=True):
            if size != entry.bytes:
                raise ValueError(
                    f"{self._storage.locate(file)}: has {size} bytes; expected {entry.bytes} as in "
                    f"{MANIFEST_FILE}"
                )
        sizes = np.array([entry.bytes for entry in entries], np.int64)
        unknown = np.full(sum(entry.pairs for entry in entries), -1, np.int64)
        return _Files(sizes, [entry.objects for entry in entries], unknown)

    def _walked(self, object_ids: Mapping[str, str]) -> _Files:
        parts, sizes, objects = [np.zeros(0, np.int64)], [], []
        for name, (offsets, size) in zip(self._names, self._bar(self._walk_all()), strict=True):
            parts.append(offsets)
            sizes.append(size)
            objects.append(((object_ids[name], len(offsets)),))
        return _Files(np.array(sizes, np.int64), objects, np.concatenate(parts))

    def _walk_all(self) -> Iterator[tuple[np.ndarray, int]]:
        """`_walk` of each file, in order."""
        timed = self._names[:_TIMED_FILES] if self._storage.is_local else ()
        start, records = time.perf_counter(), 0
        for name in timed:
            found = self._walk(name)
            records += len(found[0])
            yield found
        slow = time.perf_counter() - start > records * _SLOW_SECONDS_PER_RECORD
        rest = self._names[len(timed) :]
        yield from map_in_order(self._walk, rest, workers=REMOTE_WORKERS if slow else 1)

    def _walk(self, name: str) -> tuple[np.ndarray, int]:
        """`[n]` offsets of the records of a file, and its size."""
        file = f"{name}.tfrecord"
        size = self._storage.size(file)
        with self._storage.ranges(file) as read_at:
            return frame_offsets(read_at, size, where=self._storage.locate(file)), size

    def _find_offsets(self, file: int) -> None:
        low, high = self._first[file : file + 2]
        with self._locks[file % _LOCKS]:
            if self._offsets[low:high].min() >= 0:
                return
            offsets, _ = self._walk(self._names[file])
            if len(offsets) != high - low:
                raise ValueError(
                    f"{self._storage.locate(self._names[file] + '.tfrecord')}: holds "
                    f"{len(offsets)} records; expected {high - low} as in {MANIFEST_FILE}"
                )
            self._offsets[low:high] = offsets

    def _bar(self, items: Iterable) -> Iterable:
        return tqdm(
            items,
            total=len(self._names),
            desc="find records",
            unit="file",
            delay=_BAR_DELAY_SECONDS,
            disable=not self._progress,
        )


def _starts(counts: Iterable[int]) -> np.ndarray:
    """`[n + 1]` int64: where each of n consecutive groups begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.fromiter(counts, np.int64))]).astype(np.int64)
