"""Photos that a visitor gives to the page: checked, and shown small.

Letters: H W pixels of the photo, as it is seen, turned by its EXIF tag.
"""

from __future__ import annotations

import base64
import dataclasses
import io
import os
import pathlib

import numpy as np
from PIL import Image

from keypointnet_tf.data import photos
from keypointnet_tf.viz.canvas import opaque

MOST_PIXELS = 50_000_000
PREVIEW_SIDE = 1024
JPEG_QUALITY = 88
_LONGEST_NAME = 80
# What a mask hides keeps this share of its brightness.
_DIMMED = 0.3


@dataclasses.dataclass(frozen=True)
class StagedPhoto:
    """A photo that can be used.

    Attributes:
      path: file on the server.
      name: as the visitor calls it; never a path.
      width, height: pixels.
      mask: file of its mask, or None.
    """

    path: pathlib.Path
    name: str
    width: int
    height: int
    mask: pathlib.Path | None = None

    def tell(self, error: ValueError) -> str:
        """The error's message with the visitor's names in place of paths on the server."""
        text = str(error).replace(str(self.path), self.name)
        return text if self.mask is None else text.replace(str(self.mask), "the mask")


def stage_photo(
    path: str | os.PathLike, name: str, *, most_pixels: int = MOST_PIXELS
) -> tuple[StagedPhoto, str]:
    """Reads a photo for the first time.

    Args:
      path: file on the server.
      name: as the visitor calls it.
      most_pixels: larger photos are refused before they are decoded.

    Returns:
      The photo, and its preview as a data URI.

    Raises:
      ValueError: the file is no photo, or too large; the message has `name` for the path.
    """
    given = StagedPhoto(pathlib.Path(path), plain_name(name), 0, 0)
    try:
        rgba = photos.read_photo(path, max_pixels=most_pixels)
    except ValueError as error:
        raise ValueError(given.tell(error)) from error
    height, width = rgba.shape[:2]
    return dataclasses.replace(given, width=width, height=height), preview_uri(rgba)


def stage_mask(
    photo: StagedPhoto, path: str | os.PathLike, *, most_pixels: int = MOST_PIXELS
) -> tuple[StagedPhoto, str]:
    """The photo with a mask, and its preview with the background darkened.

    Raises:
      ValueError: the file is no mask of this photo; the message has no path.
    """
    masked = dataclasses.replace(photo, mask=pathlib.Path(path))
    try:
        photos.read_photo(path, max_pixels=most_pixels)
        mask = photos.read_mask(path, (photo.width, photo.height))
    except ValueError as error:
        raise ValueError(masked.tell(error)) from error
    return masked, preview_uri(photos.read_photo(photo.path), mask)


def preview_uri(
    rgba: np.ndarray, mask: np.ndarray | None = None, *, side: int = PREVIEW_SIDE
) -> str:
    """A small JPEG of a photo, as a data URI.

    Args:
      rgba: uint8 `[H, W, 4]`, straight alpha.
      mask: bool `[H, W]`; what lies outside is darkened.
      side: most pixels of the longer side.
    """
    if mask is not None:
        rgba = rgba.copy()
        rgba[~mask, :3] = np.round(rgba[~mask, :3] * _DIMMED).astype(np.uint8)
    picture = Image.fromarray(rgba)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    opaque(np.asarray(picture)).save(content, "JPEG", quality=JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()


def plain_name(name: object) -> str:
    """A file name as it may be shown and written: no folders, no control characters, not long."""
    text = str(name).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in text if c.isprintable()).strip()
    return text[-_LONGEST_NAME:] or "photo"
