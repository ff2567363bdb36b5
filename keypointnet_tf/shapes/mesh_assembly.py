"""One `Mesh` of the pieces of a file: repaired, turned into our frame, normalised and smoothed.

Letters: V vertices, F faces.
"""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from keypointnet_tf.shapes.mesh import Mesh, Placement, corner_normals, face_normals
from keypointnet_tf.shapes.mesh_assets import report
from keypointnet_tf.shapes.mesh_materials import MaterialList
from keypointnet_tf.shapes.mesh_pieces import Piece
from keypointnet_tf.shapes.normals import SAME_PLACE, row_groups

# Faces smaller than this share of the squared size of the object count as having no area.
SMALLEST_AREA = 1e-13


def assembled(
    path: pathlib.Path,
    pieces: list[Piece],
    materials: MaterialList,
    *,
    rotation: np.ndarray,
    object_id: str,
) -> Mesh:
    """The mesh of all pieces, without invisible faces, faces without area, and repeated ones.

    Args:
      path: for messages.
      pieces: at least one.
      materials: that the pieces refer to.
      rotation: `[3, 3]` the file's frame to ours.
      object_id: of the mesh.

    Raises:
      ValueError: naming the file: faces refer to non-finite vertices, or none has an area.
    """
    whole = _without_invisible(path, _joined(pieces), materials)
    # Scaled first, so that neither tiny nor huge units cost digits.
    low, extent = _box(path, whole)
    with np.errstate(invalid="ignore", over="ignore"):
        points = (whole.vertices - low) / extent
    whole = _chosen(whole, _with_area(path, points, whole.faces))
    textured = np.array([material.texture is not None for material in materials.items])
    whole = _chosen(whole, _first_of_each(points, whole.faces, textured[whole.materials]))
    used, faces = np.unique(whole.faces, return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int32)
    kept, ids = np.unique(whole.materials, return_inverse=True)
    mesh = Mesh(
        vertices=points[used] @ rotation.T,
        faces=faces,
        normals=np.zeros((len(faces), 3, 3), np.float32),
        uv=_finite_uv(path, whole.uv, textured[whole.materials]),
        colors=whole.colors.astype(np.float32),
        material_ids=ids.reshape(-1).astype(np.int32),
        materials=tuple(materials.items[index] for index in kept),
        object_id=object_id,
        placement=Placement(tuple((rotation @ -low).tolist()), 1 / extent),
    ).normalised()
    normals = corner_normals(mesh.vertices, faces, two_sided=True)
    return dataclasses.replace(mesh, normals=normals)


def _joined(pieces: list[Piece]) -> Piece:
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])[:-1]
    faces = [piece.faces + start for piece, start in zip(pieces, starts, strict=True)]
    vertices, _, uv, colors, materials = (
        np.concatenate(parts) for parts in zip(*pieces, strict=True)
    )
    return Piece(vertices, np.concatenate(faces), uv, colors, materials)


def _chosen(piece: Piece, keep: np.ndarray) -> Piece:
    """Some of the faces."""
    if keep.all():
        return piece
    return Piece(piece.vertices, *(part[keep] for part in piece[1:]))


def _without_invisible(path: pathlib.Path, piece: Piece, materials: MaterialList) -> Piece:
    if not materials.invisible:
        return piece
    visible = ~np.isin(piece.materials, list(materials.invisible))
    if not visible.any():
        report(path, "is fully transparent everywhere; it is drawn opaque")
        return piece
    return _chosen(piece, visible)


def _box(path: pathlib.Path, piece: Piece) -> tuple[np.ndarray, float]:
    """Lowest corner `[3]` and longest side of the box of the vertices in use.

    Raises:
      ValueError: a face has a vertex that is not finite.
    """
    points = piece.vertices[piece.faces]
    bad = ~np.isfinite(points).all(axis=(1, 2))
    if bad.any():
        raise ValueError(
            f"{path}: {bad.sum()} of {len(bad)} faces have NaN or infinite vertices; "
            "expected finite coordinates"
        )
    flat = points.reshape(-1, 3)
    low = flat.min(axis=0)
    with np.errstate(over="ignore"):
        return low, max(float((flat.max(axis=0) - low).max()), 1e-300)


def _with_area(path: pathlib.Path, points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """`[F]` bool.

    Raises:
      ValueError: no face has an area.
    """
    keep = np.linalg.norm(face_normals(points, faces), axis=1) > SMALLEST_AREA
    if not keep.any():
        raise ValueError(
            f"{path}: none of {len(faces)} faces has an area; expected at least one triangle"
        )
    return keep


def _first_of_each(points: np.ndarray, faces: np.ndarray, textured: np.ndarray) -> np.ndarray:
    """`[F]` bool: of the faces on the same three places, a textured one, or else the first.

    Two faces at one place would flicker, and two of opposite winding would make its normal vanish.
    """
    used, corners = np.unique(faces, return_inverse=True)
    places = row_groups(np.round(points[used] / SAME_PLACE))[corners.reshape(-1, 3)]
    groups = row_groups(np.sort(places, axis=1))
    order = np.lexsort((~textured, groups))
    first = np.ones(len(faces), bool)
    first[order[1:]] = groups[order[1:]] != groups[order[:-1]]
    return first


def _finite_uv(path: pathlib.Path, uv: np.ndarray, textured: np.ndarray) -> np.ndarray:
    """Texture coordinates `[F, 3, 2]` with 0 for those that are no numbers."""
    uv = uv.astype(np.float32)
    bad = ~np.isfinite(uv)
    if bad.any():
        if bad[textured].any():
            report(path, "has texture coordinates that are no numbers; they count as 0")
        uv[bad] = 0
    return uv
