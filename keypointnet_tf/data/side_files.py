"""What lies beside the records of a folder: split lists, projection, object ids, description."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

import numpy as np
from absl import logging

from keypointnet_tf.data.manifest import (
    MANIFEST_FILE,
    PARTIAL_FILE,
    FileEntry,
    parse_manifest,
)
from keypointnet_tf.data.storage import Storage

SPLITS = ("train", "dev", "test")

UNFINISHED = "rendering is unfinished: run the same render.py command again"


def read_meta(storage: Storage) -> dict:
    """Contents of `meta.json`, {} without that file.

    Raises:
      ValueError: no JSON object, or an unknown up axis.
    """
    where = storage.locate("meta.json")
    if "meta.json" not in storage:
        return {}
    try:
        meta = json.loads(storage.read_text("meta.json"))
    except ValueError as error:
        raise ValueError(f"{where}: {error}; expected a JSON object") from error
    if not isinstance(meta, dict) or meta.get("records_up", "z") not in ("y", "z"):
        raise ValueError(f"{where}: expected a JSON object with records_up 'y' or 'z'")
    return meta


def read_focal(storage: Storage) -> float | None:
    """Focal length of `projection.txt` in NDC units, None without that file.

    Raises:
      ValueError: not 4 x 4 numbers with one focal length above 0.
    """
    where = storage.locate("projection.txt")
    if "projection.txt" not in storage:
        return None
    try:
        values = np.array(storage.read_text("projection.txt").split(), float)
    except ValueError as error:
        raise ValueError(f"{where}: {error}; expected 4 x 4 numbers") from error
    if values.size != 16:
        raise ValueError(f"{where}: holds {values.size} numbers; expected 4 x 4")
    matrix = values.reshape(4, 4)
    focal = matrix[0, 0]
    if not np.isfinite(values).all() or focal <= 0 or abs(matrix[1, 1] - focal) > 1e-3 * focal:
        raise ValueError(
            f"{where}: diagonal starts {focal}, {matrix[1, 1]}; expected one focal length above 0"
        )
    return float(focal)


def read_list(storage: Storage, split: str) -> list[str]:
    """Record names of a split as they stand in its list, [] where there is none.

    Raises:
      ValueError: the list is not UTF-8.
    """
    return _lines(storage, f"{split}.txt")


def read_splits(storage: Storage, names: Sequence[str]) -> dict[str, str]:
    """Split of each record file; one that is in no list is training data.

    Raises:
      ValueError: a listed record is absent, or in both dev and test.
    """
    split_of = dict.fromkeys(names, "train")
    for split in SPLITS:
        for name in read_list(storage, split):
            where = storage.locate(f"{split}.txt")
            if name not in split_of:
                hint = f"; {UNFINISHED}" if "meta.json" in storage else ""
                raise ValueError(
                    f"{where}: record {name!r} is listed; expected {name}.tfrecord{hint}"
                )
            if {split, split_of[name]} == {"dev", "test"}:
                raise ValueError(f"{where}: record {name!r} is in dev.txt too; expected one split")
            split_of[name] = split
    return split_of


def read_manifest(storage: Storage) -> dict[str, FileEntry]:
    """Entries of `manifest.json` by record name, {} without that file.

    Raises:
      ValueError: it is malformed, or the rendering that writes it has not come to its end.
    """
    if MANIFEST_FILE not in storage and PARTIAL_FILE in storage:
        raise ValueError(
            f"{storage.locate(PARTIAL_FILE)} is there without {MANIFEST_FILE}; {UNFINISHED}"
        )
    if MANIFEST_FILE not in storage:
        return {}
    try:
        return parse_manifest(storage.read_text(MANIFEST_FILE))
    except ValueError as error:
        raise ValueError(f"{storage.locate(MANIFEST_FILE)}: {error}") from error


def check_listing(storage: Storage, names: Collection[str], manifest: dict[str, FileEntry]) -> None:
    """Raises ValueError when the manifest names other files than the folder holds."""
    where = storage.locate(MANIFEST_FILE)
    for name in manifest:
        if name not in names:
            raise ValueError(f"{where}: record {name!r} is listed; expected {name}.tfrecord")
    for name in names if manifest else ():
        if name not in manifest:
            raise ValueError(
                f"{storage.locate(name + '.tfrecord')} is not in {MANIFEST_FILE}; expected every "
                f"record file there: perhaps {UNFINISHED}"
            )


def read_job(storage: Storage, names: Sequence[str]) -> dict[str, str]:
    """Object id of each record file of a folder with one object per file: the lines of `job.txt`.

    Without as many lines as there are files, the ids are the record names.
    """
    lines = _lines(storage, "job.txt")
    if lines and len(lines) != len(names):
        logging.warning(
            "%s: %d lines for %d records; object ids are the record names",
            storage.locate("job.txt"),
            len(lines),
            len(names),
        )
        lines = []
    return dict(zip(names, lines or names, strict=True))


def _lines(storage: Storage, name: str) -> list[str]:
    return [line.strip() for line in storage.read_text(name).splitlines() if line.strip()]
