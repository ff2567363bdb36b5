"""JSON and CSV files written entry by entry, whatever their length, into open binary files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import BinaryIO


class JsonList:
    """A JSON object of which one value is a long list, one entry a line.

    Args:
      file: is written.
      head: what comes before the list.
      key: of the list.
    """

    def __init__(self, file: BinaryIO, head: Mapping[str, object], key: str):
        self._file, self._separator = file, "\n"
        start = "".join(f"{json.dumps(name)}: {json.dumps(head[name])},\n" for name in head)
        self._write(f"{{{start}{json.dumps(key)}: [")

    def add(self, entry: object) -> None:
        """Appends to the list."""
        self._write(self._separator + json.dumps(entry, sort_keys=True))
        self._separator = ",\n"

    def finish(self, tail: Mapping[str, object]) -> None:
        """Ends the list and the object with what comes after the list."""
        rest = "".join(f",\n{json.dumps(name)}: {json.dumps(tail[name])}" for name in tail)
        self._write(f"\n]{rest}}}\n")

    def _write(self, text: str) -> None:
        self._file.write(text.encode())


class CsvTable:
    """A CSV file in UTF-8 with a header.

    Args:
      file: is written.
      columns: names of the columns.
    """

    def __init__(self, file: BinaryIO, columns: Sequence[str]):
        self._file, self._columns = file, tuple(columns)
        self._write(self._columns)

    def add(self, row: Mapping[str, object]) -> None:
        """Appends a row; absent values and None are empty, bytes of no encoding are escaped."""
        self._write([row.get(name) for name in self._columns])

    def _write(self, values: Sequence[object]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(values)
        self._file.write(line.getvalue().encode(errors="backslashreplace"))
