"""What the kinds of planes share: fins, tailplanes, engines, glass and wheels, drawn to fit.

Frame and units as in `plane_plan.py`. Every function draws from `rng` what it is not told.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.plane_plan import Body, Canopy, Engine, Surface, trapezoid


def fin(
    rng: np.random.Generator,
    body: Body,
    *,
    height: float,
    chord: float,
    sweep: tuple[float, float],
) -> Surface:
    """A fin whose foot is sunk into the tail and whose top is `height` above it."""
    rear = -rng.uniform(0.92, 0.975)
    x = np.linspace(rear, rear + chord, 12)
    foot = float(body.outline(x)[2].min()) - 0.012
    top = float(body.outline(rear + chord)[2]) + height
    return trapezoid(
        (rear + chord, 0, foot),
        top - foot,
        sweep=rng.uniform(*sweep),
        root_chord=chord,
        tip_chord=chord * rng.uniform(0.4, 0.62),
        thickness=rng.uniform(0.08, 0.11),
        vertical=True,
    )


def tailplane(
    rng: np.random.Generator,
    body: Body,
    fin: Surface,
    place: str,
    span: float,
    *,
    sweep: tuple[float, float],
) -> Surface:
    """A tailplane on the fuselage ("low"), half-way up the fin ("middle") or on top of it."""
    share = {"low": 0.0, "middle": rng.uniform(0.4, 0.6), "top": 0.985}[place]
    chord = fin.chord(share) * (rng.uniform(0.6, 0.8) if place == "low" else 0.9)
    x, _, z = fin.point(share)
    if place == "low":
        x = -rng.uniform(0.93, 0.98) + chord
        _, bottom, top = body.outline(x - chord / 2)
        z = bottom + (top - bottom) * rng.uniform(0.5, 0.75)
    rise = {"low": rng.uniform(0, 0.14), "middle": 0.05, "top": rng.uniform(-0.05, 0.03)}[place]
    return trapezoid(
        (float(x), 0, float(z)),
        span,
        sweep=rng.uniform(*sweep),
        root_chord=float(chord),
        tip_chord=float(chord * rng.uniform(0.45, 0.75)),
        rise=span * rise,
        thickness=0.1,
    )


def under_wing(
    rng: np.random.Generator, wing: Surface, height: float, pairs: int
) -> tuple[Engine, ...]:
    """Jets that hang from the wing on pylons, well forward."""
    radius = height * (rng.uniform(0.42, 0.62) if pairs == 1 else rng.uniform(0.34, 0.46))
    length = radius * rng.uniform(3.2, 4.4)
    shares = [rng.uniform(0.3, 0.38), rng.uniform(0.58, 0.68)][:pairs]
    engines = []
    for share in shares:
        x, y, z = wing.point(share)
        front = (x + length * rng.uniform(0.35, 0.6), y, z - radius * rng.uniform(1.15, 1.4))
        mount = (x - 0.35 * wing.chord(share), y, z)
        engines.append(Engine(front, radius, length, mount=mount))
    return tuple(engines)


def wing_propellers(
    rng: np.random.Generator, wing: Surface, height: float, pairs: int
) -> tuple[Engine, ...]:
    """Propeller engines in nacelles on the wing's leading edge."""
    radius, blades = height * rng.uniform(0.3, 0.42), int(rng.integers(3, 7))
    shares = [rng.uniform(0.3, 0.38), rng.uniform(0.6, 0.68)][:pairs]
    propeller = rng.uniform(0.15, 0.17) if pairs == 2 else rng.uniform(0.16, 0.23)
    propeller = min(propeller, wing.span * shares[0] - height - 0.02)
    ahead = rng.uniform(0.12, 0.22)
    engines = []
    for share in shares:
        x, y, z = wing.point(share)
        length = ahead + wing.chord(share) * rng.uniform(0.75, 1.05)
        engines.append(Engine((x + ahead, y, z), radius, length, blades, propeller))
    return tuple(engines)


def rear_engine(rng: np.random.Generator, body: Body) -> Engine:
    """A jet on a short pylon at the side of the rear fuselage."""
    radius = body.width.max() * rng.uniform(0.42, 0.58)
    length = radius * rng.uniform(4, 5.2)
    x = -1 + rng.uniform(0.62, 0.82)
    _, bottom, top = body.outline(x - length / 2)
    z = float(bottom + (top - bottom) * rng.uniform(0.6, 0.75))
    side = float(body.side(x - length / 3, z))
    y = side + radius * rng.uniform(1.25, 1.5)
    return Engine((x, y, z), radius, length, mount=(x - length * 0.25, side * 0.6, z))


def tail_engine(rng: np.random.Generator, body: Body, fin: Surface) -> Engine:
    """A third jet in the root of the fin."""
    radius = body.width.max() * rng.uniform(0.36, 0.45)
    x = fin.root[0] + rng.uniform(-0.02, 0.05)
    return Engine(
        (x, 0.0, float(body.outline(x)[2]) + radius * 0.6), radius, x + rng.uniform(0.92, 0.98)
    )


def windscreen(rng: np.random.Generator, body: Body) -> tuple[float, float, float]:
    """Painted glass where the nose's top falls from about 0.92 to 0.6 of its height."""
    top = body.top.max()
    nose = body.x > 0
    share_rear, share_front = rng.uniform(0.86, 0.93), rng.uniform(0.5, 0.64)
    rear, front = (
        float(np.interp(-s * top, -body.top[nose], body.x[nose])) for s in (share_rear, share_front)
    )
    return rear, front, share_front * top


def cabin(
    rng: np.random.Generator, body: Body, count: tuple[int, int]
) -> tuple[float, float, float, float, int]:
    """A row of side windows along the straight part."""
    z, size = body.top.max() * rng.uniform(0.15, 0.32), body.top.max() * rng.uniform(0.13, 0.2)
    full = body.x[body.width > 0.93 * body.width.max()]
    return (float(full[0]) - 0.05, float(full[-1]), z, z + size, int(rng.integers(*count)))


def canopy(
    rng: np.random.Generator, body: Body, x: float, *, length: tuple[float, float], bars: int
) -> Canopy:
    half, width, _ = rng.uniform(*length), *body.outline(x)[:2]
    deck = float(body.outline([x - half, x, x + half])[2].min())
    high = float(body.outline(x)[2]) + body.top.max() * rng.uniform(0.35, 0.6)
    return Canopy(
        (x, 0.0, deck),
        (half, float(width) * rng.uniform(0.6, 0.75), high - deck),
        int(rng.integers(0, bars + 1)),
    )


def main_wheels(wing: Surface) -> float:
    """Where the main wheels stand: behind the middle of the inner wing."""
    return float(wing.point(0.2, 0.62)[0])


def light_gear(
    rng: np.random.Generator, height: float, wing_x: float, chord: float
) -> tuple[float, float, float]:
    """Fixed wheels of a light plane: a nose wheel, or a tail wheel."""
    tall = height * rng.uniform(0.7, 1.0)
    if rng.uniform() < 0.6:
        return tall, wing_x - chord * 0.55, 0.84
    return tall, wing_x - chord * 0.1, -0.9
