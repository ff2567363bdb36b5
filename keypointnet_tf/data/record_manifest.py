"""`manifest.json` as readers take it: which objects each record file holds, in which order.

{"format": 1, "files": [{"name": "0000", "bytes": 12345, "sha256": "<hex>",
                         "objects": [["plane_0_000000", 20]]}, ...]}
"""

from __future__ import annotations

import dataclasses
import json
import re

MANIFEST_FILE = "manifest.json"
PARTIAL_FILE = "manifest.partial.json"
FORMAT = 1

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


def parse_manifest(text: str, *, where: str) -> dict[str, FileEntry]:
    """Entries by file name.

    Raises:
      ValueError: no manifest of this format; names `where`, the entry and the field.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}; expected a JSON object") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        found = content.get("format") if isinstance(content, dict) else type(content).__name__
        raise ValueError(f"{where}: format is {found!r}; expected {FORMAT}")
    if not isinstance(content.get("files"), list):
        raise ValueError(f"{where}: 'files' is missing; expected a list of record files")
    entries: dict[str, FileEntry] = {}
    for number, item in enumerate(content["files"]):
        entry = _entry(item, f"{where}: file {number}")
        if entry.name in entries:
            raise ValueError(f"{where}: file {entry.name!r} is listed twice; expected once")
        entries[entry.name] = entry
    return entries


def _entry(item: object, where: str) -> FileEntry:
    item = item if isinstance(item, dict) else {}
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
