"""Flags of `eval.py`."""

from __future__ import annotations

from absl import flags


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", None, "Run folder, whose best.keras is taken, or a .keras file."),
        ("data_dir", None, "Records to predict and score: a folder, a zip of one, or a URL."),
        ("cache_dir", None, "Folder for copies of a remote --data_dir; none to read it in place."),
        ("predictions", None, "Score this predictions.npz again instead; needs no model."),
        ("out", None, "Folder for predictions.npz, summary.json, per_example.csv, pictures."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)
    flags.DEFINE_enum(
        "split", "test", ["train", "dev", "test"], "Split to score.", flag_values=values
    )
    flags.DEFINE_enum(
        "records_up",
        "auto",
        ["auto", "y", "z"],
        "Up axis of the records' object frame.",
        flag_values=values,
    )
    integers = (
        ("fit_objects", 200, "Training objects on which the map to landmarks is fitted."),
        ("pairs", None, "At most so many pairs of each object; none for all."),
        ("batch_size", 32, "Pairs predicted at a time."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when the flags do not say what to score."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the results")
    if bool(values.predictions) == bool(values.model_dir):
        raise ValueError("expected one of --model_dir and --predictions")
    if values.model_dir and not values.data_dir:
        raise ValueError("--data_dir is missing; expected the records to score")
