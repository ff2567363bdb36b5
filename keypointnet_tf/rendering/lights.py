"""Lights of a view: an ambient term and a few distant lights that move with the camera.

Directions are in the camera frame, so that the side that is seen is also the side that is lit,
from wherever the camera looks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

Color = tuple[float, float, float]
Direction = tuple[float, float, float]


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


@dataclasses.dataclass(frozen=True)
class LightSampling:
    """How the lights of a view are drawn; each range is `(lowest, highest)`.

    Attributes:
      ambient: intensity that reaches every surface. Its lowest keeps objects from drowning in a
        black background.
      key: intensity of the key light, which comes from above on the camera's side.
      fill: intensity of each fill light.
      fills: how many fill lights.
      tint: largest share by which a light is turned warm or cold.
      specular: share of each light that is mirrored as a white highlight.
      shininess: exponent of the highlight.
    """

    ambient: tuple[float, float] = (0.4, 0.6)
    key: tuple[float, float] = (0.35, 0.65)
    fill: tuple[float, float] = (0.05, 0.25)
    fills: tuple[int, int] = (1, 2)
    tint: float = 0.1
    specular: tuple[float, float] = (0.0, 0.3)
    shininess: tuple[float, float] = (10.0, 60.0)

    def __post_init__(self) -> None:
        for name in ("ambient", "key", "fill", "fills", "specular", "shininess"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} is {low}, {high}; expected a range of numbers from 0")
        if not 0 <= self.tint <= 1:
            raise ValueError(f"tint is {self.tint}; expected a share in [0, 1]")


def sample_lights(rng: np.random.Generator, sampling: LightSampling | None = None) -> Lights:
    """Random lights: a key light from above on the camera's side, and a few weaker ones."""
    sampling = sampling or LightSampling()
    fills = int(rng.integers(sampling.fills[0], sampling.fills[1] + 1))
    ambient = _tinted(rng, rng.uniform(*sampling.ambient), sampling.tint)
    directions = [_direction(rng, lowest=0.2)]
    colors = [_tinted(rng, rng.uniform(*sampling.key), sampling.tint)]
    for _ in range(fills):
        directions.append(_direction(rng, lowest=-0.3))
        colors.append(_tinted(rng, rng.uniform(*sampling.fill), sampling.tint))
    return Lights(
        ambient=ambient,
        directions=tuple(directions),
        colors=tuple(colors),
        specular=float(rng.uniform(*sampling.specular)),
        shininess=float(rng.uniform(*sampling.shininess)),
    )


def _direction(rng: np.random.Generator, *, lowest: float) -> Direction:
    """A unit vector on the camera's side whose upward part, before scaling, is above `lowest`."""
    vector = np.array([rng.uniform(-1, 1), rng.uniform(lowest, 1), rng.uniform(0.3, 1)])
    return tuple(float(x) for x in vector / np.linalg.norm(vector))


def _tinted(rng: np.random.Generator, intensity: float, tint: float) -> Color:
    """A grey intensity turned warm or cold by up to the share `tint`."""
    warmth = rng.uniform(-tint, tint)
    return tuple(float(intensity * (1 + part * warmth)) for part in (1.0, 0.2, -1.0))
