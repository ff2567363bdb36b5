"""Things bolted to procedural planes: nacelles, propellers, pylons and wheels.

Frame and units as in `plane_plan.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keypointnet_tf.shapes import paint
from keypointnet_tf.shapes.parts import MeshBuilder, Part, box, loft, tube
from keypointnet_tf.shapes.plane_paint import Livery
from keypointnet_tf.shapes.plane_plan import Engine, Plan

# Nacelle outlines as (distance behind the front in lengths, radius in radii), rear to front.
JET = ((1.0, 0.5), (0.8, 0.68), (0.45, 0.96), (0.2, 1.0), (0.04, 0.95), (0.0, 0.84))
PROPELLER_NACELLE = ((1.0, 0.12), (0.75, 0.6), (0.4, 0.95), (0.12, 0.98), (0.02, 0.8), (0.0, 0.6))
BLADE: paint.Color = (0.3, 0.3, 0.32)


def joined(pieces: Sequence[Part]) -> Part:
    """Several parts as one."""
    offsets = np.cumsum([0] + [len(p.vertices) for p in pieces[:-1]])
    return Part(
        np.concatenate([p.vertices for p in pieces]),
        np.concatenate([p.faces + o for p, o in zip(pieces, offsets, strict=True)]),
    )


def strut(root: np.ndarray, tip: np.ndarray, root_chord: float, tip_chord: float) -> Part:
    """Thin blade between two leading-edge points in any direction; chords run towards `-x`."""
    root, tip = np.asarray(root, float), np.asarray(tip, float)
    along = tip - root
    across = np.cross(along, [1.0, 0, 0])
    across /= np.linalg.norm(across)
    angle = np.arange(10) * np.pi / 5
    rings = [
        point
        + np.outer((np.cos(angle) - 1) * chord / 2, [1, 0, 0])
        + np.outer(np.sin(angle) * chord * 0.06, across)
        for point, chord in ((root, root_chord), (tip, tip_chord))
    ]
    return loft(rings)


def _nacelle(engine: Engine) -> Part:
    outline = JET if not engine.blades else PROPELLER_NACELLE
    circle = np.arange(16) * np.pi / 8
    rings = [
        np.column_stack(
            [
                np.full(16, -back * engine.length),
                np.cos(circle) * radius * engine.radius,
                np.sin(circle) * radius * engine.radius,
            ]
        )
        for back, radius in outline
    ]
    return loft(rings).moved(engine.front)


def add_engine(builder: MeshBuilder, engine: Engine, livery: Livery, *, pair: bool) -> None:
    """Adds a nacelle with its pylon and fan or propeller; `pair` adds the right-hand twin."""
    add = builder.add_pair if pair else builder.add
    add(_nacelle(engine), paint.plain("nacelle", livery.nacelle))
    front = np.array(engine.front)
    if engine.mount is not None:
        mount = np.array(engine.mount)
        foot = np.array([front[0] - 0.25 * engine.length, front[1], front[2]])
        chord = 0.6 * engine.length
        add(strut(foot, mount, chord, chord), paint.plain("pylon", livery.wing))
    if not engine.blades:
        fan = tube(front - (0.02, 0, 0), front + (0.003, 0, 0), 0.76 * engine.radius, n=16)
        add(fan, paint.plain("fan", paint.RUBBER))
        hub = tube(front, front + (0.02, 0, 0), 0.22 * engine.radius, 0.02 * engine.radius, n=8)
        add(hub, paint.plain("fan_hub", paint.METAL))
        return
    for side in (1, -1) if pair else (1,):
        propeller(
            builder, front * (1, side, 1), engine.propeller, engine.blades, 20.0, livery.accent
        )


def propeller(
    builder: MeshBuilder,
    front: np.ndarray,
    radius: float,
    blades: int,
    degrees: float,
    spinner: paint.Color,
) -> None:
    """Adds a spinner and blades with bright tips in front of `front`."""
    base, size = front - (0.012, 0, 0), 0.2 * radius
    cone = tube(base, front + (1.4 * size, 0, 0), size, 0.15 * size, n=12)
    builder.add(cone, paint.plain("spinner", spinner))
    for name, color, inner, outer in (
        ("blade", BLADE, 0.0, 0.84),
        ("blade_tip", (0.9, 0.75, 0.1), 0.84, 1.0),
    ):
        length = (outer - inner) * radius
        blade = box((0.012, 0.16 * radius, length), (0, 0, inner * radius + length / 2))
        blade = blade.rotated("z", 28)
        turned = [blade.rotated("x", degrees + 360 * i / blades) for i in range(blades)]
        builder.add(joined(turned).moved(front + (0.4 * size, 0, 0)), paint.plain(name, color))


def add_gear(builder: MeshBuilder, plan: Plan) -> None:
    """Adds main wheels and, where drawn, a third wheel at the nose or the tail."""
    tall, main, third = plan.gear
    _, bottom, _ = (float(v) for v in plan.body.outline(main))
    ground = bottom - tall
    metal, rubber = paint.plain("gear_leg", paint.METAL), paint.plain("tyre", paint.RUBBER)
    wheel = min(0.045, 0.4 * tall + 0.01)
    if plan.kind == "glider":
        builder.add(_wheel((main, 0, ground + wheel), wheel), rubber)
        return
    track = max(0.16, 1.3 * float(plan.body.width.max()))
    builder.add_pair(_wheel((main, track, ground + wheel), wheel), rubber)
    # A low wing carries the legs; other planes spread them from the belly.
    head = (main, 0.3 * track, 0.7 * bottom)
    if plan.wing.root[2] < 0:
        head = (main, track, float(plan.wing.point(track / plan.wing.span)[2]))
    builder.add_pair(tube((main, track, ground + wheel), head, 0.014, n=6), metal)
    low = float(plan.body.outline(third)[1])
    small = wheel * (0.8 if third > 0 else 0.5)
    level = ground + small if third > 0 else low - small
    builder.add(_wheel((third, 0, level), small), rubber)
    builder.add(tube((third, 0, level), (third, 0, low + 0.03), 0.012, n=6), metal)


def _wheel(centre: Sequence[float], radius: float) -> Part:
    return tube((0, -0.35 * radius, 0), (0, 0.35 * radius, 0), radius, n=12).moved(centre)
