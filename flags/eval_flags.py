"""Flags of `eval.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

if TYPE_CHECKING:
    from keypointnet_tf.metrics.bootstrap import Resampling

COMPARE = "compare"


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", None, "Run folder, whose best.keras is taken, or a .keras file."),
        ("data_dir", None, "Folder of records to predict and score."),
        ("predictions", None, "Score this predictions.npz again instead; needs no model."),
        ("out", None, "Folder for predictions.npz, summary.json, per_example.csv, pictures."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)
    flags.DEFINE_multi_string(
        COMPARE,
        [],
        "Compare these instead, one after the other: predictions files, or folders that hold "
        "predictions.npz or eval/predictions.npz. The first is the one to compare with.",
        flag_values=values,
    )
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
    _define_scoring(values)


def _define_scoring(values: flags.FlagValues) -> None:
    integers = (
        ("resamples", 2000, "Resamples of the objects for the 95 % intervals; 0 makes none."),
        ("bootstrap_seed", 0, "Seed of the resamples; the same one gives the same intervals."),
        (
            "rotation_fold",
            None,
            "Turns about z that bring every object onto itself, where the records or the file say "
            "nothing: 1 none but the whole, 2 half turns, ..., 0 any turn.",
        ),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=0, flag_values=values)
    flags.DEFINE_boolean(
        "mirror_symmetric",
        None,
        "Whether every object is its own mirror image (left for right), where the records or the "
        "file say nothing.",
        flag_values=values,
    )


def spread(arguments: Sequence[str]) -> list[str]:
    """Lets `--compare a b c` stand for `--compare=a --compare=b --compare=c`."""
    result, following = [], False
    for argument in arguments:
        name = argument.lstrip("-")
        if argument.startswith("-"):
            following = name == COMPARE
            if not following:
                result.append(argument)
        else:
            result.append(f"--{COMPARE}={argument}" if following else argument)
    return result


def resampling(values: flags.FlagValues) -> Resampling:
    """How the intervals are made."""
    from keypointnet_tf.metrics.bootstrap import Resampling

    return Resampling(resamples=values.resamples, seed=values.bootstrap_seed)


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when the flags do not say what to score."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the results")
    given = [name for name in ("predictions", "model_dir", COMPARE) if values[name].value]
    if len(given) != 1:
        raise ValueError("expected one of --model_dir, --predictions and --compare")
    if values.model_dir and not values.data_dir:
        raise ValueError("--data_dir is missing; expected the records to score")
