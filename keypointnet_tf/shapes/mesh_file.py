"""Mesh files of any source as the project's `Mesh`: our frame, normalised, with their colours.

What a file declares is checked against its size before it is parsed. OBJ and PLY are read here,
the other formats by trimesh. Letters: V vertices, F faces.
"""

from __future__ import annotations

import glob
import os
import pathlib
import re
from collections.abc import Iterable

from keypointnet_tf.shapes.frames import KNOWN_FRAMES, frame_rotation
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.mesh_assembly import assembled
from keypointnet_tf.shapes.mesh_assets import AssetFolder, report
from keypointnet_tf.shapes.mesh_limits import check_kind, read_file
from keypointnet_tf.shapes.mesh_materials import MaterialList
from keypointnet_tf.shapes.mesh_pieces import Piece
from keypointnet_tf.shapes.obj_file import read_obj
from keypointnet_tf.shapes.ply_file import read_ply
from keypointnet_tf.shapes.trimesh_file import read_scene

# In order of preference where a folder holds the same object twice.
SUFFIXES = (".obj", ".glb", ".gltf", ".dae", ".ply", ".off", ".stl")
SHAPENET_NAMES = ("model_normalized", "model")
# COLLADA's `asset` stands at the head of the file.
UP_AXIS_WITHIN = 1 << 16

_up_reported: set[tuple[str, str, str]] = set()


def load_mesh(
    path: str | os.PathLike, *, up: str = "z", front: str = "x", object_id: str = ""
) -> Mesh:
    """Reads a mesh file.

    Scenes are flattened with their transforms, and polygons cut into triangles. Faces without area
    and all but one of the same triangle are dropped, whichever way they wind. Normals are computed
    (`corner_normals`, trusting no winding); those of the file are not used.

    Colour: a texture is multiplied by a glTF base colour factor, but replaces the `Kd` of an MTL
    file, which exporters leave at an arbitrary grey. Vertex and face colours are kept. glTF factors
    and vertex colours are linear by its specification and become sRGB. The options of `map_Kd` are
    ignored. Opacity: see `mesh_opacity.py`.

    What can be mended is, with one warning that names the file: a texture or library that cannot be
    read leaves its material in its plain colour; texture coordinates that are no numbers become 0.

    Args:
      path: a file with one of `SUFFIXES`; `.dae` needs pycollada.
      up, front: axes of the file that point up and forward, see `frames.py`.
      object_id: by default the file's name without suffix.

    Raises:
      ValueError: naming the file: it is missing, no regular file, of an unknown suffix, unreadable,
        larger than `mesh_limits.py` allows or than memory; it has no faces with an area, or
        non-finite vertices; or the axes do not fit.
    """
    path = pathlib.Path(path)
    rotation = frame_rotation(up, front)
    _check_suffix(path)
    if not path.exists():
        raise ValueError(f"{path}: no such file; expected a mesh file")
    materials = MaterialList(path)
    pieces, stated = _read(path, materials)
    if not pieces:
        raise ValueError(f"{path}: no faces; expected a mesh with at least one triangle")
    _compare_up(path, stated, up)
    try:
        return assembled(
            path, pieces, materials, rotation=rotation, object_id=object_id or path.stem
        )
    except MemoryError as error:
        raise ValueError(f"{path}: needs more memory than there is") from error


def _read(path: pathlib.Path, materials: MaterialList) -> tuple[list[Piece], str]:
    """What has faces, and the axis that the file states to point up."""
    kind = path.suffix.lower()[1:]
    try:
        data = read_file(path)
        check_kind(data, kind)
        pieces = _parsed(data, kind, AssetFolder(path), materials)
    except Exception as error:  # whatever a parser makes of damaged data
        raise ValueError(
            f"{path}: cannot be read ({_reason(error)}); expected a whole {kind.upper()} file"
        ) from error
    return [piece for piece in pieces if len(piece.faces)], stated_up(data, kind)


def _parsed(data: bytes, kind: str, assets: AssetFolder, materials: MaterialList) -> list[Piece]:
    if kind == "obj":
        return [read_obj(data, assets, materials)]
    if kind == "ply":
        return [read_ply(data, assets, materials)]
    return read_scene(data, kind, assets, materials)


def _reason(error: Exception) -> str:
    """What is wrong in one line, without the path that the system's messages repeat."""
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(text.split())[:300] or type(error).__name__


def _compare_up(path: pathlib.Path, stated: str, up: str) -> None:
    """Warns, once of a kind of file, that it says another axis points up than the one given.

    Nothing is turned: exporters leave the statement at its default, while `up` was looked up.
    """
    suffix = path.suffix.lower()
    if stated and stated != up and (suffix, stated, up) not in _up_reported:
        _up_reported.add((suffix, stated, up))
        report(
            path,
            f"states that {stated} points up, and is read with {up} up, as told; said once of "
            f"{suffix} files",
        )


def stated_up(data: bytes, kind: str) -> str:
    """The axis that a file itself states to point up, "" where it states none.

    Args:
      data: its content.
      kind: its suffix without dot.
    """
    if kind in ("glb", "gltf"):
        return KNOWN_FRAMES["gltf"].up
    found = re.search(rb"<up_axis>\s*([XYZ])_UP", data[:UP_AXIS_WITHIN]) if kind == "dae" else None
    return found[1].decode().lower() if found else ""


def find_meshes(path: str | os.PathLike) -> list[pathlib.Path]:
    """The mesh files that a file, a folder (searched recursively) or a glob pattern names, sorted.

    In folders and patterns, files that differ only by suffix are one object, taken in the order of
    `SUFFIXES`; so a ShapeNet folder gives its `model_normalized.obj` (v2) or `model.obj` (v1)
    alone. Hidden files are passed over, and so are pipes, devices and links that lead nowhere.

    Raises:
      ValueError: nothing is found, a file of an unknown suffix is named, or a file's name cannot be
        written down.
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
    for mesh in meshes:
        _check_name(mesh)
    return meshes


def _without_twins(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    best: dict[tuple[pathlib.Path, str], pathlib.Path] = {}
    for path in sorted(paths, key=lambda p: SUFFIXES.index(p.suffix.lower())):
        if path.name.startswith("."):
            continue
        first = path.name.split(".")[0]
        best.setdefault((path.parent, first if first in SHAPENET_NAMES else path.stem), path)
    return sorted(best.values())


def _check_name(path: pathlib.Path) -> None:
    """Object ids come of names, and lists of ids are UTF-8."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{os.fsencode(path)!r}: expected a name in UTF-8; rename it") from error


def _suffix_list() -> str:
    return ", ".join(SUFFIXES)


def _check_suffix(path: pathlib.Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: suffix is {path.suffix!r}; expected one of {_suffix_list()}")
