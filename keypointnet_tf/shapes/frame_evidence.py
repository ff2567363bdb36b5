"""What the shape alone tells of its frame: mirror symmetry, and how it would stand.

Most man-made things have one plane of symmetry, the upright one between left and right, and stand
on the ground so that a nudge does not topple them. Both are measured here for every axis of the
frame that a mesh is in, without a look at colours or at other objects.
Letters: N points, V vertices, D directions.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.spatial import ConvexHull, QhullError, cKDTree

from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.surface_points import sample_surface, surface_centroid

POINTS = 3000
TILTS_DEGREES = (10.0, 15.0)
# Feet of unequal length still stand: the rest position is sought within these tilts.
SETTLING_DEGREES = (2.5, 5.0)
END_SHARE = 0.1


@dataclasses.dataclass(frozen=True)
class FrameEvidence:
    """Measures of a mesh of longest side 2 for the axes x, y, z of its frame.

    Attributes:
      asymmetry: `[3]` how far the surface is from its mirror image across each axis: mean distance
        to the nearest point, relative to that between two samplings of the same surface, less 1.
        0 for a perfect mirror image; 0.25 is plainly seen.
      steadiness: `[3, 2]` for up along each axis and against it: how much the centroid rises, at
        least, when the object is tilted by 10 and by 15 degrees in whichever direction, in object
        units. Negative: it would topple.
      breadth: `[3, 2]` area of the convex outline of the lowest tenth, the ground that it takes.
    """

    asymmetry: np.ndarray
    steadiness: np.ndarray
    breadth: np.ndarray


def measure_frame(mesh: Mesh) -> FrameEvidence:
    """Measures a normalised mesh; the same mesh gives the same figures.

    Raises:
      ValueError: the mesh has no surface.
    """
    rng = np.random.default_rng(0)
    points = sample_surface(mesh, POINTS, rng).positions
    others = sample_surface(mesh, POINTS, rng).positions
    centroid = surface_centroid(mesh)
    outline = _outline(mesh.vertices[np.unique(mesh.faces)].astype(float))
    steadiness = [[_steadiness(outline - centroid, up) for up in _both(axis)] for axis in range(3)]
    cloud = np.concatenate([points, outline])
    breadth = [[_breadth(cloud * sign, axis) for sign in (1, -1)] for axis in range(3)]
    return FrameEvidence(
        _asymmetry(points, others, centroid), np.array(steadiness), np.array(breadth)
    )


def _asymmetry(points: np.ndarray, others: np.ndarray, centroid: np.ndarray) -> np.ndarray:
    """`[3]`, with the better of two mirrors: through the box's centre and through the centroid.

    A stray part moves the centre of the box away from the plane of symmetry, but hardly the
    centroid; an odd part inside does the opposite.
    """
    tree = cKDTree(others)
    floor = tree.query(points)[0].mean()
    distances = np.empty((3, 2))
    for axis in range(3):
        for i, place in enumerate((0.0, centroid[axis])):
            mirrored = points.copy()
            mirrored[:, axis] = 2 * place - mirrored[:, axis]
            distances[axis, i] = tree.query(mirrored)[0].mean()
    return distances.min(axis=1) / floor - 1


def _outline(vertices: np.ndarray) -> np.ndarray:
    """The corners of the convex hull; all vertices where they span no volume."""
    try:
        return vertices[ConvexHull(vertices).vertices]
    except QhullError:
        return vertices


def _steadiness(outline: np.ndarray, up: np.ndarray) -> float:
    """As of `FrameEvidence`; `outline [V, 3]` is relative to the centroid."""
    rest = [up[None], *(_tilted(up, tilt) for tilt in SETTLING_DEGREES)]
    lowest = _heights(outline, np.concatenate(rest)).min()
    return min(_heights(outline, _tilted(up, tilt)).min() - lowest for tilt in TILTS_DEGREES)


def _heights(outline: np.ndarray, ups: np.ndarray) -> np.ndarray:
    """`[D]` height of the centroid above the ground with each of `ups [D, 3]` upright."""
    return -(outline @ ups.T).min(axis=0)


def _tilted(up: np.ndarray, degrees: float, count: int = 16) -> np.ndarray:
    """`[count, 3]` unit vectors at an angle to the axis `up`, all around it."""
    first = np.roll(np.abs(up), 1)
    second = np.cross(up, first)
    turn = np.arange(count) * 2 * np.pi / count
    around = np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second
    return np.cos(np.radians(degrees)) * up + np.sin(np.radians(degrees)) * around


def _both(axis: int) -> tuple[np.ndarray, np.ndarray]:
    return np.eye(3)[axis], -np.eye(3)[axis]


def _breadth(points: np.ndarray, axis: int) -> float:
    """Area of the convex outline, seen along the axis, of the lowest `END_SHARE` of the height."""
    height = points[:, axis]
    low = points[height <= height.min() + END_SHARE * np.ptp(height)]
    try:
        return float(ConvexHull(np.delete(low, axis, axis=1)).volume)
    except QhullError:  # fewer than three points, or all on a line
        return 0.0
