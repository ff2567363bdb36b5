"""Figures and columns as JSON and CSV text: equal values give equal bytes.

Numbers are kept to six significant digits; what cannot be had is `null` in JSON and empty in CSV.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np

SIGNIFICANT_DIGITS = 6


def json_text(values: Mapping[str, object]) -> str:
    """Indented JSON of nested mappings, sequences and plain values, in their order."""
    text = json.dumps(plain(values), indent=2, allow_nan=False, ensure_ascii=False)
    return text + "\n"


def csv_text(table: Mapping[str, np.ndarray | Sequence]) -> str:
    """A header and a row for each position of columns of equal length; booleans are 0 and 1."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    columns = [np.asarray(values).tolist() for values in table.values()]
    writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return text.getvalue()


def plain(value: object) -> object:
    """The same for JSON: rounded floats, None for NaN and infinities."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return value


def _cell(value: object) -> object:
    return int(value) if isinstance(value, bool) else plain(value)
