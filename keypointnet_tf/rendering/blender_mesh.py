"""Triangles in Blender's meshes: the project's `Mesh` as an object, and imported meshes cleaned.

Letters: V vertices, F faces.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.rendering.blender_materials import CORNER_COLORS, new_material
from keypointnet_tf.rendering.blender_session import load
from keypointnet_tf.shapes.color_space import srgb_to_linear
from keypointnet_tf.shapes.mesh import Mesh, corner_normals, double_faces

# Between the two faces of a sheet, as a share of the mesh's longest side.
GAP = 1e-4


def add_mesh(scene, mesh: Mesh) -> None:
    """Adds the mesh to a `bpy.types.Scene`, with its materials; its frame is the world's."""
    bpy = load()
    data = bpy.data.meshes.new(mesh.object_id or "mesh")
    _add_faces(data, mesh)
    _add_corners(data, mesh)
    for material in mesh.materials:
        data.materials.append(new_material(material))
    data.polygons.foreach_set("material_index", _flat(mesh.material_ids, np.int32))
    data.update(calc_edges=True)
    _set_normals(data, mesh.normals)
    _part_double_faces(data)
    scene.collection.objects.link(bpy.data.objects.new(data.name, data))


def clean_mesh(data) -> None:
    """Cuts an imported `bpy.types.Mesh` into triangles, and repairs what spoils its shading.

    Normals of the file are kept unless they point to the back of their face; where it has none
    they are computed as for the built-in renderer.
    """
    import bmesh  # Comes with bpy.

    normals_given = data.has_custom_normals
    if normals_given:
        _set_normals(data, _normals_in_front(data))
    work = bmesh.new()
    work.from_mesh(data)
    bmesh.ops.triangulate(work, faces=work.faces[:])
    work.to_mesh(data)
    work.free()
    if not normals_given and len(data.polygons):
        _set_normals(data, corner_normals(_unit_vertices(data), triangles(data)))
    _part_double_faces(data)


def vertices(data) -> np.ndarray:
    """`[V, 3]` float64 of a `bpy.types.Mesh`."""
    points = np.empty(len(data.vertices) * 3, np.float32)
    data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3).astype(float)


def triangles(data) -> np.ndarray:
    """`[F, 3]` int32 of a `bpy.types.Mesh` that has been cleaned."""
    corners = np.empty(len(data.loops), np.int32)
    data.loops.foreach_get("vertex_index", corners)
    return corners.reshape(-1, 3)


def _unit_vertices(data) -> np.ndarray:
    """`[V, 3]` vertices scaled to a longest side of 1, as `shapes.mesh` counts what coincides."""
    points = vertices(data)
    side = np.ptp(points, axis=0).max(initial=0)
    return points / side if side > 0 else points


def _part_double_faces(data) -> None:
    """Drops repeated faces, and moves faces that are each other's back a little apart.

    A ray that leaves a face must not meet another one at the same place.
    """
    import bmesh  # Comes with bpy.

    repeated, opposed = double_faces(_unit_vertices(data), triangles(data))
    if not (repeated.any() or opposed.any()):
        return
    step = GAP * np.ptp(vertices(data), axis=0).max()
    work = bmesh.new()
    work.from_mesh(data)
    work.faces.ensure_lookup_table()
    for face in [work.faces[i] for i in np.flatnonzero(opposed)]:
        for loop in face.loops[:]:
            bmesh.utils.loop_separate(loop)
        for vertex in face.verts:
            vertex.co += face.normal * step
    dropped = [work.faces[i] for i in np.flatnonzero(repeated)]
    bmesh.ops.delete(work, geom=dropped, context="FACES_ONLY")
    work.to_mesh(data)
    work.free()


def _normals_in_front(data) -> np.ndarray:
    """`[corners, 3]` normals of the corners of all polygons, none to the back of its polygon."""
    normals = np.empty(len(data.loops) * 3, np.float32)
    data.corner_normals.foreach_get("vector", normals)
    faces = np.empty(len(data.polygons) * 3, np.float32)
    data.polygon_normals.foreach_get("vector", faces)
    counts = np.empty(len(data.polygons), np.int32)
    data.polygons.foreach_get("loop_total", counts)
    normals, faces = normals.reshape(-1, 3), np.repeat(faces.reshape(-1, 3), counts, axis=0)
    behind = (normals * faces).sum(axis=1) <= 0
    return np.where(behind[:, None], faces, normals)


def _add_faces(data, mesh: Mesh) -> None:
    data.vertices.add(len(mesh.vertices))
    data.vertices.foreach_set("co", _flat(mesh.vertices, np.float32))
    data.loops.add(mesh.faces.size)
    data.loops.foreach_set("vertex_index", _flat(mesh.faces, np.int32))
    data.polygons.add(len(mesh.faces))
    data.polygons.foreach_set("loop_start", np.arange(0, mesh.faces.size, 3, dtype=np.int32))


def _add_corners(data, mesh: Mesh) -> None:
    """Texture coordinates and, as linear light, colours of the face corners."""
    layer = data.uv_layers.new(name="uv")
    layer.uv.foreach_set("vector", _flat(mesh.uv, np.float32))
    opaque = np.ones((*mesh.faces.shape, 1), np.float32)
    attribute = data.attributes.new(CORNER_COLORS, "FLOAT_COLOR", "CORNER")
    values = np.concatenate([srgb_to_linear(mesh.colors), opaque], axis=2)
    attribute.data.foreach_set("color", _flat(values, np.float32))


def _set_normals(data, normals: np.ndarray) -> None:
    """Gives the corners of all faces, in order, normals of shape `[..., 3]`."""
    for name in ("custom_normal", "sharp_face", "sharp_edge"):
        if name in data.attributes:
            data.attributes.remove(data.attributes[name])
    attribute = data.attributes.new("custom_normal", "FLOAT_VECTOR", "CORNER")
    attribute.data.foreach_set("vector", _flat(normals, np.float32))


def _flat(values: np.ndarray, dtype: type) -> np.ndarray:
    return np.ascontiguousarray(values, dtype).ravel()
