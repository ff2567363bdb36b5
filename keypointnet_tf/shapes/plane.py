"""Procedural planes with true landmarks.

A plane is drawn in three steps: `plane_kinds` draws its dimensions, `plane_paint` its colours, and
this module turns both into a mesh. Letters: L landmarks.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes import paint, plane_paint
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.parts import MeshBuilder, box, ellipsoid, tube
from keypointnet_tf.shapes.plane_fixtures import add_engine, add_gear, joined, propeller, strut
from keypointnet_tf.shapes.plane_kinds import SHARES, draw_plan
from keypointnet_tf.shapes.plane_paint import Livery
from keypointnet_tf.shapes.plane_plan import Body, Plan, Surface

_SINGLE = ("nose", "tail", "fin_top", "fin_root", "cockpit", "belly")
_PAIRED = (
    "wing_tip",
    "wing_root_front",
    "wing_root_rear",
    "tailplane_tip",
    "engine_inner",
    "engine_outer",
)

SYMMETRIC_PAIRS: tuple[tuple[str, str], ...] = tuple((f"left_{n}", f"right_{n}") for n in _PAIRED)

LANDMARKS: tuple[str, ...] = _SINGLE + tuple(name for pair in SYMMETRIC_PAIRS for name in pair)
"""Names of the true landmarks; left is `+y`.

- `nose`, `tail`: the fuselage's ends; propeller and spinner do not count.
- `fin_top`: middle of the fin's upper edge. `fin_root`: where its leading edge leaves the body.
- `cockpit`: rear upper edge of the windscreen, or the highest point of a bubble canopy.
- `belly`: lowest point of the fuselage below the middle of the wing's root.
- `wing_tip`: middle of the wing's outer end, without winglets.
- `wing_root_front`, `wing_root_rear`: where its leading and trailing edge leave the fuselage's
  side; on a wing that lies on top, at 0.6 of the fuselage's half width.
- `tailplane_tip`: middle of the tailplane's outer end; absent on pure deltas.
- `engine_inner`, `engine_outer`: centre of the engine's or its air intake's front. Engines in the
  nose or the fin have no landmark of their own.
"""

KINDS: tuple[str, ...] = tuple(SHARES)


def generate(rng: np.random.Generator, object_id: str) -> Mesh:
    """One random plane.

    Args:
      rng: source of all randomness.
      object_id: name of the instance.

    Returns:
      A normalised mesh with `landmarks` `[L, 3]` in the order of `LANDMARKS`, NaN where a part is
      absent, and `kind` one of `KINDS`.
    """
    plan = draw_plan(rng)
    livery = plane_paint.draw_livery(rng, plan.kind)
    builder = MeshBuilder()
    _add_body(builder, rng, plan, livery)
    _add_surfaces(builder, rng, plan, livery)
    _add_power(builder, rng, plan, livery)
    if plan.gear:
        add_gear(builder, plan)
    landmarks = _landmarks(plan)
    rows = np.array([landmarks.get(name, np.full(3, np.nan)) for name in LANDMARKS])
    return builder.build(landmarks=rows, object_id=object_id, kind=plan.kind)


def _add_body(builder: MeshBuilder, rng: np.random.Generator, plan: Plan, livery: Livery) -> None:
    """Fuselage, fairing and glass bubble."""
    skin = plan.body.part()
    bounds = np.stack([skin.vertices.min(axis=0), skin.vertices.max(axis=0)])
    material = plane_paint.body_material(rng, plan, livery, bounds)
    builder.add(skin, material, uv_bounds=bounds)
    if plan.fairing:
        middle = plan.wing.point(0.0, 0.5)
        builder.add(
            ellipsoid(plan.fairing, (middle[0], 0, _fairing_level(plan)), n=12),
            paint.plain("fairing", livery.belly),
        )
    if plan.canopy:
        builder.add(
            ellipsoid(plan.canopy.radii, plan.canopy.centre),
            plane_paint.canopy_material(plan.canopy.bars, livery),
        )


def _fairing_level(plan: Plan) -> float:
    """Height of the fairing's centre, so that it bulges a little below the belly."""
    x = plan.wing.point(0.0, 0.5)[0]
    return float(plan.body.outline(x)[1]) + 0.85 * plan.fairing[2]


def _add_surfaces(
    builder: MeshBuilder, rng: np.random.Generator, plan: Plan, livery: Livery
) -> None:
    """Wings with their tips, tailplane, canard and fin."""
    wing = plane_paint.wing_material(rng, plan.wing, livery)
    bounds = plane_paint.surface_bounds(plan.wing)
    builder.add_pair(plan.wing.part(), wing, uv_axes=(0, 1), uv_bounds=bounds)
    _add_tips(builder, plan, livery)
    fin = plane_paint.fin_material(rng, plan, livery)
    builder.add(plan.fin.part(), fin, uv_bounds=plane_paint.surface_bounds(plan.fin))
    color = (livery.wing, livery.accent, livery.base)[rng.integers(3)]
    for surface in (plan.tailplane, plan.canard):
        if surface:
            builder.add_pair(surface.part(), paint.plain("tailplane", color))
    if plan.struts:
        low = plan.body.outline(plan.wing.root[0] - 0.1)
        foot = (plan.wing.root[0] - 0.1, float(low[0]) * 0.85, float(low[1]) * 0.6)
        head = plan.wing.point(0.45, 0.4)
        builder.add_pair(tube(foot, head, 0.012, n=6), paint.plain("strut", livery.wing))


def _add_tips(builder: MeshBuilder, plan: Plan, livery: Livery) -> None:
    """Position lights (red left, green right), winglets, and tanks or missiles."""
    tip = plan.wing.point(1.0)
    chord = float(plan.wing.chord(1.0))
    left = ellipsoid((0.3 * chord + 0.006, 0.008, 0.009), tip - (0.25 * chord, 0, 0), n=8)
    builder.add(left, paint.plain("left_light", plane_paint.LEFT_LIGHT))
    builder.add(left.mirrored(), paint.plain("right_light", plane_paint.RIGHT_LIGHT))
    if plan.winglet:
        root = tip - (0.1 * chord, 0.0, 0.0)
        top = tip + (-0.55 * chord - 0.4 * plan.winglet, 0.25 * plan.winglet, plan.winglet)
        builder.add_pair(
            strut(root, top, 0.9 * chord, 0.4 * chord), paint.plain("winglet", livery.accent)
        )
    if plan.tip_pods:
        centre = tip - (0.5 * chord, 0, 0)
        pod = ellipsoid(
            (0.5 * chord + 7 * plan.tip_pods, plan.tip_pods, plan.tip_pods), centre, n=10
        )
        builder.add_pair(pod, paint.plain("tip_pod", livery.second))


def _add_power(builder: MeshBuilder, rng: np.random.Generator, plan: Plan, livery: Livery) -> None:
    """Engines, propellers, intakes and exhausts."""
    for engine in plan.engines:
        add_engine(builder, engine, livery, pair=True)
    if plan.tail_engine:
        add_engine(builder, plan.tail_engine, livery, pair=False)
    if plan.nose_propeller:
        radius, blades = plan.nose_propeller
        nose = plan.body.end(-1)
        propeller(builder, nose, radius, blades, float(rng.uniform(0, 90)), livery.accent)
    if plan.intakes:
        front, width, height, length = plan.intakes
        centre = np.array(front) - (length / 2, 0, 0)
        builder.add_pair(
            box((length, 2 * width, 2 * height), centre), paint.plain("intake", livery.base)
        )
        mouth = box((0.01, 1.7 * width, 1.7 * height), front)
        builder.add_pair(mouth, paint.plain("intake_mouth", paint.RUBBER))
    if plan.nozzles:
        x, _, z = plan.body.end(0)
        radius = (0.5 if len(plan.nozzles) == 1 else 0.36) * plan.body.top[1]
        pipes = [
            tube((x - 0.028, y, z), (x + 0.1, y, z), radius, radius * 1.35) for y in plan.nozzles
        ]
        builder.add(joined(pipes), paint.plain("nozzle", (0.22, 0.21, 0.22)))


def _landmarks(plan: Plan) -> dict[str, np.ndarray]:
    """Landmarks of the parts that the plane has, before normalisation."""
    body, wing, fin = plan.body, plan.wing, plan.fin
    found = {
        "nose": body.end(-1),
        "tail": body.end(0),
        "fin_top": fin.point(1.0, 0.5),
        "fin_root": _fin_root(body, fin),
        "cockpit": _cockpit(plan),
        "belly": _belly(plan),
    }
    paired = {
        "wing_tip": wing.point(1.0, 0.5),
        "wing_root_front": _wing_root(body, wing, 0.0),
        "wing_root_rear": _wing_root(body, wing, 1.0),
    }
    if plan.tailplane:
        paired["tailplane_tip"] = plan.tailplane.point(1.0, 0.5)
    if plan.intakes:
        paired["engine_inner"] = np.array(plan.intakes[0])
    for name, engine in zip(("engine_inner", "engine_outer"), plan.engines, strict=False):
        paired[name] = np.array(engine.front)
    for name, point in paired.items():
        found[f"left_{name}"] = point
        found[f"right_{name}"] = point * (1, -1, 1)
    return found


def _cockpit(plan: Plan) -> np.ndarray:
    if plan.canopy:
        return np.array(plan.canopy.centre) + (0, 0, plan.canopy.radii[2])
    x = plan.windscreen[0]
    return np.array([x, 0, plan.body.outline(x)[2]])


def _belly(plan: Plan) -> np.ndarray:
    x = plan.wing.point(0.0, 0.5)[0]
    fairing = _fairing_level(plan) - plan.fairing[2] if plan.fairing else np.inf
    return np.array([x, 0, min(float(plan.body.outline(x)[1]), fairing)])


def _wing_root(body: Body, wing: Surface, chordwise: float) -> np.ndarray:
    """First point of the wing's edge outside the fuselage, at least 0.6 of its half width out."""
    points = wing.point(np.linspace(0, 0.5, 400), chordwise)
    side = np.maximum(body.side(points[:, 0], points[:, 2]), 0.6 * body.width.max())
    return points[np.argmax(points[:, 1] >= side)]


def _fin_root(body: Body, fin: Surface) -> np.ndarray:
    """First point of the fin's leading edge above the fuselage."""
    points = fin.point(np.linspace(0, 1, 400))
    return points[np.argmax(points[:, 2] >= body.outline(points[:, 0])[2])]
