"""Fittings of the procedural cars: wheels, windows, lamps, bumpers, grille, mirrors, extras.

Same frame and units as `car_body.py`. Functions whose summary says "before `warp`" return parts of
the body's ends, which must be curved with them.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes import parts
from keypointnet_tf.shapes.car_body import (
    ARCH,
    CABIN_CORNER,
    END_ROUNDING,
    GLASS_BASE,
    GLASS_TOP,
    Dimensions,
    bed_floor,
    body_top,
    cabin_length,
    cabin_point,
    half_width,
    joined,
    slab,
    width_at,
)
from keypointnet_tf.shapes.parts import Part

HUB_BULGE = 0.015
LAMP_LIFT = 0.02


def hub_centre(d: Dimensions, axle: float) -> np.ndarray:
    """`[3]` outer centre of the left wheel's hub at an axle."""
    y = half_width(d, np.array([axle]))[0] - 0.02
    return np.array([axle, y + HUB_BULGE, d.wheel_radius])


def wheels(d: Dimensions) -> tuple[Part, list[Part]]:
    """The four tyres as one part, and the two left hubs."""
    r, tyres, hubs = d.wheel_radius, [], []
    for axle in (d.front_axle, d.rear_axle):
        _, y, _ = hub_centre(d, axle) - (0, HUB_BULGE, 0)
        inner = y - d.tyre_width
        profile = [(inner, 0.96), (y - 0.04, 1.0), (y, 0.88), (y - 0.01, 0.66)]
        tyres.append(_turned(profile, r).moved((axle, 0, r)))
        hub = [(y - 0.03, 0.69), (y + 0.004, 0.66), (y + HUB_BULGE, 0.25)]
        hubs.append(_turned(hub, r).moved((axle, 0, r)))
    return joined([*tyres, *(t.mirrored() for t in tyres)]), hubs


def _turned(profile: list[tuple[float, float]], radius: float, n: int = 16) -> Part:
    """Solid of revolution about y from `(y, share of radius)` with y growing outwards."""
    angle = np.arange(n) * 2 * np.pi / n
    circle = np.column_stack([np.sin(angle), np.zeros(n), np.cos(angle)]) * radius
    return parts.loft([circle * share + (0, y, 0) for y, share in profile])


def arch_trims(d: Dimensions) -> Part:
    """Plastic lips around the left wheel arches."""
    lips = []
    for axle in (d.front_axle, d.rear_axle):
        angle = np.linspace(np.pi, 0, 9)
        low, high = ARCH * d.wheel_radius, ARCH * d.wheel_radius + 0.07
        rings = [
            [axle + r * np.cos(angle), np.full(9, y), d.wheel_radius + r * np.sin(angle)]
            for y, r in _lip_corners(half_width(d, np.array([axle]))[0], low, high)
        ]
        lips.append(parts.loft(list(np.transpose(rings, (2, 0, 1)))))
    return joined(lips)


def _lip_corners(y: float, low: float, high: float) -> list[tuple[float, float]]:
    return [(y + 0.025, low - 0.01), (y + 0.02, high), (y - 0.06, high), (y - 0.06, low - 0.01)]


def window_corner(d: Dimensions, end: int, h: float) -> np.ndarray:
    """`[3]` left corner of the windscreen (`end` 1) or rear window (-1) at height share `h`."""
    return cabin_point(d, end, _glass_share(d), h)


def _glass_share(d: Dimensions) -> float:
    """Share of the cabin's width that windscreen and rear window take."""
    return 1 - 2 * (CABIN_CORNER + 0.01) / d.cabin_width


def end_windows(d: Dimensions) -> list[Part]:
    """Windscreen and rear window."""
    panes, h = [], np.array([[GLASS_BASE], [GLASS_TOP]])
    b = _glass_share(d)
    ends = ((1, d.cowl, d.roof_front), (-1, d.rear_base, d.roof_rear))
    for end, foot, head in ends:
        columns = np.linspace(-b, b, 6) * end
        out = np.array([end * (d.height - d.belt), 0, end * (foot - head)])
        panes.append(slab(cabin_point(d, end, columns, h), out / np.linalg.norm(out)))
    return panes


def side_windows(d: Dimensions, splits: tuple[float, ...]) -> Part:
    """Left side windows between the shares `splits` (0 front to 1 rear) of the side's length."""
    h = np.array([[GLASS_BASE + 0.04], [GLASS_TOP]])
    length = cabin_length(d, h)
    pillar = (CABIN_CORNER + 0.05) / length
    tilt = (d.cabin_width - d.roof_width) / 2 / (d.height - d.belt)
    out = np.array([0, 1, tilt]) / np.hypot(1, tilt)
    panes = []
    for first, last in zip(splits[:-1], splits[1:], strict=True):
        share = np.linspace(first, last, 4) + np.array([0.5, 0.17, -0.17, -0.5]) * 0.07 / length
        a = 1 - 2 * (pillar + share * (1 - 2 * pillar))
        panes.append(slab(cabin_point(d, a, 1, h), out))
    return joined(panes)


def corner_outline(d: Dimensions, end: int, z: float, inner: float, reach: float) -> np.ndarray:
    """`[N, 3]` plan curve of the body's left corner at a height, before `warp`.

    Starts at `inner` times the face's half width and goes round the corner and `reach` along
    the side; at the front (`end` 1) that is anticlockwise, at the rear (-1) clockwise.
    """
    x = end * (d.end - np.array([e for e in END_ROUNDING if e < reach] + [reach]))
    y = width_at(d, x, z)
    face = np.linspace(inner, 1, 5)[:-1] * y[0]
    along = np.append(np.full(4, x[0]), x)
    return np.column_stack([along, np.append(face, y), np.full(len(along), z)])


def _plan_normals(curve: np.ndarray, end: int) -> np.ndarray:
    along = np.gradient(curve[:, :2], axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0], np.zeros(len(curve))]) * end
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def lamp(d: Dimensions, end: int, low: float, high: float, inner: float, reach: float) -> Part:
    """Left lamp wrapped round a corner of the body, before `warp`."""
    heights = np.linspace(low, high, 3)
    base = np.stack([corner_outline(d, end, z, inner, reach) for z in heights])
    out = np.broadcast_to(_plan_normals(base[0], end), base.shape)
    if end < 0:
        base, out = base[:, ::-1], out[:, ::-1]
    return slab(base, out, lift=LAMP_LIFT, sink=0.08)


def lamp_centre(
    d: Dimensions, end: int, low: float, high: float, inner: float, reach: float
) -> np.ndarray:
    """`[3]` point of the left lamp's surface half-way across its front, before `warp`."""
    curve = corner_outline(d, end, (low + high) / 2, inner, reach)
    return curve[2] + (end * LAMP_LIFT, 0, 0)


def bumper(d: Dimensions, end: int, low: float, high: float) -> Part:
    """Bumper round one end as far as the wheel arches, before `warp`."""
    axle = d.front_axle if end > 0 else -d.rear_axle
    reach = max(0.2, d.end - axle - ARCH * d.wheel_radius - 0.06)
    left = corner_outline(d, end, (low + high) / 2, 0.0, reach)
    curve = np.concatenate([left[:0:-1] * (1, -1, 1), left])
    curve = curve if end > 0 else curve[::-1]
    out = _plan_normals(curve, 1)
    base = np.stack([curve * (1, 1, 0) + (0, 0, z) for z in (low, high)])
    return slab(base, out, lift=0.035, sink=0.08)


def bumper_corner(d: Dimensions, end: int, z: float) -> np.ndarray:
    """`[3]` left corner of a bumper's face, before `warp`."""
    curve = corner_outline(d, end, z, 0.0, 0.2)
    return curve[4] + 0.03 * _plan_normals(curve, end)[4]


def face_panel(
    d: Dimensions, end: int, half: float, low: float, high: float, *, lift: float = 0.02
) -> Part:
    """Centred panel `2 * half` wide on one end's face, before `warp`: grille, plate."""
    y = np.linspace(-half, half, 6) * end
    base = np.stack(
        [np.column_stack([np.full(6, end * d.end), y, np.full(6, z)]) for z in (low, high)]
    )
    return slab(base, (end, 0, 0), lift=lift)


def mirror(d: Dimensions) -> Part:
    """Left wing mirror."""
    x, y, z = mirror_tip(d)
    return parts.ellipsoid((0.07, 0.12, 0.08), (x, y - 0.12, z), n=8)


def mirror_tip(d: Dimensions) -> np.ndarray:
    """`[3]` outermost point of the left wing mirror."""
    a = 1 - 0.5 / cabin_length(d, 0.12)
    return cabin_point(d, a, 1, 0.0) + (0, 0.2, 0.10)


def bonnet_stripes(d: Dimensions, width: float, gap: float) -> Part:
    """Left one of two stripes along the bonnet, before `warp`."""
    x = np.linspace(d.cowl + 0.05, d.end - 0.06, 10)
    z = body_top(d, x) + 0.014
    base = np.stack([np.column_stack([x, np.full(10, y), z]) for y in (gap, gap + width)])
    return slab(base, (0, 0, 1), lift=0.012)


def roof_rails(d: Dimensions) -> Part:
    """Left roof rail."""
    y, z = 0.40 * d.roof_width, d.height + 0.035
    front, rear = d.roof_front - 0.15, d.roof_rear + 0.15
    rail = parts.tube((rear, y, z), (front, y, z), 0.025, n=6)
    feet = [parts.box((0.08, 0.04, 0.12), (x, y, z - 0.05)) for x in (rear + 0.05, front - 0.05)]
    return joined([rail, *feet])


def spoiler(d: Dimensions, height: float) -> Part:
    """Rear spoiler: a lip on the roof's end, or a wing on the boot of low cars."""
    half = 0.42 * d.roof_width
    if d.kind in ("sedan", "coupe"):
        x = -d.end + 0.16
        z = float(body_top(d, np.array([x]))[0])
        blade = parts.box((0.24, 2 * half, 0.035), (x, 0, z + height))
        legs = [
            parts.box((0.1, 0.04, height + 0.06), (x, s * 0.7 * half, z + height / 2 - 0.02))
            for s in (-1, 1)
        ]
        return joined([blade, *legs])
    return parts.box((0.30, 2 * half, 0.05), (d.roof_rear - 0.02, 0, d.height - 0.04))


def bed_lining(d: Dimensions) -> Part:
    """Dark floor of a pickup's bed."""
    rear, front = d.bed
    size = (front - rear - 0.06, 1.52 * d.width / 2, 0.03)
    return parts.box(size, ((front + rear) / 2, 0, bed_floor(d) + 0.02))
