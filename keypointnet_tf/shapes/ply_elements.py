"""The tables of PLY files as columns.

Letters: R rows of a table.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.ply_header import Element, Header, Property


class Column(NamedTuple):
    """Values of a property: `[R]`, or for lists all of them and `counts [R]` of each row."""

    values: np.ndarray
    counts: np.ndarray | None = None


Columns = dict[str, Column]


def read_elements(header: Header, data: bytes) -> dict[str, Columns]:
    """The columns of each element by their names.

    Raises:
      ValueError: the data ends early, or a number cannot be read.
    """
    binary = bool(header.order)
    table = _Table(data if binary else _numbers(data[header.size :]), binary)
    at = header.size if binary else 0
    found = {}
    for element in header.elements:
        try:
            found[element.name], at = _read(element, table, at)
        except IndexError as error:
            rows = f"{element.count:,} rows of {element.name!r}"
            raise ValueError(f"ends, or cannot be read, within the {rows}") from error
    return found


class _Table:
    """The data behind the header: bytes of a binary file, or the numbers of an ASCII one."""

    def __init__(self, data: bytes | np.ndarray, binary: bool) -> None:
        self._data = data
        self._binary = binary

    def width(self, prop: Property, length: int) -> int:
        """How much a row takes of a property, a list of that length: bytes or numbers."""
        if not self._binary:
            return length + bool(prop.length_type)
        size = np.dtype(prop.type).itemsize * length
        return size + np.dtype(prop.length_type).itemsize if prop.length_type else size

    def take(self, kind: str, count: int, at: int) -> tuple[np.ndarray, int]:
        """Some values of one type, and where they end.

        Raises:
          IndexError: they are not there.
        """
        end = at + (np.dtype(kind).itemsize if self._binary else 1) * count
        if not at <= end <= len(self._data):
            raise IndexError
        if self._binary:
            return np.frombuffer(self._data, kind, count, at), end
        return self._data[at:end], end

    def split(self, rows: int, widths: list[int], at: int) -> list[np.ndarray]:
        """`[rows, width]` blocks of a table whose rows are all alike, in bytes or numbers.

        Raises:
          IndexError: it is not there.
        """
        block, _ = self.take("u1", rows * sum(widths), at)
        return np.split(block.reshape(rows, sum(widths)), np.cumsum(widths)[:-1], axis=1)

    def typed(self, block: np.ndarray, kind: str) -> np.ndarray:
        """A block of `split` as values of a type."""
        if self._binary:
            return np.ascontiguousarray(block).view(kind)
        if np.dtype(kind).kind == "f":
            return block
        limits = np.iinfo(kind)
        return np.clip(np.nan_to_num(block), limits.min, limits.max).astype(kind)


def _numbers(text: bytes) -> np.ndarray:
    """All numbers of an ASCII file up to the first word that is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return np.fromstring(text, sep=" ") if text.strip() else np.zeros(0)
        except ValueError as error:
            raise ValueError("a word among the data is no number") from error


def _read(element: Element, table: _Table, at: int) -> tuple[Columns, int]:
    """A table, and where the next begins."""
    if not element.count or not element.properties:
        empty = np.zeros(0)
        return {
            p.name: Column(empty, empty.astype(int) if p.length_type else None)
            for p in element.properties
        }, at
    return _read_alike(element, table, at) or _read_one_by_one(element, table, at)


def _read_alike(element: Element, table: _Table, at: int) -> tuple[Columns, int] | None:
    """A table whose lists are all as long as in the first row; None where they are not."""
    lengths, end = [], at
    for prop in element.properties:
        length = int(table.take(prop.length_type, 1, end)[0][0]) if prop.length_type else 1
        lengths.append(length)
        end += table.width(prop, length)
    widths = [table.width(p, n) for p, n in zip(element.properties, lengths, strict=True)]
    try:
        blocks = table.split(element.count, widths, at)
    except IndexError:
        return None
    columns = {}
    for prop, length, block in zip(element.properties, lengths, blocks, strict=True):
        if not prop.length_type:
            columns[prop.name] = Column(table.typed(block, prop.type)[:, 0])
            continue
        head = table.width(Property("", prop.length_type), 1)
        counts = table.typed(block[:, :head], prop.length_type)[:, 0]
        if (counts != length).any():
            return None
        values = table.typed(block[:, head:], prop.type) if length else np.zeros((0, 0))
        columns[prop.name] = Column(values.reshape(-1), counts.astype(np.int64))
    return columns, at + element.count * sum(widths)


def _read_one_by_one(element: Element, table: _Table, at: int) -> tuple[Columns, int]:
    """A table whose lists differ in length."""
    values: list[list[np.ndarray]] = [[] for _ in element.properties]
    counts: list[list[int]] = [[] for _ in element.properties]
    for _ in range(element.count):
        for i, prop in enumerate(element.properties):
            length = 1
            if prop.length_type:
                head, at = table.take(prop.length_type, 1, at)
                length = int(head[0])
                counts[i].append(length)
            taken, at = table.take(prop.type, length, at)
            values[i].append(taken)
    return {
        p.name: Column(np.concatenate(v), np.array(n, np.int64) if p.length_type else None)
        for p, v, n in zip(element.properties, values, counts, strict=True)
    }, at
