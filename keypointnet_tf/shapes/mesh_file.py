"""Mesh files of any source as the project's `Mesh`: our frame, normalised, with their colours.

trimesh parses; this module flattens the scene, keeps each material with its texture, and turns the
file's frame into ours. Letters: V vertices, F faces.
"""

from __future__ import annotations

import dataclasses
import glob
import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import trimesh

from keypointnet_tf.shapes.frames import frame_rotation
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals, face_normals
from keypointnet_tf.shapes.mesh_assets import AssetFolder
from keypointnet_tf.shapes.mesh_materials import MaterialList, corner_colors

# In order of preference where a folder holds the same object twice.
SUFFIXES = (".obj", ".glb", ".gltf", ".dae", ".ply", ".off", ".stl")
SHAPENET_NAMES = ("model_normalized", "model")
# Faces smaller than this share of the squared size of the object count as having no area.
SMALLEST_AREA = 1e-13


def load_mesh(
    path: str | os.PathLike, *, up: str = "z", front: str = "x", object_id: str = ""
) -> Mesh:
    """Reads a mesh file.

    Scenes are flattened with their transforms, and faces without area are dropped. Normals are
    computed (`corner_normals`); those of the file are not used.

    Colour: a texture is multiplied by a glTF base colour factor, but replaces the `Kd` of an MTL
    file, which exporters leave at an arbitrary grey. Vertex and face colours are kept. glTF factors
    and vertex colours are linear by its specification and become sRGB. Opacity is ignored, and so
    are the options of `map_Kd`. A texture that cannot be read is reported by one warning that names
    the file and the texture, and its material keeps its plain colour.

    Args:
      path: a file with one of `SUFFIXES`; `.dae` needs pycollada.
      up, front: axes of the file that point up and forward, see `frames.py`.
      object_id: by default the file's name without suffix.

    Raises:
      ValueError: naming the file: it is missing, of an unknown suffix or unreadable; it has no
        faces with an area, or non-finite vertices; or the axes do not fit.
    """
    path = pathlib.Path(path)
    rotation = frame_rotation(up, front)
    scene = _read_scene(path)
    materials = MaterialList(path)
    pieces = list(_pieces(scene, materials))
    if not pieces:
        raise ValueError(f"{path}: no faces; expected a mesh with at least one triangle")
    return _joined(path, pieces, tuple(materials.items), rotation, object_id or path.stem)


def find_meshes(path: str | os.PathLike) -> list[pathlib.Path]:
    """The mesh files that a file, a folder (searched recursively) or a glob pattern names, sorted.

    In folders and patterns, files that differ only by suffix are one object, taken in the order of
    `SUFFIXES`; so a ShapeNet folder gives its `model_normalized.obj` (v2) or `model.obj` (v1)
    alone. Hidden files are passed over.

    Raises:
      ValueError: nothing is found, or a file of an unknown suffix is named.
    """
    path = pathlib.Path(path)
    if path.is_file():
        _check_suffix(path)
        return [path]
    if path.is_dir():
        found = path.rglob("*")
    else:
        found = map(pathlib.Path, glob.glob(str(path), recursive=True))
    meshes = _without_twins(p for p in found if p.suffix.lower() in SUFFIXES and p.is_file())
    if not meshes:
        raise ValueError(
            f"{path}: no mesh found; expected a file, folder or glob pattern of {_suffix_list()}"
        )
    return meshes


def _without_twins(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    best: dict[tuple[pathlib.Path, str], pathlib.Path] = {}
    for path in sorted(paths, key=lambda p: SUFFIXES.index(p.suffix.lower())):
        if path.name.startswith("."):
            continue
        first = path.name.split(".")[0]
        best.setdefault((path.parent, first if first in SHAPENET_NAMES else path.stem), path)
    return sorted(best.values())


def _suffix_list() -> str:
    return ", ".join(SUFFIXES)


def _check_suffix(path: pathlib.Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: suffix is {path.suffix!r}; expected one of {_suffix_list()}")


def _read_scene(path: pathlib.Path) -> trimesh.Scene:
    if not path.is_file():
        raise ValueError(f"{path}: no such file; expected a mesh file")
    _check_suffix(path)
    kind = path.suffix.lower()[1:]
    if kind == "dae" and kind not in trimesh.available_formats():
        raise ValueError(f"{path}: .dae files need another package: pip install pycollada")
    try:
        with path.open("rb") as file:
            # Processing would merge vertices and drop what hangs on them.
            return trimesh.load_scene(
                file, file_type=kind, resolver=AssetFolder(path), process=False
            )
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{path}: cannot be read ({reason}); expected a whole {kind.upper()} file"
        ) from error


class _Piece(NamedTuple):
    """Triangles of one material: `vertices [V, 3]`, `faces [F, 3]`, corners' `uv [F, 3, 2]` and
    `colors [F, 3, 3]`, and the index of the material."""

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    colors: np.ndarray
    material: int


def _pieces(scene: trimesh.Scene, materials: MaterialList) -> Iterator[_Piece]:
    """The scene's meshes, each at its place; one that is instanced appears at each."""
    for node in sorted(scene.graph.nodes_geometry):
        transform, name = scene.graph[node]
        mesh = scene.geometry[name]
        if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
            continue
        # A mirroring transform turns the faces inside out.
        mirrored = np.linalg.det(transform[:3, :3]) < 0
        order = [0, 2, 1] if mirrored else [0, 1, 2]
        faces = np.asarray(mesh.faces)[:, order]
        with np.errstate(invalid="ignore"):  # infinite vertices are reported later
            vertices = np.asarray(mesh.vertices, float) @ transform[:3, :3].T + transform[:3, 3]
        uv = getattr(mesh.visual, "uv", None)
        if uv is None or len(uv) != len(vertices):
            uv = np.zeros((len(vertices), 2))
        corner_uv = np.nan_to_num(np.asarray(uv, float)[faces, :2], posinf=0, neginf=0)
        colors = corner_colors(mesh, faces, linear=materials.linear)
        yield _Piece(vertices, faces, corner_uv, colors, materials.index(mesh.visual))


def _joined(
    path: pathlib.Path,
    pieces: list[_Piece],
    materials: tuple[Material, ...],
    rotation: np.ndarray,
    object_id: str,
) -> Mesh:
    """One normalised mesh of the pieces, turned by `rotation`."""
    starts = np.cumsum([0] + [len(piece.vertices) for piece in pieces])[:-1]
    corners = np.concatenate([p.faces + start for p, start in zip(pieces, starts, strict=True)])
    vertices = np.concatenate([piece.vertices for piece in pieces])
    keep = _faces_with_area(path, vertices, corners)
    used, faces = np.unique(corners[keep], return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int32)
    ids = np.repeat([p.material for p in pieces], [len(p.faces) for p in pieces])
    mesh = Mesh(
        vertices=vertices[used] @ rotation.T,
        faces=faces,
        normals=np.zeros((len(faces), 3, 3), np.float32),
        uv=np.concatenate([p.uv for p in pieces])[keep].astype(np.float32),
        colors=np.concatenate([p.colors for p in pieces])[keep].astype(np.float32),
        material_ids=ids[keep].astype(np.int32),
        materials=materials,
        object_id=object_id,
    ).normalised()
    return dataclasses.replace(mesh, normals=corner_normals(mesh.vertices, faces))


def _faces_with_area(path: pathlib.Path, vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """`[F]` bool.

    Raises:
      ValueError: faces refer to non-finite vertices, or none has an area.
    """
    points = vertices[faces]
    bad = ~np.isfinite(points).all(axis=(1, 2))
    if bad.any():
        raise ValueError(
            f"{path}: {bad.sum()} of {len(faces)} faces have NaN or infinite vertices; "
            "expected finite coordinates"
        )
    extent = float(np.ptp(points.reshape(-1, 3), axis=0).max())
    scaled = (vertices - points[0, 0]) / max(extent, 1e-300)
    keep = np.linalg.norm(face_normals(scaled, faces), axis=1) > SMALLEST_AREA
    if not keep.any():
        raise ValueError(
            f"{path}: none of {len(faces)} faces has an area; expected at least one triangle"
        )
    return keep
