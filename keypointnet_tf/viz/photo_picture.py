"""A photo with its keypoints and an arrow that shows which way the object faces.

Letters: K keypoints, H W pixels of the photo.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.viz import overlay
from keypointnet_tf.viz.canvas import opaque

SMALL, HUGE = 512, 1024
"""Smaller photos are enlarged, larger ones shrunk, by their longer side in pixels."""


class Crop(Protocol):
    """The square of the photo that the networks saw; see `data.framing.Framing`."""

    side: float


class FoundKeypoints(Protocol):
    """What a picture needs of a photo's keypoints; see `discovery.photo_keypoints`."""

    width: int
    height: int
    framing: Crop
    xy: np.ndarray
    confidence: np.ndarray
    front: np.ndarray
    back: np.ndarray


def shrunk(rgba: np.ndarray, *, longest: int = HUGE) -> np.ndarray:
    """A photo uint8 `[H, W, 4]`, its longer side at most `longest`; a smaller one as it is."""
    picture = Image.fromarray(rgba)
    if max(picture.size) <= longest:
        return rgba
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=None)
    return np.asarray(picture)


def base_picture(rgba: np.ndarray, *, longest: int = HUGE) -> Image.Image:
    """The photo as it is drawn on: RGB, small ones enlarged by a whole factor, large ones shrunk.

    Args:
      rgba: uint8 `[H, W, 4]`, straight alpha.
      longest: side in pixels of the largest picture.
    """
    pixels = shrunk(rgba, longest=longest)
    return opaque(pixels, scale=max(1, -(-SMALL // max(pixels.shape[:2]))))


def draw_photo(rgba: np.ndarray, found: FoundKeypoints, *, longest: int = HUGE) -> Image.Image:
    """The photo with its keypoints, and an arrow from the object's back to its front.

    Small photos are enlarged, larger ones shrunk to `longest` pixels on the longer side.

    Args:
      rgba: uint8 `[H, W, 4]`, straight alpha: the photo as it is seen, or `shrunk`.
      found: its keypoints, in the pixels of the whole photo.
      longest: side in pixels of the largest picture.

    Returns:
      RGB picture.
    """
    picture = base_picture(rgba, longest=longest)
    scale = np.array(picture.size) / (found.width, found.height)
    # Marks as large as suits the crop, which may be a small part of a street.
    shown = min(found.framing.side * scale.max(), max(picture.size))
    radius = max(overlay.LEAST_RADIUS, overlay.RADIUS_SHARE * shown)
    draw_arrow(picture, found.back * scale, found.front * scale, radius)
    return overlay.draw_keypoints(
        np.asarray(picture), found.xy * scale, found.confidence, radius=radius
    )


def draw_arrow(picture: Image.Image, start: np.ndarray, end: np.ndarray, radius: float) -> None:
    """Draws a white arrow outlined in black, as bold as markers of a radius; none below a pixel.

    Args:
      picture: is drawn on.
      start, end: `[2]` in the picture's pixels.
      radius: of the markers beside it, in pixels.
    """
    length = float(np.linalg.norm(end - start))
    if length < 1:
        return
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    neck = end - along * min(2.5 * radius, length)
    pen, width = ImageDraw.Draw(picture), max(2, round(radius / 2))
    for color, more in (("black", max(2, round(radius / 6))), ("white", 0)):
        pen.line([*start, *neck], fill=color, width=width + 2 * more)
        base, wide = neck - along * more, across * (radius + more)
        head = (end + along * 2 * more, base + wide, base - wide)
        pen.polygon([tuple(corner) for corner in head], fill=color)
