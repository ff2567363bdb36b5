"""Shell of the procedural cars: lower body, cabin and window panes as functions of dimensions.

Metres, wheels on `z = 0`, `x = 0` half-way between the bumpers, `+x` forward, `+y` left. The lower
body is a loft of cross sections along x; its two ends are drawn flat and then curved by `warp`,
which everything that is fixed to them goes through too. The cabin is a loft of rounded rectangles
along z. Letters: S stations along x, P points of a half section, N points.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.shapes import parts
from keypointnet_tf.shapes.parts import Part

ARCH = 1.12
"""Radius of a wheel arch over that of its wheel."""
END_ROUNDING = (0.0, 0.05, 0.15, 0.35)
"""Distances from either end at which the body's plan bends."""
CABIN_CORNER = 0.12
GLASS_TOP = 0.86
"""Height of the panes' upper edge, 0 at the belt line and 1 at the roof."""
GLASS_BASE = 0.06

_ARCHED = slice(1, 6)
_SHARES = np.array([0.60, 0.62, 0.95, 0.99, 1.0, 0.99, 0.955, 0.86, 0.80, 0.40, 0.0])


@dataclasses.dataclass(frozen=True)
class Dimensions:
    """Everything that is drawn at random about a car's form.

    Attributes:
      kind: one of `car.KINDS`.
      length, width, height: of the body, without bumpers and mirrors.
      ride: height of the sill above the ground.
      belt: height of the windows' lower edge.
      nose_top, tail_top: height of the body at its two ends.
      wheel_radius, tyre_width: of all four wheels.
      front_axle, rear_axle: x.
      cowl, rear_base: x of the windscreen's and of the rear window's foot.
      roof_front, roof_rear: x of the roof's two ends.
      cabin_width, roof_width: of the cabin at the belt line and at the roof.
      nose_width, tail_width: width of the two flat ends as a share of `width`.
      nose_bow, tail_bow: how far the corners of an end lie behind its middle.
      nose_rake, tail_rake: slope of the ends, x per z.
      bonnet_power: exponent of the bonnet's rise; small ones are full, 1 is straight.
      shoulder: size of the rounding under the belt line, 1 is average.
      bed_depth: of a pickup's open bed, 0 without.
    """

    kind: str
    length: float
    width: float
    height: float
    ride: float
    belt: float
    nose_top: float
    tail_top: float
    wheel_radius: float
    tyre_width: float
    front_axle: float
    rear_axle: float
    cowl: float
    rear_base: float
    roof_front: float
    roof_rear: float
    cabin_width: float
    roof_width: float
    nose_width: float
    tail_width: float
    nose_bow: float
    tail_bow: float
    nose_rake: float
    tail_rake: float
    bonnet_power: float
    shoulder: float
    bed_depth: float

    @property
    def end(self) -> float:
        """x of the flat front; the tail is at `-end`."""
        return self.length / 2

    @property
    def bed(self) -> tuple[float, float]:
        """x of the bed's rear and front wall."""
        return -self.end + 0.10, self.rear_base - 0.08


def half_width(d: Dimensions, x: np.ndarray) -> np.ndarray:
    """Largest half width of the body at `x [S]`, narrowing towards both ends."""
    bend = np.array([0.0, 0.5, 0.8, 0.95, 1.0])
    reach = [*END_ROUNDING, 0.9]
    front = np.interp(d.end - x, reach, d.nose_width + (1 - d.nose_width) * bend)
    rear = np.interp(d.end + x, reach, d.tail_width + (1 - d.tail_width) * bend)
    return d.width / 2 * np.minimum(front, rear)


def body_top(d: Dimensions, x: np.ndarray) -> np.ndarray:
    """Height of the body at `x [S]`: boot or bed rail, belt line, bonnet; domed over wheels."""
    edge = d.end - 0.06
    share = np.clip((edge - x) / (edge - d.cowl), 0, 1)
    top = d.nose_top + (d.belt - d.nose_top) * share**d.bonnet_power
    behind = np.interp(x, [-edge, d.rear_base], [d.tail_top, d.belt])
    top = np.where(x < d.rear_base, behind, top)
    for axle in (d.front_axle, d.rear_axle):
        dome = (ARCH + 1) * d.wheel_radius + 0.09 - 0.08 * ((x - axle) / d.wheel_radius) ** 2
        top = np.maximum(top, dome)
    return top - np.interp(d.end - np.abs(x), END_ROUNDING[:2], [0.05, 0.0])


def half_sections(d: Dimensions, x: np.ndarray, *, arches: bool = True) -> np.ndarray:
    """`[S, P, 2]` `(y, z)` of the left half sections at `x [S]`, underside to top centre."""
    x = np.atleast_1d(np.asarray(x, float))
    top = body_top(d, x)
    floor = d.ride + np.interp(d.end - np.abs(x), [0, 0.05, 0.3], [0.06, 0.02, 0.0])
    tall = top - floor
    soft, softer = (np.minimum(d.shoulder * m, s * tall) for m, s in ((0.06, 0.12), (0.16, 0.3)))
    z = np.stack(
        [
            floor,
            floor,
            floor,
            floor + 0.28 * tall,
            floor + 0.55 * tall,
            top - softer,
            top - soft,
            top,
            top + 0.006,
            top + 0.016,
            top + 0.02,
        ],
        axis=1,
    )
    if arches:
        z[:, _ARCHED] = np.maximum(z[:, _ARCHED], _arch_height(d, x)[:, None])
    rear, front = d.bed
    inside = (x > rear) & (x < front) & (d.bed_depth > 0)
    z[inside, 8:] = bed_floor(d)
    return np.stack([half_width(d, x)[:, None] * _SHARES, z], axis=-1)


def bed_floor(d: Dimensions) -> float:
    """Height of a pickup's bed, above its wheel arches."""
    return max(d.tail_top - d.bed_depth, (1 + ARCH) * d.wheel_radius + 0.03)


def _arch_height(d: Dimensions, x: np.ndarray) -> np.ndarray:
    """`[S]` height of the wheel arches, 0 beside them."""
    radius = ARCH * d.wheel_radius
    dx = np.minimum(np.abs(x - d.front_axle), np.abs(x - d.rear_axle))
    rise = np.sqrt(np.maximum(radius**2 - dx**2, 0))
    return np.where(dx <= radius * 1.001, d.wheel_radius + rise, 0.0)


def width_at(d: Dimensions, x: np.ndarray, z: float) -> np.ndarray:
    """`[S]` half width of the body at `x [S]` and one height, wheel arches ignored."""
    half = half_sections(d, x, arches=False)[:, 2:8]
    return np.array([np.interp(z, section[:, 1], section[:, 0]) for section in half])


def _stations(d: Dimensions) -> np.ndarray:
    ends = d.end - np.array(END_ROUNDING)
    arch = ARCH * d.wheel_radius * np.append(np.cos(np.linspace(0, np.pi, 8)), [1.05, -1.05])
    bonnet = d.cowl + (d.end - d.cowl) * np.array([0, 0.3, 0.65])
    middle = np.linspace(d.rear_base, d.cowl, 3)
    walls = [w + s * 0.015 for w in d.bed for s in (-1, 1)] if d.bed_depth else []
    x = np.concatenate(
        [ends, -ends, d.front_axle + arch, d.rear_axle + arch, bonnet, middle, walls]
    )
    x = np.sort(x[np.abs(x) <= d.end])
    return x[np.append(True, np.diff(x) > 0.012)]


def shell(d: Dimensions) -> Part:
    """The lower body with wheel arches and bed, before `warp`."""
    x = _stations(d)
    half = half_sections(d, x)
    mirror = half[:, -2::-1] * [-1, 1]
    rings = np.concatenate([half, mirror], axis=1)
    rings = np.insert(rings, 0, x[:, None], axis=2)
    shrunk = [
        [centre + (ring - centre) * share for share in (0.66, 0.33)]
        for ring in (rings[0], rings[-1])
        for centre in [np.array([ring[0, 0], 0, np.mean(ring[:, 2])])]
    ]
    return parts.loft([*shrunk[0][::-1], *rings, *shrunk[1]])


def warp(d: Dimensions, points: np.ndarray) -> np.ndarray:
    """Curves and rakes the flat ends: maps `points [N, 3]`; the identity between the axles."""
    out = np.array(points, float)
    x, y, z = np.asarray(points, float).T
    ends = ((1, d.front_axle, d.nose_bow, d.nose_rake), (-1, d.rear_axle, d.tail_bow, d.tail_rake))
    for sign, axle, bow, rake in ends:
        start = min(sign * axle + 0.8 * d.wheel_radius, d.end - 0.3)
        grown = np.clip((sign * x - start) / (d.end - start), 0, 1.1) ** 2
        back = bow * (2 * y / d.width) ** 2 + rake * np.maximum(z - d.ride - 0.3, 0)
        out[:, 0] -= sign * grown * back
    return out


def cabin_point(
    d: Dimensions, a: np.ndarray, b: np.ndarray, h: np.ndarray, inset: float = 0.0
) -> np.ndarray:
    """`[..., 3]` point of the cabin's surface.

    `a` runs from -1 (rear window) to 1 (windscreen), `b` from -1 (right) to 1 (left), `h` from 0
    (belt line) to 1 (roof); `inset` moves inwards.
    """
    a, b, h = np.broadcast_arrays(*(np.asarray(v, float) for v in (a, b, h)))
    front = d.cowl + (d.roof_front - d.cowl) * h - inset
    rear = d.rear_base + (d.roof_rear - d.rear_base) * h + inset
    half = (d.cabin_width + (d.roof_width - d.cabin_width) * h) / 2 - inset
    bow = np.where(a > 0, d.nose_bow, d.tail_bow)
    x = (front + rear) / 2 + a * (front - rear) / 2 - a * np.abs(a) * bow * b**2
    y = b * half * (1 - 0.05 * a**2)
    return np.stack([x, y, d.belt + h * (d.height - d.belt)], axis=-1)


def cabin(d: Dimensions) -> Part:
    """Pillars and roof as one closed solid, its foot sunk into the body."""
    roof_edge = min(0.13, 0.3 * (d.roof_front - d.roof_rear))
    levels = [
        (0.0, 0.0),
        (0.45, 0.0),
        (0.88, 0.0),
        (0.955, 0.015),
        (0.985, 0.4 * roof_edge),
        (1.0, roof_edge),
    ]
    rings = [_cabin_ring(d, h, inset) for h, inset in levels]
    # Straight down: with the slope of a fastback the foot would come out of the tail.
    rings.insert(0, rings[0] - (0, 0, 0.12))
    centre = rings[-1].mean(axis=0)
    rings.append((rings[-1] - centre) * (0.5, 0.5, 1) + centre + (0, 0, 0.02))
    return parts.loft(rings)


def cabin_length(d: Dimensions, h: np.ndarray) -> np.ndarray:
    """Length of the cabin at height `h`."""
    return d.cowl - d.rear_base + (d.roof_front - d.cowl - d.roof_rear + d.rear_base) * h


def _cabin_ring(d: Dimensions, h: float, inset: float) -> np.ndarray:
    ca = min(0.4, 2 * CABIN_CORNER / cabin_length(d, h))
    cb = 2 * CABIN_CORNER / d.cabin_width
    quarter = np.array(
        [
            [1, 0],
            [1, 0.45],
            [1, 1 - cb],
            [1 - 0.3 * ca, 1 - 0.3 * cb],
            [1 - ca, 1],
            [0.45, 1],
        ]
    )
    side = np.array([[0, 1]])
    front = np.concatenate([quarter, side, quarter[:0:-1] * [-1, 1]])
    unit = np.concatenate([front, -front])
    return cabin_point(d, unit[:, 0], unit[:, 1], np.full(len(unit), h), inset)


def slab(
    base: np.ndarray, out: Sequence[float] | np.ndarray, *, lift: float = 0.015, sink: float = 0.03
) -> Part:
    """A closed panel over a surface.

    Args:
      base: `[rows, columns, 3]` points of the surface; rows go up (on flat tops: to the left),
        columns anticlockwise seen from above (on flat tops: forward).
      out: outward directions that broadcast to `base`.
      lift, sink: how far the panel reaches outside and inside the surface.
    """
    outer, inner = base + lift * np.asarray(out), base - sink * np.asarray(out)
    rings = np.concatenate([inner, outer[::-1]], axis=0).swapaxes(0, 1)
    return parts.loft(list(rings))


def joined(pieces: Sequence[Part]) -> Part:
    """Several parts of one material as one."""
    starts = np.cumsum([0, *(len(p.vertices) for p in pieces[:-1])])
    faces = [p.faces + start for p, start in zip(pieces, starts, strict=True)]
    return Part(np.concatenate([p.vertices for p in pieces]), np.concatenate(faces))
