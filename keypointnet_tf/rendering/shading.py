"""Colours of the points that rays hit: interpolated surface attributes, textures and lights.

Colours are display-referred and are multiplied as they are; there is no tone curve.
Letters: F faces, P hit points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from keypointnet_tf.rendering.casting import Hits
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.shapes.mesh import Material, Mesh, face_normals

LONGEST_TEXTURE = 512
DARKEST_ALBEDO = 0.08
# What `Material.cutout` cuts out, as a share of full opacity.
LEAST_OPACITY = 128 / 255


class SurfacePoints(NamedTuple):
    """Hit points in the object frame: `positions`, unit `normals` that face the camera and
    `albedo` in [0, 1], each `[P, 3]` float32."""

    positions: np.ndarray
    normals: np.ndarray
    albedo: np.ndarray


class Surface:
    """A mesh's attributes, laid out for quick interpolation."""

    def __init__(self, mesh: Mesh) -> None:
        base = np.array([material.color for material in mesh.materials], np.float32)
        colors = mesh.colors * base[mesh.material_ids][:, None]
        corners = np.concatenate([mesh.vertices[mesh.faces], mesh.normals, colors, mesh.uv], axis=2)
        self._corners = [np.ascontiguousarray(corners[:, i], np.float32) for i in range(3)]
        self._material_ids = np.asarray(mesh.material_ids)
        self._textures = TextureSet(mesh.materials)
        self._cutouts = TextureSet(mesh.materials, cutouts=True)
        # Files disagree about winding, so a face's side is told by the normals that it is shaded
        # with; the plane only says on which side of it the camera is.
        planes = face_normals(mesh.vertices.astype(float), mesh.faces)
        against = (planes * mesh.normals.sum(axis=1)).sum(axis=1) < 0
        self._planes = np.where(against[:, None], -planes, planes)
        self._offsets = (self._planes * mesh.vertices[mesh.faces[:, 0]]).sum(axis=1)

    def at(self, hits: Hits, eye: np.ndarray) -> SurfacePoints:
        """Interpolates at the hits of rays from `eye` `[3]` (object frame)."""
        a, b, c = (
            corner[hits.faces] * hits.weights[:, i : i + 1]
            for i, corner in enumerate(self._corners)
        )
        mixed = a + b + c
        side = np.where(self._planes @ eye >= self._offsets, 1.0, -1.0).astype(np.float32)
        normals = mixed[:, 3:6] * side[hits.faces][:, None]
        normals /= np.sqrt(np.einsum("pi,pi->p", normals, normals) + 1e-20)[:, None]
        albedo = mixed[:, 6:9]
        if self._textures:
            albedo = albedo * self._textures.sample(self._material_ids[hits.faces], mixed[:, 9:11])
        return SurfacePoints(mixed[:, :3], normals, albedo)

    @property
    def has_holes(self) -> bool:
        """Whether parts of some material are cut out."""
        return bool(self._cutouts)

    def holes(self, hits: Hits) -> np.ndarray:
        """`[P]` bool: whether the surface is cut out where the rays hit."""
        uv = sum(
            corner[hits.faces, 9:11] * hits.weights[:, i : i + 1]
            for i, corner in enumerate(self._corners)
        )
        opacity = self._cutouts.sample(self._material_ids[hits.faces], uv)
        return opacity[:, 0] < LEAST_OPACITY


def shade(points: SurfacePoints, lights: Lights, rotation: np.ndarray) -> np.ndarray:
    """`[P, 3]` float32 colours, not clipped: ambient, Lambert and Blinn-Phong terms.

    The viewer counts as distant (the highlight uses one viewing direction for all points). Albedo
    is lifted to at least `DARKEST_ALBEDO`, so that black parts remain visible on black.

    Args:
      points: where the rays hit.
      lights: directions in the camera frame.
      rotation: `[3, 3]` object to camera.
    """
    albedo = DARKEST_ALBEDO + (1 - DARKEST_ALBEDO) * points.albedo
    ambient = np.asarray(lights.ambient, np.float32)
    if not lights.directions:
        return albedo * ambient
    colors = np.asarray(lights.colors, np.float32)
    towards = np.asarray(lights.directions)
    halfway = towards + [0.0, 0.0, 1.0]
    halfway /= np.maximum(np.linalg.norm(halfway, axis=1, keepdims=True), 1e-9)
    axes = (np.concatenate([towards, halfway]) @ rotation).astype(np.float32)
    cosines = np.maximum(points.normals @ axes.T, 0)
    lambert, mirrored = cosines[:, : len(towards)], cosines[:, len(towards) :]
    highlight = np.float32(lights.specular) * mirrored ** np.float32(lights.shininess)
    return albedo * (ambient + lambert @ colors) + highlight @ colors


class TextureSet:
    """The textures of a mesh's materials in one flat array of texels; false when there are none.

    Textures longer than `LONGEST_TEXTURE` are shrunk by area first: at the sizes rendered here
    finer texels would only flicker.

    Args:
      materials: of the mesh.
      cutouts: whether to take the materials' cutouts, as grey, in place of their textures.
    """

    def __init__(self, materials: tuple[Material, ...], *, cutouts: bool = False) -> None:
        found = [_cutout(m) if cutouts else _texture(m) for m in materials]
        self._any = any(texture is not None for texture in found)
        white = np.full((1, 1, 3), 255, np.uint8)
        textures = [white if texture is None else _shrunk(texture) for texture in found]
        self._heights = np.array([texture.shape[0] for texture in textures])
        self._widths = np.array([texture.shape[1] for texture in textures])
        counts = self._heights * self._widths
        self._starts = np.cumsum(counts) - counts
        self._texels = np.concatenate([texture.reshape(-1, 3) for texture in textures])

    def __bool__(self) -> bool:
        return self._any

    def sample(self, material_ids: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """`[P, 3]` float32 in [0, 1]: bilinear, repeating; white for materials without texture.

        Args:
          material_ids: `[P]`.
          uv: `[P, 2]`, `v` up: the first row of a texture ends at `v = 1`.
        """
        width, height = self._widths[material_ids], self._heights[material_ids]
        x = (uv[:, 0] - np.floor(uv[:, 0])) * width - 0.5
        y = (np.floor(uv[:, 1]) + 1 - uv[:, 1]) * height - 0.5
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        across, down = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
        columns = left % width, (left + 1) % width
        rows = [self._starts[material_ids] + (top + i) % height * width for i in (0, 1)]
        upper, lower = (
            self._texels[row + columns[0]] * (1 - across) + self._texels[row + columns[1]] * across
            for row in rows
        )
        return (upper * (1 - down) + lower * down) / np.float32(255)


def _texture(material: Material) -> np.ndarray | None:
    """uint8 `[H, W, 3]` colours.

    Raises:
      ValueError: the material's are something else.
    """
    return _checked(material, material.texture, "texture", channels=(3,))


def _cutout(material: Material) -> np.ndarray | None:
    """uint8 `[H, W, 3]`, grey.

    Raises:
      ValueError: the material's is not uint8 `[H, W]`.
    """
    cutout = _checked(material, material.cutout, "cutout", channels=())
    return None if cutout is None else np.repeat(cutout[..., None], 3, axis=2)


def _checked(
    material: Material, texels: np.ndarray | None, name: str, *, channels: tuple[int, ...]
) -> np.ndarray | None:
    if texels is None:
        return None
    texels = np.asarray(texels)
    if texels.dtype != np.uint8 or texels.ndim < 2 or texels.shape[2:] != channels:
        expected = ", ".join(["H", "W", *map(str, channels)])
        raise ValueError(
            f"material {material.name!r}: {name} is {texels.dtype} {list(texels.shape)}; "
            f"expected uint8 [{expected}]"
        )
    if not texels.size:
        raise ValueError(f"material {material.name!r}: {name} is empty; expected texels")
    return texels


def _shrunk(texture: np.ndarray) -> np.ndarray:
    """The texture, no side longer than `LONGEST_TEXTURE`."""
    height, width = (min(side, LONGEST_TEXTURE) for side in texture.shape[:2])
    if (height, width) == texture.shape[:2]:
        return texture
    return np.asarray(Image.fromarray(texture).resize((width, height), Image.Resampling.BOX))
