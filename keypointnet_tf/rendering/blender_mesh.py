"""Triangles in Blender's meshes: the project's `Mesh` as an object, and imported meshes remade.

Both become separate triangles, three vertices each: Cycles keeps one normal per vertex, and of the
corners that share a vertex would take any corner's. Letters: V vertices, C polygon corners, F
triangles.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import numpy as np

from keypointnet_tf.rendering.blender_materials import CORNER_COLORS, new_material
from keypointnet_tf.rendering.blender_session import load
from keypointnet_tf.shapes.color_space import srgb_to_linear
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.normals import corner_normals, double_faces

# Between the two faces of a sheet, as a share of the mesh's longest side.
GAP = 1e-4


@dataclasses.dataclass(frozen=True)
class Triangles:
    """What a Blender mesh holds here, by triangle and corner.

    Attributes:
      points, normals: `[F, 3, 3]`.
      material_ids: `[F]`.
      uv: name of a layer -> `[F, 3, 2]`.
      colors: name of an attribute -> `[F, 3, 4]` linear light.
    """

    points: np.ndarray
    normals: np.ndarray
    material_ids: np.ndarray
    uv: dict[str, np.ndarray]
    colors: dict[str, np.ndarray]

    def chosen(self, kept: np.ndarray) -> Triangles:
        """Those of the `[F]` bool `kept`."""
        return Triangles(
            self.points[kept],
            self.normals[kept],
            self.material_ids[kept],
            {name: values[kept] for name, values in self.uv.items()},
            {name: values[kept] for name, values in self.colors.items()},
        )


def add_mesh(scene, mesh: Mesh) -> None:
    """Adds the mesh to a `bpy.types.Scene`, with its materials; its frame is the world's."""
    bpy = load()
    data = bpy.data.meshes.new(mesh.object_id or "mesh")
    opaque = np.ones((*mesh.faces.shape, 1))
    triangles = Triangles(
        mesh.vertices[mesh.faces].astype(float),
        mesh.normals,
        mesh.material_ids,
        {"uv": mesh.uv},
        {CORNER_COLORS: np.concatenate([srgb_to_linear(mesh.colors), opaque], axis=2)},
    )
    for material in mesh.materials:
        data.materials.append(new_material(material))
    _fill(data, _part_double_faces(triangles))
    scene.collection.objects.link(bpy.data.objects.new(data.name, data))


def remake_mesh(data, hidden: Collection[str] = ()) -> None:
    """Cuts an imported `bpy.types.Mesh` into triangles, and repairs what spoils its shading.

    Normals of the file are kept unless they point to the back of their face; where it has none
    they are computed as for the built-in renderer.

    Args:
      data: the mesh, changed.
      hidden: names of materials whose faces are left out.
    """
    triangles = _read(data)
    shown = np.array([item is None or item.name not in hidden for item in data.materials] or [True])
    triangles = triangles.chosen(shown[np.minimum(triangles.material_ids, len(shown) - 1)])
    data.clear_geometry()
    _fill(data, _part_double_faces(triangles))


def triangle_points(data) -> np.ndarray:
    """`[F, 3, 3]` float64 corners of a `bpy.types.Mesh` that has been remade."""
    return _get(data.vertices, "co", 3).reshape(-1, 3, 3).astype(float)


def _read(data) -> Triangles:
    """The triangles of any `bpy.types.Mesh`."""
    data.calc_loop_triangles()
    corners = _get(data.loop_triangles, "loops", 3, np.int32)
    polygons = _get(data.loop_triangles, "polygon_index", 1, np.int32)[:, 0]
    at_corner = _get(data.loops, "vertex_index", 1, np.int32)[:, 0]
    vertices, faces = _get(data.vertices, "co", 3).astype(float), at_corner[corners]
    if data.has_custom_normals:
        normals = _normals_in_front(data)[corners]
    else:
        normals = corner_normals(_unit(vertices), faces, two_sided=True)
    colors = {
        item.name: _get(item.data, "color", 4)[faces if item.domain == "POINT" else corners]
        for item in data.color_attributes
    }
    return Triangles(
        vertices[faces],
        normals,
        _get(data.polygons, "material_index", 1, np.int32)[polygons, 0],
        {layer.name: _get(layer.uv, "vector", 2)[corners] for layer in data.uv_layers},
        colors,
    )


def _normals_in_front(data) -> np.ndarray:
    """`[C, 3]` normals of the corners of all polygons, none to the back of its polygon."""
    counts = _get(data.polygons, "loop_total", 1, np.int32)[:, 0]
    flat = np.repeat(_get(data.polygon_normals, "vector", 3), counts, axis=0)
    normals = _get(data.corner_normals, "vector", 3)
    behind = (normals * flat).sum(axis=1, keepdims=True) <= 0
    return np.where(behind, flat, normals)


def _part_double_faces(triangles: Triangles) -> Triangles:
    """Drops repeated faces, and moves faces that are each other's back a little apart.

    A ray that leaves a face must not meet another one at the same place.
    """
    points = triangles.points
    if not len(points):
        return triangles
    corners = _unit(points.reshape(-1, 3))
    repeated, opposed = double_faces(corners, np.arange(len(corners)).reshape(-1, 3))
    across = np.cross(points[:, 1] - points[:, 0], points[:, 2] - points[:, 0])
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-300)
    step = GAP * np.ptp(points.reshape(-1, 3), axis=0).max() * opposed
    moved = points + (across * step[:, None])[:, None]
    return dataclasses.replace(triangles, points=moved).chosen(~repeated)


def _fill(data, triangles: Triangles) -> None:
    """Gives an empty `bpy.types.Mesh` its triangles."""
    count = len(triangles.points)
    data.vertices.add(3 * count)
    data.loops.add(3 * count)
    data.polygons.add(count)
    _set(data.vertices, "co", triangles.points)
    _set(data.loops, "vertex_index", np.arange(3 * count), np.int32)
    _set(data.polygons, "loop_start", np.arange(0, 3 * count, 3), np.int32)
    _set(data.polygons, "material_index", triangles.material_ids, np.int32)
    for name, values in triangles.uv.items():
        _set(data.uv_layers.new(name=name).uv, "vector", values)
    for name, values in triangles.colors.items():
        _set(data.color_attributes.new(name, "FLOAT_COLOR", "CORNER").data, "color", values)
    data.update(calc_edges=True)
    normals = data.attributes.new("custom_normal", "FLOAT_VECTOR", "CORNER")
    _set(normals.data, "vector", triangles.normals)


def _unit(points: np.ndarray) -> np.ndarray:
    """Points scaled to a longest side of 1, as `shapes.mesh` counts what coincides."""
    side = np.ptp(points, axis=0).max(initial=0) if len(points) else 0
    return points / side if side > 0 else points


def _get(items, name: str, width: int, dtype: type = np.float32) -> np.ndarray:
    """`[len(items), width]` values of a Blender collection."""
    values = np.empty(len(items) * width, dtype)
    items.foreach_get(name, values)
    return values.reshape(-1, width)


def _set(items, name: str, values: np.ndarray, dtype: type = np.float32) -> None:
    items.foreach_set(name, np.ascontiguousarray(values, dtype).ravel())
