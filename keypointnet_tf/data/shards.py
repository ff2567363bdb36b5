"""Packs finished record files of single objects into larger ones, split by split.

Record files may be joined end to end. Shards of a split are filled in the order of the objects, so
that the same job gives the same shards. Each shard is complete before its parts are removed, and
the manifest names it before that, so that a packing that is killed goes on where it was.
"""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable, Iterable, Iterator

from keypointnet_tf.atomic_file import atomic_file
from keypointnet_tf.data.manifest import FileEntry, describe_file

MEBIBYTE = 2**20


def pack(
    folder: pathlib.Path,
    parts_folder: pathlib.Path,
    *,
    split: str,
    parts: Iterable[FileEntry],
    shard_mb: float,
    taken: Iterable[str],
    on_shard: Callable[[FileEntry], None],
) -> None:
    """Joins the record files of one split into `<split>-00000.tfrecord` and so on.

    Args:
      folder: of the shards.
      parts_folder: of the parts; parts are removed when their shard is complete.
      split: name of the split.
      parts: the parts' entries, in order.
      shard_mb: a shard takes no further part that would make it larger, in MiB.
      taken: names of the files that are there already; new shards are numbered after them.
      on_shard: called with each complete shard, to remember it, before its parts are removed.
    """
    first = sum(name.startswith(f"{split}-") for name in taken)
    for number, group in enumerate(groups(parts, shard_mb * MEBIBYTE), start=first):
        sources = [parts_folder / f"{part.name}.tfrecord" for part in group]
        objects = [item for part in group for item in part.objects]
        on_shard(_joined(folder / f"{split}-{number:05d}.tfrecord", sources, objects))
        for source in sources:
            source.unlink()


def groups(parts: Iterable[FileEntry], limit: float) -> Iterator[list[FileEntry]]:
    """Consecutive parts whose sizes add up to at most `limit` bytes, at least one each."""
    group, size = [], 0
    for part in parts:
        if group and size + part.bytes > limit:
            yield group
            group, size = [], 0
        group.append(part)
        size += part.bytes
    if group:
        yield group


def _joined(
    path: pathlib.Path, sources: list[pathlib.Path], objects: list[tuple[str, int]]
) -> FileEntry:
    with atomic_file(path) as target:
        for source in sources:
            with open(source, "rb") as file:
                shutil.copyfileobj(file, target)
    return describe_file(path, objects)
