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
from collections.abc import Iterable

from keypointnet_tf.atomic_file import write_atomic

MANIFEST_FILE = "manifest.json"
PARTIAL_FILE = "manifest.partial.json"
FORMAT = 1

_CHUNK = 1 << 20


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


def parse_manifest(content: bytes) -> dict[str, FileEntry]:
    """Entries by file name.

    Raises:
      ValueError: the bytes are no manifest of this format.
    """
    try:
        data = json.loads(content)
        if data["format"] != FORMAT:
            raise ValueError(f"format is {data['format']!r}; expected {FORMAT}")
        return {entry["name"]: _entry(**entry) for entry in data["files"]}
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"not a manifest ({type(error).__name__}: {error}); expected format {FORMAT}"
        ) from error


def _entry(name: str, bytes: int, sha256: str, objects: list) -> FileEntry:
    pairs = tuple((str(object_id), int(count)) for object_id, count in objects)
    return FileEntry(str(name), int(bytes), str(sha256), pairs)
