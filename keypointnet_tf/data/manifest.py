"""What each record file of a folder holds, with its checksum: `manifest.json`.

    {"format": 1, "files": [{"name": "0000", "bytes": 48210, "sha256": "9f2c...",
                             "objects": [["plane_0_000000", 20]]}, ...]}

`objects` names the objects whose pairs lie in the file and how many each has, in their order in the
file. While a job runs, `manifest.partial.json` keeps what is known so far, so that a job that is
continued need not read its records again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import re
from collections.abc import Iterable

from keypointnet_tf.atomic_file import write_atomic

MANIFEST_FILE = "manifest.json"
PARTIAL_FILE = "manifest.partial.json"
FORMAT = 1

_CHUNK = 1 << 20
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclasses.dataclass(frozen=True)
class FileEntry:
    """One record file.

    Attributes:
      name: file name without suffix, as in the split lists.
      bytes: its size.
      sha256: hexadecimal checksum of the whole file.
      objects: `(object_id, pairs)` of each object in it, in order.
    """

    name: str
    bytes: int
    sha256: str
    objects: tuple[tuple[str, int], ...]

    @property
    def pairs(self) -> int:
        """Records in the file."""
        return sum(pairs for _, pairs in self.objects)


def describe_file(path: str | os.PathLike, objects: Iterable[tuple[str, int]]) -> FileEntry:
    """The entry of a record file, read for its checksum."""
    path, digest = pathlib.Path(path), hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        size = file.tell()
    return FileEntry(path.stem, size, digest.hexdigest(), tuple(objects))


def write_manifest(path: str | os.PathLike, entries: Iterable[FileEntry]) -> None:
    """Writes the entries in the order of their names, a line each."""
    lines = [json.dumps(dataclasses.asdict(e)) for e in sorted(entries, key=lambda e: e.name)]
    text = f'{{"format": {FORMAT}, "files": [\n' + ",\n".join(lines) + "\n]}\n"
    write_atomic(path, text.encode())


def read_manifest(path: str | os.PathLike) -> dict[str, FileEntry]:
    """Entries by file name, {} where there is no manifest.

    Raises:
      ValueError: the file is no manifest of this format; names it.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        return {}
    try:
        return parse_manifest(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def parse_manifest(content: bytes | str) -> dict[str, FileEntry]:
    """Entries by file name.

    Raises:
      ValueError: no manifest of this format; names the entry and the field.
    """
    data = json.loads(content)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"format is {found!r}; expected {FORMAT}")
    if not isinstance(data.get("files"), list):
        raise ValueError("'files' is missing; expected a list of record files")
    entries: dict[str, FileEntry] = {}
    for number, item in enumerate(data["files"]):
        entry = _entry(item if isinstance(item, dict) else {}, f"file {number}")
        if entry.name in entries:
            raise ValueError(f"file {entry.name!r} is listed twice; expected once")
        entries[entry.name] = entry
    return entries


def _entry(item: dict, where: str) -> FileEntry:
    name, size, sha256 = (item.get(field) for field in ("name", "bytes", "sha256"))
    if not isinstance(name, str) or not name:
        raise ValueError(f"{where}: 'name' is {name!r}; expected a file name without suffix")
    where = f"{where} ({name})"
    if not _is_count(size):
        raise ValueError(f"{where}: 'bytes' is {size!r}; expected a whole number from 1")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ValueError(f"{where}: 'sha256' is {sha256!r}; expected 64 hexadecimal digits")
    return FileEntry(name, size, sha256, _objects(item.get("objects"), where))


def _objects(items: object, where: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(items, list) or not items:
        raise ValueError(f"{where}: 'objects' is {items!r}; expected pairs of id and number")
    for item in items:
        good = isinstance(item, list) and len(item) == 2
        if not good or not isinstance(item[0], str) or not _is_count(item[1]):
            raise ValueError(
                f"{where}: 'objects' holds {item!r}; expected an id and its number of pairs"
            )
    return tuple((object_id, pairs) for object_id, pairs in items)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
