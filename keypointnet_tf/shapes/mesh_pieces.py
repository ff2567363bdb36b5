"""Parts of a mesh as they are read from files of any kind, before they are joined to one `Mesh`.

Letters: V vertices, F faces, N polygons, C corners of all polygons one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.mesh_limits import MAX_FACES, check_count
from keypointnet_tf.shapes.polygons import triangulated


class Piece(NamedTuple):
    """Triangles in the file's frame: `vertices [V, 3]`, `faces [F, 3]`, corners' `uv [F, 3, 2]` and
    `colors [F, 3, 3]`, and the index of each face's material, `materials [F]`."""

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    colors: np.ndarray
    materials: np.ndarray


def polygon_piece(
    vertices: np.ndarray,
    counts: np.ndarray,
    *,
    at: np.ndarray,
    uv: np.ndarray,
    colors: np.ndarray,
    materials: np.ndarray,
) -> Piece:
    """The piece of polygons.

    Args:
      vertices: `[V, 3]`.
      counts: `[N]` corners of each polygon.
      at: `[C]` the corners' vertices, checked.
      uv: `[C, 2]` and `colors`: `[C, 3]` at the corners.
      materials: `[N]`.

    Raises:
      ValueError: there are too many triangles.
    """
    check_count("faces", int(np.maximum(counts - 2, 0).sum()), MAX_FACES)
    with np.errstate(invalid="ignore", over="ignore"):  # infinite vertices are reported later
        triangles, polygon = triangulated(vertices[at], counts)
    return Piece(vertices, at[triangles], uv[triangles], colors[triangles], materials[polygon])


def check_vertices(indices: np.ndarray, count: int, *, first: int = 0) -> None:
    """Refuses indices beyond the vertices; negative ones would silently count from the end.

    Args:
      indices: of any shape, counted from 0.
      count: of vertices.
      first: from where the file counts.

    Raises:
      ValueError: there is one.
    """
    if indices.size and not 0 <= indices.min() <= indices.max() < count:
        bad = indices.min() if indices.min() < 0 else indices.max()
        raise ValueError(
            f"a face refers to vertex {bad + first:,} of {count:,}, counted from {first}"
        )
