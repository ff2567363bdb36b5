"""PLY files, ASCII or binary, with polygons of any mixture and all usual names of properties.

trimesh reads PLY too, but no binary file that mixes triangles with other polygons, as Blender
writes it. Letters: V vertices, N faces, C corners of all faces one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.mesh_assets import AssetFolder
from keypointnet_tf.shapes.mesh_limits import MAX_FACES, check_count
from keypointnet_tf.shapes.mesh_materials import WHITE, MaterialList, unit_colors
from keypointnet_tf.shapes.mesh_pieces import Piece, check_vertices, polygon_piece
from keypointnet_tf.shapes.ply_elements import Column, Columns, read_elements
from keypointnet_tf.shapes.ply_header import parse_header

INDEX_NAMES = ("vertex_indices", "vertex_index")
UV_NAMES = (("u", "v"), ("s", "t"), ("texture_u", "texture_v"))
COLOR_NAMES = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"))


def read_ply(data: bytes, assets: AssetFolder, materials: MaterialList) -> Piece:
    """The triangles of a PLY file, with its texture, or else its vertex or face colours.

    Texture coordinates are those of the vertices or of the faces' corners (`texcoord`), the picture
    is that of a `comment TextureFile`.

    Raises:
      ValueError: the header makes no sense, the data does not fit it, or a face refers to a vertex
        that is not there.
    """
    header = parse_header(data)
    for element in header.elements:
        check_count(f"rows of {element.name!r}", element.count, 3 * MAX_FACES)
    elements = read_elements(header, data)
    vertex, face = elements.get("vertex", {}), elements.get("face", {})
    vertices = _together(vertex, ("x", "y", "z"))
    if vertices is None:
        raise ValueError("no vertices with x, y and z")
    corners = _corners(face)
    at = corners.values.astype(np.int64)
    check_vertices(at, len(vertices))
    uv = _corner_uv(vertex, face, at)
    picture = None
    if header.texture and uv is not None:
        picture = materials.asset_texture(header.texture, assets)
    colors = _corner_colors(vertex, face, corners) if picture is None else None
    if picture is not None:
        material = Material("texture", WHITE, picture.rgb)
    else:
        material = Material("default") if colors is None else Material("colours", WHITE)
    return polygon_piece(
        vertices.astype(float),
        corners.counts,
        at=at,
        uv=np.zeros((len(at), 2), np.float32) if uv is None else uv,
        colors=np.ones((len(at), 3), np.float32) if colors is None else colors,
        materials=np.full(len(corners.counts), materials.add(material), np.int32),
    )


def _corners(face: Columns) -> Column:
    """The vertices of the faces."""
    for name in INDEX_NAMES:
        if name in face and face[name].counts is not None:
            return face[name]
    return Column(np.zeros(0, np.int64), np.zeros(0, np.int64))


def _together(columns: Columns, names: Sequence[str]) -> np.ndarray | None:
    """`[R, len(names)]` some plain columns, or None where one is missing."""
    if not all(name in columns and columns[name].counts is None for name in names):
        return None
    return np.stack([columns[name].values for name in names], axis=1)


def _corner_uv(vertex: Columns, face: Columns, at: np.ndarray) -> np.ndarray | None:
    """`[C, 2]` texture coordinates, or None."""
    texcoord = face.get("texcoord")
    if texcoord is not None and len(texcoord.values) == 2 * len(at):
        return texcoord.values.reshape(-1, 2).astype(np.float32)
    found = (_together(vertex, names) for names in UV_NAMES)
    uv = next((pair for pair in found if pair is not None), None)
    return None if uv is None else uv[at].astype(np.float32)


def _corner_colors(vertex: Columns, face: Columns, corners: Column) -> np.ndarray | None:
    """`[C, 3]` colours of the vertices or else of the faces, or None."""
    for columns, index in (
        (vertex, corners.values.astype(np.int64)),
        (face, np.repeat(np.arange(len(corners.counts)), corners.counts)),
    ):
        for names in COLOR_NAMES:
            colors = _together(columns, names)
            if colors is not None:
                return unit_colors(_as_bytes(colors))[index].astype(np.float32)
    return None


def _as_bytes(colors: np.ndarray) -> np.ndarray:
    """Colours in floats as bytes where they exceed 1."""
    if colors.dtype.kind == "f" and np.nan_to_num(colors).max(initial=0) > 1:
        return np.clip(np.nan_to_num(colors), 0, 255).astype(np.uint8)
    return colors
