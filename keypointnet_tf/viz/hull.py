"""The shape that an object's silhouettes leave possible, to show where keypoints lie on it.

Source: Laurentini, "The visual hull concept for silhouette-based image understanding", PAMI 1994.
Letters: V views, S picture size, M points.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry import placement

CELLS = 52
HALF_SIDE = 1.04
LEAST_VIEWS = 6


def visual_hull(
    opaque: np.ndarray,
    object_to_camera: np.ndarray,
    focal: np.ndarray,
    *,
    points: int = 2000,
    cells: int = CELLS,
) -> np.ndarray:
    """Points on the surface of the visual hull, in the object frame.

    A cell of a cubic grid stays unless some view that sees its centre sees background there.

    Args:
      opaque: `[V, S, S]` bool silhouettes.
      object_to_camera: `[V, 4, 4]` true poses.
      focal: `[V]` in NDC units.
      points: at most so many, drawn from the surface with a fixed seed.
      cells: of the grid along each side of the cube of half side 1.04.

    Returns:
      `[M, 3]` float, jittered within their cells; none where fewer than 6 views leave the shape
      too vague, or where the silhouettes leave nothing.
    """
    if len(opaque) < LEAST_VIEWS:
        return np.zeros((0, 3))
    axis = (np.arange(cells) + 0.5) / cells * 2 * HALF_SIDE - HALF_SIDE
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    kept = np.arange(len(grid))
    for mask, pose, f in zip(opaque, object_to_camera, focal, strict=True):
        kept = kept[_possible(grid[kept], mask, pose.astype(float), float(f))]
    filled = np.zeros(len(grid), bool)
    filled[kept] = True
    surface = np.flatnonzero(_on_surface(filled.reshape(cells, cells, cells)).reshape(-1))
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(surface)[:points])
    return grid[chosen] + rng.uniform(-0.5, 0.5, (len(chosen), 3)) * (axis[1] - axis[0])


def _possible(points: np.ndarray, mask: np.ndarray, pose: np.ndarray, focal: float) -> np.ndarray:
    """`[M]` bool: whether the view does not rule a point out; it cannot outside its frame."""
    height, width = mask.shape
    uv, depth = placement.project_points(points, pose, focal)
    xy = np.floor(placement.ndc_to_pixels(uv, width, height)).astype(int)
    seen = (xy >= 0).all(-1) & (xy[:, 0] < width) & (xy[:, 1] < height) & (depth < 0)
    column, row = np.clip(xy[:, 0], 0, width - 1), np.clip(xy[:, 1], 0, height - 1)
    return ~seen | mask[row, column]


def _on_surface(filled: np.ndarray) -> np.ndarray:
    """Filled cells of `[C, C, C]` with an empty neighbour across a face."""
    padded = np.pad(filled, 1)
    inside = filled.copy()
    for axis in range(3):
        for step in (-1, 1):
            inside &= np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1]
    return filled & ~inside
