"""The JSON of glTF files, read without trust in the types of its values.

Section numbers are those of the glTF 2.0 specification (Khronos Group, 2021).
"""

from __future__ import annotations

import json
from typing import Any

from keypointnet_tf.shapes.mesh_limits import check_count, check_declared, decoded

MAX_VALUES = 10_000_000
_CHUNK_HEAD = 8
_JSON, _BINARY = 0x4E4F534A, 0x004E4942


def glb_chunks(data: bytes) -> tuple[bytes, bytes]:
    """The JSON and the binary chunk of a GLB file, the latter perhaps empty (section 4.4).

    Raises:
      ValueError: the file is shorter than it declares, or the first chunk is no JSON.
    """
    length = int.from_bytes(data[8:12], "little")
    check_declared("bytes", length, 1, len(data))
    text, binary, start = None, b"", 12
    while start + _CHUNK_HEAD <= length:
        size = int.from_bytes(data[start : start + 4], "little")
        kind = int.from_bytes(data[start + 4 : start + 8], "little")
        start += _CHUNK_HEAD
        check_declared("bytes in a chunk", size, 1, length - start)
        if text is None and kind != _JSON:
            raise ValueError("the first chunk is no JSON")
        if text is None:
            text = data[start : start + size]
        elif kind == _BINARY and not binary:
            binary = data[start : start + size]
        start += size
    if text is None:
        raise ValueError("there is no JSON chunk")
    return text, binary


def parse_tree(text: bytes) -> dict[str, Any]:
    """The JSON object.

    Raises:
      ValueError: it is none, or too large.
    """
    check_count("values", sum(map(text.count, (b",", b"[", b"{"))), MAX_VALUES)
    tree = json.loads(decoded(text))
    if not isinstance(tree, dict):
        raise ValueError("the JSON is no object")
    return tree


def objects(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects, empty where it is absent.

    Raises:
      ValueError: it is no such list.
    """
    found = parent.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ValueError(f"{name!r} is no list of objects")
    return found


def number(parent: dict[str, Any], name: str, default: int | None = None) -> int:
    """A whole number of 0 or more.

    Raises:
      ValueError: it is something else, or absent and without default.
    """
    value = parent.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name!r} is {str(value)[:40]}; expected a whole number of 0 or more")
    return value


def item(
    parent: dict[str, Any], name: str, items: list[dict[str, Any]], what: str
) -> dict[str, Any]:
    """The object that an index in `parent` refers to.

    Raises:
      ValueError: there is none.
    """
    index = number(parent, name)
    if index >= len(items):
        raise ValueError(f"{name!r} refers to {what} {index:,} of {len(items):,}, counted from 0")
    return items[index]
