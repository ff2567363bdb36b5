"""What a visitor draws on a photo: a box, or an outline that becomes a mask.

Pixel coordinates `(x, y)` are continuous and belong to the photo as it is seen.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.data.framing import Box

MOST_POINTS = 2000
_LEAST_SIDE = 2.0
# The outline is filled so much finer than the pixels, which are the object's where half is covered.
_FINER = 2


@dataclasses.dataclass(frozen=True)
class Selection:
    """The object's place in a photo; at most one of the two is given.

    Attributes:
      box: `x0, y0, x1, y1` in pixels, within the photo, or None.
      outline: corners of a polygon in pixels, or None.
    """

    box: Box | None = None
    outline: tuple[tuple[float, float], ...] | None = None


def selection_of(value: object, width: int, height: int) -> Selection:
    """Reads what the browser sends: a mapping with `box` or `outline`, or neither.

    Args:
      value: as it came; not to be trusted.
      width, height: of the photo, pixels.

    Raises:
      ValueError: it is no selection of this photo.
    """
    if not isinstance(value, Mapping):
        return Selection()
    if value.get("outline"):
        corners = _points(value["outline"], "outline", width, height)
        if len(corners) < 3:
            raise ValueError(f"the outline has {len(corners)} corners; expected at least 3")
        return Selection(outline=corners)
    if value.get("box"):
        numbers = value["box"]
        if not isinstance(numbers, list | tuple) or len(numbers) != 4:
            raise ValueError(f"the box is {str(numbers)[:60]}; expected four numbers")
        return Selection(box=_box(_points([numbers[:2], numbers[2:]], "box", width, height)))
    return Selection()


def outline_mask(outline: tuple[tuple[float, float], ...], width: int, height: int) -> np.ndarray:
    """A mask of the polygon, bool `[height, width]`, true inside.

    Raises:
      ValueError: the polygon covers no pixel.
    """
    low = np.floor(np.min(outline, axis=0)).astype(int)
    high = np.maximum(np.ceil(np.max(outline, axis=0)).astype(int), low + 1)
    inside = Image.new("L", tuple(_FINER * (high - low)))
    corners = [tuple(_FINER * (np.array(corner) - low)) for corner in outline]
    ImageDraw.Draw(inside).polygon(corners, fill=255)
    inside = inside.reduce(_FINER).point(lambda share: 255 if share > 127 else 0)
    if inside.getbbox() is None:
        raise ValueError("the outline encloses nothing; draw it around the object")
    mask = Image.new("L", (width, height))
    mask.paste(inside, tuple(low.tolist()))
    return np.asarray(mask) > 0


def _points(values: object, name: str, width: int, height: int) -> tuple[tuple[float, float], ...]:
    """Pairs of finite numbers, moved into the photo."""
    if not isinstance(values, list | tuple) or len(values) > MOST_POINTS:
        raise ValueError(f"the {name} is {str(values)[:60]}; expected at most {MOST_POINTS} points")
    return tuple(_point(value, name, width, height) for value in values)


def _point(value: object, name: str, width: int, height: int) -> tuple[float, float]:
    try:
        x, y = (float(number) for number in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the {name} has {str(value)[:60]}; expected pairs of numbers") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"the {name} holds {x:g},{y:g}; expected finite numbers")
    return min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))


def _box(corners: tuple[tuple[float, float], ...]) -> Box:
    """The corners in order; a box too thin to be meant is refused."""
    (x0, x1), (y0, y1) = (sorted(values) for values in zip(*corners, strict=True))
    if x1 - x0 < _LEAST_SIDE or y1 - y0 < _LEAST_SIDE:
        raise ValueError(
            f"the box is {x1 - x0:.3g} x {y1 - y0:.3g} pixels in the photo; expected at least "
            f"{_LEAST_SIDE:g} x {_LEAST_SIDE:g}"
        )
    return x0, y0, x1, y1
