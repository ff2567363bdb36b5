"""The side files of a set as an inspection takes them: what is wrong is told, the rest is used."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from keypointnet_tf.data import side_files
from keypointnet_tf.data.inspection_checks import Finding, Findings
from keypointnet_tf.data.manifest import MANIFEST_FILE, FileEntry
from keypointnet_tf.data.side_files import SPLITS, UNFINISHED
from keypointnet_tf.data.storage import Storage, record_names

Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class SideFiles:
    """What lies beside the records.

    Attributes:
      names: record files, without suffix.
      split_of: split of each of them.
      focal: of `projection.txt`, or None.
      meta: contents of `meta.json`, or {}.
      manifest: entries by record file, or {}.
      object_ids: object of each file where there is no manifest.
    """

    names: list[str]
    split_of: dict[str, str]
    focal: float | None
    meta: dict
    manifest: dict[str, FileEntry]
    object_ids: dict[str, str]

    def objects_in(self, name: str) -> list[str]:
        """Objects of a record file as the side files say."""
        if self.manifest:
            entry = self.manifest.get(name)
            return [object_id for object_id, _ in entry.objects] if entry else []
        return [self.object_ids[name]]


def read_side_files(storage: Storage, findings: Findings) -> SideFiles:
    """Reads them all; notes those that are damaged or disagree."""
    names = list(record_names(storage))

    def take(name: str, read: Callable[[Storage], Value], otherwise: Value) -> Value:
        if name in storage:
            findings.count("side_files")
        try:
            return read(storage)
        except ValueError as error:
            where = storage.locate(name)
            message = str(error).removeprefix(f"{where}: ")
            findings.add([Finding("side_files", where, message)])
            return otherwise

    manifest = take(MANIFEST_FILE, side_files.read_manifest, {})
    _compare_listing(storage, names, manifest, findings)
    meta = take("meta.json", side_files.read_meta, {})
    focal = take("projection.txt", side_files.read_focal, None)
    ids = {} if manifest else take("job.txt", lambda s: side_files.read_job(s, names), {})
    split_of = _splits(storage, names, take, findings)
    return SideFiles(names, split_of, focal, meta, manifest, ids or {n: n for n in names})


def _compare_listing(
    storage: Storage, names: list[str], manifest: dict[str, FileEntry], findings: Findings
) -> None:
    where, there = storage.locate(MANIFEST_FILE), set(names)
    findings.count("listed_files", len(manifest))
    findings.add(
        Finding("listed_files", where, f"record {name!r} is listed; expected {name}.tfrecord")
        for name in manifest
        if name not in there
    )
    findings.count("manifest_files", len(names) if manifest else 0)
    findings.add(
        Finding(
            "manifest_files",
            storage.locate(f"{name}.tfrecord"),
            f"is not in {MANIFEST_FILE}; expected every record file there: perhaps {UNFINISHED}",
        )
        for name in (names if manifest else ())
        if name not in manifest
    )


def _splits(
    storage: Storage, names: list[str], take: Callable, findings: Findings
) -> dict[str, str]:
    """Split of each file; notes names without a file, and files in dev and test."""
    split_of = dict.fromkeys(names, "train")
    for split in SPLITS:
        file = f"{split}.txt"
        for name in take(file, lambda s, split=split: side_files.read_list(s, split), []):
            findings.count("listed_files")
            if name not in split_of:
                text = f"record {name!r} is listed; expected {name}.tfrecord"
                findings.add([Finding("listed_files", storage.locate(file), text)])
            elif {split, split_of[name]} == {"dev", "test"}:
                text = f"record {name!r} is in dev.txt too; expected one split"
                findings.add([Finding("side_files", storage.locate(file), text)])
            else:
                split_of[name] = split
    return split_of
