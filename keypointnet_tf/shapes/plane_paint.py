"""Paint schemes of the procedural planes: colours, and textures that tell the sides apart.

Frame and units as in `plane_plan.py`. Textures are projected along `y` (fuselage, fin) or `z`
(wings); real planes' cues are kept: red light on the left tip, green on the right, glass in front,
the fin in a colour of its own, letters on top of the left wing.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes import paint
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.plane_plan import Plan, Surface

Color = paint.Color
LEFT_LIGHT: Color = (0.9, 0.05, 0.05)
RIGHT_LIGHT: Color = (0.05, 0.75, 0.2)


@dataclasses.dataclass(frozen=True)
class Livery:
    """Colours of one plane, and the strength of the speckle on its skin."""

    base: Color
    belly: Color
    accent: Color
    second: Color
    wing: Color
    nacelle: Color
    speckle: float


def draw_livery(rng: np.random.Generator, kind: str) -> Livery:
    """Random colours, bright for civil planes and muted for most fighters."""
    if kind == "fighter" and rng.uniform() < 0.7:
        base = _tinted_grey(rng)
    elif rng.uniform() < 0.65:
        base = paint.neutral(rng, 0.75, 0.97)
    else:
        base = paint.vivid(rng, value=(0.55, 0.95))
    accent = paint.contrasting(rng, base)
    return Livery(
        base=base,
        belly=base if rng.uniform() < 0.4 else paint.neutral(rng, 0.4, 0.8),
        accent=accent,
        second=paint.contrasting(rng, accent),
        wing=base if rng.uniform() < 0.45 else paint.neutral(rng, 0.5, 0.9),
        nacelle=(base, accent, paint.METAL, paint.neutral(rng, 0.6, 0.95))[rng.integers(4)],
        speckle=float(rng.choice([0.01, 0.025, 0.045])),
    )


def _tinted_grey(rng: np.random.Generator) -> Color:
    tint = np.array([[1, 1, 1], [0.9, 1, 0.8], [1, 0.93, 0.75], [0.85, 0.95, 1]])[rng.integers(4)]
    return tuple(float(c) for c in tint * rng.uniform(0.45, 0.75))


class _Projected:
    """A texture painted in object coordinates; `bounds` `[2, 2]` are its lower and upper corner."""

    def __init__(self, color: Color, bounds: np.ndarray, *, height: int, width: int) -> None:
        self.pixels = paint.canvas(color, height, width)
        self._low, self._size = bounds[0], np.maximum(bounds[1] - bounds[0], 1e-9)

    def fill(self, color: Color, first=(-np.inf, np.inf), second=(-np.inf, np.inf)) -> None:
        """Paints a rectangle, given its range along each of the two axes."""
        u, v = (
            tuple(np.clip((np.asarray(span) - self._low[i]) / self._size[i], 0, 1))
            for i, span in enumerate((first, second))
        )
        paint.fill(self.pixels, color, u=u, v=v)


def body_material(
    rng: np.random.Generator, plan: Plan, livery: Livery, bounds: np.ndarray
) -> Material:
    """Fuselage skin for a projection along `y`; `bounds` `[2, 3]` is the fuselage's box."""
    skin = _Projected(livery.base, bounds[:, [0, 2]], height=64, width=320)
    low, high = plan.body.bottom.min(), float(np.median(plan.body.top))
    skin.fill(livery.belly, second=(-np.inf, low + (high - low) * rng.uniform(0.2, 0.42)))
    if plan.kind == "fighter" and rng.uniform() < 0.6:
        _camouflage(rng, skin, livery, bounds)
    if rng.uniform() < 0.35:
        skin.fill(livery.accent, first=(-np.inf, rng.uniform(-0.75, -0.5)))
    if rng.uniform() < 0.3:
        skin.fill(livery.second, first=(rng.uniform(0.84, 0.93), np.inf))
    paint.speckle(rng, skin.pixels, livery.speckle)
    if rng.uniform() < 0.65:
        _cheat_line(rng, skin, livery, low, high)
    _glaze(skin, plan, livery)
    return paint.textured("fuselage", skin.pixels)


def _camouflage(
    rng: np.random.Generator, skin: _Projected, livery: Livery, bounds: np.ndarray
) -> None:
    dark = tuple(0.6 * c for c in livery.base)
    for _ in range(9):
        x, z = rng.uniform(bounds[0], bounds[1])[[0, 2]]
        long, tall = rng.uniform([0.1, 0.03], [0.3, 0.1])
        skin.fill(dark, first=(x, x + long), second=(z, z + tall))


def _cheat_line(
    rng: np.random.Generator, skin: _Projected, livery: Livery, low: float, high: float
) -> None:
    """One or two stripes along the side, level with the windows or below them."""
    z = low + (high - low) * rng.uniform(0.38, 0.6)
    thick = (high - low) * rng.uniform(0.05, 0.14)
    skin.fill(livery.accent, second=(z, z + thick))
    if rng.uniform() < 0.5:
        skin.fill(livery.second, second=(z - thick * 1.4, z - thick * 0.5))


def _glaze(skin: _Projected, plan: Plan, livery: Livery) -> None:
    """Windscreen, cabin windows and doors."""
    if plan.cabin:
        rear, front, low, high, count = plan.cabin
        pitch = (front - rear) / count
        for x in rear + pitch * np.arange(count):
            skin.fill(paint.GLASS, first=(x, x + 0.62 * pitch), second=(low, high))
    if plan.windscreen:
        rear, front, low = plan.windscreen
        skin.fill(paint.GLASS, first=(rear, front), second=(low, np.inf))
        post = rear + 0.45 * (front - rear)
        split = low + 0.5 * (float(plan.body.outline(rear)[2]) - low)
        skin.fill(livery.base, first=(post, post + 0.012), second=(low, split))


def wing_material(rng: np.random.Generator, surface: Surface, livery: Livery) -> Material:
    """Skin of both halves for a projection along `z`; `v` runs from the right to the left tip."""
    skin = _Projected(livery.wing, surface_bounds(surface)[:, :2], height=128, width=64)
    dark = tuple(0.72 * c for c in livery.wing)
    for share in (0.3, 0.62, 0.64):
        y = share * surface.span
        for side in (-1, 1):
            skin.fill(dark, second=tuple(sorted((side * y, side * (y + 0.012)))))
    paint.speckle(rng, skin.pixels, livery.speckle)
    if rng.uniform() < 0.6:
        tip = surface.span * rng.uniform(0.8, 0.93)
        for side in ((-np.inf, -tip), (tip, np.inf)):
            skin.fill(livery.accent, second=side)
    if rng.uniform() < 0.6:
        _letters(rng, skin, surface, livery)
    return paint.textured("wing", skin.pixels)


def surface_bounds(surface: Surface) -> np.ndarray:
    """`[2, 3]` corners of the box that holds a fin, or both halves of a wing."""
    edges = np.concatenate([surface.point(np.asarray(surface.shares), c) for c in (0.0, 1.0)])
    bounds = np.stack([edges.min(axis=0), edges.max(axis=0)])
    if not surface.vertical:
        bounds[:, 1] = -surface.span, surface.span
    return bounds


def _letters(rng: np.random.Generator, skin: _Projected, surface: Surface, livery: Livery) -> None:
    """Blocks that pass for a registration, on the left wing only."""
    color = paint.contrasting(rng, livery.wing)
    size = 0.055 * surface.span
    for i in range(int(rng.integers(3, 6))):
        share = 0.4 + 0.085 * i
        x, y, _ = surface.point(share, 0.5)
        tall = surface.chord(share) * 0.2
        skin.fill(color, first=(x - tall, x + tall), second=(y, y + size))
        hole = rng.uniform(-0.6, 0.2) * tall
        skin.fill(
            livery.wing, first=(x + hole, x + hole + 0.4 * tall), second=(y + 0.3 * size, y + size)
        )


def fin_material(rng: np.random.Generator, plan: Plan, livery: Livery) -> Material:
    """Skin of the fin for a projection along `y`: a colour, with bands or a badge."""
    bounds = surface_bounds(plan.fin)
    low, high = bounds[:, 2]
    own = livery.accent if rng.uniform() < 0.7 else livery.base
    skin = _Projected(own, bounds[:, [0, 2]], height=64, width=64)
    other = livery.second if own is livery.accent else livery.accent
    paint.speckle(rng, skin.pixels, livery.speckle)
    style = rng.integers(3)
    if style == 0:
        z = low + (high - low) * rng.uniform(0.45, 0.75)
        skin.fill(other, second=(z, z + (high - low) * rng.uniform(0.12, 0.3)))
    elif style == 1:
        x, _, z = plan.fin.point(0.55, 0.5)
        half = 0.22 * plan.fin.chord(0.55)
        skin.fill(other, first=(x - half, x + half), second=(z - half, z + half))
    return paint.textured("fin", skin.pixels)


def canopy_material(bars: int, livery: Livery) -> Material:
    """Glass for a projection along `y`, with `bars` frames across."""
    texture = paint.canvas(paint.GLASS, 16, 96)
    for i in range(bars):
        u = (i + 1) / (bars + 1)
        paint.fill(texture, livery.base, u=(u - 0.025, u + 0.025))
    return paint.textured("canopy", texture)
