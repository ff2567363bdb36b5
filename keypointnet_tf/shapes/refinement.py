"""Finer triangles on the same surface, so that a map of the vertices bends the faces too.

Letters: V vertices, F faces.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes.mesh import Mesh

# Triangles that replace one, by how many of its edges are cut, in numbers of its corners 0 to 2 and
# of the midpoints 3 (of edge 0-1), 4 (1-2), 5 (2-0). With one cut that edge is 0-1; with two, they
# are 0-1 and 1-2.
_PATTERNS = {
    1: ((0, 3, 2), (3, 1, 2)),
    2: ((0, 3, 2), (3, 4, 2), (3, 1, 4)),
    3: ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)),
}
_PER_CORNER = ("normals", "uv", "colors")


def refined(mesh: Mesh, longest_edge: float) -> Mesh:
    """The same surface with every edge cut in half until none is longer than `longest_edge`.

    Whether an edge is cut depends on the places of its ends alone, so that faces that meet there
    still meet, even where they do not share the vertices. Texture coordinates, colours and normals
    are interpolated; shape, landmarks and the given vertices stay.

    Raises:
      ValueError: `longest_edge` is not above 0, or the mesh has non-finite vertices.
    """
    if not longest_edge > 0:
        raise ValueError(f"longest_edge is {longest_edge}; expected a length above 0")
    if not np.isfinite(_edge_lengths(mesh)).all():
        name = mesh.object_id or "mesh"
        raise ValueError(f"{name}: non-finite vertices; expected finite coordinates")
    while (cut := _edge_lengths(mesh) > longest_edge).any():
        mesh = _cut_once(mesh, cut)
    return mesh


def _edge_lengths(mesh: Mesh) -> np.ndarray:
    """`[F, 3]` lengths of the edges 0-1, 1-2 and 2-0."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    return np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1)


def _cut_once(mesh: Mesh, cut: np.ndarray) -> Mesh:
    """Cuts the marked edges `[F, 3]` in their middles."""
    ends = np.stack([mesh.faces, np.roll(mesh.faces, -1, axis=1)], axis=-1)
    pairs, which = np.unique(np.sort(ends[cut], axis=-1), axis=0, return_inverse=True)
    middles = mesh.vertices[pairs].astype(np.float64).mean(axis=1).astype(np.float32)
    midpoint = np.full(cut.shape, -1, np.int64)
    midpoint[cut] = len(mesh.vertices) + which.reshape(-1)
    pieces = [_kept(mesh, ~cut.any(axis=1))]
    for count in _PATTERNS:
        rows = np.flatnonzero(cut.sum(axis=1) == count)
        pieces.append(_split(mesh, rows, _first_corner(cut[rows], count), midpoint, count))
    arrays = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
    return dataclasses.replace(mesh, vertices=np.concatenate([mesh.vertices, middles]), **arrays)


def _kept(mesh: Mesh, rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: getattr(mesh, name)[rows] for name in ("faces", *_PER_CORNER, "material_ids")}


def _first_corner(cut: np.ndarray, count: int) -> np.ndarray:
    """`[F]` the corner from which on the edges lie as `_PATTERNS` has them."""
    if count == 1:
        return cut.argmax(axis=1)
    # The edge that stays follows the two that are cut.
    return ((~cut).argmax(axis=1) + 1) % 3 if count == 2 else np.zeros(len(cut), int)


def _split(
    mesh: Mesh, rows: np.ndarray, first: np.ndarray, midpoint: np.ndarray, count: int
) -> dict[str, np.ndarray]:
    """The triangles that replace the faces `rows`, turned so that corner `first` comes first."""
    order = (first[:, None] + np.arange(3)) % 3
    pattern = np.array(_PATTERNS[count])
    six = np.concatenate([mesh.faces[rows[:, None], order], midpoint[rows[:, None], order]], axis=1)
    arrays = {"faces": six[:, pattern].reshape(-1, 3).astype(np.int32)}
    for name in _PER_CORNER:
        values = getattr(mesh, name)[rows[:, None], order]
        values = np.concatenate([values, (values + np.roll(values, -1, axis=1)) / 2], axis=1)
        arrays[name] = values[:, pattern].reshape(-1, 3, values.shape[-1])
    arrays["material_ids"] = np.repeat(mesh.material_ids[rows], len(pattern))
    return arrays
