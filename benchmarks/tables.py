"""Writes the newest figures of every benchmark into docs/performance.md.

python benchmarks/tables.py
python benchmarks/tables.py --results=runs/benchmarks --page=docs/performance.md

The page holds a pair of comments for each benchmark, `<!-- NAME -->` and `<!-- end NAME -->`; what
is between them is replaced. A benchmark without results keeps what it has.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import (  # noqa: E402
    evaluation,
    fed_step,
    growth,
    harness,
    inference,
    leaks,
    startup,
    training_step,
)
from flags import run_script  # noqa: E402

TABLES = {
    "training_step": training_step.table,
    "fed_step": fed_step.table,
    "inference": inference.table,
    "evaluation": evaluation.table,
    "startup": startup.table,
    "leaks": leaks.table,
    "growth": growth.table,
}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_string("results", "runs/benchmarks", "Folder of the JSONs.", flag_values=values)
    flags.DEFINE_string("page", "docs/performance.md", "Page to write into.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Replaces the sections of the benchmarks that have results."""
    from keypointnet_tf.atomic_file import write_atomic

    page = pathlib.Path(values.page)
    text = page.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        report = newest(pathlib.Path(values.results), name)
        if report is None:
            print(f"{name}: no results in {values.results}; its section stays")
            continue
        text = replaced(text, name, f"{harness.made_by(report)}\n\n{table(report)}")
        print(f"{name}: of {report['date']}")
    write_atomic(page, text.encode())


def newest(folder: pathlib.Path, name: str) -> dict[str, Any] | None:
    """The latest report `NAME_<date>_<time>.json` of a benchmark, None where there is none."""
    pattern = re.compile(rf"{name}_\d{{8}}_\d{{6}}\.json")
    found = sorted(path for path in folder.glob("*.json") if pattern.fullmatch(path.name))
    return json.loads(found[-1].read_text(encoding="utf-8")) if found else None


def replaced(text: str, name: str, section: str) -> str:
    """The page with another section of a benchmark.

    Raises:
      ValueError: the page has no place for it.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page lacks {begin} or {end}; expected both, in this order")
    return f"{before}{begin}\n\n{section}\n\n{end}{after}"


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/tables.py", __doc__, define, main))
