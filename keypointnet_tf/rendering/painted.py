"""A mesh's surface with other looks; its geometry, and so its rays, edges and holes, stay.

Letters: F faces, P hit points, M materials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.rendering.casting import Hits
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.rendering.looks import DETAIL_RANGE, Looks
from keypointnet_tf.rendering.shading import Surface, SurfacePoints, lit
from keypointnet_tf.shapes.mesh import Mesh


class PaintedPoints(NamedTuple):
    """`SurfacePoints`, and in the object frame the points' `places [3, P]` and the unit normals
    `outward [3, P]` on the outer side of the surface."""

    normals: np.ndarray
    albedo: np.ndarray
    materials: np.ndarray
    uv: np.ndarray
    places: np.ndarray
    outward: np.ndarray

    def take(self, places: np.ndarray) -> PaintedPoints:
        """The points at some places of the list."""
        return PaintedPoints(*(part.take(places, axis=-1) for part in self))

    @property
    def plain(self) -> SurfacePoints:
        """The points as the surface itself takes them."""
        return SurfacePoints(*self[:4])


class PaintedSurface:
    """Stands in for a `Surface` while one view is drawn.

    Args:
      surface: as the mesh has it.
      mesh: its mesh.
      looks: one for each material.

    Raises:
      ValueError: there is another number of looks than of materials.
    """

    def __init__(self, surface: Surface, mesh: Mesh, looks: Looks) -> None:
        if len(looks) != len(mesh.materials):
            raise ValueError(
                f"looks are {len(looks)}; expected one for each of {len(mesh.materials)} materials "
                f"of {mesh.object_id or 'the mesh'}"
            )
        self._surface, self._mesh, self._looks = surface, mesh, looks
        self._painted = np.array([look is not None for look in looks], bool)
        # Materials that share a look are coloured together.
        first = {id(look): number for number, look in reversed(list(enumerate(looks)))}
        self._numbers = np.array([first[id(look)] for look in looks], np.intp)
        factors = [(look.gloss, look.sharpness) if look else (1.0, 1.0) for look in looks]
        self._highlights = np.array(factors, np.float32).reshape(-1, 2).T

    def at(self, hits: Hits, front: np.ndarray, rotation: np.ndarray) -> PaintedPoints:
        """See `Surface.at`."""
        points = self._surface.at(hits, front, rotation)
        corners = self._mesh.vertices[self._mesh.faces[hits.faces]]
        places = np.einsum("pkc,pk->cp", corners, hits.weights)
        outward = rotation.T @ np.where(front.take(hits.faces), points.normals, -points.normals)
        return PaintedPoints(*points, places, outward)

    def textured(self, points: PaintedPoints) -> np.ndarray:
        """See `Surface.textured`: of the old materials, so that samples lie where they did."""
        return self._surface.textured(points.plain)

    def colors(
        self, points: PaintedPoints, lights: Lights, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        """`[3, P]` float32; see `Surface.colors`."""
        painted = self._painted.take(points.materials)
        colors = np.empty_like(points.albedo)
        for chosen, shade in ((~painted, self._old_colors), (painted, self._new_colors)):
            here = np.flatnonzero(chosen)
            part = None if offsets is None else offsets.take(here, axis=2)
            colors[:, here] = shade(points.take(here), lights, part)
        return colors

    def _old_colors(
        self, points: PaintedPoints, lights: Lights, offsets: np.ndarray | None
    ) -> np.ndarray:
        return self._surface.colors(points.plain, lights, offsets)

    def _new_colors(
        self, points: PaintedPoints, lights: Lights, offsets: np.ndarray | None
    ) -> np.ndarray:
        gloss, sharpness = self._highlights.take(points.materials, axis=1)
        albedo = self._albedo(points, offsets)
        return lit(albedo, points.normals, lights, gloss=gloss, sharpness=sharpness)

    def _albedo(self, points: PaintedPoints, offsets: np.ndarray | None) -> np.ndarray:
        """`[3, P]` of points all of which are painted."""
        albedo = np.empty_like(points.albedo)
        detail = np.zeros(len(points.materials), bool)
        numbers = self._numbers.take(points.materials)
        for number in np.unique(numbers):
            look, here = self._looks[number], np.flatnonzero(numbers == number)
            places, outward = (part.take(here, axis=1) for part in (points.places, points.outward))
            albedo[:, here] = look.albedo(places, outward)
            detail[here] = look.detail
        here = np.flatnonzero(detail)
        part = None if offsets is None else offsets.take(here, axis=2)
        shade = self._surface.relative_brightness(points.plain.take(here), part)
        albedo[:, here] *= np.clip(shade, *DETAIL_RANGE)
        return np.clip(albedo, 0, 1, out=albedo)
