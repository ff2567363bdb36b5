"""Mesh files read by Blender's own importers, in the frame and size of the project's `Mesh`.

So an asset keeps its materials, textures and lights. What Blender reads is held against what
`mesh_file.py` reads: where the two shapes differ, or Blender cannot read the file, it is not used.
Letters: N points, F triangles.
"""

from __future__ import annotations

import logging
import pathlib
import textwrap
import xml.etree.ElementTree as ElementTree

import numpy as np
from scipy.spatial import cKDTree

from keypointnet_tf.rendering.blender_materials import is_invisible, mend_material
from keypointnet_tf.rendering.blender_mesh import remake_mesh, triangle_points
from keypointnet_tf.rendering.blender_session import load, matrix, quiet
from keypointnet_tf.shapes.frames import frame_rotation
from keypointnet_tf.shapes.mesh import Mesh, face_normals
from keypointnet_tf.shapes.mesh_assembly import SMALLEST_AREA
from keypointnet_tf.shapes.sources import MeshSource

logger = logging.getLogger(__name__)

# Files of these formats may bring materials and lights; of others, `Mesh` holds all there is.
SUFFIXES = (".obj", ".glb", ".gltf", ".dae")
# How far apart the two readers may see a vertex, in units where an object's longest side is 2, and
# how many vertices of each are compared.
TOLERANCE = 0.005
COMPARED = 2000

# What importers do to a file's coordinates, by the axis that they take for up:
# p_blender = turn @ p_file.
_TURNS = {
    "Z_UP": np.eye(3),
    "Y_UP": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "X_UP": np.array([[0.0, 0, -1], [0, 1, 0], [1, 0, 0]]),
}
_KEPT = ("MESH", "LIGHT", "EMPTY", "ARMATURE")


def add_asset(scene, source: MeshSource, mesh: Mesh) -> bool:
    """Adds the objects of a file to an empty `bpy.types.Scene`, in the frame of `mesh`.

    Args:
      scene: where to.
      source: the file.
      mesh: what `source.load()` gives.

    Returns:
      False, and the scene is empty again, where the file has nothing that `mesh` lacks, or cannot
      be used; the latter is warned of.
    """
    path, data = pathlib.Path(source.path), load().data
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        _import(path)
        if data.materials or data.lights:
            _clean(path, mesh)
            turn = frame_rotation(source.up, source.front) @ _TURNS[_up_axis(path)].T
            _fit(scene, turn, mesh)
            return True
    except (RuntimeError, ValueError) as error:
        reason = textwrap.shorten(str(error), 200)
        logger.warning("%s: rendered without its materials in Blender (%s)", path, reason)
    data.batch_remove(data.objects)
    return False


def _import(path: pathlib.Path) -> None:
    """Raises RuntimeError when Blender cannot read the file."""
    bpy, name = load(), str(path)
    with quiet():
        if path.suffix.lower() == ".obj":
            # Its validation drops one of two faces at the same place and mixes up the normals.
            raw = {"use_split_objects": False, "validate_meshes": False}
            bpy.ops.wm.obj_import(filepath=name, forward_axis="Y", up_axis="Z", **raw)
        elif path.suffix.lower() == ".dae":
            bpy.ops.wm.collada_import(filepath=name)
        else:
            bpy.ops.import_scene.gltf(filepath=name, disable_bone_shape=True)
    for item in [item for item in bpy.data.objects if item.type not in _KEPT]:
        bpy.data.objects.remove(item)
    for item in bpy.data.objects:
        item.animation_data_clear()
        if item.type == "MESH":
            item.shape_key_clear()


def _clean(path: pathlib.Path, mesh: Mesh) -> None:
    """Sets right what the importers made of meshes and materials."""
    data, suffix = load().data, path.suffix.lower()
    hidden = _hidden_materials() if suffix != ".dae" else set()
    known = {item.name: item for item in mesh.materials}
    for item in data.materials:
        mend_material(item, known.get(item.name), as_shown=suffix in (".obj", ".dae"))
    for item in data.meshes:
        remake_mesh(item, hidden)


def _hidden_materials() -> set[str]:
    """Names of invisible materials; none where nothing else would remain."""
    data = load().data
    hidden = {item.name for item in data.materials if is_invisible(item)}
    if not hidden:
        return hidden
    shown = any(
        not mesh.materials or mesh.materials[face.material_index].name not in hidden
        for mesh in data.meshes
        for face in mesh.polygons
    )
    return hidden if shown else set()


def _up_axis(path: pathlib.Path) -> str:
    """The key of `_TURNS` by which Blender has turned the file."""
    if path.suffix.lower() == ".obj":
        return "Z_UP"
    if path.suffix.lower() == ".dae":
        for _, element in ElementTree.iterparse(path):
            if element.tag.endswith("up_axis") and (element.text or "").strip() in _TURNS:
                return element.text.strip()
    return "Y_UP"


def _fit(scene, turn: np.ndarray, mesh: Mesh) -> None:
    """Turns, scales and moves the scene's objects so that they cover `mesh`.

    Raises:
      ValueError: they have another shape.
    """
    bpy = load()
    points = _points(scene) @ turn.T
    low, high = points.min(axis=0), points.max(axis=0)
    mesh_low, mesh_high = mesh.bounds().astype(float)
    scale = (mesh_high - mesh_low).max() / max((high - low).max(), 1e-300)
    offset = (mesh_low + mesh_high) / 2 - scale * (low + high) / 2
    _check_same_shape(points * scale + offset, mesh.vertices[np.unique(mesh.faces)])
    frame = bpy.data.objects.new("object frame", None)
    scene.collection.objects.link(frame)
    rows = np.eye(4)
    rows[:3, :3], rows[:3, 3] = turn * scale, offset
    for item in bpy.data.objects:
        if item.parent is None and item != frame:
            item.parent = frame
    frame.matrix_world = matrix(rows)
    for light in bpy.data.lights:
        if light.type != "SUN":  # What a lamp with a place sheds falls off with distance squared.
            light.energy *= scale**2


def _points(scene) -> np.ndarray:
    """`[N, 3]` vertices, in Blender's world, of the triangles that have an area.

    Raises:
      ValueError: there is none.
    """
    scene.view_layers[0].update()
    corners = np.concatenate(
        [np.zeros((0, 3, 3))]
        + [
            triangle_points(item.data) @ place[:3, :3].T + place[:3, 3]
            for item in scene.objects
            if item.type == "MESH"
            for place in [np.array(item.matrix_world)]
        ]
    )
    extent = np.ptp(corners.reshape(-1, 3), axis=0).max(initial=0)
    scaled = (corners - corners[:1, :1]).reshape(-1, 3) / max(extent, 1e-300)
    areas = np.linalg.norm(face_normals(scaled, np.arange(len(scaled)).reshape(-1, 3)), axis=1)
    if not (areas > SMALLEST_AREA).any():
        raise ValueError("Blender reads no faces")
    return np.unique(corners[areas > SMALLEST_AREA].reshape(-1, 3), axis=0)


def _check_same_shape(points: np.ndarray, expected: np.ndarray) -> None:
    """Raises ValueError unless each of the two point sets lies on the other."""
    for some, others in ((points, expected), (expected, points)):
        sample = some[:: max(1, len(some) // COMPARED)]
        gap = cKDTree(others).query(sample)[0].max()
        if gap > TOLERANCE:
            raise ValueError(
                f"Blender reads another shape, {gap:.3f} apart where the longest side is 2; "
                f"expected {TOLERANCE} at most"
            )
