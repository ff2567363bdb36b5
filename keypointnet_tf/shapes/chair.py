"""Procedural chairs with true landmarks: `+x` is where the sitter faces, `+y` the sitter's left.

A chair is drawn (`chair_kinds.draw_chair`) and then built part by part; the mesh is its own mirror
image under `y -> -y`, spokes and texture included. Letter: L landmarks.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.chair_back import add_back
from keypointnet_tf.shapes.chair_base import add_base
from keypointnet_tf.shapes.chair_body import add_arms, add_seat
from keypointnet_tf.shapes.chair_design import Chair
from keypointnet_tf.shapes.chair_kinds import KIND_RANGES, draw_chair
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.parts import MeshBuilder

KINDS = tuple(KIND_RANGES)

_SIDED = ("seat_front", "seat_back", "back_top", "arm_front", "arm_rear", "front_foot", "rear_foot")
_CENTRAL = ("back_top_centre", "back_centre", "seat_centre", "base_centre")

SYMMETRIC_PAIRS = tuple((f"left_{name}", f"right_{name}") for name in _SIDED)
LANDMARKS = (*(name for pair in SYMMETRIC_PAIRS for name in pair), *_CENTRAL)


def generate(rng: np.random.Generator, object_id: str) -> Mesh:
    """Draws a chair.

    Args:
      rng: decides everything about the chair.
      object_id: name that the mesh carries.

    Returns:
      A normalised mesh with `landmarks` `[L, 3]` in the order of `LANDMARKS`; NaN for arms, feet,
      the middle of an open back, and the centre of a base that the chair does not have.
    """
    return build(draw_chair(rng), object_id)


def build(chair: Chair, object_id: str) -> Mesh:
    """The mesh of a drawn chair, as `generate` returns it."""
    builder = MeshBuilder()
    points = {}
    for add in (add_base, add_seat, add_back, add_arms):
        points |= add(builder, chair)
    return builder.build(landmarks=_landmarks(points), object_id=object_id, kind=chair.kind)


def _landmarks(points: dict[str, np.ndarray]) -> np.ndarray:
    """`[L, 3]` from the left half's points, with the right half mirrored."""
    rows = {}
    for name, point in points.items():
        if name in _SIDED:
            rows[f"left_{name}"], rows[f"right_{name}"] = point, point * (1, -1, 1)
        else:
            rows[name] = point
    missing = np.full(3, np.nan)
    return np.stack([rows.get(name, missing) for name in LANDMARKS])
