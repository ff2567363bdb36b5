"""Colours of mesh files: materials, textures, vertex and face colours, as `mesh.py` wants them.

Letters: F faces, H W pixels.
"""

from __future__ import annotations

import pathlib

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from keypointnet_tf.shapes.color_space import linear_to_srgb
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.mesh_assets import report_unreadable

WHITE = (1.0, 1.0, 1.0)


def corner_colors(mesh: trimesh.Trimesh, faces: np.ndarray, *, linear: bool) -> np.ndarray:
    """`[F, 3, 3]` vertex or face colours at the corners, ones where the mesh has none.

    Args:
      mesh: with or without colours.
      faces: `[F, 3]` its faces, corners in any order.
      linear: whether its colours are linear light.
    """
    visual = mesh.visual
    if visual.kind == "face":
        colors = np.repeat(_unit(visual.face_colors)[:, None], 3, axis=1)
    elif visual.kind == "vertex":
        colors = _unit(visual.vertex_colors)[faces]
    else:
        # glTF keeps the colours of a mesh that has a material, too, as an attribute.
        attributes = getattr(visual, "vertex_attributes", None) or {}
        if len(attributes.get("color", ())) != len(mesh.vertices):
            return np.ones((*faces.shape, 3))
        colors = _unit(attributes["color"])[faces]
    return linear_to_srgb(colors) if linear else colors


class MaterialList:
    """Collects the materials of one file, each once, in `items`.

    `linear` tells whether the file's factors and vertex colours are linear light.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.items: list[Material] = []
        self.linear = path.suffix.lower() in (".glb", ".gltf")
        self._path = path
        # Holds what was converted too: an id is good only as long as its object lives.
        self._known: dict[object, tuple[object, int]] = {}

    def index(self, visual) -> int:
        """The index of the material of a trimesh visual."""
        source = visual.material if visual.kind == "texture" else visual.kind
        key = id(source) if visual.kind == "texture" else source
        if key not in self._known:
            self.items.append(self._converted(source))
            self._known[key] = source, len(self.items) - 1
        return self._known[key][1]

    def _converted(self, source) -> Material:
        if source is None:
            return Material("default")
        if isinstance(source, str):
            return Material(f"{source} colours", WHITE)
        name = str(source.name)
        if isinstance(source, PBRMaterial):
            factor = source.baseColorFactor
            color = np.ones(3) if factor is None else _unit(factor)
            color = tuple(linear_to_srgb(color).tolist() if self.linear else color.tolist())
            return Material(name, color, self._texture(source.baseColorTexture, name))
        # trimesh invents a grey picture, which has no file format, and a colour where the file
        # gives none.
        image = source.image if getattr(source.image, "format", None) else None
        texture = self._texture(image, name)
        if texture is not None:
            return Material(name, WHITE, texture)
        given = "kd" in (source.kwargs or {})
        return Material(name, tuple(_unit(source.diffuse).tolist())) if given else Material(name)

    def _texture(self, image: Image.Image | None, material: str) -> np.ndarray | None:
        if image is None:
            return None
        try:
            return _rgb(image)
        except (OSError, ValueError, SyntaxError) as error:
            name = image.info.get("file_path") or f"texture of {material}"
            report_unreadable(self._path, str(name), str(error))
            return None


def _rgb(image: Image.Image) -> np.ndarray:
    """Any image as uint8 `[H, W, 3]`, without its alpha; 16-bit ones keep the upper byte."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        grey = values // 257 if values.max(initial=0) > 255 else values
        return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    return np.array(image.convert("RGB"))


def _unit(colors: np.ndarray) -> np.ndarray:
    """Colours `[..., 3 or 4]`, of integers or floats, as `[..., 3]` floats in [0, 1]."""
    colors = np.asarray(colors)[..., :3]
    if np.issubdtype(colors.dtype, np.integer):
        return colors / np.iinfo(colors.dtype).max
    return np.clip(np.nan_to_num(colors.astype(float)), 0, 1)
