"""The lines of OBJ files as arrays, in blocks so that memory stays near that of the result.

Letters: V vertices, T texture coordinates, N faces, R rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.mesh_limits import MAX_FACES, check_count, decoded, text_lines

BLOCK_BYTES = 1 << 24
_LARGEST_INDEX = 2**31 - 1


class ObjContents(NamedTuple):
    """What the lines say; indices count from 0.

    Attributes:
      vertices: `[V, 3]`.
      colors: `[V, 3]` in [0, 1], ones where a vertex has none; None where none has.
      uv: `[T, 2]`.
      counts: `[N]` corners of each face.
      corners: `[sum of counts, 2]` vertex and texture coordinate of each corner, -1 for none.
      materials: `[N]` indices into `names`.
      names: after each `usemtl`; the first is "", for faces before any.
      libraries: what follows each `mtllib`.
    """

    vertices: np.ndarray
    colors: np.ndarray | None
    uv: np.ndarray
    counts: np.ndarray
    corners: np.ndarray
    materials: np.ndarray
    names: tuple[str, ...]
    libraries: tuple[str, ...]


def parse_obj(data: bytes) -> ObjContents:
    """Reads the lines.

    Raises:
      ValueError: a number cannot be read.
    """
    blocks = _Blocks()
    for lines in _line_blocks(data):
        blocks.take(lines)
    return blocks.contents()


def _line_blocks(data: bytes) -> Iterator[list[bytes]]:
    """The lines, in runs of about `BLOCK_BYTES`."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = decoded(data).encode()
    start = 0
    while start < len(data):
        end = start + BLOCK_BYTES
        # A block ends with a line that does not go on in the next.
        while (end := data.find(b"\n", end) + 1) and _goes_on(data[end - 3 : end]):
            pass
        end = end or len(data)
        yield text_lines(data[start:end])
        start = end


def _goes_on(line_end: bytes) -> bool:
    return line_end.rstrip(b"\r\n").endswith(b"\\")


class _Blocks:
    """Turns blocks of lines into arrays, one after the other."""

    def __init__(self) -> None:
        self._vertices = [np.zeros((0, 3))]
        self._colors = [np.zeros((0, 3), np.float32)]
        # Whether vertices have colours; None where what stands in their place is something else.
        self._colored: bool | None = False
        self._uv = [np.zeros((0, 2))]
        self._counts = [np.zeros(0, np.int64)]
        self._corners = [np.zeros((0, 2), np.int32)]
        self._materials = [np.zeros(0, np.int32)]
        self._names = {"": 0}
        self._name = 0
        self._libraries: dict[str, None] = {}
        # Rows of earlier blocks, from which negative indices count back.
        self._before = np.zeros(2, np.int64)
        self._faces = 0

    def take(self, lines: list[bytes]) -> None:
        """Reads one block.

        Raises:
          ValueError: a number cannot be read, or there are too many faces.
        """
        rows: dict[bytes, list[bytes]] = {b"v": [], b"vt": [], b"f": []}
        materials = []
        for line in lines:
            key, _, rest = line.replace(b"\t", b" ").partition(b" ")
            if key in rows:
                rest = rest.partition(b"#")[0]
                if key == b"f":
                    materials.append(self._name)
                    if b"-" in rest:
                        rest = _absolute(rest, self._before + (len(rows[b"v"]), len(rows[b"vt"])))
                rows[key].append(rest)
            elif key == b"usemtl":
                self._name = self._names.setdefault(decoded(rest).strip(), len(self._names))
            elif key == b"mtllib":
                self._libraries[decoded(rest).strip()] = None
        self._faces += len(materials)
        check_count("faces", self._faces, MAX_FACES)
        self._take_vertices(rows[b"v"])
        self._uv.append(_columns(*_numbers(rows[b"vt"]), columns=(0, 1), least=1))
        self._take_faces(rows[b"f"])
        self._materials.append(np.array(materials, np.int32))
        self._before += (len(rows[b"v"]), len(rows[b"vt"]))

    def contents(self) -> ObjContents:
        """All blocks."""
        return ObjContents(
            vertices=np.concatenate(self._vertices),
            colors=np.concatenate(self._colors) if self._colored else None,
            uv=np.concatenate(self._uv),
            counts=np.concatenate(self._counts),
            corners=np.concatenate(self._corners),
            materials=np.concatenate(self._materials),
            names=tuple(self._names),
            libraries=tuple(self._libraries),
        )

    def _take_vertices(self, rows: list[bytes]) -> None:
        values, widths = _numbers(rows)
        self._vertices.append(_columns(values, widths, columns=(0, 1, 2), least=3))
        colored = widths >= 6
        colors = np.ones((len(rows), 3), np.float32)
        given = np.nan_to_num(_columns(values, widths, columns=(3, 4, 5), least=3)[colored])
        if given.min(initial=0) < 0:
            self._colored = None  # normals, as some programs write there
        elif len(given):
            self._colored = None if self._colored is None else True
            colors[colored] = np.clip(given / (255 if given.max() > 1 else 1), 0, 1)
        self._colors.append(colors)

    def _take_faces(self, rows: list[bytes]) -> None:
        # A slash with nothing behind it stands for the index 0, which counts as none.
        text = (b" ".join(rows) + b" ").replace(b"//", b"/0/").replace(b"/ ", b"/0 ")
        counts = np.fromiter((len(row.split()) for row in rows), np.int64, len(rows))
        slashes = np.fromiter((word.count(b"/") for word in text.split()), np.int64)
        values = _parsed(text.replace(b"/", b" "), np.int64)
        if len(values) != len(slashes) + slashes.sum() or len(slashes) != counts.sum():
            raise ValueError(_bad_row(rows, _face_numbers))
        first = np.cumsum(slashes + 1) - slashes - 1
        corners = np.zeros((len(slashes), 2), np.int64)
        corners[:, 0] = values[first]
        textured = slashes > 0
        corners[textured, 1] = values[first[textured] + 1]
        self._counts.append(counts)
        self._corners.append((np.clip(corners, 0, _LARGEST_INDEX) - 1).astype(np.int32))


def _numbers(rows: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of all rows, one after the other, and `[R]` how many each has.

    Raises:
      ValueError: something is no number.
    """
    widths = np.fromiter((len(row.split()) for row in rows), np.int64, len(rows))
    values = _parsed(b" ".join(rows), float)
    if len(values) != widths.sum():
        raise ValueError(_bad_row(rows, lambda row: [float(word) for word in row.split()]))
    return values, widths


def _parsed(text: bytes, kind: type) -> np.ndarray:
    """The numbers of a text up to the first word that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return np.fromstring(text, kind, sep=" ") if text.strip() else np.zeros(0, kind)
        except ValueError:
            return np.zeros(0, kind)


def _columns(
    values: np.ndarray, widths: np.ndarray, *, columns: Sequence[int], least: int
) -> np.ndarray:
    """`[R, len(columns)]` some numbers of each row, 0 where a row is shorter.

    Raises:
      ValueError: a row has fewer than `least` numbers.
    """
    if len(widths) and widths.min() < least:
        raise ValueError(f"a vertex has {widths.min()} coordinates; expected {least} or more")
    starts = np.cumsum(widths) - widths
    result = np.zeros((len(widths), len(columns)))
    for place, column in enumerate(columns):
        there = widths > column
        result[there, place] = values[starts[there] + column]
    return result


def _absolute(row: bytes, totals: np.ndarray) -> bytes:
    """A face's row with indices that count back from the `totals` of vertices and uv made plain.

    Raises:
      ValueError: an index is no number, or counts back too far.
    """
    words = []
    for word in row.split():
        try:
            parts = [int(part or 0) for part in word.split(b"/")[:2]]
        except ValueError as error:
            raise ValueError(_expected(row)) from error
        parts = [p + int(t) + 1 if p < 0 else p for p, t in zip(parts, totals, strict=False)]
        if parts[0] < 1:
            raise ValueError(f"a face refers to a vertex before the first: {_shown(row)}")
        words.append(b"/".join(b"%d" % max(part, 0) for part in parts))
    return b" ".join(words)


def _face_numbers(row: bytes) -> list[int]:
    return [int(part or 0) for part in row.replace(b"/", b" ").split()]


def _bad_row(rows: Sequence[bytes], parse: Callable[[bytes], list]) -> str:
    """Which row cannot be read."""
    for row in rows:
        try:
            parse(row)
        except ValueError:
            return _expected(row)
    return "a number cannot be read"


def _expected(row: bytes) -> str:
    return f"a number is expected in {_shown(row)}"


def _shown(row: bytes) -> str:
    return repr(row[:80].decode("latin-1"))
