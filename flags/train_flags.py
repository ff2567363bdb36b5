"""Flags of `train.py`: every field of the configuration is a flag of the same name.

A value set on the command line wins over a preset's; presets are flag files.
"""

from __future__ import annotations

import dataclasses

from absl import flags

from flags import field_text
from flags.view_flags import define_random_materials
from keypointnet_tf.data.domain_randomization import DomainRandomization
from keypointnet_tf.discovery.config import (
    ORIENT_BITS,
    TRAIN_PARTS,
    WEIGHTED_LOSSES,
    LossConfig,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
)
from keypointnet_tf.discovery.schedules import Schedule, parse

SOURCES = ("data_dir", "shapes", "photo_pairs")
CHOICES = {
    "train": TRAIN_PARTS,
    "precision": ("auto", "float32", "mixed_bfloat16"),
    "orientation_bit": ORIENT_BITS,
}


def define(values: flags.FlagValues) -> None:
    """Adds the flags; defaults are those of the config dataclasses."""
    _define_run(values)
    for kind in (TrainConfig, ModelConfig, OptimizerConfig, LossConfig, DomainRandomization):
        for field in dataclasses.fields(kind):
            if isinstance(field.default, Schedule) or not dataclasses.is_dataclass(field.default):
                _define_field(values, kind, field)


def config_from_flags(values: flags.FlagValues) -> TrainConfig:
    """The training configuration that the flags describe.

    Raises:
      ValueError: a value is out of range; names it.
    """
    nested = {
        "model": _from_flags(ModelConfig, values),
        "loss": _from_flags(LossConfig, values),
        "optimizer": _from_flags(OptimizerConfig, values),
        "randomization": _from_flags(DomainRandomization, values),
    }
    return _from_flags(TrainConfig, values, **nested)


def check(values: flags.FlagValues) -> None:
    """Raises ValueError when the run or its data is not named."""
    if not values.model_dir:
        raise ValueError("--model_dir is missing; expected the folder of the run")
    if sum(bool(values[name].value) for name in SOURCES) != 1:
        raise ValueError("expected one of --data_dir, --shapes and --photo_pairs")
    if values.random_materials and not values.shapes:
        raise ValueError(
            f"--random_materials={values.random_materials:g} is for --shapes; records take it when "
            "they are rendered: render.py --random_materials"
        )


def _define_run(values: flags.FlagValues) -> None:
    strings = (
        ("model_dir", None, "Folder of the run; the same command again resumes it. Required."),
        ("data_dir", None, "Records to train on: a folder, a zip of one, or an fsspec URL."),
        (
            "photo_pairs",
            None,
            "Photos with known cameras: folders with transforms.json.",
        ),
        ("cache_dir", None, "Folder for copies of a remote --data_dir; none to read it in place."),
        ("orient_weights", None, "Run folder or .keras file whose OrientNet the run starts from."),
        ("keypoint_weights", None, "The same for KeypointNet, and the warm start's template."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)
    flags.DEFINE_enum(
        "shapes",
        None,
        ["plane", "car", "chair"],
        "Render fresh pairs of this procedural category instead of reading --data_dir.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "objects",
        None,
        "With --shapes: size of the pool of objects; none for endless new ones.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "workers", 1, "With --shapes: render processes that work ahead.", flag_values=values
    )
    define_random_materials(values, "With --shapes: ")
    flags.DEFINE_enum(
        "distribute",
        "none",
        ["none", "mirrored", "data_parallel"],
        "Train on several devices, each on a part of every batch: mirrored on TensorFlow, "
        "data_parallel on JAX, there also in several processes.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "records_up",
        "auto",
        ["auto", "y", "z"],
        "Up axis of the records' object frame.",
        flag_values=values,
    )
    flags.DEFINE_enum(
        "reading",
        "auto",
        ["auto", "memory", "stream"],
        "Hold all records in memory, or stream them; auto: memory up to 4 GiB.",
        flag_values=values,
    )


def _define_field(values: flags.FlagValues, kind: type, field: dataclasses.Field) -> None:
    name, default, text = flag_name(kind, field.name), field.default, field_text(kind, field.name)
    if isinstance(default, Schedule):
        text += " A number, or progress:value pairs such as 0:0.1,0.3:1."
        flags.DEFINE_string(name, str(default), text, flag_values=values)
    elif isinstance(default, tuple):
        shown = [f"{value:g}" for value in default]
        flags.DEFINE_list(name, shown, text, flag_values=values)
    elif name in CHOICES:
        flags.DEFINE_enum(name, default, list(CHOICES[name]), text, flag_values=values)
    elif isinstance(default, str):
        flags.DEFINE_string(name, default, text, flag_values=values)
    elif isinstance(default, bool):
        flags.DEFINE_boolean(name, default, text, flag_values=values)
    elif isinstance(default, int):
        flags.DEFINE_integer(name, default, text, flag_values=values)
    else:
        flags.DEFINE_float(name, default, text, flag_values=values)


def flag_name(kind: type, field: str) -> str:
    """Flag of a field: the field's own name, loss weights with `_weight` behind."""
    return f"{field}_weight" if kind is LossConfig and field in WEIGHTED_LOSSES else field


def _from_flags(kind: type, values: flags.FlagValues, **nested):
    found = dict(nested)
    for field in dataclasses.fields(kind):
        if field.name in nested:
            continue
        name = flag_name(kind, field.name)
        found[field.name] = _parsed(name, values[name].value, field.default)
    return kind(**found)


def _parsed(name: str, value, default):
    try:
        if isinstance(default, Schedule):
            return parse(value)
        if isinstance(default, tuple):
            return tuple(type(default[0])(item) for item in value)
    except ValueError as error:
        raise ValueError(f"--{name}: {error}") from error
    return value
