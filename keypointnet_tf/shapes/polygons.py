"""Polygons cut into triangles, as the faces of OBJ and PLY files need it.

Letters: C corners of all polygons one after the other, N polygons, F triangles.
"""

from __future__ import annotations

import numpy as np

# Concave polygons beyond this work are cut as if they were convex. Cutting one of n corners takes
# time in proportion to n squared, and some for each corner.
MOST_EARS_WORK = 100_000_000
_WORK_PER_CORNER = 2000


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
    return polygons[np.cumsum(size * (size + _WORK_PER_CORNER)) <= MOST_EARS_WORK]


def _ears(points: np.ndarray) -> np.ndarray:
    """`[n - 2, 3]` triangles of one polygon `[n, 3]`."""
    flat = _in_plane(points)
    left = list(range(len(flat)))
    shapes = [_shape(flat, left, place) for place in left]
    found = []
    while len(left) > 3:
        ear = int(np.argmax(shapes))
        found.append([left[ear - 1], left[ear], left[(ear + 1) % len(left)]])
        del left[ear], shapes[ear]
        for place in (ear - 1, ear % len(left)):
            shapes[place] = _shape(flat, left, place)
    return np.array([*found, left])


def _shape(flat: np.ndarray, left: list[int], place: int) -> float:
    """How well the triangle at a corner serves as an ear: the wider, the better.

    Its area over its squared sides; below 0 where it lies outside or holds another corner. So
    slivers are few, and where a polygon crosses itself there is still a first choice.

    Args:
      flat: `[n, 2]` the polygon, counter-clockwise.
      left: corners that are not cut off yet.
      place: among those.
    """
    a, b, c = triangle = flat[[left[place - 1], left[place], left[(place + 1) % len(left)]]]
    sides = np.roll(triangle, -1, axis=0) - triangle
    squares = max(float((sides**2).sum()), 1e-300)
    area = float(_cross(b - a, c - a))
    if area <= 0:
        return area / squares - 1
    reach = flat[left][:, None] - triangle
    held = (_cross(sides, reach) > 0).all(axis=1).any()
    return -1.0 if held else area / squares


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _in_plane(points: np.ndarray) -> np.ndarray:
    """`[n, 2]` the points along two axes of their plane, in which they run counter-clockwise."""
    normal = np.cross(points - points[0], np.roll(points, -1, axis=0) - points[0]).sum(axis=0)
    dropped = int(np.argmax(np.abs(normal)))
    kept = [(dropped + 1) % 3, (dropped + 2) % 3]
    return points[:, kept if normal[dropped] > 0 else kept[::-1]]
