"""Random looks of an object's materials, by which training data varies what need not be learnt.

Domain randomisation of appearance (Tobin et al., "Domain Randomization for Transferring Deep Neural
Networks from Simulation to the Real World", 2017). A look is a function of the surface point alone,
so that both views of a pair show one and the same object. Letters: P points, N side of a lattice.
"""

from __future__ import annotations

import colorsys
import dataclasses
import re
from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from keypointnet_tf.rendering.solid_textures import (
    LATTICE,
    PATTERNS,
    SOFTNESS,
    clouds,
    horizon,
    smoothstep,
)
from keypointnet_tf.shapes import paint
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.paint import Color

# Materials that tell what a part is by their looks, in the procedural shapes and in many files.
TELLING = re.compile(
    r"glass|window|windshield|windscreen|canopy|ty[ri]e|lamp|lights?$|plate$", re.IGNORECASE
)
TELLING_KEPT = 0.5
OTHERS_KEPT = 0.12
SOIL = (0.36, 0.29, 0.21)
# The largest and the smallest brightness of a detail of the old texture, over its mean.
DETAIL_RANGE = (0.35, 1.6)


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """How a material looks instead of its own colour and texture.

    Attributes:
      color, second: the two colours of the pattern.
      pattern: a key of `solid_textures.PATTERNS`, or "plain" for the first colour alone.
      period: of the pattern, object units.
      turn: `[3, 3]` rotation from the object's axes to the pattern's.
      phase: `[3]` shift of the pattern, in periods.
      lattice: `[N, N, N]` numbers in [0, 1] of the noise.
      dirt: share of soil in the blots of dirt, more of them below; 0 for none.
      metal: whether the colour runs over a ramp as of a mirrored horizon.
      detail: whether the old texture still shows, as light and dark.
      gloss: factor of the highlights' strength.
      sharpness: factor of the highlights' exponent.
    """

    color: Color
    second: Color
    pattern: str
    period: float
    turn: np.ndarray
    phase: np.ndarray
    lattice: np.ndarray
    dirt: float = 0.0
    metal: bool = False
    detail: bool = False
    gloss: float = 1.0
    sharpness: float = 1.0

    def albedo(self, points: np.ndarray, outward: np.ndarray) -> np.ndarray:
        """`[3, P]` float32 colours in [0, 1].

        Args:
          points: `[3, P]` object frame.
          outward: `[3, P]` unit normals, object frame, on the outer side of the surface.
        """
        share = self._share(points)
        first, second, soil = (np.reshape(c, (3, 1)) for c in (self.color, self.second, SOIL))
        color = first + share * (second - first) + np.zeros_like(points)
        if self.metal:
            color = color * horizon(outward[2])
        if self.dirt:
            blots = clouds(points / 0.25 + self.phase[::-1, None], self.lattice)
            low = 0.12 * np.clip(-points[2], -1, 1)
            color = color + self.dirt * smoothstep(blots + low, 0.45, 0.62) * (soil - color)
        return np.clip(color, 0, 1).astype(np.float32)

    def _share(self, points: np.ndarray) -> np.ndarray | float:
        """Share of the second colour."""
        if self.pattern == "plain":
            return 0.0
        places = self.turn @ points / self.period + self.phase[:, None]
        return PATTERNS[self.pattern](places, self.lattice, SOFTNESS / self.period)


Looks = Sequence[Look | None]
"""A look for each material of a mesh; None for the material as it is."""


def draw_looks(rng: np.random.Generator, materials: Sequence[Material]) -> Looks:
    """Looks for an object's materials, one of them at least; a few looks are shared by all.

    In a part of the draws glass, tyres, lights and the like stay as they are, and now and then
    another material does.
    """
    palette = [draw_look(rng) for _ in range(int(rng.integers(1, 5)))]
    telling_kept = rng.uniform() < TELLING_KEPT
    looks: list[Look | None] = []
    for material in materials:
        look = palette[rng.integers(len(palette))]
        other_kept = rng.uniform() < OTHERS_KEPT
        kept = telling_kept if TELLING.search(material.name) else other_kept
        looks.append(None if kept else look)
    if looks and not any(looks):
        looks[int(rng.integers(len(looks)))] = palette[0]
    return tuple(looks)


def draw_look(rng: np.random.Generator) -> Look:
    """A random look."""
    color = draw_color(rng)
    near = tuple(float(np.clip(c * rng.uniform(0.5, 1.4), 0, 1)) for c in color)
    other = (paint.contrasting(rng, color), near, draw_color(rng))
    pattern = "plain" if rng.uniform() < 0.4 else list(PATTERNS)[rng.integers(len(PATTERNS))]
    period = rng.uniform(1.0, 2.5) if pattern == "gradient" else np.exp(rng.uniform(-1.6, 0.0))
    metal = rng.uniform() < 0.15
    return Look(
        color=color,
        second=other[rng.integers(3)],
        pattern=pattern,
        period=float(period),
        turn=_turn(rng),
        phase=np.zeros(3) if pattern == "gradient" else rng.uniform(0, 1, 3),
        lattice=rng.uniform(size=(LATTICE,) * 3),
        dirt=float(rng.uniform(0.3, 0.9)) if rng.uniform() < 0.25 else 0.0,
        metal=metal,
        detail=bool(rng.uniform() < 0.6),
        gloss=float(rng.uniform(1.5, 4.0) if metal else rng.choice([0.0, rng.uniform(0, 3)])),
        sharpness=float(np.exp(rng.uniform(-1.0, 1.0))),
    )


def draw_color(rng: np.random.Generator) -> Color:
    """A random colour: vivid, grey, brown, faint, or any."""
    kind = rng.choice(5, p=(0.35, 0.2, 0.1, 0.15, 0.2))
    if kind == 0:
        return paint.vivid(rng, value=(0.2, 1.0))
    if kind == 1:
        return paint.neutral(rng, 0.05, 1.0)
    if kind == 2:
        return paint.wood(rng)
    if kind == 3:
        return colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(0.1, 0.4), rng.uniform(0.4, 1.0))
    return tuple(rng.uniform(size=3).tolist())


def _turn(rng: np.random.Generator) -> np.ndarray:
    """`[3, 3]`: the object's own axes in another order half of the time, else any rotation."""
    if rng.uniform() < 0.5:
        return np.eye(3)[rng.permutation(3)]
    return Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
