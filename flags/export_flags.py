"""Flags of `export.py`."""

from __future__ import annotations

from absl import flags

from flags import field_text
from flags.predict_flags import define_averaging
from keypointnet_tf.discovery.exporting.config import FORMATS, ExportConfig

MOST_IMAGES = 256
DEFAULTS = ExportConfig()


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", "Run folder, .keras file, or a model of the package: car, chair. Required."),
        ("out", "Folder for the files and export.json. Required."),
        (
            "images",
            "Photos on which the files are compared with Keras and 8-bit numbers are calibrated: "
            f"a file, folder or glob pattern, of which at most {MOST_IMAGES} are taken. By default "
            "objects of the model's category are rendered for the comparison.",
        ),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)
    text = field_text(ExportConfig, "formats")
    flags.DEFINE_list("formats", list(FORMATS), text, flag_values=values)
    for name in ("int8", "focal_input", "heatmap"):
        text = field_text(ExportConfig, name)
        flags.DEFINE_boolean(name, getattr(DEFAULTS, name), text, flag_values=values)
    text = field_text(ExportConfig, "litert_batch")
    flags.DEFINE_integer(
        "litert_batch", DEFAULTS.litert_batch, text, lower_bound=1, flag_values=values
    )
    define_averaging(values, default=DEFAULTS.averaging)


def config_from_flags(values: flags.FlagValues) -> ExportConfig:
    """The export that the flags describe.

    Raises:
      ValueError: a flag is missing or malformed.
    """
    for name in ("model_dir", "out"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    if values.int8 and not values.images:
        raise ValueError("--int8 needs --images: pictures like those that the file will be used on")
    names = ("averaging", "focal_input", "heatmap", "int8", "litert_batch")
    chosen = {name: values[name].value for name in names}
    return ExportConfig(formats=tuple(values.formats), **chosen)
