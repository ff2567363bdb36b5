"""Flags of `inspect_records.py`."""

from __future__ import annotations

from absl import flags


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("data_dir", "Record set: a folder, a zip of one, or an fsspec URL. Required."),
        ("out", "Folder for inspection.json and grid.png. Required."),
        ("cache_dir", "Folder for copies of a remote --data_dir; none to read it in place."),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_enum(
        "split",
        None,
        ["train", "dev", "test"],
        "Look at this split only; none for all.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "records_up",
        "auto",
        ["auto", "y", "z"],
        "Up axis of the records' object frame.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "limit",
        None,
        "Look at so many pairs at most, spread over the files; none for all. Checksums of whole "
        "files are then not compared.",
        lower_bound=1,
        flag_values=values,
    )
    flags.DEFINE_integer(
        "grid_pairs", 12, "Pairs in grid.png; 0 for no picture.", lower_bound=0, flag_values=values
    )
    flags.DEFINE_integer(
        "workers",
        0,
        "Processes; 0 for one per core where there is enough to do. The result does not depend "
        "on it.",
        lower_bound=0,
        flag_values=values,
    )
    flags.DEFINE_boolean("strict", False, "Let warnings fail as errors do.", flag_values=values)


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when a required flag is missing."""
    if not values.data_dir:
        raise ValueError("--data_dir is missing; expected a record set")
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the results")
