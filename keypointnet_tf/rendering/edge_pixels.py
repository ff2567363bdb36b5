"""Where edges cross the pixel grid: the scan conversion of line segments.

Letters: E edges, h w pixels of the part of the image at hand. Places are in pixels from its upper
left corner, x to the right and y down: pixel `[j, i]` has its centre at `(i + 0.5, j + 0.5)`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Rays are traced in float32: a sample this near to an edge may fall on either side of it.
SLACK_PIXELS = 0.01
# Edges of a greater length per pixel are not followed: they meet nearly every pixel.
MOST_LENGTH = 8


class EdgePixels(NamedTuple):
    """What edges cross.

    Attributes:
      touched: `[h, w]` bool: an edge meets the square that the pixel's samples span.
      across: `[h, w - 1]` bool: an edge passes between the centres of pixels `[j, i]` and
        `[j, i + 1]`.
      down: `[h - 1, w]` bool: an edge passes between the centres of `[j, i]` and `[j + 1, i]`.
    """

    touched: np.ndarray
    across: np.ndarray
    down: np.ndarray


def edge_pixels(
    start: np.ndarray, end: np.ndarray, shape: tuple[int, int], supersample: int
) -> EdgePixels:
    """Scan converts segments; parts outside the image are left out.

    Args:
      start, end: `[2, E]` x and y of the segments' ends.
      shape: `(h, w)`.
      supersample: samples per pixel side; the outermost are half their distance from its border.

    Returns:
      What they cross; everything where the segments are too many to leave anything out.
    """
    h, w = shape
    lengths = np.abs(end - start)
    if np.minimum(lengths, [[w], [h]]).sum() > MOST_LENGTH * h * w:
        touched, links = np.ones((h, w), bool), np.ones((2, h, w), bool)
    else:
        margin = max(0.0, 0.5 / supersample - SLACK_PIXELS)
        touched = _touched(start, end, shape, margin, steep=lengths[1] > lengths[0])
        links = _crossed(start, end, shape)
    return EdgePixels(touched, links[0, :, : max(w - 1, 0)], links[1, : max(h - 1, 0)])


def _touched(
    start: np.ndarray,
    end: np.ndarray,
    shape: tuple[int, int],
    margin: float,
    *,
    steep: np.ndarray,
) -> np.ndarray:
    """`[h, w]` bool: a segment meets the square from `margin` to `1 - margin` of the pixel.

    Each is followed along the axis `a` in which it is longer, and leaves the other, `b`, at each
    `a` no choice.
    """
    (a0, b0), (a1, b1) = np.where(steep, start[::-1], start), np.where(steep, end[::-1], end)
    # Most edges of fine meshes are short, and lie between the squares.
    near = np.ceil(np.minimum(b0, b1) - (1 - margin)) <= np.maximum(b0, b1) - margin
    near = np.flatnonzero(near)
    a0, b0, a1, b1, steep = (part.take(near) for part in (a0, b0, a1, b1, steep))
    low, high = np.minimum(a0, a1), np.maximum(a0, a1)
    slope = (b1 - b0) / np.where(a1 == a0, 1, a1 - a0)
    limit, limit_b = np.where(steep, *shape), np.where(steep, *shape[::-1])
    which, a = _whole_numbers(low - (1 - margin), high - margin, limit)
    a0, b0, slope, limit_b = (part.take(which) for part in (a0, b0, slope, limit_b))
    first = b0 + slope * (np.maximum(a + margin, low.take(which)) - a0)
    last = b0 + slope * (np.minimum(a + (1 - margin), high.take(which)) - a0)
    low, high = np.minimum(first, last), np.maximum(first, last)
    again, b = _whole_numbers(low - (1 - margin), high - margin, limit_b)
    a, steep = a.take(again), steep.take(which.take(again))
    touched = np.zeros(shape[0] * shape[1], bool)
    touched[np.where(steep, a * shape[1] + b, b * shape[1] + a)] = True
    return touched.reshape(shape)


def _crossed(start: np.ndarray, end: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """`[2, h, w]` bool: a segment passes between the pixel's centre and that to its right (first),
    or below it (second)."""
    h, w = shape
    (x0, y0), (x1, y1) = start, end
    # Along y for the links across, along x for those down.
    a0, a1, b0, b1 = (np.concatenate(pair) for pair in ((y0, x0), (y1, x1), (x0, y0), (x1, y1)))
    limits = np.repeat([[h, w], [w - 1, h - 1]], len(x0), axis=1)
    which, a = _whole_numbers(np.minimum(a0, a1) - 0.5, np.maximum(a0, a1) - 0.5, limits[0])
    a0, a1, b0, b1 = (part.take(which) for part in (a0, a1, b0, b1))
    run = np.where(a1 == a0, 1, a1 - a0)
    b = np.floor(b0 + (a + 0.5 - a0) / run * (b1 - b0) - 0.5)
    inside = np.flatnonzero((b >= 0) & (b < limits[1].take(which)))
    a, b, down = a.take(inside), b.take(inside).astype(np.intp), which.take(inside) >= len(x0)
    crossed = np.zeros(2 * h * w, bool)
    crossed[np.where(down, h * w + b * w + a, a * w + b)] = True
    return crossed.reshape(2, h, w)


def _whole_numbers(
    low: np.ndarray, high: np.ndarray, limit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers from 0 below `limit` of each range: numbers of the ranges, and they."""
    first = np.maximum(np.ceil(low), 0).astype(np.intp)
    last = np.minimum(np.floor(high), limit - 1).astype(np.intp)
    counts = np.maximum(last - first + 1, 0)
    ends = np.cumsum(counts)
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) + (first - ends + counts).take(which)
