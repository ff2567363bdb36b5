"""Solid textures: how much of a second colour there is at a point of an object.

They are evaluated at points of the object frame, whose longest side is 2, and so need no texture
coordinates and are the same from every view (solid texturing: Perlin, "An Image Synthesizer",
1985; Peachey, 1985). Edges between the colours are as soft as a pixel is wide at usual sizes, so
that one sample per pixel does. Letters: P points, N side of a lattice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Width of the edges between two colours, object units: a pixel of a picture of 80.
SOFTNESS = 0.03
LATTICE = 8
"""N: after so many units, noise repeats."""


def stripes(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """Stripes across the first axis, one pair of them per unit."""
    return _wave(places[0], soft)


def checks(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """Cubes in turn, two to a unit along each axis."""
    signs = [2 * _wave(part, soft) - 1 for part in places]
    return (1 + signs[0] * signs[1] * signs[2]) / 2


def noise(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """Cloudy, two octaves."""
    return clouds(places, lattice)


def patches(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """Blots with edges, as on a cow or a camouflage."""
    return smoothstep(clouds(places, lattice), 0.5 - soft / 2, 0.5 + soft / 2)


def gradient(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """From one colour to the other within a unit along the first axis, and on with the second."""
    return smoothstep(places[0], -0.5, 0.5)


def marble(places: np.ndarray, lattice: np.ndarray, soft: float) -> np.ndarray:
    """Stripes that noise has bent, without edges."""
    return 0.5 + 0.5 * np.sin(2 * np.pi * (places[0] + 1.5 * clouds(places, lattice)))


PATTERNS: dict[str, Callable[[np.ndarray, np.ndarray, float], np.ndarray]] = {
    "stripes": stripes,
    "checks": checks,
    "noise": noise,
    "patches": patches,
    "gradient": gradient,
    "marble": marble,
}
"""Name -> function of places `[3, P]` in units of the pattern's period, of a lattice `[N, N, N]` of
numbers in [0, 1], and of the width of edges in the same units (above 0). It returns `[P]` in
[0, 1], the share of the second colour."""


def horizon(up: np.ndarray) -> np.ndarray:
    """`[P]` brightness of polished metal by the upward part `[P]` of its normals.

    A ramp as of a landscape that is mirrored: bright sky, a dark line at the horizon, lighter
    ground. True mirrors change with the view; this does not.
    """
    return np.interp(up, (-1, -0.25, -0.05, 0.1, 0.45, 1), (0.75, 0.55, 0.3, 0.35, 1.0, 0.7))


def clouds(places: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    """`[P]` in [0, 1]: value noise of two octaves, repeating after N units."""
    return (2 * value_noise(places, lattice) + value_noise(2 * places + 0.37, lattice)) / 3


def value_noise(places: np.ndarray, lattice: np.ndarray) -> np.ndarray:
    """`[P]` smooth mixture of the lattice's numbers, which stand at whole numbers and repeat."""
    n = len(lattice)
    floor = np.floor(places)
    x, y, z = smoothstep(places - floor, 0.0, 1.0)
    cell = floor.astype(np.intp) % n
    after = (cell + 1) % n
    total = np.zeros(places.shape[1])
    for i, a in ((cell[0], 1 - x), (after[0], x)):
        for j, b in ((cell[1], 1 - y), (after[1], y)):
            for k, c in ((cell[2], 1 - z), (after[2], z)):
                total += a * b * c * lattice[i, j, k]
    return total


def smoothstep(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, and a cubic of horizontal ends between them."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


def _wave(x: np.ndarray, soft: float) -> np.ndarray:
    """A square wave of period 1 with edges as wide as `soft`."""
    return smoothstep(np.abs(2 * (x - np.floor(x)) - 1), 0.5 - soft, 0.5 + soft)
