"""Photos with known cameras, as a `transforms.json` tells them.

The format is that of NeRF's synthetic scenes and of the tools that write it: for each photo the
pose of its camera in the world (OpenGL axes) and a focal length, perhaps a mask. One folder shows
one object that stands still.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib

import numpy as np
from PIL import Image

FILE = "transforms.json"
# Images are often named without their suffix.
SUFFIXES = ("", ".png", ".jpg", ".jpeg")


@dataclasses.dataclass(frozen=True)
class PosedPhoto:
    """A photo and its camera.

    Attributes:
      file: the image.
      mask: its mask file; None where its own transparency is the mask, or nothing is.
      camera_to_world: `[4, 4]` rigid, OpenGL camera axes.
      focal: in pixels.
      center: principal point `(x, y)` in pixels, the first pixel's centre 0.5; None for the middle.
    """

    file: pathlib.Path
    mask: pathlib.Path | None
    camera_to_world: np.ndarray
    focal: float
    center: tuple[float, float] | None


def read_transforms(folder: str | os.PathLike) -> list[PosedPhoto]:
    """The photos that a folder's `transforms.json` lists, or that file itself.

    Raises:
      ValueError: the file is absent or damaged, lists no photo, or a frame has no image, no rigid
        matrix or no focal length; the message names file and frame.
    """
    path = pathlib.Path(folder)
    path = path / FILE if path.is_dir() else path
    try:
        top = json.loads(path.read_text(encoding="utf-8"))
        frames = list(top["frames"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error!r}; expected JSON with a list of frames") from error
    if len(frames) < 2:
        raise ValueError(f"{path}: lists {len(frames)} frames; expected at least 2")
    return [_posed(path, number, top, frame) for number, frame in enumerate(frames)]


def _posed(path: pathlib.Path, number: int, top: dict, frame: dict) -> PosedPhoto:
    where = f"{path}, frame {number}"
    both = {**top, **frame} if isinstance(frame, dict) else {}
    try:
        file = _image(path.parent, both["file_path"])
        mask = path.parent / both["mask_path"] if both.get("mask_path") else None
        matrix = np.array(both["transform_matrix"], float)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}; expected file_path and transform_matrix") from error
    turn = matrix[:3, :3] if matrix.shape == (4, 4) else np.zeros((3, 3))
    if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-3) or np.linalg.det(turn) < 0:
        raise ValueError(f"{where}: transform_matrix is not rigid; expected camera to world, 4 x 4")
    with Image.open(file) as image:
        width = image.width
    center = (float(both["cx"]), float(both["cy"])) if "cx" in both and "cy" in both else None
    return PosedPhoto(file, mask, matrix, _focal(both, width, where), center)


def _image(folder: pathlib.Path, name: str) -> pathlib.Path:
    for suffix in SUFFIXES:
        file = folder / f"{name}{suffix}"
        if file.is_file():
            return file
    raise ValueError(f"no image {name} in {folder}")


def _focal(frame: dict, width: int, where: str) -> float:
    """Pixels: `fl_x`, or from the horizontal field of view `camera_angle_x` in radians."""
    value = math.nan
    if "fl_x" in frame:
        value = float(frame["fl_x"]) * width / float(frame.get("w", width))
    elif "camera_angle_x" in frame:
        value = width / 2 / math.tan(float(frame["camera_angle_x"]) / 2)
    if not 0 < value < math.inf:
        raise ValueError(f"{where}: focal length is {value}; expected fl_x or camera_angle_x")
    return value
