"""The kinds of planes: how each draws its dimensions.

Frame and units as in `plane_plan.py`: the fuselage runs from `x = -1` to `x = 1`, so a half span
is also the ratio of span to length.
"""

# fmt: off - a draw per line would hide each kind's proportions

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keypointnet_tf.shapes import plane_fittings as fittings
from keypointnet_tf.shapes.plane_plan import Hump, Plan, elliptic, make_body, trapezoid


def draw_plan(rng: np.random.Generator) -> Plan:
    """The dimensions of a random plane; the kind is drawn from `SHARES`."""
    kinds, shares = list(SHARES), list(SHARES.values())
    return DRAW[kinds[rng.choice(len(kinds), p=shares)]](rng)


def _airliner(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.09, 0.14)
    body = make_body(
        half_width=height * rng.uniform(0.92, 1.05),
        half_height=height,
        nose=rng.uniform(0.2, 0.4),
        pointed=rng.uniform(0.5, 0.65),
        droop=rng.uniform(0.1, 0.35),
        tail=rng.uniform(0.5, 0.85),
        tail_end=rng.uniform(0.08, 0.2),
        rise=rng.uniform(0.3, 0.7),
    )
    span, chord = rng.uniform(0.78, 1.15), rng.uniform(0.4, 0.54)
    wing = trapezoid(
        (rng.uniform(0.02, 0.52), 0, -height * rng.uniform(0.5, 0.7)),
        span,
        sweep=rng.uniform(20, 37),
        root_chord=chord,
        tip_chord=rng.uniform(0.09, 0.15),
        kink=(rng.uniform(0.3, 0.4), chord * rng.uniform(0.52, 0.62)),
        rise=span * np.tan(np.radians(rng.uniform(3, 8))),
        thickness=rng.uniform(0.09, 0.12),
    )
    fin = fittings.fin(
        rng,
        body,
        height=height * rng.uniform(2.1, 3.0),
        chord=rng.uniform(0.26, 0.36),
        sweep=(32, 46),
    )
    count = int(rng.choice([2, 3, 4], p=[0.6, 0.12, 0.28]))
    engines = fittings.under_wing(rng, wing, height, pairs=2 if count == 4 else 1)
    gear = (height * rng.uniform(0.9, 1.2), fittings.main_wheels(wing), 0.7)
    return Plan(
        "airliner",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, "low", rng.uniform(0.3, 0.42), sweep=(25, 40)),
        engines=engines,
        tail_engine=fittings.tail_engine(rng, body, fin) if count == 3 else None,
        windscreen=fittings.windscreen(rng, body),
        cabin=fittings.cabin(rng, body, (16, 28)),
        winglet=rng.uniform(0.06, 0.13) if rng.uniform() < 0.5 else 0.0,
        gear=gear if rng.uniform() < 0.3 else None,
        fairing=(chord * 0.7, body.width.max() * 0.95, height * 0.35),
    )


def _business_jet(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.095, 0.14)
    body = make_body(
        half_width=height * rng.uniform(0.92, 1.05),
        half_height=height,
        nose=rng.uniform(0.4, 0.6),
        pointed=rng.uniform(0.6, 0.85),
        droop=rng.uniform(0.25, 0.5),
        tail=rng.uniform(0.6, 0.9),
        tail_end=rng.uniform(0.06, 0.16),
        rise=rng.uniform(0.4, 0.7),
    )
    span = rng.uniform(0.78, 1.08)
    wing = trapezoid(
        (rng.uniform(-0.08, 0.3), 0, -height * rng.uniform(0.6, 0.8)),
        span,
        sweep=rng.uniform(6, 32),
        root_chord=rng.uniform(0.34, 0.46),
        tip_chord=rng.uniform(0.1, 0.16),
        rise=span * np.tan(np.radians(rng.uniform(2, 7))),
        thickness=rng.uniform(0.09, 0.12),
    )
    fin = fittings.fin(
        rng,
        body,
        height=height * rng.uniform(2.2, 3.0),
        chord=rng.uniform(0.32, 0.44),
        sweep=(34, 50),
    )
    tail = "top" if rng.uniform() < 0.75 else "middle"
    gear = (height * rng.uniform(0.6, 0.9), fittings.main_wheels(wing), 0.62)
    return Plan(
        "business_jet",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, tail, rng.uniform(0.3, 0.42), sweep=(18, 36)),
        engines=(fittings.rear_engine(rng, body),),
        tail_engine=fittings.tail_engine(rng, body, fin) if rng.uniform() < 0.15 else None,
        windscreen=fittings.windscreen(rng, body),
        cabin=fittings.cabin(rng, body, (5, 10)),
        winglet=rng.uniform(0.06, 0.13) if rng.uniform() < 0.5 else 0.0,
        tip_pods=0.035 if rng.uniform() < 0.15 else 0.0,
        gear=gear if rng.uniform() < 0.35 else None,
        fairing=(0.28, body.width.max() * 0.9, height * 0.3),
    )


def _high_wing_prop(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.11, 0.14)
    wing_x, chord = rng.uniform(0.28, 0.56), rng.uniform(0.3, 0.42)
    cowl = rng.uniform(0.1, 0.2)
    front = min(wing_x + rng.uniform(0.1, 0.2), 0.84)
    hump = Hump(
        front,
        wing_x - 0.02,
        wing_x - chord * rng.uniform(0.8, 1.1),
        wing_x - chord - rng.uniform(0.25, 0.6),
        height * rng.uniform(0.8, 1.1),
    )
    body = make_body(
        half_width=height * rng.uniform(0.95, 1.15),
        half_height=height,
        nose=cowl,
        pointed=0.5,
        droop=0.1,
        tail=rng.uniform(0.9, 1.2),
        tail_end=rng.uniform(0.12, 0.25),
        rise=rng.uniform(0.3, 0.7),
        square=rng.uniform(2.2, 3.5),
        hump=hump,
    )
    span, top = rng.uniform(1.1, 1.45), height + hump.height
    tapered = rng.uniform() < 0.5
    wing = trapezoid(
        (wing_x, 0, top - 0.005),
        span,
        sweep=rng.uniform(0, 3),
        root_chord=chord,
        tip_chord=chord * (rng.uniform(0.55, 0.8) if tapered else 1.0),
        kink=(0.45, chord) if tapered else None,
        rise=span * np.tan(np.radians(rng.uniform(0.5, 3))),
        thickness=rng.uniform(0.12, 0.15),
    )
    fin = fittings.fin(
        rng,
        body,
        height=rng.uniform(0.25, 0.36),
        chord=rng.uniform(0.24, 0.34),
        sweep=(15, 42),
    )
    return Plan(
        "high_wing_prop",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, "low", rng.uniform(0.34, 0.46), sweep=(0, 12)),
        nose_propeller=(rng.uniform(0.19, 0.25), int(rng.integers(2, 4))),
        windscreen=(hump.windscreen_top, hump.front, height * 0.95),
        cabin=(
            hump.roof_rear,
            hump.windscreen_top - 0.02,
            height * 0.75,
            top - 0.3 * height,
            int(rng.integers(2, 4)),
        ),
        struts=rng.uniform() < 0.7,
        gear=fittings.light_gear(rng, height, wing_x, chord),
    )


def _low_wing_prop(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.105, 0.14)
    wing_x, chord = rng.uniform(0.1, 0.5), rng.uniform(0.34, 0.48)
    bubble = rng.uniform() < 0.5
    seat = wing_x - chord * rng.uniform(0.2, 0.9)
    front = min(wing_x + rng.uniform(0.0, 0.16), 0.74)
    roof = wing_x - chord * rng.uniform(0.6, 0.9)
    hump = (
        None
        if bubble
        else Hump(
            front, front - 0.13, roof, roof - rng.uniform(0.2, 0.5), height * rng.uniform(0.6, 0.85)
        )
    )
    body = make_body(
        half_width=height * rng.uniform(0.8, 1.0),
        half_height=height,
        nose=rng.uniform(0.1, 0.22),
        pointed=0.5,
        droop=rng.uniform(0, 0.1),
        tail=rng.uniform(0.9, 1.2),
        tail_end=rng.uniform(0.08, 0.2),
        rise=rng.uniform(0.3, 0.7),
        square=rng.uniform(2, 2.6),
        hump=hump,
    )
    span, root = rng.uniform(1.05, 1.38), (wing_x, 0, -height * rng.uniform(0.6, 0.75))
    shape = dict(
        root_chord=chord,
        thickness=rng.uniform(0.12, 0.15),
        rise=span * np.tan(np.radians(rng.uniform(3, 8))),
    )
    wing = (
        elliptic(root, span, **shape)
        if rng.uniform() < 0.35
        else trapezoid(
            root, span, sweep=rng.uniform(0, 7), tip_chord=chord * rng.uniform(0.45, 1), **shape
        )
    )
    fin = fittings.fin(
        rng,
        body,
        height=rng.uniform(0.22, 0.32),
        chord=rng.uniform(0.24, 0.34),
        sweep=(12, 42),
    )
    tail = "low" if rng.uniform() < 0.75 else "top"
    return Plan(
        "low_wing_prop",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, tail, rng.uniform(0.34, 0.48), sweep=(0, 14)),
        nose_propeller=(rng.uniform(0.18, 0.25), int(rng.integers(2, 5))),
        canopy=fittings.canopy(rng, body, seat, length=(0.15, 0.26), bars=4) if bubble else None,
        windscreen=None if bubble else (front - 0.13, front, height * 0.9),
        cabin=None
        if bubble
        else (
            roof,
            front - 0.15,
            height * 0.7,
            height + hump.height * 0.65,
            int(rng.integers(2, 4)),
        ),
        gear=fittings.light_gear(rng, height, wing_x, chord) if rng.uniform() < 0.6 else None,
    )


def _turboprop(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.1, 0.15)
    body = make_body(
        half_width=height * rng.uniform(0.92, 1.08),
        half_height=height,
        nose=rng.uniform(0.25, 0.42),
        pointed=rng.uniform(0.5, 0.7),
        droop=rng.uniform(0.15, 0.4),
        tail=rng.uniform(0.65, 1.0),
        tail_end=rng.uniform(0.08, 0.2),
        rise=rng.uniform(0.5, 0.8),
        square=rng.uniform(2, 2.6),
    )
    high, wing_x = rng.uniform() < 0.6, rng.uniform(0.1, 0.44)
    span, chord = rng.uniform(0.9, 1.3), rng.uniform(0.26, 0.36)
    level = body.outline(wing_x - chord / 2)[2] - 0.004 if high else -height * 0.62
    wing = trapezoid(
        (wing_x, 0, level),
        span,
        sweep=rng.uniform(1, 8),
        root_chord=chord,
        tip_chord=chord * rng.uniform(0.4, 0.6),
        kink=(0.4, chord * rng.uniform(0.92, 1)),
        rise=span * np.tan(np.radians(rng.uniform(0, 2) if high else rng.uniform(4, 7))),
        thickness=rng.uniform(0.12, 0.15),
    )
    fin = fittings.fin(
        rng,
        body,
        height=height * rng.uniform(2.2, 3.0),
        chord=rng.uniform(0.28, 0.38),
        sweep=(22, 42),
    )
    tail = str(rng.choice(["top", "low", "middle"], p=[0.65, 0.25, 0.1]))
    gear = (height * rng.uniform(0.6, 0.9), fittings.main_wheels(wing), 0.66)
    return Plan(
        "turboprop",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, tail, rng.uniform(0.3, 0.42), sweep=(5, 20)),
        engines=fittings.wing_propellers(rng, wing, height, pairs=1 if rng.uniform() < 0.6 else 2),
        windscreen=fittings.windscreen(rng, body),
        cabin=fittings.cabin(rng, body, (9, 20)),
        gear=gear if rng.uniform() < 0.4 else None,
    )


def _fighter(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.085, 0.12)
    body = make_body(
        half_width=height * rng.uniform(0.95, 1.25),
        half_height=height,
        nose=rng.uniform(0.5, 0.8),
        pointed=rng.uniform(0.8, 1.1),
        droop=rng.uniform(0.1, 0.4),
        tail=rng.uniform(0.3, 0.6),
        tail_end=rng.uniform(0.55, 0.75),
        rise=rng.uniform(0, 0.15),
        square=rng.uniform(2, 2.8),
    )
    delta, span = rng.uniform() < 0.5, rng.uniform(0.6, 0.85)
    chord = rng.uniform(0.85, 1.1) if delta else rng.uniform(0.55, 0.72)
    rear = rng.uniform(-0.88, -0.68) if delta else rng.uniform(-0.62, -0.25)
    wing = trapezoid(
        (rear + chord, 0, height * rng.uniform(-0.35, 0.3)),
        span,
        sweep=np.degrees(np.arctan((chord * rng.uniform(0.72, 0.85)) / span)),
        root_chord=chord,
        tip_chord=chord * rng.uniform(0.06, 0.15),
        rise=span * rng.uniform(-0.06, 0.06),
        thickness=rng.uniform(0.05, 0.07),
    )
    fin = fittings.fin(
        rng,
        body,
        height=rng.uniform(0.26, 0.36),
        chord=rng.uniform(0.36, 0.5),
        sweep=(38, 54),
    )
    twin = rng.uniform() < 0.6
    seat = rng.uniform(0.25, 0.5)
    front = min(wing.root[0] + rng.uniform(0.05, 0.25), seat)
    size = height * rng.uniform(0.35, 0.5), height * rng.uniform(0.55, 0.75)
    side = float(body.side(front - 0.2, 0.0))
    tailplane = (
        None
        if delta
        else fittings.tailplane(rng, body, fin, "low", rng.uniform(0.3, 0.42), sweep=(35, 50))
    )
    canard = trapezoid(
        (rng.uniform(0.3, 0.45), 0, height * 0.4),
        rng.uniform(0.28, 0.36),
        sweep=48,
        root_chord=0.24,
        tip_chord=0.07,
        thickness=0.07,
    )
    return Plan(
        "fighter",
        body,
        wing,
        fin,
        tailplane=tailplane,
        canard=canard if delta and rng.uniform() < 0.5 else None,
        intakes=((front, side + size[0] * 0.6, 0.0), *size, front + rng.uniform(0.35, 0.6)),
        nozzles=(-height * 0.42, height * 0.42) if twin else (0.0,),
        canopy=fittings.canopy(rng, body, seat, length=(0.17, 0.26), bars=2),
        tip_pods=rng.choice([0.0, 0.018]),
    )


def _glider(rng: np.random.Generator) -> Plan:
    height = rng.uniform(0.085, 0.11)
    body = make_body(
        half_width=height * rng.uniform(0.85, 1.0),
        half_height=height,
        nose=rng.uniform(0.4, 0.6),
        pointed=rng.uniform(0.5, 0.65),
        droop=rng.uniform(0.1, 0.4),
        tail=rng.uniform(1.15, 1.35),
        tail_end=rng.uniform(0.2, 0.28),
        rise=rng.uniform(0.1, 0.35),
    )
    wing_x, span = rng.uniform(0.08, 0.36), rng.uniform(1.3, 1.6)
    chord = rng.uniform(0.17, 0.24)
    wing = trapezoid(
        (wing_x, 0, height * rng.uniform(0.2, 0.6)),
        span,
        sweep=rng.uniform(0, 3),
        root_chord=chord,
        tip_chord=chord * rng.uniform(0.35, 0.55),
        kink=(rng.uniform(0.55, 0.7), chord * rng.uniform(0.8, 0.95)),
        rise=span * np.tan(np.radians(rng.uniform(2, 5))),
        thickness=rng.uniform(0.12, 0.14),
    )
    fin = fittings.fin(
        rng,
        body,
        height=rng.uniform(0.26, 0.38),
        chord=rng.uniform(0.2, 0.3),
        sweep=(6, 28),
    )
    tail = str(rng.choice(["top", "middle", "low"], p=[0.75, 0.15, 0.1]))
    return Plan(
        "glider",
        body,
        wing,
        fin,
        tailplane=fittings.tailplane(rng, body, fin, tail, rng.uniform(0.26, 0.36), sweep=(0, 10)),
        canopy=fittings.canopy(
            rng, body, wing_x + rng.uniform(0.12, 0.24), length=(0.2, 0.3), bars=1
        ),
        winglet=rng.uniform(0.05, 0.1) if rng.uniform() < 0.5 else 0.0,
        gear=(height * 0.35, wing_x - 0.05, np.nan) if rng.uniform() < 0.6 else None,
    )


SHARES: dict[str, float] = {
    "airliner": 0.22,
    "business_jet": 0.14,
    "high_wing_prop": 0.13,
    "low_wing_prop": 0.13,
    "turboprop": 0.14,
    "fighter": 0.13,
    "glider": 0.11,
}

DRAW: dict[str, Callable[[np.random.Generator], Plan]] = {
    "airliner": _airliner,
    "business_jet": _business_jet,
    "high_wing_prop": _high_wing_prop,
    "low_wing_prop": _low_wing_prop,
    "turboprop": _turboprop,
    "fighter": _fighter,
    "glider": _glider,
}
