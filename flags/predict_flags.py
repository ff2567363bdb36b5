"""Flags of `predict.py`."""

from __future__ import annotations

import dataclasses
import os
import pathlib

from absl import flags

from keypointnet_tf.discovery.config import AVERAGINGS


@dataclasses.dataclass(frozen=True)
class PredictJob:
    """What `predict.py` is asked for.

    Attributes:
      model_dir: run folder or `.keras` file.
      photos: image files, at least one.
      mask: mask file or folder of masks, or None.
      box: `x0, y0, x1, y1` in the only photo's pixels, or None.
      out: folder of the results.
      batch_size: photos at a time.
      averaging: of `config.AVERAGINGS`.
    """

    model_dir: str
    photos: tuple[pathlib.Path, ...]
    mask: str | None
    box: tuple[float, ...] | None
    out: pathlib.Path
    batch_size: int
    averaging: str


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    texts = (
        ("model_dir", "Run folder, .keras file, or a model of the package: car, chair. Required."),
        ("input", "Image file, folder of images, or glob pattern. Required."),
        (
            "mask",
            "Mask of the object, white or opaque on it: an image file as large as the photo, "
            "or a folder of them, each with its photo's stem.",
        ),
        ("box", "x0,y0,x1,y1 of the object in pixels, for one photo."),
        ("out", "Folder for keypoints.json and a picture per photo. Required."),
    )
    for name, text in texts:
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_integer("batch_size", 16, "Photos at a time.", lower_bound=1, flag_values=values)
    define_averaging(values)


def define_averaging(values: flags.FlagValues, *, default: str = "full") -> None:
    """Adds `--averaging`."""
    flags.DEFINE_enum(
        "averaging",
        default,
        list(AVERAGINGS),
        "Copies of each image that are averaged: none; orientation: six copies for the left/right "
        "decision; full: also the mirrored image's keypoints, at twice the cost.",
        flag_values=values,
    )


def job_from_flags(values: flags.FlagValues) -> PredictJob:
    """The job that the flags describe.

    Raises:
      ValueError: a flag is missing or malformed, or one photo's mask or box is given for several.
    """
    for name in ("model_dir", "input", "out"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    if os.path.exists(values.out) and not os.path.isdir(values.out):
        raise ValueError(f"--out={values.out} is a file; expected a folder")
    if values.mask and not os.path.exists(values.mask):
        raise ValueError(f"--mask={values.mask} is absent; expected an image file or a folder")
    from keypointnet_tf.data.photos import find_photos

    found = find_photos(values.input)
    for name, single in (("mask", os.path.isfile(values.mask or "")), ("box", values.box)):
        if single and len(found) > 1:
            raise ValueError(
                f"--{name}={values[name].value} is for one photo; --input={values.input} finds "
                f"{len(found)}"
            )
    return PredictJob(
        values.model_dir,
        tuple(found),
        values.mask,
        box_from_text(values.box),
        pathlib.Path(values.out),
        values.batch_size,
        values.averaging,
    )


def box_from_text(text: str | None) -> tuple[float, ...] | None:
    """`x0,y0,x1,y1` as numbers, None for no text.

    Raises:
      ValueError: not four numbers in order.
    """
    if text is None:
        return None
    try:
        box = tuple(float(part) for part in text.split(","))
    except ValueError:
        box = ()
    if len(box) != 4 or not (box[0] < box[2] and box[1] < box[3]):
        raise ValueError(f"--box={text}; expected x0,y0,x1,y1 with x0 < x1 and y0 < y1")
    return box
