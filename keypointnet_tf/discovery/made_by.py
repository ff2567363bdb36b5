"""What made a predictions file, kept beside it as `made_by.json`, for the report.

Scoring the file again then gives the same report, wherever the run folder has gone and however
long its training went on.
"""

from __future__ import annotations

import csv
import json
import math
import os
import pathlib

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.viz.report_data import MadeBy

FILE = "made_by.json"
SIGNIFICANT_DIGITS = 6


def describe(model: str | os.PathLike, *, command: str = "", date: str = "") -> MadeBy:
    """Reads `config.json` and `log.csv` of a run, as far as they are there.

    Args:
      model: the run folder, or a `.keras` file in it.
      command: the command line that predicts.
      date: of today, as it shall be shown.

    Raises:
      ValueError: a file is there but is not what a training writes; the message names it.
    """
    folder = pathlib.Path(model)
    folder = folder.parent if folder.suffix == ".keras" else folder
    run = _json(folder / "config.json") if (folder / "config.json").exists() else {}
    log = _columns(folder / "log.csv") if (folder / "log.csv").exists() else {}
    return MadeBy(command=command, date=date, run=run, log=log)


def save_made_by(made_by: MadeBy, folder: str | os.PathLike) -> None:
    """Writes `made_by.json`, whole or not at all; numbers of the log to six digits."""
    log = {name: [_rounded(x) for x in column] for name, column in made_by.log.items()}
    fields = {"command": made_by.command, "date": made_by.date, "run": made_by.run, "log": log}
    text = json.dumps(fields, indent=1, allow_nan=False)
    write_atomic(pathlib.Path(folder) / FILE, (text + "\n").encode())


def load_made_by(folder: str | os.PathLike) -> MadeBy:
    """Reads what `save_made_by` wrote; an empty one where there is none.

    Raises:
      ValueError: the file is damaged; the message names it.
    """
    path = pathlib.Path(folder) / FILE
    if not path.exists():
        return MadeBy()
    fields = _json(path)
    try:
        log = {
            str(name): [math.nan if x is None else float(x) for x in column]
            for name, column in fields.get("log", {}).items()
        }
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: field 'log' is not columns of numbers ({error})") from error
    run = fields.get("run", {})
    if not isinstance(run, dict):
        raise ValueError(f"{path}: field 'run' is {run!r}; expected an object")
    return MadeBy(str(fields.get("command", "")), str(fields.get("date", "")), run, log)


def _json(path: pathlib.Path) -> dict:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds {type(found).__name__}; expected an object")
    return found


def _columns(path: pathlib.Path) -> dict[str, list[float]]:
    """Columns of a CSV of numbers; NaN where a cell is empty."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    names = reader.fieldnames or []
    columns: dict[str, list[float]] = {name: [] for name in names}
    for line, row in enumerate(rows, start=2):
        for name in names:
            try:
                columns[name].append(float(row[name]) if row[name] else math.nan)
            except ValueError as error:
                raise ValueError(
                    f"{path}, line {line}, column {name!r} is {row[name]!r}; expected a number"
                ) from error
    return columns


def _rounded(value: float) -> float | None:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
