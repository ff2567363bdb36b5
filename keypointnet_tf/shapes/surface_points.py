"""Points spread evenly over a mesh's surface, by area. Letters: N points, F faces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.mesh import Mesh, face_normals


class SurfacePoints(NamedTuple):
    """Points of the surface: `positions [N, 3]`, and the unit `normals [N, 3]` of their faces,
    outward where the faces run anticlockwise; float64, the mesh's frame and units."""

    positions: np.ndarray
    normals: np.ndarray


def sample_surface(mesh: Mesh, count: int, rng: np.random.Generator) -> SurfacePoints:
    """Draws `count` points, the same number from equal areas (stratified in the order of faces).

    Raises:
      ValueError: the mesh has no face with an area.
    """
    vertices = mesh.vertices.astype(float)
    normals = face_normals(vertices, mesh.faces)
    length = np.linalg.norm(normals, axis=1)
    total = np.cumsum(length)
    if not len(total) or not total[-1] > 0:
        raise ValueError(
            f"{mesh.object_id or 'mesh'}: no surface; expected a face with an area above 0"
        )
    places = (np.arange(count) + rng.uniform(size=count)) / count * total[-1]
    chosen = np.minimum(np.searchsorted(total, places, side="right"), len(length) - 1)
    # The square root spreads points evenly over a triangle instead of crowding one corner.
    root, along = np.sqrt(rng.uniform(size=count)), rng.uniform(size=count)
    weights = np.stack([1 - root, root * (1 - along), root * along], axis=1)
    positions = np.einsum("nk,nkd->nd", weights, vertices[mesh.faces[chosen]])
    return SurfacePoints(positions, normals[chosen] / np.maximum(length[chosen], 1e-300)[:, None])


def surface_centroid(mesh: Mesh) -> np.ndarray:
    """`[3]` mean of the surface, each part weighted by its area; the mesh's frame and units."""
    vertices = mesh.vertices.astype(float)
    area = np.linalg.norm(face_normals(vertices, mesh.faces), axis=1)
    return np.average(vertices[mesh.faces].mean(axis=1), axis=0, weights=area)
