"""Common faults of mesh files that spoil a rendering: stray parts, ground sheets, inverted faces.

Each check takes a normalised mesh (longest side 2, box centred) and returns one line, or None.
Letters: N points, F faces.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.mesh import LONGEST_SIDE, Mesh
from keypointnet_tf.shapes.surface_points import SurfacePoints

FEWEST_FACES = 20
FLAT = 0.02  # thickness over longest side
GAP = 0.05  # of the longest side; parts of one object leave none
CORE_SHARE = 0.99
SMALL_CORE = 0.75  # of the longest side
OFF_CENTRE = 0.1  # of the longest side
SHEET = 0.005  # thickness of a ground sheet over the longest side
SHEET_FILLED = 0.7  # of its rectangle; a disc fills 0.785
SHEET_WIDER = 0.6  # area of the rest's rectangle over the sheet's
OUTWARD_LEAST = 0.25
CELLS = 16


def few_faces(mesh: Mesh) -> str | None:
    """Of almost no faces: a placeholder, or most of the file was lost."""
    count = len(mesh.faces)
    if count >= FEWEST_FACES:
        return None
    return f"only {count} faces: a placeholder, or did part of the file get lost?"


def flat(mesh: Mesh) -> str | None:
    """As good as two-dimensional."""
    thickness = np.ptp(mesh.bounds(), axis=0) / LONGEST_SIDE
    axis = int(np.argmin(thickness))
    if thickness[axis] >= FLAT:
        return None
    return f"nearly flat: {100 * thickness[axis]:.1f} % as thick along {'xyz'[axis]} as it is long"


def stray_part(mesh: Mesh, points: SurfacePoints) -> str | None:
    """Something small, or a second object, far from the rest: the box is too large, or off."""
    axis, gap = _widest_gap(mesh)
    if gap > GAP:
        return (
            f"parts lie {100 * gap:.0f} % of the length apart along {'xyz'[axis]}: a stray part, "
            "or several objects?"
        )
    margin = (1 - CORE_SHARE) / 2
    core = np.quantile(points.positions, [margin, 1 - margin], axis=0) / LONGEST_SIDE
    length, offset = float(np.ptp(core, axis=0).max()), np.abs(core.mean(axis=0))
    most = f"{100 * CORE_SHARE:.0f} % of the surface"
    if length < SMALL_CORE:
        return f"{most} lies in {100 * length:.0f} % of the length: a stray part?"
    axis = int(np.argmax(offset))
    if offset[axis] > OFF_CENTRE:
        off = f"{100 * offset[axis]:.0f} % of the length off the centre along {'xyz'[axis]}"
        return f"{most} lies {off}: a stray part?"
    return None


def ground_sheet(mesh: Mesh, points: SurfacePoints) -> str | None:
    """A sheet without thickness below the object that reaches out on its sides."""
    height = (points.positions[:, 2] - mesh.bounds()[0, 2]) / LONGEST_SIDE
    sheet = (height < SHEET) & (np.abs(points.normals[:, 2]) > 0.95)
    rest = points.positions[height > 2 * SHEET, :2]
    if sheet.sum() < 10 or len(rest) < 10:
        return None
    around = _rectangle(points.positions[sheet, :2])
    if _rectangle(rest) > SHEET_WIDER * around or _filled(points, sheet, CELLS) < SHEET_FILLED:
        return None
    return "a flat sheet at the bottom reaches far beyond the rest: a ground plane? delete it"


def inverted(points: SurfacePoints) -> str | None:
    """Most of the faces that are seen from outside show their backs."""
    if _outward_share(points) >= OUTWARD_LEAST:
        return None
    return "faces point inwards: the mesh may be mirrored, or its winding flipped"


def _widest_gap(mesh: Mesh) -> tuple[int, float]:
    """Axis and width, over the longest side, of the widest slab that no face reaches into."""
    corners = mesh.vertices[mesh.faces]
    low, high = corners.min(axis=1), corners.max(axis=1)
    gaps = np.zeros(3)
    for axis in range(3):
        order = np.argsort(low[:, axis])
        reached = np.maximum.accumulate(high[order, axis])
        gaps[axis] = (low[order[1:], axis] - reached[:-1]).max(initial=0)
    axis = int(np.argmax(gaps))
    return axis, float(gaps[axis]) / LONGEST_SIDE


def _rectangle(points: np.ndarray) -> float:
    """Area of the rectangle around `points [N, 2]`."""
    return float(np.prod(np.ptp(points, axis=0)))


def _filled(points: SurfacePoints, chosen: np.ndarray, cells: int) -> float:
    """Share of the cells of the chosen points' rectangle, seen from above, that hold a point.

    Of a sheet so far from the rest that few points fall on it, the cells are made larger.
    """
    flat_points = points.positions[chosen, :2]
    cells = max(2, min(cells, int(np.sqrt(len(flat_points) / 4))))
    return len(np.unique(_cells(flat_points, cells))) / cells**2


def _outward_share(points: SurfacePoints) -> float:
    """Share of the points first met from six sides whose faces look at the viewer.

    A stand-in for rays: of the points in each cell of a grid across the view, the outermost is
    taken for the visible one. Points on slanting faces are left out, for which that is uncertain.
    """
    outward = seen = 0
    for axis in range(3):
        cells = _cells(np.delete(points.positions, axis, axis=1), CELLS)
        for side in (1, -1):
            order = np.lexsort((-side * points.positions[:, axis], cells))
            first = order[np.unique(cells[order], return_index=True)[1]]
            facing = side * points.normals[first, axis]
            facing = facing[np.abs(facing) > 0.5]
            outward, seen = outward + (facing > 0).sum(), seen + len(facing)
    return outward / seen if seen else 1.0


def _cells(points: np.ndarray, cells: int) -> np.ndarray:
    """`[N]` number of the cell that each of `points [N, 2]` falls in, of `cells` by `cells`."""
    low, extent = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-12)
    place = np.minimum(((points - low) / extent * cells).astype(int), cells - 1)
    return place[:, 0] * cells + place[:, 1]
