"""Edges of a mesh at which its picture can change abruptly.

Everywhere else what a camera sees changes smoothly from one face to the next, so that one sample
tells what its neighbourhood looks like. The three kinds are those of line drawing from meshes:
boundaries, creases (of normals, colours or texture coordinates), and silhouettes, which depend on
the camera. Letters: F faces, E edges, N points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from keypointnet_tf.rendering.face_sides import FaceSides
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.normals import SAME_PLACE, row_groups

# What may differ between two faces along a smooth edge, in each component.
NORMAL_STEP = 0.05
COLOR_STEP = 2 / 255
UV_STEP = 1e-3


class FeatureEdges:
    """The edges of a mesh, sorted by whether and when they show.

    A part that is closed and wound consistently, normals outwards, hides its own back: creases
    between faces that look away are not drawn. That holds for cameras outside the object.

    Args:
      mesh: with finite vertices.
      sides: of its faces.

    Attributes:
      patches: `[F]` int32, equal for faces that are joined by smooth edges.
    """

    def __init__(self, mesh: Mesh, sides: FaceSides) -> None:
        places = row_groups(np.round(np.asarray(mesh.vertices, float) / SAME_PLACE))
        pairs, others = _meetings(places[mesh.faces])
        smooth, consistent = _continuity(mesh, sides, places, pairs)
        ends = np.stack([mesh.faces, np.roll(mesh.faces, -1, axis=1)], axis=-1).reshape(-1, 2)
        hidden = _solid(mesh, sides, pairs, consistent, others)[pairs[0] // 3]
        self._always = ends[np.concatenate([others, pairs[0][~smooth & ~hidden]])]
        self._creases = _Edges.of(ends, pairs[:, ~smooth & hidden])
        self._smooth = _Edges.of(ends, pairs[:, smooth])
        self.patches = _joined(self._smooth.faces, len(mesh.faces))

    def __len__(self) -> int:
        """How many edges are drawn at most, silhouettes left out."""
        return len(self._always) + len(self._creases.ends)

    def seen(self, front: np.ndarray) -> np.ndarray:
        """`[E, 2]` vertices of the edges that may show, those behind something included.

        Args:
          front: `[F]` bool, whether each face turns its outer side to the camera.
        """
        first, second = (front.take(faces) for faces in self._creases.faces)
        creases = self._creases.ends.take(np.flatnonzero(first | second), axis=0)
        first, second = (front.take(faces) for faces in self._smooth.faces)
        silhouettes = self._smooth.ends.take(np.flatnonzero(first != second), axis=0)
        return np.concatenate([self._always, creases, silhouettes])


class _Edges(NamedTuple):
    """Edges between two faces: `ends [E, 2]` vertices, `faces [2, E]`."""

    ends: np.ndarray
    faces: np.ndarray

    @classmethod
    def of(cls, ends: np.ndarray, pairs: np.ndarray) -> _Edges:
        return cls(ends[pairs[0]], pairs // 3)


def _meetings(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Half-edges that lie together. Number `3 f + k` runs from corner `k` of face `f` to the next.

    Args:
      corners: `[F, 3]` places of the corners.

    Returns:
      `[2, E]` the two half-edges of each edge that has two, and one of each other edge.
    """
    following = np.roll(corners, -1, axis=1)
    low, high = np.minimum(corners, following), np.maximum(corners, following)
    keys = (low * (corners.max() + 1) + high).reshape(-1)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
    two = np.diff(starts, append=len(keys)) == 2
    return np.stack([order[starts[two]], order[starts[two] + 1]]), order[starts[~two]]


def _continuity(
    mesh: Mesh, sides: FaceSides, places: np.ndarray, pairs: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`[E]` bool, for edges between two faces: whether all that is shaded runs on across the edge,
    and whether both faces have their outer sides on the same side of the surface."""
    ends = np.stack([pairs, pairs - pairs % 3 + (pairs + 1) % 3])  # [end, half-edge, E]
    place = places[mesh.faces].reshape(-1)
    parallel = place[ends[0, 0]] == place[ends[0, 1]]
    opposite = np.where(parallel, ends[:, 1], ends[::-1, 1])
    flipped = sides.flipped[pairs[0] // 3] ^ sides.flipped[pairs[1] // 3]
    consistent = ~parallel ^ flipped
    values = _shaded_values(mesh)
    steps = [np.abs(values[ends[i, 0]] - values[opposite[i]]).max(axis=1) for i in (0, 1)]
    return (np.maximum(*steps) < 1) & consistent, consistent


def _shaded_values(mesh: Mesh) -> np.ndarray:
    """`[3 F, 9]` normal, colour, texture coordinates and texture of each corner, over the steps
    that they may make along a smooth edge."""
    lengths = np.linalg.norm(mesh.normals, axis=2, keepdims=True)
    base = np.array([material.color for material in mesh.materials], np.float32)
    textured = np.array([material.texture is not None for material in mesh.materials])
    on = textured[mesh.material_ids][:, None, None]
    texture = np.broadcast_to(on * (1 + mesh.material_ids[:, None, None]), (*mesh.faces.shape, 1))
    values = [
        mesh.normals / np.maximum(lengths, 1e-9) / NORMAL_STEP,
        mesh.colors * base[mesh.material_ids][:, None] / COLOR_STEP,
        mesh.uv * on / UV_STEP,
        texture,
    ]
    return np.concatenate(values, axis=2, dtype=np.float32).reshape(-1, 9)


def _solid(
    mesh: Mesh, sides: FaceSides, pairs: np.ndarray, consistent: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """`[F]` bool: the face belongs to a closed part whose normals point outwards."""
    part = _joined(pairs // 3, len(mesh.faces))
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(float), 1, 0)
    volumes = np.einsum("fi,fi->f", a, np.cross(b, c)) * np.where(sides.flipped, -1, 1)
    solid = np.bincount(part, volumes) > 0
    solid[part[others // 3]] = False
    solid[part[pairs[0][~consistent] // 3]] = False
    return solid[part]


def _joined(faces: np.ndarray, count: int) -> np.ndarray:
    """`[count]` int32, equal for faces that the pairs `[2, E]` join."""
    ones = np.ones(faces.shape[1], np.int8)
    graph = sparse.coo_matrix((ones, tuple(faces)), shape=(count, count))
    return csgraph.connected_components(graph, directed=False)[1]
