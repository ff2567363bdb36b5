"""Non-rigid maps of space along one axis: bend, twist, taper, stretch.

Points are `[N, 3]` float64 in *bar coordinates*: the first runs along the bar, from -1 to 1 at its
ends, the other two across it. The maps carry every point, so surface and landmarks move alike, and
within `-1 <= s, t, b <= 1` none turns a neighbourhood inside out. Letters: N points; s the first
coordinate, t and b the others.

Source of bend, twist and taper: Barr, "Global and local deformations of solid primitives",
SIGGRAPH 1984.
"""

from __future__ import annotations

import numpy as np


def bend(points: np.ndarray, angle: float) -> np.ndarray:
    """Bends the bar into an arc that turns by `angle` radians from end to end, towards `+t`.

    `(s, t, b) -> ((1/k - t) sin(k s), 1/k - (1/k - t) cos(k s), b)` with curvature
    `k = angle / 2`. The neutral line `t = b = 0` becomes an arc of radius `1/k` and keeps its
    length; what lies at `t` is shortened by `1 - k t`, so `angle < 2` keeps all of it in order.
    """
    if angle == 0:
        return points.copy()
    s, t, b = points.T
    curvature = angle / 2
    radius = 1 / curvature - t
    along, turned = radius * np.sin(curvature * s), radius * np.cos(curvature * s)
    return np.stack([along, 1 / curvature - turned, b], axis=-1)


def twist(points: np.ndarray, angle: float) -> np.ndarray:
    """Turns each cross-section about the bar by `angle s / 2` radians, the ends by `angle` apart.

    Keeps the distance of every point from the bar, and all volumes.
    """
    return turn(points, angle * points[:, 0] / 2)


def taper(points: np.ndarray, change: float) -> np.ndarray:
    """Scales each cross-section by `1 + change s`: thinner at one end, thicker at the other.

    Volumes change by the square of that; `|change| < 1`.
    """
    s, t, b = points.T
    factor = 1 + change * s
    return np.stack([s, factor * t, factor * b], axis=-1)


def stretch(points: np.ndarray, growth: float, *, centre: float, reach: float) -> np.ndarray:
    """Lengthens the part of the bar within `reach` of `s = centre`; the rest keeps its form.

    `ds'/ds = 1 + growth w(s)` with the bump `w = (1 + cos(pi (s - centre) / reach)) / 2` within
    reach and 0 beyond, so that the bar grows by `growth reach` and its middle part by the factor
    `1 + growth`. `growth > -1`; `centre` itself stays.
    """
    s, t, b = points.T
    inside = np.clip(s - centre, -reach, reach)
    bump = (inside + reach / np.pi * np.sin(np.pi * inside / reach)) / 2
    return np.stack([s + growth * bump, t, b], axis=-1)


def turn(points: np.ndarray, angle: float | np.ndarray) -> np.ndarray:
    """Turns points about the bar by `angle` radians, one for all (a rigid turn) or `[N]`."""
    s, t, b = points.T
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([s, cos * t - sin * b, sin * t + cos * b], axis=-1)
