"""Keypoints drawn on a picture.

Letters: K keypoints, H W pixels. Pixel coordinates are continuous: the first pixel's centre is
0.5, as `placement.ndc_to_pixels` gives them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.viz.canvas import font, opaque
from keypointnet_tf.viz.palette import keypoint_color

RADIUS_SHARE = 0.016
LEAST_RADIUS = 2.0
LEAST_FONT = 9.0
LOW_CONFIDENCE = 0.5
# Up and right of the marker first, then around it.
_AROUND = np.array([(1, -1), (-1, -1), (1, 1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1)])
_BLACK, _WHITE = np.zeros(3), np.full(3, 255.0)


def draw_keypoints(
    image: np.ndarray,
    xy: np.ndarray,
    confidence: np.ndarray | None = None,
    *,
    scale: int = 1,
    radius: float | None = None,
    labels: bool = True,
    low_confidence: float = LOW_CONFIDENCE,
) -> Image.Image:
    """Draws each keypoint as a disc of its own colour, outlined in white and black.

    Args:
      image: `[H, W, 3]` or `[H, W, 4]` uint8, straight alpha; see `canvas.opaque`.
      xy: `[K, 2]` pixel coordinates in `image`. Those that are not finite are left out; those
        outside are clipped away.
      confidence: `[K]`; below `low_confidence` only a ring is drawn. None: discs all.
      scale: whole factor by which the picture is enlarged before drawing.
      radius: of the coloured disc in pixels of the result; by default 1.6 % of its longer side,
        at least 2.
      labels: whether to write each keypoint's index beside it.
      low_confidence: threshold on `confidence`.

    Returns:
      RGB picture, `W scale` by `H scale`.

    Raises:
      ValueError: `image`, `xy` or `confidence` has another shape.
    """
    xy = _checked(xy, confidence)
    picture = opaque(image, scale=scale)
    if radius is None:
        radius = max(LEAST_RADIUS, RADIUS_SHARE * max(picture.size))
    pixels = np.asarray(picture, float)
    drawn = [k for k in range(len(xy)) if np.isfinite(xy[k]).all()]
    for k in drawn:
        ring = confidence is not None and not confidence[k] >= low_confidence
        _draw_marker(pixels, xy[k] * scale, radius, keypoint_color(k), ring=ring)
    picture = Image.fromarray(np.round(pixels).astype(np.uint8))
    if labels:
        _draw_labels(picture, xy[drawn] * scale, drawn, radius)
    return picture


def _checked(xy: np.ndarray, confidence: np.ndarray | None) -> np.ndarray:
    xy = np.asarray(xy, float)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"xy has shape {xy.shape}; expected [K, 2]")
    if confidence is not None and np.shape(confidence) != (len(xy),):
        raise ValueError(f"confidence has shape {np.shape(confidence)}; expected [{len(xy)}]")
    return xy


def _draw_marker(
    pixels: np.ndarray, centre: np.ndarray, radius: float, color: np.ndarray, *, ring: bool
) -> None:
    """Blends a disc or ring into float `pixels [H, W, 3]`, edges smooth over one pixel."""
    line = max(1.0, radius / 4)
    reach = radius + 2 * line
    low = np.maximum(np.floor(centre - reach - 1), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach + 1), [pixels.shape[1], pixels.shape[0]]).astype(int)
    if (high <= low).any():
        return
    patch = pixels[low[1] : high[1], low[0] : high[0]]
    y, x = np.mgrid[low[1] : high[1], low[0] : high[0]] + 0.5
    distance = np.hypot(x - centre[0], y - centre[1])
    hole = _cover(distance, radius * 0.68) if ring else 0.0
    for outer, paint in ((reach, _BLACK), (radius + line, _WHITE), (radius, color)):
        alpha = (_cover(distance, outer) * (1 - hole))[..., None]
        patch[:] = patch * (1 - alpha) + paint * alpha


def _cover(distance: np.ndarray, radius: float) -> np.ndarray:
    """Share of a pixel inside a circle, from the distance of its centre."""
    return np.clip(radius - distance + 0.5, 0, 1)


def _draw_labels(
    picture: Image.Image, points: np.ndarray, names: Sequence[int], radius: float
) -> None:
    """White on black outline, each beside its marker where the most room is.

    Args:
      picture: is drawn on.
      points: `[N, 2]` markers in its pixels.
      names: N numbers to write.
      radius: of the markers.
    """
    draw, kind = ImageDraw.Draw(picture), font(max(LEAST_FONT, radius * 1.7))
    taken = points
    for point, name in zip(points, names, strict=True):
        half = np.array([draw.textlength(str(name), font=kind), 0.75 * kind.size]) / 2 + 1
        place = _roomiest(point + _AROUND * (half + 1.3 * radius), half, taken, picture.size)
        draw.text(
            place,
            str(name),
            fill="white",
            font=kind,
            anchor="mm",
            stroke_width=1,
            stroke_fill="black",
        )
        taken = np.vstack([taken, place])


def _roomiest(
    places: np.ndarray, half: np.ndarray, taken: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Of `places [M, 2]` the first whose nearest `taken [N, 2]` is farthest, inside if possible."""
    room = np.linalg.norm(places[:, None] - taken, axis=-1).min(axis=1)
    inside = ((places - half >= 1) & (places + half <= np.array(size) - 1)).all(axis=1)
    return places[np.argmax(np.where(inside, room.round(3), room.round(3) - sum(size)))]
