"""Which objects of a rendering job are done and where their records lie.

The ledger plans what is left when a job is continued, remembers each object as it is finished, and
leaves the folder in its final shape: shards where they are asked for, split lists, manifest.
"""

from __future__ import annotations

import pathlib
import time
from collections.abc import Iterable

from tqdm import tqdm

from keypointnet_tf.atomic_file import remove_leftovers
from keypointnet_tf.data.manifest import (
    MANIFEST_FILE,
    PARTIAL_FILE,
    FileEntry,
    describe_file,
    read_manifest,
    write_manifest,
)
from keypointnet_tf.data.render_folder import Failure, write_failures, write_lists
from keypointnet_tf.data.render_object import record_path
from keypointnet_tf.data.shards import pack
from keypointnet_tf.rendering.job import SPLITS, ObjectTask, RenderJob, assign_splits

PARTS_FOLDER = "parts"
SAVE_SECONDS = 30.0


class Ledger:
    """The state of a job's folder.

    Args:
      job: the job.
      folder: prepared, and locked by this process.
      tasks: the job's objects.
      progress: whether to show a bar where records must be read for their checksums.

    Attributes:
      tasks: as given.
      records: where workers write the record files of single objects.

    Raises:
      ValueError: the folder's manifest is damaged.
    """

    def __init__(
        self, job: RenderJob, folder: pathlib.Path, tasks: list[ObjectTask], *, progress: bool
    ) -> None:
        self.tasks, self._job, self._folder = tasks, job, folder
        self.records = folder / PARTS_FOLDER if job.shard_mb else folder
        self._saved = time.monotonic()
        known = read_manifest(folder / MANIFEST_FILE) | read_manifest(folder / PARTIAL_FILE)
        self._shards = {n: e for n, e in known.items() if job.shard_mb and self._is_shard(e)}
        self._sharded = {name for e in self._shards.values() for name, _ in e.objects}
        self._remove_needless()
        self._entries = self._found(known, progress)

    def missing(self) -> list[ObjectTask]:
        """The objects that are still to be rendered."""
        return [
            task
            for task in self.tasks
            if task.record not in self._entries and task.object_id not in self._sharded
        ]

    def add(self, task: ObjectTask, entry: FileEntry) -> None:
        """Remembers a finished object; now and then on disk, too."""
        self._entries[task.record] = entry
        if time.monotonic() - self._saved > SAVE_SECONDS:
            self._save()

    def finish(self, failures: list[Failure]) -> None:
        """Packs shards where they are asked for, and writes split lists, failures and manifest."""
        splits = assign_splits(self._job, [task.record for task in self.tasks])
        if self._job.shard_mb:
            self._pack(splits)
            splits = {
                split: sorted(name for name in self._shards if name.startswith(f"{split}-"))
                for split in SPLITS
            }
        failed = {failure.record for failure in failures}
        lists = {
            split: [name for name in names if name not in failed] for split, names in splits.items()
        }
        write_lists(self._folder, lists)
        write_failures(self._folder, failures)
        write_manifest(self._folder / MANIFEST_FILE, self._files())
        (self._folder / PARTIAL_FILE).unlink(missing_ok=True)

    def _files(self) -> Iterable[FileEntry]:
        return (self._shards or self._entries).values()

    def _save(self) -> None:
        everything = [*self._shards.values(), *self._entries.values()]
        write_manifest(self._folder / PARTIAL_FILE, everything)
        self._saved = time.monotonic()

    def _pack(self, splits: dict[str, list[str]]) -> None:
        for split, names in splits.items():
            pack(
                self._folder,
                self.records,
                split=split,
                parts=[self._entries[name] for name in names if name in self._entries],
                shard_mb=self._job.shard_mb,
                taken=list(self._shards),
                on_shard=self._add_shard,
            )
        self.records.rmdir()

    def _add_shard(self, shard: FileEntry) -> None:
        self._shards[shard.name] = shard
        self._save()

    def _is_shard(self, entry: FileEntry) -> bool:
        path = self._folder / f"{entry.name}.tfrecord"
        return path.is_file() and path.stat().st_size == entry.bytes

    def _remove_needless(self) -> None:
        """What a killed run has left: unfinished files, and parts that are in a shard already."""
        self.records.mkdir(exist_ok=True)
        for folder in {self._folder, self.records}:
            remove_leftovers(folder)
        for task in self.tasks if self._sharded else ():
            if task.object_id in self._sharded:
                record_path(self.records, task).unlink(missing_ok=True)

    def _found(self, known: dict[str, FileEntry], progress: bool) -> dict[str, FileEntry]:
        """Entries of the record files that are there, by record name."""
        found = {}
        there = {path.stem: path for path in self.records.glob("*.tfrecord")}
        tasks = [task for task in self.tasks if task.record in there]
        quick = len(tasks) < 100 or not progress
        for task in tqdm(tasks, desc="checksums", unit="file", disable=quick):
            path, entry = there[task.record], known.get(task.record)
            if entry is None or entry.bytes != path.stat().st_size:
                entry = describe_file(path, [(task.object_id, self._job.pairs)])
            found[task.record] = entry
        return found
