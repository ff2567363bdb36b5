"""Solids that chairs are built from: slabs, panels, rods and posts, with outward-facing triangles.

Units are metres before normalisation; the frame is that of `mesh.py`.
Letters: N points of an outline, P points of a path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from keypointnet_tf.shapes.parts import Part, loft

Point = Sequence[float]


def superellipse(depth: float, width: float, square: float, taper: float = 0.0, n: int = 32):
    """Outline `[n, 2]` in x and y, anticlockwise from above.

    `square` is the exponent (2 an ellipse, 8 nearly a rectangle); `taper` widens the front and
    narrows the rear by that share. With `n` a multiple of 8 the corners at 45 degrees are points.
    """
    unit = _unit_superellipse(n, square)
    return np.column_stack(
        [unit[:, 0] * depth / 2, unit[:, 1] * width / 2 * (1 + taper * unit[:, 0])]
    )


def _unit_superellipse(n: int, square: float) -> np.ndarray:
    angle = np.arange(n) * 2 * np.pi / n
    # Rounded, because a small power of the sine of pi as computed, 1e-16, is not small.
    turn = np.round(np.column_stack([np.cos(angle), np.sin(angle)]), 12)
    return np.sign(turn) * np.abs(turn) ** (2 / square)


def slab(
    outline: np.ndarray, bottom: float, top: float, *, bevel: float, dome: float = 0.0
) -> Part:
    """Solid over `outline [N, 2]` with bevelled rims; `dome` raises the middle of the top."""
    half = np.abs(outline).max(axis=0)
    levels = [(bottom, 1.0), (bottom + bevel, 0.0), (top - bevel, 0.0), (top, 1.0)]
    rings = [np.insert(outline * (1 - inset * bevel / half), 2, z, axis=1) for z, inset in levels]
    tip = None
    if dome > 0:
        rim = rings[-1][:, :2]
        for share in (0.75, 0.4):
            rings.append(np.insert(rim * share, 2, top + dome * (1 - share**2), axis=1))
        tip = (0.0, 0.0, top + dome)
    return loft(rings, tips=(None, tip))


def panel(
    half_width: float,
    bottom: Callable,
    top: Callable,
    thickness: float,
    *,
    rings: int = 9,
    square: float = 6.0,
) -> Part:
    """Upright board about the plane `x = 0`, from `y = -half_width` to `half_width`.

    Args:
      half_width: half the extent in y.
      bottom, top: height of the lower and upper rim as a function of `y / half_width` in [-1, 1].
      thickness: in x; the outer edges are rounded.
      rings: sections along y, so that the board can be bent afterwards.
      square: exponent of the section's superellipse.
    """
    unit = _unit_superellipse(16, square)[:, ::-1]
    sections = []
    for share in np.concatenate([[-1.0], np.linspace(-0.97, 0.97, rings), [1.0]]):
        low, high = bottom(share), top(share)
        thin = 0.6 if abs(share) == 1 else 1.0
        z = (low + high) / 2 + unit[:, 1] * max(high - low, 0.01) / 2
        x = unit[:, 0] * thickness / 2 * thin
        sections.append(np.column_stack([x, np.full(16, share * half_width), z]))
    return loft(sections)


def rod(path: np.ndarray, radius: float | np.ndarray, *, n: int = 8) -> Part:
    """Round bar of constant or per-point `radius` swept along `path [P, 3]`."""
    path = np.asarray(path, float)
    steps = np.diff(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    tangents = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    angle = np.arange(n) * 2 * np.pi / n
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    side = np.array([0.0, 1.0, 0.0]) if abs(tangents[0, 1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    rings = []
    for point, tangent, r in zip(path, tangents, np.broadcast_to(radius, len(path)), strict=True):
        side = side - (side @ tangent) * tangent
        side = side / np.linalg.norm(side)
        rings.append(point + r * (circle @ np.stack([side, np.cross(tangent, side)])))
    return loft(rings)


def rounded_path(corners: Sequence[Point], bend: float, steps: int = 4) -> np.ndarray:
    """`[P, 3]` polyline through `corners` with each inner corner rounded over the length `bend`.

    The bend is a quadratic Bezier curve; it takes at most 45 % of the neighbouring segments.
    """
    corners = np.asarray(corners, float)
    t = np.linspace(0, 1, steps + 1)[:, None]
    pieces = [corners[:1]]
    for before, corner, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        ends = []
        for other in (before, after):
            length = np.linalg.norm(other - corner)
            ends.append(corner + (other - corner) * min(bend / length, 0.45))
        pieces.append((1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * corner + t**2 * ends[1])
    return np.concatenate([*pieces, corners[-1:]])


def post(foot: Point, top: Point, foot_size: float, top_size: float, square: float = 2.0) -> Part:
    """Leg or post with level ends, side lengths `foot_size` below and `top_size` above."""
    rings = []
    for point, size in ((foot, foot_size), (top, top_size)):
        outline = superellipse(size, size, square, n=16 if square > 3 else 12)
        rings.append(np.insert(outline, 2, 0.0, axis=1) + np.asarray(point, float))
    return loft(rings)
