"""One mesh, ready to be seen from any camera: image, mask, depth and visible faces.

Camera, NDC and pixels follow `geometry/placement.py`: pixel centres at `+ 0.5`, `v` up, so the
ray of column `i`, row `j` passes through `u = 2 (i + 0.5) / S - 1`, `v = 1 - 2 (j + 0.5) / S`.
Letters: S image side, s samples per pixel side, F faces.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from keypointnet_tf.rendering.adaptive import crossed_pixels, judge, sample_offsets
from keypointnet_tf.rendering.casting import Caster, Hits, RayGrid, best_caster
from keypointnet_tf.rendering.face_sides import FaceSides
from keypointnet_tf.rendering.feature_edges import FeatureEdges
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, Lights
from keypointnet_tf.rendering.looks import Looks
from keypointnet_tf.rendering.painted import PaintedSurface
from keypointnet_tf.rendering.picture import Picture, Rendering
from keypointnet_tf.rendering.shading import Surface
from keypointnet_tf.rendering.view import View
from keypointnet_tf.shapes.mesh import Mesh

__all__ = ["Rendering", "Scene", "checked_pose", "used_points"]

# A ray through a hole goes on this share of the object's longest side behind it. Surfaces closer
# together are taken for one: in float32, 30 units away, they could not be told apart.
HOLE_STEP = 5e-5
MOST_HOLES = 32
# Finer meshes have an edge in nearly every pixel: finding them saves nothing and takes memory.
MOST_ADAPTIVE_FACES = 300_000


class Scene:
    """A mesh with its ray caster; built once, rendered any number of times.

    Args:
      mesh: in the object frame; not normalised here.
      caster: the class that casts rays; by default Embree where it is installed.
      adaptive: whether pixels well inside a smooth surface take one sample through their centre;
        False for all samples everywhere, which takes up to 1.5 times as long at 2 x 2 samples
        and up to 2.3 times at 4 x 4.

    Raises:
      ValueError: the mesh has no faces or non-finite vertices, or a texture of a wrong type.
    """

    def __init__(
        self, mesh: Mesh, caster: type[Caster] | None = None, *, adaptive: bool = True
    ) -> None:
        self._points = np.ascontiguousarray(used_points(mesh).T)
        self.mesh = mesh
        self._caster = (caster or best_caster)(mesh.vertices, mesh.faces)
        self._surface = Surface(mesh)
        self._sides = FaceSides(mesh)
        # Whether a face hides what is behind it is not known before its cutout has been looked up.
        coarse = len(mesh.faces) <= MOST_ADAPTIVE_FACES
        self._adaptive = adaptive and coarse and not self._surface.has_holes

    def render(
        self,
        object_to_camera: np.ndarray,
        *,
        size: int,
        focal: float,
        supersample: int = 2,
        lights: Lights = DEFAULT_LIGHTS,
        looks: Looks | None = None,
    ) -> Rendering:
        """Renders one view.

        Args:
          object_to_camera: `[4, 4]` rigid matrix.
          size: image side in pixels.
          focal: focal length in NDC units (`placement.focal_length`).
          supersample: samples per pixel side.
          lights: in the camera frame.
          looks: of the materials in this view, in place of their own; alpha, depth and faces are
            the same without them. None for the materials as they are.

        Raises:
          ValueError: the matrix is not a finite `[4, 4]`, a number is out of range, or `looks`
            are not one for each material.
        """
        pose = checked_pose(object_to_camera, size=size, focal=focal, supersample=supersample)
        points = pose[:3, :3] @ self._points + pose[:3, 3:]
        view = View(points, pose, size, focal, supersample)
        surface = self._surface
        if looks is not None:
            surface = PaintedSurface(surface, self.mesh, looks)
        picture, front = Picture(view), self._sides.front(view.eye)
        left = np.ones(view.shape, bool)
        if self._adaptive and supersample > 1:
            left = self._fill_interior(picture, view, surface, front, lights)
        hits = self._cast(view.rays(supersample), _samples_of(left, supersample), view)
        if self._surface.has_holes:
            hits = self._through_holes(hits, view)
        points = surface.at(hits, front, view.rotation)
        picture.mix(np.flatnonzero(left), hits, surface.colors(points, lights))
        return picture.rendering()

    def _fill_interior(
        self,
        picture: Picture,
        view: View,
        surface: Surface | PaintedSurface,
        front: np.ndarray,
        lights: Lights,
    ) -> np.ndarray:
        """Draws the pixels for which one sample is enough; `[h, w]` bool which are left."""
        edges = crossed_pixels(self._features, view, front)
        if edges is None:
            return np.ones(view.shape, bool)
        hits = self._cast(view.rays(1), ~edges.touched, view)
        points = surface.at(hits, front, view.rotation)
        patches, textured = self._features.patches.take(hits.faces), surface.textured(points)
        doubtful, steps = judge(edges, hits, points, patches=patches, textured=textured)
        sure = np.flatnonzero(~doubtful.reshape(-1).take(hits.rays))
        offsets = sample_offsets(steps.take(sure, axis=2), view.supersample)
        colors = surface.colors(points.take(sure), lights, offsets)
        picture.fill(hits.take(sure), colors)
        return edges.touched | doubtful

    @functools.cached_property
    def _features(self) -> FeatureEdges:
        used, faces = np.unique(self.mesh.faces, return_inverse=True)
        vertices, faces = self.mesh.vertices[used], faces.reshape(-1, 3)
        return FeatureEdges(
            dataclasses.replace(self.mesh, vertices=vertices, faces=faces), self._sides
        )

    def _cast(self, grid: RayGrid, where: np.ndarray, view: View) -> Hits:
        """First hits of the rays marked in `where`."""
        rays = None if where.all() else np.flatnonzero(where)
        return self._caster.cast(grid, view.near, rays)

    def _through_holes(self, hits: Hits, view: View) -> Hits:
        """The first hits that are not on a cut-out part of a surface.

        A ray that meets more than `MOST_HOLES` holes hits nothing.
        """
        grid = view.rays(view.supersample)
        step = HOLE_STEP * float(np.ptp(self._points, axis=1).max())
        kept = []
        for _ in range(MOST_HOLES + 1):
            holes = self._surface.holes(hits)
            kept.append(hits.take(np.flatnonzero(~holes)))
            hits = hits.take(np.flatnonzero(holes))
            if not len(hits.rays):
                break
            hits = self._caster.cast(grid, step - hits.depths, hits.rays)
        rays, *others = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        return Hits(rays, *others).take(np.argsort(rays, kind="stable"))


def _samples_of(pixels: np.ndarray, s: int) -> np.ndarray:
    """`[h * s, w * s]` bool: samples of the pixels marked in `[h, w]`."""
    return pixels.repeat(s, axis=0).repeat(s, axis=1)


def used_points(mesh: Mesh) -> np.ndarray:
    """`[N, 3]` float64 vertices that faces use.

    Raises:
      ValueError: there are no faces, or the vertices are not finite.
    """
    name = mesh.object_id or "mesh"
    if not len(mesh.faces):
        raise ValueError(f"{name}: no faces; expected at least one triangle")
    points = mesh.vertices[np.unique(mesh.faces)].astype(float)
    if not np.isfinite(points).all():
        raise ValueError(f"{name}: non-finite vertices; expected finite coordinates")
    return points


def checked_pose(object_to_camera: np.ndarray, **numbers: float) -> np.ndarray:
    """The matrix in float64.

    Raises:
      ValueError: it is not a finite `[4, 4]`, or one of the named numbers is not above 0.
    """
    pose = np.asarray(object_to_camera, float)
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise ValueError(f"object_to_camera is {pose}; expected a finite [4, 4] matrix")
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name} is {value}; expected a number above 0")
    return pose
