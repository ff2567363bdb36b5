"""Colours of the points that rays hit: interpolated surface attributes, textures and lights.

Colours are display-referred and are multiplied as they are; there is no tone curve.
Letters: F faces, P hit points.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from PIL import Image

from keypointnet_tf.rendering.casting import Hits
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.shapes.mesh import Material, Mesh

LONGEST_TEXTURE = 512
DARKEST_ALBEDO = 0.08
# Rec. 709.
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
# What `Material.cutout` cuts out, as a share of full opacity.
LEAST_OPACITY = 128 / 255


class SurfacePoints(NamedTuple):
    """Hit points: unit `normals [3, P]` that face the camera, camera frame; `albedo [3, P]` in
    [0, 1], without textures; `materials [P]`; `uv [2, P]`. All float32 but the materials."""

    normals: np.ndarray
    albedo: np.ndarray
    materials: np.ndarray
    uv: np.ndarray

    def take(self, places: np.ndarray) -> SurfacePoints:
        """The points at some places of the list."""
        return SurfacePoints(*(part.take(places, axis=-1) for part in self))


class Surface:
    """A mesh's attributes, laid out for quick interpolation."""

    def __init__(self, mesh: Mesh) -> None:
        base = np.array([material.color for material in mesh.materials], np.float32)
        colors = mesh.colors * base[mesh.material_ids][:, None]
        # All that a hit takes lies in one place, [F, 3, 8].
        self._corners = np.concatenate([mesh.normals, colors, mesh.uv], axis=2, dtype=np.float32)
        self._material_ids = np.asarray(mesh.material_ids)
        self._textures = TextureSet(mesh.materials)
        self._cutouts = TextureSet(mesh.materials, cutouts=True)

    def at(self, hits: Hits, front: np.ndarray, rotation: np.ndarray) -> SurfacePoints:
        """Interpolates at hits.

        Args:
          hits: the P hits.
          front: `[F]` bool, whether each face turns its outer side to the camera.
          rotation: `[3, 3]` object to camera.
        """
        mixed = self._mixed(hits)
        normals = rotation.astype(np.float32) @ mixed[:3]
        lengths = np.sqrt((normals * normals).sum(axis=0) + np.float32(1e-20))
        normals /= np.where(front.take(hits.faces), lengths, -lengths)
        return SurfacePoints(normals, mixed[3:6], self._material_ids.take(hits.faces), mixed[6:])

    def textured(self, points: SurfacePoints) -> np.ndarray:
        """`[P]` bool: whether the points' materials have a texture."""
        return self._textures.present.take(points.materials)

    @property
    def has_holes(self) -> bool:
        """Whether parts of some material are cut out."""
        return bool(self._cutouts)

    def holes(self, hits: Hits) -> np.ndarray:
        """`[P]` bool: whether the surface is cut out where the rays hit."""
        materials = self._material_ids.take(hits.faces)
        return self._cutouts.sample(materials, self._mixed(hits)[6:])[0] < LEAST_OPACITY

    def colors(
        self, points: SurfacePoints, lights: Lights, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        """`[3, P]` float32 colours in [0, 1]: ambient, Lambert and Blinn-Phong terms.

        The viewer counts as distant (the highlight uses one viewing direction for all points).
        Albedo is lifted to at least `DARKEST_ALBEDO`, so that black parts remain visible on black.

        Args:
          points: where the rays hit.
          lights: directions in the camera frame.
          offsets: `[2, K, P]` added to the texture coordinates, for the mean of K colours; None
            for one at the points themselves.
        """
        light, highlight = _illuminate(points.normals, lights)
        slope = (1 - DARKEST_ALBEDO) * light * points.albedo
        least = DARKEST_ALBEDO * light + highlight
        colors = np.clip(slope + least, 0, 1)
        chosen = np.flatnonzero(self.textured(points)) if self._textures else ()
        if len(chosen):
            parts = (points.materials, points.uv, slope, least)
            if len(chosen) < len(points.materials):
                parts = (part.take(chosen, axis=-1) for part in parts)
                offsets = None if offsets is None else offsets.take(chosen, axis=2)
            materials, uv, slope, least = parts
            uv = uv[:, None] if offsets is None else uv[:, None] + offsets
            texels = self._textures.sample(materials, uv) * slope[:, None] + least[:, None]
            colors[:, chosen] = np.clip(texels, 0, 1, out=texels).mean(axis=1)
        return colors

    def relative_brightness(
        self, points: SurfacePoints, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        """`[P]` luminance of the surface's own colours over the mean of the material.

        Args:
          points: where the rays hit.
          offsets: see `colors`.
        """
        own = points.albedo.copy()
        chosen = np.flatnonzero(self.textured(points)) if self._textures else ()
        if len(chosen):
            uv = points.uv.take(chosen, axis=1)[:, None]
            uv = uv if offsets is None else uv + offsets.take(chosen, axis=2)
            own[:, chosen] *= self._textures.sample(points.materials[chosen], uv).mean(axis=1)
        return (LUMA @ own) / self._mean_luminance.take(points.materials)

    @functools.cached_property
    def _mean_luminance(self) -> np.ndarray:
        """`[materials]` of the faces' colours, times that of the texture; a little above 0."""
        count = len(self._textures.present)
        faces = self._corners[:, :, 3:6].mean(axis=1) @ LUMA
        total = np.bincount(self._material_ids, faces, count)
        mean = total / np.maximum(np.bincount(self._material_ids, minlength=count), 1)
        return np.maximum(mean * self._textures.luminance, 1 / 255).astype(np.float32)

    def _mixed(self, hits: Hits) -> np.ndarray:
        """`[8, P]` normals, albedo and texture coordinates, interpolated."""
        corners = self._corners.take(hits.faces, axis=0)
        return np.ascontiguousarray(np.einsum("pkc,pk->pc", corners, hits.weights).T)


def lit(
    albedo: np.ndarray,
    normals: np.ndarray,
    lights: Lights,
    *,
    gloss: np.ndarray,
    sharpness: np.ndarray,
) -> np.ndarray:
    """`[3, P]` colours in [0, 1] of points without textures, as `Surface.colors` has them.

    Args:
      albedo, normals: `[3, P]`.
      lights: directions in the camera frame.
      gloss: `[P]` factors of the highlights' strength.
      sharpness: `[P]` factors of their exponent.
    """
    light, highlight = _illuminate(normals, lights, sharpness)
    lifted = DARKEST_ALBEDO + (1 - DARKEST_ALBEDO) * albedo
    return np.clip(light * lifted + gloss * highlight, 0, 1)


def _illuminate(
    normals: np.ndarray, lights: Lights, sharpness: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`[3, P]` light on points with normals `[3, P]`, and its mirrored part."""
    ambient = np.asarray(lights.ambient, np.float32)[:, None]
    if not lights.directions:
        return np.broadcast_to(ambient, normals.shape), np.zeros_like(normals)
    colors = np.asarray(lights.colors, np.float32).T
    towards = np.asarray(lights.directions)
    halfway = towards + [0.0, 0.0, 1.0]
    halfway /= np.maximum(np.linalg.norm(halfway, axis=1, keepdims=True), 1e-9)
    axes = np.concatenate([towards, halfway]).astype(np.float32)
    cosines = np.maximum(axes @ normals, 0)
    lambert, mirrored = cosines[: len(towards)], cosines[len(towards) :]
    exponent = np.float32(lights.shininess)
    if sharpness is not None:
        exponent = exponent * sharpness
    highlight = np.float32(lights.specular) * mirrored**exponent
    return ambient + colors @ lambert, colors @ highlight


class TextureSet:
    """The textures of a mesh's materials in one flat array of texels; false when there are none.

    Textures longer than `LONGEST_TEXTURE` are shrunk by area first: at the sizes rendered here
    finer texels would only flicker.

    Args:
      materials: of the mesh.
      cutouts: whether to take the materials' cutouts, as grey, in place of their textures.

    Attributes:
      present: bool, for each material, whether it has a texture.
      luminance: the textures' mean, in [0, 1]; 1 for none.
    """

    def __init__(self, materials: tuple[Material, ...], *, cutouts: bool = False) -> None:
        found = [_cutout(m) if cutouts else _texture(m) for m in materials]
        self.present = np.array([texture is not None for texture in found])
        white = np.full((1, 1, 3), 255, np.uint8)
        textures = [white if texture is None else _shrunk(texture) for texture in found]
        sides = np.array([texture.shape[:2] for texture in textures])
        self._heights, self._widths = sides.T.astype(np.float32)
        # Places of the first texels inside the borders.
        counts, rows = (sides + 2).prod(axis=1), sides[:, 1] + 2
        self._starts = (np.cumsum(counts) - counts + rows + 1).astype(float)
        self._texels = np.concatenate([_packed(texture) for texture in textures])

        self.luminance = np.array([t.mean(axis=(0, 1)) @ LUMA / 255 for t in textures])

    def __bool__(self) -> bool:
        return bool(self.present.any())

    def sample(self, material_ids: np.ndarray, uv: np.ndarray) -> np.ndarray:
        """`[3, ..., P]` float32 in [0, 1]: bilinear, repeating; white where there is no texture.

        Args:
          material_ids: `[P]`.
          uv: `[2, ..., P]`, `v` up: the first row of a texture ends at `v = 1`.
        """
        width, height = (side.take(material_ids) for side in (self._widths, self._heights))
        u, v = uv - np.floor(uv)
        x, y = u * width - np.float32(0.5), (1 - v) * height - np.float32(0.5)
        left, top = np.floor(x), np.floor(y)
        across, down = x - left, y - top
        # Whole numbers above 2 ** 24 need float64.
        row = width.astype(float) + 2
        place = (top * row + (left + self._starts.take(material_ids))).astype(np.intp)
        row = row.astype(np.intp)
        both = across * down
        shares = 1 - across - down + both, across - both, down - both, both
        places = place, place + 1, place + row, place + row + 1
        color = np.zeros((3, *place.shape), np.float32)
        for share, at in zip(shares, places, strict=True):
            share *= np.float32(1 / 255)
            texels = self._texels.take(at).view(np.uint8).reshape(*place.shape, 4)
            for channel in range(3):
                color[channel] += share * texels[..., channel]
        return color


def _packed(texture: np.ndarray) -> np.ndarray:
    """`[(H + 2) (W + 2)]` uint32, the bytes of each the three channels and one that is not used.

    A texel is added on each side, as the texture repeats.
    """
    height, width = texture.shape[:2]
    four = np.zeros((height + 2, width + 2, 4), np.uint8)
    four[..., :3] = np.pad(texture, ((1, 1), (1, 1), (0, 0)), mode="wrap")
    return four.view(np.uint32).reshape(-1)


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
