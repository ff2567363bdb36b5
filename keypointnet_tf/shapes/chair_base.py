"""What a chair stands on: legs, runners, a star or a disc, and the landmarks on them.

Every function adds parts and returns landmarks by name, in metres, those of the left half.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.chair_back import Landmarks
from keypointnet_tf.shapes.chair_design import Base, Chair
from keypointnet_tf.shapes.chair_forms import post, rod, rounded_path
from keypointnet_tf.shapes.parts import MeshBuilder, box, loft, tube

FLOOR_TO_HUB = 0.085


def add_base(builder: MeshBuilder, chair: Chair) -> Landmarks:
    """The base of the form that the design names."""
    forms = {
        "legs": _legs,
        "sled": _sled,
        "cantilever": _cantilever,
        "star": _star,
        "disc": _disc,
    }
    return forms[chair.base.form](builder, chair, chair.base)


def _corner(chair: Chair, front: bool, inset: float) -> np.ndarray:
    """`[2]` left corner of the seat's outline, drawn in to the share `inset`."""
    seat = chair.seat
    reach = 0.5 ** (1 / seat.square) * inset
    side = 1 if front else -1
    return np.array(
        [side * reach * seat.depth / 2, reach * seat.width / 2 * (1 + side * seat.taper * reach)]
    )


def _legs(builder: MeshBuilder, chair: Chair, base: Base) -> Landmarks:
    feet, tops = {}, {}
    for end, front in (("front", True), ("rear", False)):
        corner = _corner(chair, front, 0.9)
        along = base.splay[0] if front else -base.splay[1]
        tops[end] = np.array([*corner, chair.seat.underside + 0.006])
        feet[end] = np.array([corner[0] + along, corner[1] + base.splay[2], 0.0])
        leg = post(feet[end], tops[end], base.size * base.taper, base.size, base.square)
        builder.add_pair(leg, chair.finish.frame)
    if base.square > 3 and chair.kind not in ("lounge", "stool"):
        _apron(builder, chair)
    _stretchers(builder, chair, base, feet, tops)
    return {"front_foot": feet["front"], "rear_foot": feet["rear"]}


def _apron(builder: MeshBuilder, chair: Chair) -> None:
    front, rear = _corner(chair, True, 0.9), _corner(chair, False, 0.9)
    size = (front[0] - rear[0], 2 * rear[1], 0.05)
    centre = ((front[0] + rear[0]) / 2, 0, chair.seat.underside - 0.02)
    builder.add(box(size, centre), chair.finish.frame)


def _stretchers(
    builder: MeshBuilder, chair: Chair, base: Base, feet: Landmarks, tops: Landmarks
) -> None:
    """Bars between the legs."""
    if base.stretcher == "none":
        return
    frame, radius, share = chair.finish.frame, 0.26 * base.size, base.stretcher_height
    front, rear = (feet[e] + (tops[e] - feet[e]) * share for e in ("front", "rear"))
    mirror = np.array([1, -1, 1])
    if base.stretcher in ("h", "box"):
        builder.add_pair(rod([front, rear], radius), frame)
    if base.stretcher == "h":
        middle = (front + rear) / 2
        builder.add(rod([middle, middle * mirror], radius), frame)
    if base.stretcher in ("box", "rung"):
        builder.add(rod([front, front * mirror], radius), frame)
    if base.stretcher == "box":
        builder.add(rod([rear, rear * mirror], radius), frame)


def _sled(builder: MeshBuilder, chair: Chair, base: Base) -> Landmarks:
    seat, radius, out = chair.seat, base.size / 2, base.splay[2]
    front, rear = _corner(chair, True, 0.9), _corner(chair, False, 0.9)
    high, bend = seat.underside, 0.07
    x0, x1 = rear[0] - base.splay[1], front[0] + base.splay[0]
    y = front[1] + out
    corners = [(*rear, high), (x0, y, radius), (x1, y, radius), (*front, high)]
    builder.add_pair(rod(rounded_path(corners, bend), radius), chair.finish.frame)
    for x, wide in ((front[0], front[1]), (rear[0], rear[1])):
        ends = [(x, wide, high - 0.3 * radius), (x, -wide, high - 0.3 * radius)]
        builder.add(rod(ends, radius), chair.finish.frame)
    return {"front_foot": np.array([x1 - bend, y, 0.0]), "rear_foot": np.array([x0 + bend, y, 0.0])}


def _cantilever(builder: MeshBuilder, chair: Chair, base: Base) -> Landmarks:
    seat, radius, bend = chair.seat, base.size / 2, 0.08
    front, rear = _corner(chair, True, 0.98), _corner(chair, False, 0.9)
    high = seat.underside - 0.5 * radius
    x0, x1 = rear[0] - base.splay[1], front[0] + base.splay[0] * 0.5
    y, mirror = front[1], np.array([1, -1, 1])
    half = np.array(
        [
            (rear[0], y * 0.97, high),
            (front[0], y, high),
            (x1, y, radius),
            (x0, y, radius),
        ]
    )
    path = rounded_path(np.concatenate([half, half[::-1] * mirror]), bend)
    builder.add(rod(path, radius), chair.finish.frame)
    return {"front_foot": np.array([x1 - bend, y, 0.0]), "rear_foot": np.array([x0 + bend, y, 0.0])}


def _column(builder: MeshBuilder, chair: Chair, low: float) -> None:
    """Pillar from `low` to the seat, with a cover and a plate below the seat."""
    seat, frame = chair.seat, chair.finish.frame
    high = seat.underside
    builder.add(tube((0, 0, low), (0, 0, high), 0.024), frame)
    builder.add(tube((0, 0, low), (0, 0, low + 0.5 * (high - low)), 0.036), chair.finish.wheel)
    plate = (0.45 * seat.depth, 0.5 * seat.width, 0.04)
    builder.add(box(plate, (0, 0, high - 0.012)), chair.finish.wheel)


def _star(builder: MeshBuilder, chair: Chair, base: Base) -> Landmarks:
    finish, low = chair.finish, FLOOR_TO_HUB - 0.03
    builder.add(tube((0, 0, low), (0, 0, FLOOR_TO_HUB + 0.035), 0.05, 0.04), finish.frame)
    _column(builder, chair, FLOOR_TO_HUB)
    turn = 0.0 if base.spokes == 5 else np.pi / 4
    for angle in turn + np.arange(base.spokes) * 2 * np.pi / base.spokes:
        along = np.array([np.cos(angle), np.sin(angle), 0.0])
        end = along * base.radius + (0, 0, FLOOR_TO_HUB - 0.02)
        spoke = rod([(0, 0, FLOOR_TO_HUB + 0.01), end], np.array([0.03, 0.018]))
        builder.add(spoke, finish.frame)
        if base.castors:
            across = np.array([-along[1], along[0], 0.0]) * 0.02
            hub = along * base.radius + (0, 0, 0.032)
            builder.add(tube(hub - across, hub + across, 0.032, n=12), finish.wheel)
            builder.add(tube(hub, end, 0.011, n=8), finish.wheel)
        else:
            builder.add(tube(end * (1, 1, 0), end, 0.018, n=8), finish.wheel)
    return {"base_centre": np.array([0, 0, low])}


def _disc(builder: MeshBuilder, chair: Chair, base: Base) -> Landmarks:
    """Round foot that swells into the pillar."""
    angle = np.arange(24) * np.pi / 12
    circle = np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    profile = [(1.0, 0.0), (1.0, 0.012), (0.85, 0.022), (0.45, 0.034), (0.16, 0.06)]
    rings = [circle * share * base.radius + (0, 0, z) for share, z in profile]
    builder.add(loft(rings), chair.finish.frame)
    _column(builder, chair, 0.03)
    return {"base_centre": np.zeros(3)}
