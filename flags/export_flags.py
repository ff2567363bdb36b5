"""Flags of `export.py`."""

from __future__ import annotations

from absl import flags

from keypointnet_tf.discovery.config import AVERAGINGS

FORMATS = ("saved_model", "litert", "onnx")


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", "Run folder, .keras file, or a model of the package: car, chair. Required."),
        ("out", "Folder of the files. Required."),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_list("formats", list(FORMATS), "Some of the three.", flag_values=values)
    flags.DEFINE_enum(
        "averaging",
        "none",
        list(AVERAGINGS),
        "Copies of each image that are averaged: none is the fastest; see predict.py.",
        flag_values=values,
    )


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when a flag is missing or unknown formats are asked for."""
    for name in ("model_dir", "out"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    unknown = sorted(set(values.formats) - set(FORMATS))
    if unknown or not values.formats:
        raise ValueError(
            f"--formats is {','.join(values.formats)}; expected some of {','.join(FORMATS)}"
        )
