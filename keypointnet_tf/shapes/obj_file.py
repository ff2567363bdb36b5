"""Wavefront OBJ files as one piece with all their materials.

trimesh reads OBJ too, but only the first material library, counts negative indices from the end of
the file instead of from the line that they stand on, and drops the texture coordinates of a
material where one face has none.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.mesh_assets import AssetFolder, report
from keypointnet_tf.shapes.mesh_materials import MaterialList
from keypointnet_tf.shapes.mesh_pieces import Piece, check_vertices, polygon_piece
from keypointnet_tf.shapes.mtl_file import read_libraries
from keypointnet_tf.shapes.obj_lines import ObjContents, parse_obj


def read_obj(data: bytes, assets: AssetFolder, materials: MaterialList) -> Piece:
    """The triangles of an OBJ file; lines and points are passed over.

    Vertex colours do not count where there is a texture, which most often holds the same colours.
    Texture coordinates that are not there count as none, and are reported.

    Raises:
      ValueError: a number cannot be read, or a face refers to a vertex that is not there.
    """
    found = parse_obj(data)
    at, textured = found.corners.T
    check_vertices(at, len(found.vertices), first=1)
    if len(textured) and textured.max() >= len(found.uv):
        report(assets.source, "refers to texture coordinates that it lacks; they count as none")
    known = (textured >= 0) & (textured < len(found.uv))
    uv = np.zeros((len(at), 2), np.float32)
    with np.errstate(over="ignore"):  # numbers beyond float32 are mended later
        uv[known] = found.uv[textured[known]]
    indices = _add_materials(found, assets, materials)[found.materials]
    colors = np.ones((len(at), 3), np.float32)
    if found.colors is not None:
        bare = np.array([material.texture is None for material in materials.items], bool)
        bare = np.repeat(bare[indices], found.counts)
        colors[bare] = found.colors[at[bare]]
    return polygon_piece(
        found.vertices, found.counts, at=at, uv=uv, colors=colors, materials=indices
    )


def _add_materials(found: ObjContents, assets: AssetFolder, materials: MaterialList) -> np.ndarray:
    """The index, in the list, of each name in use; -1 for others."""
    library = read_libraries(found.libraries, assets)
    indices = np.full(len(found.names), -1, np.int32)
    for number in np.unique(found.materials):
        name = found.names[number]
        if name in library:
            indices[number] = materials.add_mtl(library[name], assets)
            continue
        if library and name:
            report(assets.source, f"material {name!r} is in none of its libraries")
        indices[number] = materials.add(Material(name or "default"))
    return indices
