"""Procedural cars with true landmarks.

A car is drawn in three steps: `car_kinds` draws its dimensions, `car_paint` its colours, and this
module puts the parts of `car_body` and `car_details` together. Letters: L landmarks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes import car_body, car_details, car_kinds, car_paint
from keypointnet_tf.shapes.car_body import GLASS_BASE, GLASS_TOP, Dimensions, joined, warp
from keypointnet_tf.shapes.car_paint import Paints
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.parts import MeshBuilder, Part, box

_PAIRED = (
    "front_wheel",
    "rear_wheel",
    "front_bumper",
    "rear_bumper",
    "headlight",
    "taillight",
    "windscreen_base",
    "roof_front",
    "roof_rear",
    "rear_window_base",
    "mirror",
)

SYMMETRIC_PAIRS: tuple[tuple[str, str], ...] = tuple((f"left_{n}", f"right_{n}") for n in _PAIRED)

LANDMARKS: tuple[str, ...] = tuple(name for pair in SYMMETRIC_PAIRS for name in pair)
"""Names of the true landmarks; left is `+y`. All kinds have all of them.

- `front_wheel`, `rear_wheel`: outer centre of the hub.
- `front_bumper`, `rear_bumper`: where the bumper's face turns into its side, at mid height.
- `headlight`, `taillight`: middle of the lamp's face.
- `windscreen_base`, `roof_front`: lower and upper corner of the windscreen.
- `rear_window_base`, `roof_rear`: lower and upper corner of the rear window; on a pickup those at
  the rear of the cab, on vans without a rear window where its corners would be.
- `mirror`: outermost point of the wing mirror.
"""

KINDS: tuple[str, ...] = tuple(car_kinds.SHARES)


@dataclasses.dataclass(frozen=True)
class _Fittings:
    """Drawn details besides the dimensions.

    Attributes:
      windows: shares of the cabin's side, front to rear, between which there is glass.
      front_bumper, rear_bumper: lowest and highest z.
      headlight, taillight: lowest z, highest z, inner end as a share of the half width, and reach
        along the side.
      grille: half width, lowest and highest z.
      trims, rails, rear_pane, stripes, spoiler: which extras the car has.
    """

    windows: tuple[float, ...]
    front_bumper: tuple[float, float]
    rear_bumper: tuple[float, float]
    headlight: tuple[float, float, float, float]
    taillight: tuple[float, float, float, float]
    grille: tuple[float, float, float]
    trims: bool
    rails: bool
    rear_pane: bool
    stripes: bool
    spoiler: bool


def generate(rng: np.random.Generator, object_id: str) -> Mesh:
    """One random car.

    Args:
      rng: source of all randomness.
      object_id: name of the instance.

    Returns:
      A normalised mesh with `landmarks` `[L, 3]` in the order of `LANDMARKS` and `kind` one of
      `KINDS`.
    """
    d = car_kinds.draw_dimensions(rng, car_kinds.draw_kind(rng))
    fittings = _draw_fittings(rng, d)
    paints = car_paint.draw_paints(rng, d, _door_gaps(d, fittings))
    builder = MeshBuilder()
    _add_body(builder, d, fittings, paints)
    _add_ends(builder, d, fittings, paints)
    _add_extras(builder, rng, d, fittings, paints)
    return builder.build(landmarks=_landmarks(d, fittings), object_id=object_id, kind=d.kind)


def _draw_fittings(rng: np.random.Generator, d: Dimensions) -> _Fittings:
    low = d.ride - 0.02
    top = low + rng.uniform(0.26, 0.40) * (d.nose_top - low)
    rear_top = low + rng.uniform(0.22, 0.36) * (d.tail_top - low)
    panel_van = d.kind == "van" and rng.uniform() < 0.4
    headlight = _draw_headlight(rng, d, top)
    return _Fittings(
        windows=_draw_windows(rng, d, panel_van),
        front_bumper=(low, top),
        rear_bumper=(low, rear_top),
        headlight=headlight,
        taillight=_draw_taillight(rng, d, rear_top),
        grille=(
            0.45 * headlight[2] * d.width * rng.uniform(0.6, 0.85),
            top - rng.uniform(0.0, 0.12),
            headlight[1] - rng.uniform(0.0, 0.05),
        ),
        trims=bool(rng.uniform() < {"suv": 0.5, "pickup": 0.4}.get(d.kind, 0.08)),
        rails=bool(rng.uniform() < {"suv": 0.5, "van": 0.2, "hatchback": 0.2}.get(d.kind, 0)),
        rear_pane=not panel_van or bool(rng.uniform() < 0.5),
        stripes=bool(rng.uniform() < {"coupe": 0.3, "hatchback": 0.15}.get(d.kind, 0.05)),
        spoiler=bool(
            rng.uniform()
            < {"coupe": 0.4, "hatchback": 0.4, "suv": 0.3, "sedan": 0.15}.get(d.kind, 0)
        ),
    )


def _draw_windows(rng: np.random.Generator, d: Dimensions, panel_van: bool) -> tuple[float, ...]:
    length = d.cowl - d.rear_base
    if panel_van:
        return (0.0, float(rng.uniform(0.9, 1.2)) / length)
    if d.kind == "coupe" or length < 1.4:
        return (0.0, 1.0) if rng.uniform() < 0.4 else (0.0, float(rng.uniform(0.6, 0.75)), 1.0)
    front = float(rng.uniform(0.36, 0.5)) if length < 2.4 else float(rng.uniform(0.3, 0.38))
    if length < 2.2 or rng.uniform() < 0.3:
        return (0.0, front, 1.0)
    return (0.0, front, float(rng.uniform(front + 0.27, 0.78)), 1.0)


def _draw_headlight(
    rng: np.random.Generator, d: Dimensions, bumper_top: float
) -> tuple[float, float, float, float]:
    top = d.nose_top - rng.uniform(0.08, 0.12)
    low = max(bumper_top + 0.03, top - rng.uniform(0.11, 0.24))
    return low, top, float(rng.uniform(0.58, 0.80)), float(rng.uniform(0.08, 0.34))


def _draw_taillight(
    rng: np.random.Generator, d: Dimensions, bumper_top: float
) -> tuple[float, float, float, float]:
    top = d.tail_top - rng.uniform(0.09, 0.14)
    tall = rng.uniform(0.12, 0.20) if d.kind in ("sedan", "coupe") else rng.uniform(0.2, 0.5)
    inner = rng.uniform(0.4, 0.75) if d.kind in ("sedan", "coupe") else rng.uniform(0.72, 0.86)
    return max(bumper_top + 0.04, top - tall), top, float(inner), float(rng.uniform(0.05, 0.28))


def _door_gaps(d: Dimensions, fittings: _Fittings) -> tuple[float, ...]:
    """x of the gaps: the front door's hinge, and below every pillar."""
    shares = fittings.windows[1:3] if len(fittings.windows) > 3 else fittings.windows[1:]
    span = (d.cowl - 0.17, d.rear_base + 0.17)
    gaps = [span[0] + share * (span[1] - span[0]) for share in shares]
    return (d.cowl - 0.05, *(max(gap, -d.end + 0.5) for gap in gaps))


def _add_body(builder: MeshBuilder, d: Dimensions, fittings: _Fittings, paints: Paints) -> None:
    """Lower body, cabin with its glass, wheels."""
    bounds = car_paint.body_box(d)
    builder.add(_warped(d, car_body.shell(d)), paints.body, uv_bounds=bounds)
    builder.add(car_body.cabin(d), paints.roof, uv_axes=(0, 1), uv_bounds=bounds)
    panes = car_details.end_windows(d)[: 2 if fittings.rear_pane else 1]
    side = car_details.side_windows(d, fittings.windows)
    builder.add(joined([*panes, side, side.mirrored()]), paints.glass)
    tyres, hubs = car_details.wheels(d)
    builder.add(tyres, paints.tyre)
    for hub in hubs:
        builder.add_pair(hub, paints.hub)


def _add_ends(builder: MeshBuilder, d: Dimensions, fittings: _Fittings, paints: Paints) -> None:
    """Bumpers, lamps, grille, plates."""
    bumpers = [
        car_details.bumper(d, 1, *fittings.front_bumper),
        car_details.bumper(d, -1, *fittings.rear_bumper),
    ]
    builder.add(_warped(d, joined(bumpers)), paints.trim)
    builder.add_pair(_warped(d, car_details.lamp(d, 1, *fittings.headlight)), paints.headlight)
    builder.add_pair(_warped(d, car_details.lamp(d, -1, *fittings.taillight)), paints.taillight)
    grille = car_details.face_panel(d, 1, *fittings.grille)
    builder.add(_warped(d, grille), paints.grille, uv_axes=(1, 2))
    for end, (low, high), material in (
        (1, fittings.front_bumper, paints.front_plate),
        (-1, fittings.rear_bumper, paints.rear_plate),
    ):
        z = (low + high) / 2 if end > 0 else high + 0.09
        plate = car_details.face_panel(d, end, 0.26, z - 0.06, z + 0.06, lift=0.05)
        builder.add(_warped(d, plate), material)


def _add_extras(
    builder: MeshBuilder,
    rng: np.random.Generator,
    d: Dimensions,
    fittings: _Fittings,
    paints: Paints,
) -> None:
    """Mirrors, and what only some cars have."""
    builder.add_pair(car_details.mirror(d), paints.body if rng.uniform() < 0.6 else paints.trim)
    if d.bed_depth:
        builder.add(car_details.bed_lining(d), paints.tyre)
    if fittings.trims:
        builder.add_pair(car_details.arch_trims(d), paints.trim)
    if fittings.rails:
        builder.add_pair(car_details.roof_rails(d), paints.trim)
    if fittings.stripes:
        stripe = car_details.bonnet_stripes(d, rng.uniform(0.14, 0.28), rng.uniform(0.04, 0.16))
        builder.add_pair(_warped(d, stripe), paints.stripe)
    if fittings.spoiler:
        wing = car_details.spoiler(d, rng.uniform(0.05, 0.22))
        builder.add(_warped(d, wing), paints.stripe if rng.uniform() < 0.4 else paints.trim)
    if d.kind == "sedan" and rng.uniform() < 0.12:
        sign = box((0.22, 0.5, 0.14), ((d.roof_front + d.roof_rear) / 2, 0, d.height + 0.07))
        builder.add(sign, paints.front_plate)


def _warped(d: Dimensions, part: Part) -> Part:
    return Part(warp(d, part.vertices), part.faces)


def _landmarks(d: Dimensions, fittings: _Fittings) -> np.ndarray:
    """`[L, 3]` before normalisation."""
    ends = [
        car_details.bumper_corner(d, 1, sum(fittings.front_bumper) / 2),
        car_details.bumper_corner(d, -1, sum(fittings.rear_bumper) / 2),
        car_details.lamp_centre(d, 1, *fittings.headlight),
        car_details.lamp_centre(d, -1, *fittings.taillight),
    ]
    corners = ((1, GLASS_BASE), (1, GLASS_TOP), (-1, GLASS_TOP), (-1, GLASS_BASE))
    left = np.stack(
        [
            car_details.hub_centre(d, d.front_axle),
            car_details.hub_centre(d, d.rear_axle),
            *warp(d, np.stack(ends)),
            *(car_details.window_corner(d, end, h) for end, h in corners),
            car_details.mirror_tip(d),
        ]
    )
    return np.stack([left, left * (1, -1, 1)], axis=1).reshape(-1, 3)
