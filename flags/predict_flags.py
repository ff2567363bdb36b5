"""Flags of `predict.py`."""

from __future__ import annotations

import dataclasses
import os
import pathlib

from absl import flags

from keypointnet_tf.discovery.config import AVERAGINGS
from keypointnet_tf.discovery.track_files import OVERLAYS

VIDEO_FLAGS = ("every", "max_frames", "overlay")


@dataclasses.dataclass(frozen=True)
class PredictJob:
    """What `predict.py` is asked for.

    Attributes:
      model_dir: run folder or `.keras` file.
      photos: image files, at least one; none where a video is given.
      video: video file, or None.
      mask: mask file or folder of masks, or None.
      box: `x0, y0, x1, y1` in the pixels of the only photo or of the video, or None.
      out: folder of the results.
      batch_size: photos or frames at a time.
      averaging: of `config.AVERAGINGS`.
      every, max_frames, overlay: see `video_track.TrackJob`.
    """

    model_dir: str
    photos: tuple[pathlib.Path, ...]
    video: pathlib.Path | None
    mask: str | None
    box: tuple[float, ...] | None
    out: pathlib.Path
    batch_size: int
    averaging: str
    every: int
    max_frames: int | None
    overlay: str


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    texts = (
        ("model_dir", "Run folder, .keras file, or a model of the package: car, chair. Required."),
        ("input", "Image file, folder of images, glob pattern, or a video file. Required."),
        (
            "mask",
            "Mask of the object, white or opaque on it: an image file as large as the photo, "
            "or a folder of them, each with its photo's stem. A video takes one image.",
        ),
        ("box", "x0,y0,x1,y1 of the object in pixels, for one photo or a whole video."),
        ("out", "Folder for the results. Required."),
    )
    for name, text in texts:
        flags.DEFINE_string(name, None, text, flag_values=values)
    text = "Photos or frames at a time."
    flags.DEFINE_integer("batch_size", 16, text, lower_bound=1, flag_values=values)
    define_averaging(values)
    define_video(values)


def define_video(values: flags.FlagValues) -> None:
    """Adds the flags that are for videos alone, `VIDEO_FLAGS`."""
    text = "Read --input as a video whatever its name: an animated GIF, say."
    flags.DEFINE_boolean("video", False, text, flag_values=values)
    for name, default, text in (
        ("every", 1, "Of how many frames of a video one is used."),
        ("max_frames", None, "How many frames of a video are used at most."),
    ):
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_enum(
        "overlay",
        "video",
        list(OVERLAYS),
        "What shows a video's keypoints: overlay.mp4; a picture of each frame in frames/; nothing.",
        flag_values=values,
    )


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
    video = video_from_flags(values)
    return PredictJob(
        values.model_dir,
        () if video else photos_from_flags(values),
        video,
        values.mask,
        box_from_text(values.box),
        pathlib.Path(values.out),
        values.batch_size,
        values.averaging,
        values.every,
        values.max_frames,
        values.overlay,
    )


def photos_from_flags(values: flags.FlagValues) -> tuple[pathlib.Path, ...]:
    """The photos that `--input` names.

    Raises:
      ValueError: there is none, or a flag is for one photo or for videos.
    """
    from keypointnet_tf.data.photos import find_photos

    for name in VIDEO_FLAGS:
        if values[name].present:
            raise ValueError(f"--{name} is for videos; --input={values.input} is none by its name")
    found = find_photos(values.input)
    for name, single in (("mask", os.path.isfile(values.mask or "")), ("box", values.box)):
        if single and len(found) > 1:
            raise ValueError(
                f"--{name}={values[name].value} is for one photo; --input={values.input} finds "
                f"{len(found)}"
            )
    return tuple(found)


def video_from_flags(values: flags.FlagValues) -> pathlib.Path | None:
    """The video that `--input` names, None where it names photos.

    Raises:
      ValueError: it is absent, masks are given for it by folder, or PyAV is absent.
    """
    from keypointnet_tf.data.video import is_video, require_av

    path = pathlib.Path(values.input)
    if not (values.video or (is_video(path) and not path.is_dir())):
        return None
    if not path.is_file():
        raise ValueError(f"--input={values.input} is absent or no file; expected a video file")
    if os.path.isdir(values.mask or ""):
        raise ValueError(f"--mask={values.mask} is a folder; expected one image for the video")
    require_av()
    return path


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
