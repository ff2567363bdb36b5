"""Seat and arms of a chair, and the landmarks on them.

Every function adds parts to a builder and returns landmarks by name, in metres; names without
a twin lie on the plane `y = 0`, the others are those of the left half.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.chair_back import Landmarks, bend
from keypointnet_tf.shapes.chair_design import Arms, Chair
from keypointnet_tf.shapes.chair_forms import post, rod, rounded_path, slab, superellipse
from keypointnet_tf.shapes.parts import MeshBuilder, Part, loft, section


def add_seat(builder: MeshBuilder, chair: Chair) -> Landmarks:
    """Board, and a cushion where there is one."""
    seat, finish = chair.seat, chair.finish
    outline = superellipse(seat.depth, seat.width, seat.square, seat.taper)
    board_top = seat.height - seat.cushion
    if seat.cushion:
        bevel = 0.2 * min(seat.thickness, 0.06)
        board = finish.back if chair.kind == "lounge" else finish.frame
        part = slab(outline, seat.underside, board_top, bevel=bevel)
        builder.add(part, board, uv_axes=(0, 1))
        outline = outline * 0.97
        low = board_top - 0.004
    else:
        low = seat.underside
    cover = slab(outline, low, seat.height, bevel=seat.bevel, dome=seat.dome)
    builder.add(cover, finish.seat, uv_axes=(0, 1))
    rim = outline * (1 - seat.bevel / np.abs(outline).max(axis=0))
    corner = len(outline) // 8
    return {
        "seat_front": np.array([*rim[corner], seat.height]),
        "seat_back": np.array([*rim[3 * corner], seat.height]),
        "seat_centre": np.array([0, 0, seat.height + seat.dome]),
    }


def add_arms(builder: MeshBuilder, chair: Chair) -> Landmarks:
    """Both armrests, or nothing."""
    if chair.arms is None:
        return {}
    forms = {"rail": _rail_arms, "loop": _loop_arms, "tee": _tee_arms, "side": _side_arms}
    return forms[chair.arms.form](builder, chair, chair.arms)


def _arm_meets_back(chair: Chair, height: float) -> np.ndarray:
    """`[3]` point on the left edge of the back at `height` above the seat."""
    back = chair.back
    share = 0.92 if back.form != "panel" else 0.9
    if back.form == "hoop":
        share = 0.95 * (1 - (height / back.height) ** 2.5) ** 0.4
    return bend(back, chair.seat, [(0, share * back.half_width, height)])[0]


def _pad(start: np.ndarray, end: np.ndarray, width: float, thickness: float) -> Part:
    """Armrest between two points on the middle of its top, along x."""
    rings = [
        section(width, thickness, x=0, z=-thickness / 2, square=5) + point for point in (start, end)
    ]
    return loft(rings)


def _rail_arms(builder: MeshBuilder, chair: Chair, arms: Arms) -> Landmarks:
    seat, frame = chair.seat, chair.finish.frame
    rear = _arm_meets_back(chair, arms.height)
    front = np.array([arms.front, max(seat.side_edge(arms.front) + 0.01, rear[1]), rear[2]])
    builder.add_pair(_pad(rear, front, arms.width, arms.thickness), chair.finish.arm)
    x = arms.front - 0.04
    edge = seat.side_edge(x) - 0.2 * chair.base.size
    foot = (x, edge, seat.underside)
    size = 0.8 * chair.base.size
    builder.add_pair(post(foot, (x, front[1], front[2] - arms.thickness / 2), size, size), frame)
    contact = chair.back.post / 2 if chair.back.form != "panel" else chair.back.thickness / 2
    along = (front - rear) / (front[0] - rear[0])
    return {"arm_front": front, "arm_rear": rear + along * contact}


def _loop_arms(builder: MeshBuilder, chair: Chair, arms: Arms) -> Landmarks:
    seat, radius = chair.seat, 0.5 * min(chair.base.size, 0.03)
    low = seat.underside + 0.5 * seat.thickness
    top = seat.height + arms.height
    ends = (-0.3 * seat.depth, min(arms.front, 0.4 * seat.depth))
    y = max(seat.side_edge(x) for x in ends) + 0.02
    corners = [
        (ends[0], seat.side_edge(ends[0]) - 0.01, low),
        (ends[0] - 0.03, y, top),
        (ends[1] + 0.02, y, top),
        (ends[1], seat.side_edge(ends[1]) - 0.01, low),
    ]
    builder.add_pair(rod(rounded_path(corners, 0.05), radius), chair.finish.frame)
    start = np.array([ends[0] + 0.03, y, top + arms.thickness])
    end = np.array([ends[1] - 0.03, y, top + arms.thickness])
    builder.add_pair(_pad(start, end, arms.width, arms.thickness), chair.finish.arm)
    return {"arm_front": end, "arm_rear": start}


def _tee_arms(builder: MeshBuilder, chair: Chair, arms: Arms) -> Landmarks:
    seat = chair.seat
    y = seat.width / 2 * (1 + seat.taper) + 0.035
    top, low = seat.height + arms.height, seat.underside - 0.012
    corners = [(0, 0.25 * seat.width, low), (0, y, low), (0, y, top - arms.thickness / 2)]
    builder.add_pair(rod(rounded_path(corners, 0.05), 0.018), chair.finish.frame)
    start = np.array([-0.3 * seat.depth, y, top])
    end = np.array([max(0.6 * arms.front, 0.12 * seat.depth), y, top])
    builder.add_pair(_pad(start, end, arms.width, arms.thickness), chair.finish.arm)
    return {"arm_front": end, "arm_rear": start}


def _side_arms(builder: MeshBuilder, chair: Chair, arms: Arms) -> Landmarks:
    seat = chair.seat
    inner = seat.width / 2 - 0.03
    y = inner + arms.width / 2
    top, low = seat.height + arms.height, seat.underside
    joint = bend(chair.back, seat, [(0, 0.9 * chair.back.half_width, arms.height)])[0]
    start = np.array([joint[0] - 0.3 * chair.back.thickness, y, top])
    end = np.array([arms.front, y, top])
    ring = section(arms.width, top - low, x=0, z=(low - top) / 2, square=7)
    builder.add_pair(loft([ring + start, ring + end]), chair.finish.arm)
    return {"arm_front": end, "arm_rear": np.array([joint[0] + chair.back.thickness / 2, y, top])}
