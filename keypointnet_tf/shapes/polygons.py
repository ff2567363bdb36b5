"""Polygons cut into triangles, as the faces of OBJ and PLY files need it.

Letters: C corners of all polygons one after the other, N polygons, F triangles.
"""

from __future__ import annotations

import numpy as np

# Concave polygons beyond this work are cut as if they were convex. Cutting one of n corners takes
# time in proportion to n cubed, and some for each corner.
MOST_EARS_WORK = 500_000_000
_WORK_PER_CORNER = 3000


def triangulated(points: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cuts polygons into triangles of the same winding.

    Convex ones are cut into fans about their first corner, concave ones by ears (G. Meisters,
    "Polygons have ears", 1975), in the plane that they are nearest to.

    Args:
      points: `[C, 3]` the corners' positions.
      counts: `[N]` corners of each polygon; those below 3 give no triangle.

    Returns:
      triangles: `[F, 3]` indices into `points`.
      polygons: `[F]` the polygon of each triangle; ascending.
    """
    counts = np.asarray(counts, np.int64)
    starts = np.cumsum(counts) - counts
    fans = np.maximum(counts - 2, 0)
    polygons = np.repeat(np.arange(len(counts)), fans)
    step = np.arange(len(polygons)) - np.repeat(np.cumsum(fans) - fans, fans)
    bent, corner = _concave(points, counts, starts)
    apex = np.zeros(len(counts), np.int64)
    # Seen from its inward corner, a quadrilateral is a fan.
    quads = counts[bent] == 4
    apex[bent[quads]] = corner[quads]
    around = np.stack([0 * step, step + 1, step + 2], axis=1) + apex[polygons, None]
    triangles = starts[polygons, None] + around % counts[polygons, None]
    ends = np.cumsum(fans)
    for polygon in _within_budget(bent[~quads], counts):
        start, count = starts[polygon], counts[polygon]
        ears = _ears(points[start : start + count])
        triangles[ends[polygon] - fans[polygon] : ends[polygon]] = start + ears
    return triangles, polygons


def _concave(
    points: np.ndarray, counts: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The polygons with a corner that turns the other way, and the first such corner of each."""
    large = np.flatnonzero(counts > 3)
    size = counts[large]
    polygon = np.repeat(np.arange(len(large)), size)
    place = np.arange(len(polygon)) - np.repeat(np.cumsum(size) - size, size)
    start, count = starts[large][polygon], size[polygon]
    before, here, after = (points[start + (place + shift) % count] for shift in (-1, 0, 1))
    turns = np.cross(here - before, after - here)
    # Newell's normal, whose length is twice the area.
    spokes = np.cross(here - points[start], after - points[start])
    normals = np.stack([np.bincount(polygon, axis, len(large)) for axis in spokes.T], axis=1)
    along = np.einsum("ci,ci->c", turns, normals[polygon])
    inward = along < -1e-6 * np.einsum("ni,ni->n", normals, normals)[polygon]
    bent, first = np.unique(polygon[inward], return_index=True)
    return large[bent], place[inward][first]


def _within_budget(polygons: np.ndarray, counts: np.ndarray) -> np.ndarray:
    size = counts[polygons].astype(float)
    return polygons[np.cumsum(size**3 + _WORK_PER_CORNER * size) <= MOST_EARS_WORK]


def _ears(points: np.ndarray) -> np.ndarray:
    """`[n - 2, 3]` triangles of one polygon `[n, 3]`."""
    flat = _in_plane(points)
    left = list(range(len(flat)))
    found = []
    while len(left) > 3:
        ear = _ear(flat[left])
        found.append([left[ear - 1], left[ear], left[(ear + 1) % len(left)]])
        del left[ear]
    return np.array([*found, left])


def _ear(points: np.ndarray) -> int:
    """A corner of a counter-clockwise polygon `[n, 2]` whose triangle holds no other corner.

    Of all of them the one with the widest smallest angle, so that slivers are few; where the
    polygon crosses itself and there is none, the first.
    """
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    corners = np.stack([before, points, after], axis=1)
    area = _cross(points - before, after - points)
    inside = np.ones((len(points), len(points)), bool)
    for i in range(3):
        a, b = corners[:, i, None], corners[:, (i + 1) % 3, None]
        inside &= _cross(b - a, points[None] - a) > 0
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1)
    quality = np.where((area > 0) & ~inside.any(axis=1), area, -1) / (sides**2).sum(axis=1)
    return int(np.argmax(quality))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _in_plane(points: np.ndarray) -> np.ndarray:
    """`[n, 2]` the points along two axes of their plane, in which they run counter-clockwise."""
    normal = np.cross(points - points[0], np.roll(points, -1, axis=0) - points[0]).sum(axis=0)
    dropped = int(np.argmax(np.abs(normal)))
    kept = [(dropped + 1) % 3, (dropped + 2) % 3]
    return points[:, kept if normal[dropped] > 0 else kept[::-1]]
