"""The header of PLY files: what the data behind it should hold, checked against its size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.mesh_limits import check_declared, decoded

MAX_HEADER_BYTES = 1 << 20

_TYPES = {
    "char": "i1",
    "uchar": "u1",
    "short": "i2",
    "ushort": "u2",
    "int": "i4",
    "uint": "u4",
    "float": "f4",
    "double": "f8",
}
_TYPES |= {f"int{8 * size}": f"i{size}" for size in (1, 2, 4, 8)}
_TYPES |= {f"uint{8 * size}": f"u{size}" for size in (1, 2, 4, 8)}
_TYPES |= {f"float{8 * size}": f"f{size}" for size in (2, 4, 8)}
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}


class Property(NamedTuple):
    """A column: its name, NumPy type, and for lists the type of their lengths, else ""."""

    name: str
    type: str
    length_type: str = ""


class Element(NamedTuple):
    """A table of `count` rows."""

    name: str
    count: int
    properties: list[Property]


class Header(NamedTuple):
    """What the header says.

    Attributes:
      order: "" for ASCII, "<" or ">" for binary data.
      elements: in the order of the data.
      texture: file of the picture, "" without.
      size: of the header in bytes.
    """

    order: str
    elements: list[Element]
    texture: str
    size: int


def parse_header(data: bytes) -> Header:
    """Reads the header.

    Raises:
      ValueError: it does not end or makes no sense, or the rest of the file is too small for it.
    """
    end = data.find(b"end_header", 0, MAX_HEADER_BYTES)
    newline = data.find(b"\n", end)
    if end < 0:
        raise ValueError("the header does not end")
    size = newline + 1 if newline >= 0 else len(data)
    order, texture = None, ""
    elements: list[Element] = []
    for line in decoded(data[:end]).splitlines()[1:]:
        key, _, rest = line.strip().partition(" ")
        if key == "format":
            order = _ORDERS.get(rest.split(" ")[0])
        elif key == "element":
            elements.append(_element(rest))
        elif key == "property":
            if not elements:
                raise ValueError("the header has a property before any element")
            elements[-1].properties.append(_property(rest, order or ""))
        elif key == "comment" and rest.lower().startswith("texturefile"):
            texture = rest[len("texturefile") :].strip()
    if order is None:
        raise ValueError("the header names no known format")
    _check_room(order, elements, len(data) - size)
    return Header(order, elements, texture, size)


def _element(rest: str) -> Element:
    name, _, count = rest.strip().partition(" ")
    if not count.strip().isdigit():
        raise ValueError(f"the header counts {count!r} of {name!r}")
    return Element(name, int(count), [])


def _property(rest: str, order: str) -> Property:
    words = rest.split()
    types = words[1:-1] if words[:1] == ["list"] else words[:-1]
    if len(types) != (2 if words[:1] == ["list"] else 1) or not set(types) <= set(_TYPES):
        raise ValueError(f"the header has a property {rest!r}")
    types = [order + _TYPES[name] for name in types]
    return Property(words[-1], types[-1], types[0] if len(types) == 2 else "")


def _check_room(order: str, elements: list[Element], available: int) -> None:
    """Checks that the rows can be there, lists counted as empty."""
    for element in elements:
        sizes = [np.dtype(p.length_type or p.type).itemsize for p in element.properties]
        # In ASCII a digit and what separates it from the next; the last may end the file.
        least = sum(sizes) if order else 2 * len(sizes)
        check_declared(f"rows of {element.name!r}", element.count, least, available + (not order))
        available -= element.count * least
