"""Colours of the procedural cars."""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes import paint
from keypointnet_tf.shapes.car_body import ARCH, Dimensions
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.paint import Color

PATTERNS = ("plain", "two_tone", "band", "rear", "fade")
_TEXTURE = (64, 192)
_MARGIN = 0.08
_TYRE: Color = (0.10, 0.10, 0.11)


@dataclasses.dataclass(frozen=True)
class Paints:
    """Materials of one car; `color` and `accent` are the two colours of its body."""

    color: Color
    accent: Color
    body: Material
    roof: Material
    trim: Material
    stripe: Material
    glass: Material
    tyre: Material
    hub: Material
    grille: Material
    headlight: Material
    taillight: Material
    front_plate: Material
    rear_plate: Material


def body_box(d: Dimensions) -> np.ndarray:
    """`[2, 3]` box that body textures span.

    Larger than the car, because textures repeat: the tail would blend into the nose at `u = 0`.
    """
    high = np.array([d.end, d.width / 2, d.height]) + _MARGIN
    return np.stack([high * (-1, -1, 0), high])


def draw_paints(rng: np.random.Generator, d: Dimensions, doors: tuple[float, ...]) -> Paints:
    """Random colours; `doors` are the x of the gaps between the doors."""
    color = paint.vivid(rng) if rng.uniform() < 0.6 else paint.neutral(rng, 0.25, 0.97)
    accent = paint.contrasting(rng, color)
    roof = paint.canvas(accent if rng.uniform() < 0.2 else color, 32, 32)
    paint.speckle(rng, roof, 0.015)
    dark, bright = (0.14, 0.14, 0.15), (0.72, 0.74, 0.77)
    trim = (dark, dark, bright, tuple(0.8 * c for c in color))[rng.integers(4)]
    plates = [(0.93, 0.93, 0.90), (0.95, 0.82, 0.25), (0.80, 0.88, 0.95)]
    tint = rng.uniform(0.8, 1.5)
    return Paints(
        color=color,
        accent=accent,
        body=paint.textured("body", _body_texture(rng, d, color, accent, doors)),
        roof=paint.textured("roof", roof),
        trim=paint.plain("trim", trim),
        stripe=paint.plain("stripe", accent),
        glass=paint.plain("glass", tuple(tint * c for c in paint.GLASS)),
        tyre=paint.plain("tyre", _TYRE),
        hub=paint.textured("hub", _hub_texture(rng)),
        grille=paint.textured("grille", _grille_texture(rng)),
        headlight=paint.plain("headlight", (1.0, rng.uniform(0.90, 0.98), rng.uniform(0.6, 0.85))),
        taillight=paint.plain("taillight", (rng.uniform(0.7, 0.9), 0.05, 0.06)),
        front_plate=paint.plain("front_plate", plates[rng.integers(3)]),
        rear_plate=paint.plain("rear_plate", plates[rng.integers(3)]),
    )


def _body_texture(
    rng: np.random.Generator, d: Dimensions, color: Color, accent: Color, doors: tuple[float, ...]
) -> np.ndarray:
    """Side view of the body: a pattern, noise, and the gaps of the doors."""
    texture = paint.canvas(color, *_TEXTURE)
    (left, _, _), (right, _, height) = body_box(d)
    low, belt = d.ride / height, d.belt / height
    pattern = PATTERNS[rng.choice(len(PATTERNS), p=(0.45, 0.17, 0.2, 0.1, 0.08))]
    if pattern == "two_tone":
        paint.fill(texture, accent, v=(0, low + rng.uniform(0.25, 0.5) * (belt - low)))
    elif pattern == "band":
        start = low + rng.uniform(0.3, 0.6) * (belt - low)
        paint.fill(texture, accent, v=(start, start + rng.uniform(0.15, 0.35) * (belt - low)))
    elif pattern == "rear":
        paint.fill(texture, accent, u=(0, rng.uniform(0.2, 0.5)))
    elif pattern == "fade":
        share = np.linspace(0, 1, _TEXTURE[1])[None, :, None] ** 2
        mixed = np.multiply(accent, 255) * (1 - share) + texture * share
        texture[:] = np.round(mixed).astype(np.uint8)
    paint.speckle(rng, texture, rng.uniform(0.005, 0.03))
    gap = tuple(0.35 * c for c in color)
    for x in doors:
        u = (x - left) / (right - left)
        arched = min(abs(x - d.rear_axle), abs(x - d.front_axle)) < ARCH * d.wheel_radius
        foot = 2.3 * d.wheel_radius / height if arched else low + 0.05
        paint.fill(texture, gap, u=(u, u + 1.2 / _TEXTURE[1]), v=(foot, belt))
    return texture


def _hub_texture(rng: np.random.Generator, size: int = 48) -> np.ndarray:
    """A rim with dark gaps between its spokes."""
    metal = paint.neutral(rng, 0.62, 0.92)
    texture = paint.canvas(metal, size, size)
    y, x = np.mgrid[:size, :size] * 2 / (size - 1) - 1
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    count, share = int(rng.integers(5, 11)), rng.uniform(0.35, 0.65)
    gaps = (angle * count / (2 * np.pi) % 1 < share) & (radius > 0.32) & (radius < 0.85)
    if rng.uniform() < 0.8:
        texture[gaps] = 45
    return texture


def _grille_texture(rng: np.random.Generator) -> np.ndarray:
    """Dark bars, upright or level."""
    bars = paint.stripes(
        rng, (0.10, 0.10, 0.11), paint.neutral(rng, 0.3, 0.75), int(rng.integers(7, 13)), 48, 48
    )
    return bars if rng.uniform() < 0.5 else np.ascontiguousarray(bars.swapaxes(0, 1))
