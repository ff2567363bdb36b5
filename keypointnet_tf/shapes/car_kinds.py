"""The six kinds of procedural cars: how often each is drawn, and from which dimensions."""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.car_body import Dimensions

Range = tuple[float, float]

SHARES = {
    "sedan": 0.18,
    "hatchback": 0.17,
    "suv": 0.17,
    "pickup": 0.16,
    "van": 0.16,
    "coupe": 0.16,
}
"""Probability of each kind."""

# Metres; along the car, shares of the length: `axle_f`, `cowl` from the nose, `axle_r`, `base` to
# the rear wheel and the rear window's foot; `screen`, `pane` from a window's foot to the roof's
# end. `belt` is a share of the height; `bonnet`, `boot` of the belt's height above the sill.
_RANGES: dict[str, dict[str, Range]] = {
    "sedan": dict(
        length=(4.2, 5.2),
        width=(1.70, 1.92),
        height=(1.38, 1.55),
        ride=(0.15, 0.22),
        belt=(0.61, 0.67),
        bonnet=(0.74, 0.92),
        boot=(0.92, 1.08),
        wheel=(0.29, 0.35),
        axle_f=(0.155, 0.215),
        axle_r=(0.76, 0.84),
        cowl=(0.24, 0.37),
        screen=(0.10, 0.17),
        base=(0.78, 0.90),
        pane=(0.08, 0.17),
        roof_width=(0.70, 0.80),
    ),
    "hatchback": dict(
        length=(3.2, 4.1),
        width=(1.56, 1.80),
        height=(1.42, 1.66),
        ride=(0.15, 0.22),
        belt=(0.58, 0.65),
        bonnet=(0.72, 0.90),
        boot=(0.98, 1.0),
        wheel=(0.28, 0.34),
        axle_f=(0.16, 0.215),
        axle_r=(0.79, 0.86),
        cowl=(0.19, 0.32),
        screen=(0.09, 0.18),
        base=(0.94, 0.97),
        pane=(0.02, 0.13),
        roof_width=(0.70, 0.82),
    ),
    "suv": dict(
        length=(3.7, 4.9),
        width=(1.74, 2.02),
        height=(1.68, 2.02),
        ride=(0.22, 0.34),
        belt=(0.60, 0.66),
        bonnet=(0.80, 0.98),
        boot=(0.98, 1.0),
        wheel=(0.34, 0.42),
        axle_f=(0.16, 0.205),
        axle_r=(0.77, 0.83),
        cowl=(0.25, 0.36),
        screen=(0.06, 0.14),
        base=(0.945, 0.97),
        pane=(0.015, 0.09),
        roof_width=(0.74, 0.88),
    ),
    "pickup": dict(
        length=(4.8, 6.0),
        width=(1.76, 2.05),
        height=(1.68, 1.98),
        ride=(0.28, 0.42),
        belt=(0.61, 0.66),
        bonnet=(0.84, 0.98),
        boot=(0.92, 1.0),
        wheel=(0.35, 0.43),
        axle_f=(0.145, 0.195),
        axle_r=(0.70, 0.80),
        cowl=(0.20, 0.32),
        screen=(0.06, 0.13),
        base=(0.46, 0.70),
        pane=(0.0, 0.04),
        roof_width=(0.74, 0.86),
    ),
    "van": dict(
        length=(4.2, 6.2),
        width=(1.78, 2.05),
        height=(1.85, 2.5),
        ride=(0.17, 0.28),
        belt=(0.50, 0.58),
        bonnet=(0.70, 0.90),
        boot=(0.98, 1.0),
        wheel=(0.31, 0.38),
        axle_f=(0.12, 0.19),
        axle_r=(0.70, 0.83),
        cowl=(0.08, 0.20),
        screen=(0.06, 0.16),
        base=(0.955, 0.975),
        pane=(0.005, 0.03),
        roof_width=(0.84, 0.95),
    ),
    "coupe": dict(
        length=(3.8, 4.8),
        width=(1.74, 1.98),
        height=(1.18, 1.38),
        ride=(0.11, 0.17),
        belt=(0.62, 0.68),
        bonnet=(0.62, 0.88),
        boot=(0.92, 1.12),
        wheel=(0.30, 0.35),
        axle_f=(0.165, 0.25),
        axle_r=(0.76, 0.84),
        cowl=(0.33, 0.48),
        screen=(0.09, 0.15),
        base=(0.80, 0.92),
        pane=(0.12, 0.26),
        roof_width=(0.64, 0.76),
    ),
}

_LEAST_ROOF = {"pickup": 0.75, "coupe": 0.50}
_UPRIGHT = ("suv", "pickup", "van")


def draw_kind(rng: np.random.Generator) -> str:
    """One of `SHARES`, with its probability."""
    return str(rng.choice(list(SHARES), p=list(SHARES.values())))


def draw_dimensions(rng: np.random.Generator, kind: str) -> Dimensions:
    """Random consistent dimensions of a kind."""
    v = {name: float(rng.uniform(*limits)) for name, limits in _RANGES[kind].items()}
    v.update(_along(kind, v))
    width, belt = v["width"], v["belt"] * v["height"]
    tall = belt - v["ride"]
    upright = kind in _UPRIGHT
    return Dimensions(
        kind=kind,
        length=v["length"],
        width=width,
        height=v["height"],
        ride=v["ride"],
        belt=belt,
        nose_top=v["ride"] + v["bonnet"] * tall,
        tail_top=v["ride"] + v["boot"] * tall,
        wheel_radius=v["wheel"],
        tyre_width=float(rng.uniform(0.18, 0.27)),
        front_axle=v["front_axle"],
        rear_axle=v["rear_axle"],
        cowl=v["cowl"],
        rear_base=v["rear_base"],
        roof_front=v["roof_front"],
        roof_rear=v["roof_rear"],
        cabin_width=width * float(rng.uniform(0.90, 0.95)),
        roof_width=width * v["roof_width"],
        nose_width=float(rng.uniform(0.84, 0.93)),
        tail_width=float(rng.uniform(0.94, 0.98) if upright else rng.uniform(0.86, 0.95)),
        nose_bow=float(rng.uniform(0.05, 0.11) if upright else rng.uniform(0.08, 0.22)),
        tail_bow=float(rng.uniform(0.02, 0.05) if upright else rng.uniform(0.04, 0.10)),
        nose_rake=float(rng.uniform(0.0, 0.25)),
        tail_rake=float(rng.uniform(0.0, 0.25) if kind in ("sedan", "coupe") else 0.0),
        bonnet_power=float(rng.uniform(0.4, 0.95)),
        shoulder=float(rng.uniform(0.6, 1.3)),
        bed_depth=float(rng.uniform(0.3, 0.5)) if kind == "pickup" else 0.0,
    )


def _along(kind: str, v: dict[str, float]) -> dict[str, float]:
    """x of axles and of the cabin's four corners; the wheels keep clear of the ends."""
    length, end = v["length"], v["length"] / 2
    cowl = end - max(v["cowl"] * length, 0.42)
    rear_base = end - v["base"] * length
    roof_front = cowl - v["screen"] * length
    least = _LEAST_ROOF.get(kind, 0.9)
    roof_rear = min(rear_base + v["pane"] * length, roof_front - least)
    clear = 1.2 * v["wheel"] + 0.18
    return dict(
        cowl=cowl,
        roof_front=roof_front,
        roof_rear=roof_rear,
        rear_base=min(rear_base, roof_rear),
        front_axle=min(end - v["axle_f"] * length, end - clear),
        rear_axle=max(end - v["axle_r"] * length, clear - end),
    )
