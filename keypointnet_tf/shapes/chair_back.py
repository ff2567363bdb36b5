"""The backrest of a chair in all its forms, and the landmarks on it.

Parts are built flat (`x` in front of the back's middle surface, `y`, height above the seat) and
bent onto the chair by `bend`. Heights and lengths in metres.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.chair_design import Back, Chair, Seat
from keypointnet_tf.shapes.chair_forms import panel, rod, rounded_path, superellipse
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.parts import MeshBuilder, Part, loft

Landmarks = dict[str, np.ndarray]


def bend(back: Back, seat: Seat, points: np.ndarray) -> np.ndarray:
    """Maps flat back coordinates onto the chair.

    Args:
      back: gives wrap, flare, recline, rake and position.
      seat: gives the height.
      points: `[N, 3]`: distance in front of the back's middle surface, y, height above the seat.

    Returns:
      `[N, 3]` in the chair's frame.
    """
    n, y, s = np.asarray(points, float).T
    up = np.clip(s / back.height, 0, None)
    n = n + back.wrap * (y / back.half_width) ** 2 - back.recline * up**2
    y = y * (1 + back.flare * up)
    c, r = np.cos(np.radians(back.rake)), np.sin(np.radians(back.rake))
    return np.column_stack([back.x + c * n - r * s, y, seat.height + r * n + c * s])


def rim_height(back: Back, share: float) -> float:
    """Height of the back's upper rim at `share` of its half-width, in flat coordinates."""
    if back.form == "hoop":
        return back.height * (1 - min(abs(share), 1.0) ** 2.5) ** (1 / 2.5)
    return back.height - back.drop * (1 - np.sqrt(1 - 0.98 * share**2))


def add_back(builder: MeshBuilder, chair: Chair) -> Landmarks:
    """The backrest in any of its forms, with its supports."""
    back = chair.back
    if back.form == "panel":
        points = _panel_back(builder, chair)
    elif back.form == "hoop":
        points = _hoop_back(builder, chair)
    else:
        points = _rail_back(builder, chair)
    names = list(points)
    placed = bend(back, chair.seat, np.array([points[name] for name in names]))
    return dict(zip(names, placed, strict=True))


def _add_bent(
    builder: MeshBuilder, chair: Chair, part: Part, material: Material, *, pair: bool = False
) -> None:
    for side in (part, part.mirrored()) if pair else (part,):
        bent = bend(chair.back, chair.seat, side.vertices)
        builder.add(Part(bent, side.faces), material, uv_axes=(1, 2))


def _foot(chair: Chair) -> float:
    """Flat height where uprights start: inside the seat board."""
    return -(chair.seat.cushion + 0.6 * chair.seat.thickness)


def _panel_back(builder: MeshBuilder, chair: Chair) -> dict[str, tuple]:
    back, finish = chair.back, chair.finish
    low = back.gap if back.gap else _foot(chair)
    round_off = min(back.drop, 0.45 * (back.height - low)) if back.gap else 0.0

    def bottom(share: float) -> float:
        return low + round_off * (1 - np.sqrt(1 - 0.98 * share**2))

    def top(share: float) -> float:
        return rim_height(back, share)

    front = panel(back.half_width, bottom, top, back.thickness)
    _add_bent(builder, chair, front, finish.back)
    shell = panel(
        0.95 * back.half_width, lambda s: bottom(s) + 0.012, lambda s: top(s) - 0.012, 0.014
    )
    _add_bent(builder, chair, shell.moved((-back.thickness / 2, 0, 0)), finish.shell)
    if back.support == "posts":
        _uprights(builder, chair, 0.5, (low + back.height) / 2, -back.thickness / 2)
    elif back.support == "spine":
        _spine(builder, chair, (low + back.height) / 2)
    visible = max(low, 0.0)
    return {
        "back_top": (0, 0.9 * back.half_width, top(0.9)),
        "back_top_centre": (0, 0, back.height),
        "back_centre": (back.thickness / 2, 0, (visible + back.height) / 2),
    }


def _uprights(
    builder: MeshBuilder, chair: Chair, share: float, top: float, shift: float = 0.0
) -> None:
    """Two bars from the seat at `share` of the half-width up to `top`, `shift` forward."""
    back = chair.back
    y = share * back.half_width
    bow = back.wrap * share**2
    edge = chair.seat.rear_edge(y / chair.seat.width * 2)
    stand = max(edge + back.post / 2 - back.x - bow, shift)
    heights = np.linspace(_foot(chair), top, 7)
    ahead = np.where(heights <= 0, stand, shift)
    path = np.column_stack([ahead, np.full(7, y), heights])
    _add_bent(builder, chair, rod(path, back.post / 2), chair.finish.frame, pair=True)


def _spine(builder: MeshBuilder, chair: Chair, middle: float) -> None:
    """One bar from below the seat, round its rear, up behind the panel."""
    seat, back = chair.seat, chair.back
    behind = -back.thickness / 2 - 0.012
    upper = bend(back, seat, [(behind, 0, back.gap), (behind, 0, middle)])
    low = seat.underside - 0.012
    path = rounded_path([(-0.1 * seat.depth, 0, low), (upper[0, 0] - 0.03, 0, low), *upper], 0.08)
    bar = rod(path, 0.02)
    wide = Part(bar.vertices * (1, 1.8, 1), bar.faces)
    builder.add(wide, chair.finish.frame)


def _hoop_back(builder: MeshBuilder, chair: Chair) -> dict[str, tuple]:
    back, frame = chair.back, chair.finish.frame
    angle = np.linspace(0, np.pi, 25)
    c, s = np.cos(angle), np.sin(angle)
    path = np.column_stack(
        [
            0 * c,
            np.sign(c) * np.abs(c) ** 0.8 * 0.95 * back.half_width,
            s**0.8 * back.height,
        ]
    )
    foot = _foot(chair)
    ends = path[[0, -1]] + [0, 0, foot]
    radius = 0.42 * back.post
    _add_bent(builder, chair, rod(np.concatenate([ends[:1], path, ends[1:]]), radius), frame)
    for share in np.linspace(-0.75, 0.75, back.bars):
        top = rim_height(back, share / 0.95)
        heights = np.linspace(foot, top, 5)
        bar = np.column_stack([0 * heights, 0 * heights + share * back.half_width, heights])
        _add_bent(builder, chair, rod(bar, 0.5 * radius), chair.finish.back)
    corner = 0.5**0.4
    return {
        "back_top": (radius, 0.95 * back.half_width * corner, back.height * corner),
        "back_top_centre": (0, 0, back.height + radius),
        "back_centre": (0.5 * radius, 0, back.height / 2),
    }


def _rail_back(builder: MeshBuilder, chair: Chair) -> dict[str, tuple]:
    back, finish = chair.back, chair.finish
    _uprights(builder, chair, 0.92, back.height)
    head = np.clip(0.22 * back.height, 0.03, 0.1)
    low, high = back.gap, back.height + 0.01
    middle = (low + high) / 2
    _rail(builder, chair, high - head, high, finish.back)
    ends = (lambda _: high - 0.8 * head, lambda _: high - 0.2 * head)
    plate = panel(0.5 * back.half_width, *ends, 0.01)
    _add_bent(builder, chair, plate.moved((-back.thickness / 2, 0, 0)), finish.shell)
    centre = back.thickness / 2
    if back.form == "ladder":
        width = 0.5 * (high - low) / back.bars
        for z in np.linspace(low + width / 2, 2 * middle - low - width / 2, back.bars)[:-1]:
            _rail(builder, chair, z - width / 2, z + width / 2, finish.back)
    else:
        _rail(builder, chair, low, low + 0.6 * head, finish.frame)
    if back.form in ("slats", "splat"):
        _slats(builder, chair, low + 0.3 * head, high - 0.5 * head)
    points = {
        "back_top": (0, 0.9 * back.half_width, high),
        "back_top_centre": (0, 0, high),
        "back_centre": (0.8 * centre if back.form != "ladder" else centre, 0, middle),
    }
    if back.form == "frame":
        del points["back_centre"]
    return points


def _rail(builder: MeshBuilder, chair: Chair, low: float, high: float, material: Material) -> None:
    part = panel(0.96 * chair.back.half_width, lambda _: low, lambda _: high, chair.back.thickness)
    _add_bent(builder, chair, part, material)


def _slats(builder: MeshBuilder, chair: Chair, low: float, high: float) -> None:
    back = chair.back
    splat = back.form == "splat"
    count = 1 if splat else back.bars
    half = back.half_width * (0.3 if splat else 0.42 / count)
    for share in np.linspace(-0.62, 0.62, count) if count > 1 else [0.0]:
        heights = np.linspace(low, high, 5)
        shape = 1 + (0.3 * np.cos(np.linspace(-np.pi, np.pi, 5)) if splat else np.zeros(5))
        rings = []
        for z, scale in zip(heights, shape, strict=True):
            outline = superellipse(0.8 * back.thickness, 2 * half * scale, 6, n=16)
            rings.append(np.insert(outline, 2, z, axis=1) + (0, share * back.half_width, 0))
        _add_bent(builder, chair, loft(rings), chair.finish.back)
