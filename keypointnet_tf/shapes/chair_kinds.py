"""The kinds of chairs: ranges to draw dimensions from (metres, degrees), and the drawing."""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes.chair_design import Arms, Back, Base, Chair, Seat, finish

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Kind:
    """Ranges of one kind; see `chair_design` for the meaning of each dimension.

    `soft` and `metal` are the odds of upholstery and of a metal frame.
    """

    share: float
    depth: Range
    width: Range
    height: Range
    thickness: Range
    back: Range
    rake: Range
    forms: tuple[str, ...]
    bases: tuple[str, ...]
    arms: tuple[str, ...]
    soft: float = 0.5
    metal: float = 0.5


RAIL_BACKS = ("slats", "ladder", "splat", "frame", "hoop")
NO_ARMS = ("",)

KIND_RANGES = {
    "side_chair": Kind(
        0.18,
        (0.34, 0.60),
        (0.36, 0.54),
        (0.38, 0.50),
        (0.02, 0.06),
        (0.26, 0.66),
        (2, 20),
        ("panel", "panel", "panel", *RAIL_BACKS),
        ("legs",),
        NO_ARMS,
        soft=0.4,
        metal=0.25,
    ),
    "armchair": Kind(
        0.17,
        (0.40, 0.68),
        (0.46, 0.64),
        (0.36, 0.48),
        (0.02, 0.07),
        (0.32, 0.66),
        (4, 22),
        ("panel", "panel", "panel", *RAIL_BACKS),
        ("legs",),
        ("rail", "rail", "loop"),
        soft=0.5,
        metal=0.25,
    ),
    "swivel": Kind(
        0.19,
        (0.36, 0.60),
        (0.40, 0.56),
        (0.38, 0.56),
        (0.04, 0.09),
        (0.24, 0.78),
        (2, 18),
        ("panel",),
        ("star",),
        ("", "tee", "loop"),
        soft=0.8,
        metal=1.0,
    ),
    "sled": Kind(
        0.16,
        (0.36, 0.66),
        (0.40, 0.56),
        (0.38, 0.48),
        (0.015, 0.05),
        (0.26, 0.58),
        (4, 22),
        ("panel", "panel", "panel", "ladder", "frame"),
        ("sled", "cantilever"),
        ("", "", "loop"),
        soft=0.5,
        metal=1.0,
    ),
    "stool": Kind(
        0.15,
        (0.32, 0.46),
        (0.32, 0.46),
        (0.52, 0.82),
        (0.025, 0.08),
        (0.14, 0.34),
        (2, 16),
        ("panel", "panel", "frame", "slats", "hoop"),
        ("legs", "legs", "disc"),
        NO_ARMS,
        soft=0.4,
        metal=0.5,
    ),
    "lounge": Kind(
        0.15,
        (0.50, 0.86),
        (0.48, 0.80),
        (0.30, 0.42),
        (0.10, 0.22),
        (0.30, 0.70),
        (6, 28),
        ("panel",),
        ("legs", "legs", "disc"),
        ("side", "side", "side", ""),
        soft=1.0,
        metal=0.4,
    ),
}


def draw_chair(rng: np.random.Generator) -> Chair:
    """A chair of a random kind, with fixed odds `Kind.share`."""
    names = list(KIND_RANGES)
    name = str(rng.choice(names, p=[KIND_RANGES[n].share for n in names]))
    kind = KIND_RANGES[name]
    soft, metal = rng.uniform() < kind.soft, rng.uniform() < kind.metal
    seat = _seat(rng, name, kind, soft)
    back = _back(rng, name, kind, seat)
    return Chair(
        kind=name,
        seat=seat,
        back=back,
        arms=_arms(rng, name, kind, seat, back),
        base=_base(rng, name, kind, seat, metal),
        finish=finish(rng, soft=soft, metal=metal),
    )


def _seat(rng: np.random.Generator, name: str, kind: Kind, soft: bool) -> Seat:
    square = rng.uniform(6, 12) if name == "lounge" else rng.choice([2.5, 4.0, 6.0, 10.0])
    thick = rng.uniform(*kind.thickness)
    cushion = 0.0
    if name == "lounge" or (soft and rng.uniform() < 0.5):
        cushion = rng.uniform(0.08, 0.16) if name == "lounge" else rng.uniform(0.03, 0.07)
    height = rng.uniform(*kind.height)
    return Seat(
        depth=rng.uniform(*kind.depth),
        width=rng.uniform(*kind.width),
        height=height,
        thickness=min(thick, height - cushion - 0.07),
        square=float(square),
        taper=0.0 if name == "lounge" else rng.uniform(0, 0.12),
        cushion=cushion,
        dome=rng.uniform(0.01, 0.03) if soft else 0.0,
    )


def _back(rng: np.random.Generator, name: str, kind: Kind, seat: Seat) -> Back:
    form = str(rng.choice(kind.forms))
    support = "flush"
    if name == "swivel":
        support = "spine"
    elif form != "panel" or (name != "lounge" and rng.uniform() < 0.5):
        support = "posts"
    height = rng.uniform(*kind.back)
    panel = form == "panel"
    thickness = rng.uniform(0.10, 0.2) if name == "lounge" else rng.uniform(0.02, 0.06)
    thickness = thickness if panel else rng.uniform(0.016, 0.03)
    post = rng.uniform(0.024, 0.045)
    reach = rng.uniform(0.78, 0.92) if support == "posts" else rng.uniform(0.85, 1.0)
    half_width = seat.width / 2 * (1 - seat.taper) * reach
    uprights = 0.92 * reach if support == "posts" else 0.9 * reach
    bow = seat.rear_edge(uprights) - seat.rear_edge(0)
    shell = panel and rng.uniform() < 0.4
    wrap = max(bow, rng.uniform(0.06, 0.14) if shell else rng.uniform(0, 0.06))
    rear = -seat.depth / 2
    return Back(
        form=form,
        support=support,
        height=height,
        half_width=half_width,
        thickness=thickness,
        rake=rng.uniform(*kind.rake),
        recline=rng.uniform(0, 0.12) * height,
        wrap=wrap,
        flare=rng.uniform(-0.12, 0.1),
        gap=0.0 if support == "flush" else _gap(rng, form, height),
        drop=float(rng.choice([0.02, 0.15, 0.45])) * height * 0.8 if panel else 0.0,
        bars=int(rng.choice([3, 5, 7] if form != "ladder" else [3, 3, 5])),
        post=post,
        x=rear - thickness / 2 + 0.012 if support == "flush" else rear + post / 2 + 0.008,
    )


def _gap(rng: np.random.Generator, form: str, height: float) -> float:
    if form in ("slats", "splat"):
        return rng.uniform(0.05, 0.2) * height
    return rng.uniform(0.12, 0.4) * height


def _arms(rng: np.random.Generator, name: str, kind: Kind, seat: Seat, back: Back) -> Arms | None:
    form = str(rng.choice(kind.arms))
    if not form:
        return None
    height = rng.uniform(0.16, 0.27)
    if form in ("rail", "side"):
        height = min(height, 0.85 * (back.height - back.drop))
    if form == "rail" and back.form == "panel" and height < back.gap + 0.6 * back.drop + 0.03:
        form = "loop"
    thick = rng.uniform(0.02, 0.04)
    width = rng.uniform(0.10, 0.20) if form == "side" else rng.uniform(0.04, 0.075)
    reach = rng.uniform(0.8, 1.0) if form == "side" else rng.uniform(0.4, 0.85)
    return Arms(form, height, width, thick, front=reach * seat.depth / 2)


def _base(rng: np.random.Generator, name: str, kind: Kind, seat: Seat, metal: bool) -> Base:
    form = str(rng.choice(kind.bases))
    most = (0.0, 0.05, 0.0) if rng.uniform() < 0.4 else (0.09, 0.14, 0.07)
    splay = tuple(rng.uniform(0, most))
    high = seat.underside > 0.3
    size = rng.uniform(0.02, 0.034) if metal else rng.uniform(0.03, 0.058)
    if name == "lounge":
        splay, size = tuple(0.4 * s for s in splay), rng.uniform(0.04, 0.07)
    elif form in ("sled", "cantilever"):
        size = rng.uniform(0.018, 0.034)
    reach = {"disc": (0.40, 0.55), "star": (0.56, 0.72)}.get(form, (0.5, 0.6))
    return Base(
        form=form,
        size=size,
        taper=rng.uniform(0.5, 1.0),
        square=float(rng.choice([2.0, 8.0])),
        splay=splay,
        stretcher=str(rng.choice(["none", "h", "box", "rung"])) if high else "none",
        stretcher_height=rng.uniform(0.18, 0.55),
        radius=rng.uniform(*reach) * seat.width,
        spokes=int(rng.choice([5, 5, 4])),
        castors=bool(rng.uniform() < 0.75),
    )
