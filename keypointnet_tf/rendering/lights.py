"""Lights of a view: an ambient term and a few distant lights that move with the camera.

Directions are in the camera frame, so that the side that is seen is also the side that is lit,
from wherever the camera looks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

Color = tuple[float, float, float]
Direction = tuple[float, float, float]

LEAST_AMBIENT = 0.4


@dataclasses.dataclass(frozen=True)
class Lights:
    """Lighting of one view; intensities of 1 show a surface in its own colour.

    Attributes:
      ambient: `(r, g, b)` intensity that reaches every surface.
      directions: unit vectors towards the lights, camera frame (`+x` right, `+y` up, `+z` to the
        viewer).
      colors: `(r, g, b)` intensity of each light.
      specular: share of each light that is mirrored as a white highlight.
      shininess: exponent of the highlight; larger is smaller and sharper.
    """

    ambient: Color = (0.5, 0.5, 0.5)
    directions: tuple[Direction, ...] = ((-0.36, 0.64, 0.68), (0.8, 0.0, 0.6))
    colors: tuple[Color, ...] = ((0.5, 0.5, 0.5), (0.15, 0.15, 0.15))
    specular: float = 0.15
    shininess: float = 24.0

    def __post_init__(self) -> None:
        if len(self.directions) != len(self.colors):
            raise ValueError(
                f"lights have {len(self.directions)} directions and {len(self.colors)} colors; "
                "expected as many of one as of the other"
            )


DEFAULT_LIGHTS = Lights()


def sample_lights(rng: np.random.Generator) -> Lights:
    """Random lights: a key light from above on the camera's side, and one or two weaker ones.

    The ambient term is at least `LEAST_AMBIENT`, so that no object drowns in a black background.
    """
    count = int(rng.integers(2, 4))
    ambient = _tinted(rng, rng.uniform(LEAST_AMBIENT, 0.6))
    directions = [_direction(rng, lowest=0.2)]
    colors = [_tinted(rng, rng.uniform(0.35, 0.65))]
    for _ in range(count - 1):
        directions.append(_direction(rng, lowest=-0.3))
        colors.append(_tinted(rng, rng.uniform(0.05, 0.25)))
    return Lights(
        ambient=ambient,
        directions=tuple(directions),
        colors=tuple(colors),
        specular=float(rng.uniform(0.0, 0.3)),
        shininess=float(rng.uniform(10.0, 60.0)),
    )


def _direction(rng: np.random.Generator, *, lowest: float) -> Direction:
    """A unit vector on the camera's side whose upward part, before scaling, is above `lowest`."""
    vector = np.array([rng.uniform(-1, 1), rng.uniform(lowest, 1), rng.uniform(0.3, 1)])
    return tuple(float(x) for x in vector / np.linalg.norm(vector))


def _tinted(rng: np.random.Generator, intensity: float) -> Color:
    """A grey intensity turned warm or cold by up to a tenth."""
    warmth = rng.uniform(-0.1, 0.1)
    return tuple(float(intensity * (1 + part * warmth)) for part in (1.0, 0.2, -1.0))
