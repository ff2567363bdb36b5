"""Lists of ShapeNet models: ids that a user chooses, and splits as they are published.

A model goes by its id, or by `<synset>-<id>` (You et al., "KeypointNet: A Large-scale 3D Keypoint
Dataset Aggregated from Numerous Human Annotations", 2020); ids never hold the eight digits and the
hyphen that a synset begins with.
"""

from __future__ import annotations

import csv
import os
import pathlib
import re
from collections.abc import Iterable

# Names of splits in published lists, and ours.
SPLIT_NAMES = {"train": "train", "val": "dev", "dev": "dev", "test": "test"}
CSV_NAME = "all.csv"

_QUALIFIED = re.compile(r"(\d{8})-(.+)")


def parse_ids(text: str) -> list[str]:
    """Ids from a comma-separated list, or from a text file of one id per line.

    Empty lines and those that begin with `#` are passed over.

    Raises:
      ValueError: there is none.
    """
    lines = text.split(",")
    if len(lines) == 1 and os.path.isfile(text):
        lines = _read_lines(text)
    ids = [line.strip() for line in lines]
    ids = [name for name in ids if name and not name.startswith("#")]
    if not ids:
        raise ValueError(f"ids are {text!r}; expected model ids, or a file of one id per line")
    return ids


def ids_of_class(ids: Iterable[str], synset: str) -> list[str]:
    """Ids without their synset, each once, in order; those of other classes are left out."""
    found = {}
    for name in ids:
        match = _QUALIFIED.fullmatch(name)
        if match is None or match[1] == synset:
            found[match[2] if match else name] = None
    return list(found)


def read_splits(path: str | os.PathLike, synset: str) -> dict[str, str]:
    """The split, "train", "dev" or "test", of each model of a class that a list names.

    Args:
      path: ShapeNet's `all.csv`; or a folder that holds it, or `train.txt`, `val.txt` (or
        `dev.txt`) and `test.txt`, each of one id per line; or one such text file.
      synset: the class.

    Raises:
      ValueError: there is no such list, a column or split is unknown, a model is in two splits, or
        none of the class is named.
    """
    path = pathlib.Path(path)
    files = _split_files(path)
    found: dict[str, str] = {}
    for file in files:
        rows = _csv_rows(file, synset) if file.suffix == ".csv" else _text_rows(file, synset)
        for name, split in rows:
            if found.setdefault(name, split) != split:
                raise ValueError(
                    f"{file}: model {name!r} is in the splits {found[name]} and {split}; "
                    "expected one split for each"
                )
    if not found:
        raise ValueError(f"{path}: names no model of class {synset}; expected some")
    return found


def _split_files(path: pathlib.Path) -> list[pathlib.Path]:
    if path.is_dir():
        texts = [path / f"{name}.txt" for name in SPLIT_NAMES if (path / f"{name}.txt").is_file()]
        files = texts or [file for file in [path / CSV_NAME] if file.is_file()]
    else:
        known = path.suffix == ".csv" or (path.suffix == ".txt" and path.stem in SPLIT_NAMES)
        files = [path] if known and path.is_file() else []
    if not files:
        raise ValueError(
            f"{path}: no lists of splits; expected {CSV_NAME}, or train.txt, val.txt and test.txt"
        )
    return files


def _text_rows(file: pathlib.Path, synset: str) -> Iterable[tuple[str, str]]:
    lines = (line.strip() for line in _read_lines(file))
    return [(name, SPLIT_NAMES[file.stem]) for name in ids_of_class(filter(None, lines), synset)]


def _csv_rows(file: pathlib.Path, synset: str) -> Iterable[tuple[str, str]]:
    """Columns `synsetId`, `modelId` and `split`; tables made by a program lack the leading zero."""
    with open(file, newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text, skipinitialspace=True)
        columns = reader.fieldnames or []
        if not {"synsetId", "modelId", "split"} <= set(columns):
            raise ValueError(f"{file}: columns are {columns}; expected synsetId, modelId and split")
        for row in reader:
            if (row["synsetId"] or "").strip().zfill(8) != synset:
                continue
            split = (row["split"] or "").strip()
            if split not in SPLIT_NAMES:
                raise ValueError(
                    f"{file}: line {reader.line_num}: split is {split!r}; expected one of "
                    f"{', '.join(SPLIT_NAMES)}"
                )
            yield (row["modelId"] or "").strip(), SPLIT_NAMES[split]


def _read_lines(path: str | os.PathLike) -> list[str]:
    try:
        return pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: no text; expected one id per line") from error
