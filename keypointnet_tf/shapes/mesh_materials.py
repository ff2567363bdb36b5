"""Colours of mesh files: materials, textures, vertex and face colours, as `mesh.py` wants them.

Letters: F faces.
"""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from keypointnet_tf.shapes.color_space import linear_to_srgb
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.mesh_assets import AssetFolder, report_unreadable
from keypointnet_tf.shapes.mesh_opacity import Coverage, blended, masked, without_fringe
from keypointnet_tf.shapes.mesh_textures import Texture, TextureDecoder
from keypointnet_tf.shapes.mtl_file import MtlMaterial

WHITE = (1.0, 1.0, 1.0)
WHOLE = Coverage(visible=True)


def corner_colors(mesh: trimesh.Trimesh, faces: np.ndarray, *, linear: bool) -> np.ndarray:
    """`[F, 3, 3]` vertex or face colours at the corners, ones where the mesh has none.

    Args:
      mesh: with or without colours.
      faces: `[F, 3]` its faces, corners in any order.
      linear: whether its colours are linear light.
    """
    visual = mesh.visual
    if visual.kind == "face":
        colors = np.repeat(unit_colors(visual.face_colors)[:, None], 3, axis=1)
    elif visual.kind == "vertex":
        colors = unit_colors(visual.vertex_colors)[faces]
    else:
        # glTF keeps the colours of a mesh that has a material, too, as an attribute.
        attributes = getattr(visual, "vertex_attributes", None) or {}
        if len(attributes.get("color", ())) != len(mesh.vertices):
            return np.ones((*faces.shape, 3), np.float32)
        colors = unit_colors(attributes["color"])[faces]
    return linear_to_srgb(colors) if linear else colors


class MaterialList:
    """Collects the materials of one file, each once.

    Attributes:
      items: the materials.
      invisible: indices of those whose faces are to be left out.
      linear: whether the file's factors and vertex colours are linear light.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.items: list[Material] = []
        self.invisible: set[int] = set()
        self.linear = path.suffix.lower() in (".glb", ".gltf")
        self._path = path
        self._textures = TextureDecoder()
        self._folders: dict[pathlib.Path, AssetFolder] = {}
        # Kept with their ids as keys, which are good only as long as the objects live.
        self._images: list[Image.Image] = []
        self._known: dict[object, tuple[object, int]] = {}

    def add(self, material: Material, coverage: Coverage = WHOLE) -> int:
        """Adds a material, with what is left of it; its index."""
        cutout, texture = coverage.cutout, material.texture
        if cutout is not None:
            if texture is not None and texture.shape[:2] == cutout.shape:
                texture = without_fringe(texture, cutout)
            material = dataclasses.replace(material, texture=texture, cutout=cutout)
        self.items.append(material)
        if not coverage.visible:
            self.invisible.add(len(self.items) - 1)
        return len(self.items) - 1

    def add_mtl(self, source: MtlMaterial, assets: AssetFolder) -> int:
        """Adds a material of a library; its index.

        A texture replaces `Kd`, which exporters leave at an arbitrary grey.
        """
        color = Material.color if source.color is None else source.color
        texture = self._asset(source.texture, source, assets)
        mask = self._asset(source.opacity_texture, source, assets)
        material = Material(source.name, color)
        if texture is not None:
            material = Material(source.name, WHITE, texture.rgb)
        alpha = None
        if mask is not None:
            alpha = mask.rgb.max(axis=2) if mask.alpha is None else mask.alpha
        return self.add(material, blended(source.opacity, alpha))

    def index(self, visual) -> int:
        """The index of the material of a trimesh visual."""
        source = visual.material if visual.kind == "texture" else visual.kind
        key = id(source) if visual.kind == "texture" else source
        if key not in self._known:
            self._known[key] = source, self._converted(source)
        return self._known[key][1]

    def _image(self, image: Image.Image, material: str) -> Texture | None:
        """A picture that trimesh opened; None, and a warning, where it is damaged."""
        self._images.append(image)
        try:
            return self._textures.decode(id(image), lambda: image)
        except ValueError as error:
            name = image.info.get("file_path") or f"texture of {material}"
            report_unreadable(self._path, str(name), str(error))
            return None

    def asset_texture(
        self, name: str, assets: AssetFolder, *, source: pathlib.Path | None = None
    ) -> Texture | None:
        """The picture of a name; None, and a warning that names `source`, where there is none."""
        try:
            path = assets.find(name)
            return self._textures.decode(path, lambda: assets.image(name))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            report_unreadable(source or self._path, name, reason)
            return None

    def _asset(self, name: str, material: MtlMaterial, assets: AssetFolder) -> Texture | None:
        """A picture of a library's material: its path starts at the library's own folder."""
        if not name:
            return None
        beside = self._folders.setdefault(material.source, AssetFolder(material.source))
        if material.source.parent != assets.source.parent and not beside.has(name):
            beside = assets
        return self.asset_texture(name, beside, source=material.source)

    def _converted(self, source) -> int:
        if source is None:
            return self.add(Material("default"))
        if isinstance(source, str):
            return self.add(Material(f"{source} colours", WHITE))
        if isinstance(source, PBRMaterial):
            return self._add_pbr(source)
        return self.add(Material(str(source.name)))

    def _add_pbr(self, source: PBRMaterial) -> int:
        """A material of glTF or COLLADA.

        What COLLADA says of transparency is passed over: its exporters disagree about its sense.
        """
        name, factor = str(source.name), source.baseColorFactor
        factor = np.ones(4) if factor is None else np.append(np.asarray(factor) / 255, 1.0)[:4]
        color = linear_to_srgb(factor[:3]) if self.linear else factor[:3]
        picture = None
        if source.baseColorTexture is not None:
            picture = self._image(source.baseColorTexture, name)
        texture, alpha = picture or (None, None)
        coverage = WHOLE
        if source.alphaMode == "BLEND":
            coverage = blended(factor[3], alpha)
        elif source.alphaMode == "MASK":
            cutoff = 0.5 if source.alphaCutoff is None else float(source.alphaCutoff)
            coverage = masked(factor[3], alpha, cutoff=cutoff)
        return self.add(Material(name, tuple(color.tolist()), texture), coverage)


def unit_colors(colors: np.ndarray) -> np.ndarray:
    """Colours `[..., 3 or 4]`, of integers or floats, as `[..., 3]` floats in [0, 1]."""
    colors = np.asarray(colors)[..., :3]
    if np.issubdtype(colors.dtype, np.integer):
        return colors / np.iinfo(colors.dtype).max
    return np.clip(np.nan_to_num(colors.astype(float)), 0, 1)
