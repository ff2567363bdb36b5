"""What a mesh file may hold: checked on its bytes, before a parser trusts what it declares.

Parsers reserve memory for as many vertices as a header claims, and take whatever a file is named
for what it is. Reasons are given without the file's name, which the caller adds.
"""

from __future__ import annotations

import os
import re
import stat

MAX_FILE_BYTES = 1 << 30
MAX_IMAGE_BYTES = 1 << 28
MAX_LIBRARY_BYTES = 1 << 26
MAX_FACES = 5_000_000
# Meshes placed in a scene, counted as often as they are placed, and nodes above one another.
MAX_PLACEMENTS = 100_000
MAX_DEPTH = 256

_STL_HEADER, _STL_FACE = 84, 50
_SIGNATURES = {
    b"glTF": "a GLB file",
    b"ply\n": "a PLY file",
    b"ply\r": "a PLY file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "gzip data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"\x7fELF": "a program",
}
_HEADS = {"glb": b"glTF", "ply": b"ply"}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BINARY = getattr(os, "O_BINARY", 0)


def read_file(path: str | os.PathLike, limit: int = MAX_FILE_BYTES) -> bytes:
    """The content of a regular file; a pipe or device is not opened, so that nothing hangs.

    Raises:
      OSError: it cannot be opened.
      ValueError: it is no regular file, or larger than `limit` bytes.
    """
    _check_file(os.stat(path), limit)
    # Should a pipe take the file's place meanwhile, opening it must not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    with open(descriptor, "rb") as file:
        _check_file(os.fstat(descriptor), limit)
        data = file.read(limit + 1)
    check_count("bytes", len(data), limit)
    return data


def _check_file(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("not a regular file")
    check_count("bytes", status.st_size, limit)


def check_count(what: str, count: int, limit: int) -> None:
    """Refuses more than `limit` of something.

    Raises:
      ValueError: it is more.
    """
    if count > limit:
        raise ValueError(f"{count:,} {what}; at most {limit:,} are read")


def check_declared(what: str, count: int, least_bytes: int, available: int) -> None:
    """Refuses a declared number of elements, of `least_bytes` each, that the file cannot hold.

    Raises:
      ValueError: it is negative, or they need more than the `available` bytes.
    """
    if count < 0 or count * least_bytes > available:
        raise ValueError(f"declares {count:,} {what}, but has {available:,} bytes for them")


def check_kind(data: bytes, kind: str) -> None:
    """Refuses data of another kind than the file's suffix (without dot) says.

    Raises:
      ValueError: the data is empty, of another known kind, or binary where text belongs.
    """
    if not data:
        raise ValueError("empty file")
    head = _HEADS.get(kind)
    if head and data.startswith(head) or kind == "stl" and _is_binary_stl(data):
        return
    found = next((what for start, what in _SIGNATURES.items() if data.startswith(start)), None)
    if found or head:
        raise ValueError(f"holds {found or 'something else'}")
    if kind in ("obj", "off", "gltf") and b"\0" in data[:4096] and data[:2] not in _UTF16:
        raise ValueError("holds binary data where text belongs")


def decoded(data: bytes) -> str:
    """Text in UTF-8 or UTF-16 where it is valid, else in Latin-1, which never fails."""
    for encoding in ("utf-16",) if data[:2] in _UTF16 else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return data.decode("latin-1")


def text_lines(data: bytes) -> list[bytes]:
    """Lines of a text in any encoding and with any line ends, those that go on joined."""
    if data[:2] in _UTF16:
        data = decoded(data).encode()
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return [line.strip() for line in data.replace(b"\\\n", b" ").split(b"\n")]


def checked_stl(data: bytes) -> bytes:
    """The STL file without what follows its last face.

    Raises:
      ValueError: it is neither text nor a binary file that holds the faces that it declares.
    """
    if _is_binary_stl(data):
        return data
    if data.lstrip()[:5].lower() == b"solid" and b"facet" in data[:4096].lower():
        check_count("faces", data.count(b"endfacet") + data.count(b"ENDFACET"), MAX_FACES)
        return data if data.isascii() else decoded(data).encode()
    count = int.from_bytes(data[80:84], "little")
    check_declared("faces", count, _STL_FACE, max(0, len(data) - _STL_HEADER))
    if not count:
        raise ValueError("no faces")
    check_count("faces", count, MAX_FACES)
    return data[: _STL_HEADER + _STL_FACE * count]


def _is_binary_stl(data: bytes) -> bool:
    """Whether the size is exactly that of the number of faces in a binary header."""
    count = int.from_bytes(data[80:84], "little")
    fits = len(data) == _STL_HEADER + _STL_FACE * count
    return bool(count) and fits and count <= MAX_FACES


def checked_off(data: bytes) -> bytes:
    """The OFF file as UTF-8.

    Raises:
      ValueError: it has no header, or not the vertices and faces that it declares.
    """
    text = decoded(data)
    head = re.match(r"(?:\s|#[^\n]*\n)*C?OFF((?:\s|#[^\n]*\n)*)(-?\d+)\s+(-?\d+)", text)
    if head is None:
        raise ValueError("no OFF header with numbers of vertices and faces")
    vertices, faces = int(head[2]), int(head[3])
    room = len(text) - head.end()
    check_declared("vertices", vertices, len("0 0 0\n"), room)
    check_declared("faces", faces, len("3 0 0 0"), room - vertices * len("0 0 0\n"))
    check_count("faces", faces, MAX_FACES)
    return text.encode()
