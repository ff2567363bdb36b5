"""Formats that trimesh reads: glTF, COLLADA, STL and OFF, after checks of what they declare.

Letters: V vertices, F faces.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator

import numpy as np
import trimesh

from keypointnet_tf.shapes.dae_checks import check_dae
from keypointnet_tf.shapes.gltf_checks import check_gltf
from keypointnet_tf.shapes.mesh_assets import AssetFolder
from keypointnet_tf.shapes.mesh_limits import (
    MAX_DEPTH,
    MAX_FACES,
    check_count,
    checked_off,
    checked_stl,
)
from keypointnet_tf.shapes.mesh_materials import MaterialList, corner_colors
from keypointnet_tf.shapes.mesh_pieces import Piece, check_vertices


def read_scene(data: bytes, kind: str, assets: AssetFolder, materials: MaterialList) -> list[Piece]:
    """The scene's meshes, each at its place; one that is instanced appears at each.

    Args:
      data: content of the file.
      kind: its suffix without dot: glb, gltf, dae, stl or off.
      assets: what it refers to.
      materials: list to add its materials to.

    Raises:
      ValueError: it declares more than it holds or than is read, or refers to vertices that are not
        there.
      Exception: whatever a parser makes of damaged data.
    """
    if kind == "stl":
        data = checked_stl(data)
    elif kind == "off":
        data = checked_off(data)
    elif kind == "dae":
        check_dae(data)
        if kind not in trimesh.available_formats():
            raise ValueError("reading .dae needs another package: pip install pycollada")
    else:
        check_gltf(data, kind, assets)
    with _without_remarks():
        # Processing would merge vertices and drop what hangs on them.
        scene = trimesh.load_scene(io.BytesIO(data), file_type=kind, resolver=assets, process=False)
    return list(_pieces(scene, materials))


@contextlib.contextmanager
def _without_remarks() -> Iterator[None]:
    """Keeps back trimesh's own remarks on assets, which `AssetFolder` reports in one line each."""

    def silent(record: logging.LogRecord) -> bool:
        return False

    log = logging.getLogger("trimesh")
    log.addFilter(silent)
    try:
        yield
    finally:
        log.removeFilter(silent)


def _pieces(scene: trimesh.Scene, materials: MaterialList) -> Iterator[Piece]:
    total = 0
    for transform, name in _placements(scene):
        mesh = scene.geometry[name]
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            continue
        total += len(mesh.faces)
        check_count("faces", total, MAX_FACES)
        check_vertices(np.asarray(mesh.faces), len(mesh.vertices))
        yield _placed(mesh, transform, materials)


def _placements(scene: trimesh.Scene) -> Iterator[tuple[np.ndarray, str]]:
    """The transform `[4, 4]` and the name of the geometry of each node that has one.

    Composed from the root down, once for each node; trimesh's own way from each node up takes time
    in proportion to its squared depth.
    """
    forest, base = scene.graph.transforms, scene.graph.base_frame
    known = {base: np.eye(4)}
    for node in sorted(scene.graph.nodes_geometry):
        path = [node]
        while path[-1] not in known:
            path.append(forest.parents[path[-1]])
            check_count("nodes above one another", len(path), MAX_DEPTH + 3)
        for parent, child in zip(path[:0:-1], path[-2::-1], strict=True):
            known[child] = known[parent] @ forest.edge_data[parent, child].get("matrix", np.eye(4))
        yield known[node], forest.node_data[node]["geometry"]


def _placed(mesh: trimesh.Trimesh, transform: np.ndarray, materials: MaterialList) -> Piece:
    with np.errstate(invalid="ignore", over="ignore"):  # infinite vertices are reported later
        mirrored = np.linalg.det(transform[:3, :3]) < 0
        vertices = np.asarray(mesh.vertices, float) @ transform[:3, :3].T + transform[:3, 3]
    # A mirroring transform turns the faces inside out.
    faces = np.asarray(mesh.faces)[:, [0, 2, 1] if mirrored else [0, 1, 2]].astype(np.int64)
    uv = getattr(mesh.visual, "uv", None)
    if uv is None or len(uv) != len(vertices):
        uv = np.zeros((len(vertices), 2))
    colors = corner_colors(mesh, faces, linear=materials.linear)
    indices = np.full(len(faces), materials.index(mesh.visual), np.int32)
    return Piece(vertices, faces, np.asarray(uv, np.float32)[faces], colors, indices)
