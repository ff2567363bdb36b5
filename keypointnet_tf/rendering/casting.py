"""Which face does each camera ray meet first: with Embree, or with NumPy alone.

Both casters take the same grid of rays and give the same hits, so pictures do not depend on which
one is at hand (Embree has no wheel on some platforms). Letters: V vertices, F faces, P hits.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple, Protocol

import numpy as np

CANDIDATES_AT_ONCE = 1 << 20


@dataclasses.dataclass(frozen=True)
class RayGrid:
    """Rays of a perspective camera through a grid of image points.

    The ray of row `j`, column `i` runs from the camera's centre along
    `(columns[i], rows[j], -1)` in the camera frame, so that its parameter is minus the depth.
    Rays are numbered row by row.

    Attributes:
      columns: `[w]` ascending slopes `x / -z`, which are NDC `u` over the focal length.
      rows: `[h]` descending slopes `y / -z`.
      object_to_camera: `[4, 4]` rigid matrix.
    """

    columns: np.ndarray
    rows: np.ndarray
    object_to_camera: np.ndarray

    def eye(self) -> np.ndarray:
        """`[3]` the camera's centre in the object frame."""
        return -self.object_to_camera[:3, 3] @ self.object_to_camera[:3, :3]

    def starts(self, near: float, rays: np.ndarray | None = None) -> np.ndarray:
        """`[P, 6]` float32: where rays `[P]`, or all, meet the plane `z = -near`, and their
        directions, of length at least 1; object frame.

        The camera's distance, which float32 could not hold, cancels before they are rounded.
        """
        right, up, back = self.object_to_camera[:3, :3]
        across = self.columns[:, None] * np.concatenate([near * right, right])
        down = self.rows[:, None] * np.concatenate([near * up, up])
        down += np.concatenate([self.eye() - near * back, -back])
        across, down = across.astype(np.float32), down.astype(np.float32)
        if rays is None:
            return (down[:, None] + across).reshape(-1, 6)
        row, column = np.divmod(rays, max(1, len(self.columns)))
        return down.take(row, axis=0) + across.take(column, axis=0)

    def camera_points(self, points: np.ndarray) -> np.ndarray:
        """`[N, 3]` object-frame points in the camera frame."""
        return points @ self.object_to_camera[:3, :3].T + self.object_to_camera[:3, 3]


class Hits(NamedTuple):
    """Rays that met a face: `rays [P]` their numbers, `faces [P]`, `weights [P, 3]` barycentric,
    `depths [P]` camera-frame z (negative)."""

    rays: np.ndarray
    faces: np.ndarray
    weights: np.ndarray
    depths: np.ndarray

    def take(self, places: np.ndarray) -> Hits:
        """The hits at some places of the list."""
        return Hits(*(part.take(places, axis=0) for part in self))


class Caster(Protocol):
    """Finds the first face along each ray of a grid."""

    def cast(
        self, grid: RayGrid, near: float | np.ndarray = 0.0, rays: np.ndarray | None = None
    ) -> Hits:
        """First hits beyond the plane `z = -near`; hits in ascending order of ray.

        Args:
          grid: the rays.
          near: of all rays cast, or `[P]` of each.
          rays: `[P]` ascending numbers of the rays to cast; None for all.
        """


class EmbreeCaster:
    """Casts with Embree (package embreex).

    Args:
      vertices: `[V, 3]`, object frame.
      faces: `[F, 3]` indices.

    Raises:
      ImportError: embreex is not installed.
    """

    def __init__(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        from embreex import mesh_construction, rtcore_scene

        self._scene = rtcore_scene.EmbreeScene(robust=True)
        mesh_construction.TriangleMesh(
            self._scene,
            np.ascontiguousarray(vertices, np.float32),
            np.ascontiguousarray(faces, np.int32),
        )

    def cast(
        self, grid: RayGrid, near: float | np.ndarray = 0.0, rays: np.ndarray | None = None
    ) -> Hits:
        # Embree counts in float32, and the camera is far away: rays start close to the object.
        least = near if np.ndim(near) == 0 else np.min(near) if len(near) else 0.0
        starts = grid.starts(least, rays)
        if np.ndim(near):
            starts[:, :3] += (near - least).astype(np.float32)[:, None] * starts[:, 3:]
        found = self._scene.run(starts[:, :3], starts[:, 3:], output=True)
        hit = np.flatnonzero(found["primID"] >= 0)
        weights = np.empty((3, len(hit)), np.float32)
        found["u"].take(hit, out=weights[1])
        found["v"].take(hit, out=weights[2])
        np.subtract(1 - weights[1], weights[2], out=weights[0])
        depths = -(found["tfar"].take(hit) + (near.take(hit) if np.ndim(near) else near))
        return Hits(
            hit if rays is None else rays.take(hit),
            found["primID"].take(hit),
            weights.T,
            depths.astype(np.float32),
        )


class NumpyCaster:
    """Casts by running through the rays inside each face's projected bounding box.

    With corners `a, b, c` in the camera frame, a ray `d` meets the face's plane at barycentric
    weights proportional to `d . (b x c)`, `d . (c x a)`, `d . (a x b)`, and at parameter
    `a . (b x c)` over their sum.

    Args:
      vertices: `[V, 3]`, object frame.
      faces: `[F, 3]` indices.
    """

    def __init__(self, vertices: np.ndarray, faces: np.ndarray) -> None:
        self._vertices = np.asarray(vertices, float)
        self._faces = np.asarray(faces)

    def cast(
        self, grid: RayGrid, near: float | np.ndarray = 0.0, rays: np.ndarray | None = None
    ) -> Hits:
        corners = grid.camera_points(self._vertices)[self._faces]
        count = len(grid.columns) * len(grid.rows)
        least = np.full(count, np.inf)
        least[slice(None) if rays is None else rays] = near
        nearest = np.full(count, np.inf)
        faces, weights = np.full(count, -1), np.zeros((count, 3))
        boxes = _boxes(corners, grid)
        for chunk in _chunks((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])):
            ray, face, weight, distance = _meet(corners, boxes, chunk, grid)
            closer = np.flatnonzero((distance > least[ray]) & (distance < nearest[ray]))
            order = closer[np.lexsort((face[closer], distance[closer], ray[closer]))]
            order = order[np.unique(ray[order], return_index=True)[1]]
            nearest[ray[order]] = distance[order]
            faces[ray[order]], weights[ray[order]] = face[order], weight[order]
        hit = np.flatnonzero(faces >= 0)
        found = faces[hit].astype(np.int32), weights[hit].astype(np.float32)
        return Hits(hit, *found, -nearest[hit].astype(np.float32))


def best_caster(vertices: np.ndarray, faces: np.ndarray) -> Caster:
    """The Embree caster, or the slower NumPy one where embreex cannot be imported."""
    try:
        return EmbreeCaster(vertices, faces)
    except ImportError:
        return NumpyCaster(vertices, faces)


def _boxes(corners: np.ndarray, grid: RayGrid) -> np.ndarray:
    """`[F, 4]` half-open ranges of columns and rows that may meet each face."""
    depth = np.minimum(corners[..., 2:], -1e-9)
    slopes = corners[..., :2] / -depth
    low, high = slopes.min(axis=1), slopes.max(axis=1)
    falling = -grid.rows
    boxes = np.stack(
        [
            np.searchsorted(grid.columns, low[:, 0] - 1e-9),
            np.searchsorted(grid.columns, high[:, 0] + 1e-9),
            np.searchsorted(falling, -high[:, 1] - 1e-9),
            np.searchsorted(falling, -low[:, 1] + 1e-9),
        ],
        axis=1,
    )
    # A face that reaches behind the camera has no bounding box in the image.
    boxes[(corners[..., 2] >= 0).any(axis=1)] = [0, len(grid.columns), 0, len(grid.rows)]
    return boxes


def _chunks(counts: np.ndarray) -> list[np.ndarray]:
    """Splits the faces that have candidate rays into runs of about `CANDIDATES_AT_ONCE`."""
    faces = np.flatnonzero(counts)
    group = np.cumsum(counts[faces]) // CANDIDATES_AT_ONCE
    return np.split(faces, np.flatnonzero(np.diff(group)) + 1) if len(faces) else []


def _meet(
    corners: np.ndarray, boxes: np.ndarray, chunk: np.ndarray, grid: RayGrid
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ray, face, weights and distance of every meeting of the chunk's faces with their rays."""
    left, right, top, bottom = boxes[chunk].T
    counts = (right - left) * (bottom - top)
    which = np.repeat(np.arange(len(chunk)), counts)
    local = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    row, column = np.divmod(local, (right - left)[which])
    row, column = row + top[which], column + left[which]
    a, b, c = np.moveaxis(corners[chunk], 1, 0)
    sides = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], axis=1)
    volume = np.einsum("fi,fi->f", a, sides[:, 0])
    slopes = np.stack([grid.columns[column], grid.rows[row]], axis=1)
    shares = np.einsum("pki,pi->pk", sides[which, :, :2], slopes) - sides[which, :, 2]
    total = shares.sum(axis=1)
    inside = (shares * np.sign(total)[:, None] >= 0).all(axis=1) & (total * volume[which] > 0)
    ray = (row * len(grid.columns) + column)[inside]
    which, shares, total = which[inside], shares[inside], total[inside]
    return ray, chunk[which], shares / total[:, None], volume[which] / total
