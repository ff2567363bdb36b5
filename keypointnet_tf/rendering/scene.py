"""One mesh, ready to be seen from any camera: image, mask, depth and visible faces.

Camera, NDC and pixels follow `geometry/placement.py`: pixel centres at `+ 0.5`, `v` up, so the
ray of column `i`, row `j` passes through `u = 2 (i + 0.5) / S - 1`, `v = 1 - 2 (j + 0.5) / S`.
Letters: S image side, s sub-pixels per pixel side, h w pixels of the part of the image traced.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.rendering.casting import Caster, Hits, RayGrid, best_caster
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, Lights
from keypointnet_tf.rendering.shading import Surface, shade
from keypointnet_tf.shapes.mesh import Mesh

# Within a pixel, sub-pixels further behind the nearest one than this many pixel widths belong to
# another surface; surfaces up to 76 degrees steep stay in one piece.
SAME_SURFACE_PIXELS = 4.0
# A ray through a hole goes on this share of the object's longest side behind it. Surfaces closer
# together are taken for one: in float32, 30 units away, they could not be told apart.
HOLE_STEP = 5e-5
MOST_HOLES = 32


class Rendering(NamedTuple):
    """What one camera sees.

    Attributes:
      rgba: uint8 `[S, S, 4]`, straight alpha: colour is the mean over the sub-pixels that hit the
        object (zero where none did), alpha their share.
      depth: float32 `[S, S]` camera-frame z (negative), the mean over the pixel's front surface;
        NaN off the object.
      face_ids: int32 `[S, S]` the face at the sub-pixel nearest to the pixel's centre among those
        that hit; -1 off the object.
    """

    rgba: np.ndarray
    depth: np.ndarray
    face_ids: np.ndarray


class Scene:
    """A mesh with its ray caster; built once, rendered any number of times.

    Args:
      mesh: in the object frame; not normalised here.
      caster: the class that casts rays; by default Embree where it is installed.

    Raises:
      ValueError: the mesh has no faces or non-finite vertices, or a texture of a wrong type.
    """

    def __init__(self, mesh: Mesh, caster: type[Caster] | None = None) -> None:
        self._points = used_points(mesh)
        self.mesh = mesh
        self._caster = (caster or best_caster)(mesh.vertices, mesh.faces)
        self._surface = Surface(mesh)

    def render(
        self,
        object_to_camera: np.ndarray,
        *,
        size: int,
        focal: float,
        supersample: int = 2,
        lights: Lights = DEFAULT_LIGHTS,
    ) -> Rendering:
        """Renders one view.

        Args:
          object_to_camera: `[4, 4]` rigid matrix.
          size: image side in pixels.
          focal: focal length in NDC units (`placement.focal_length`).
          supersample: sub-pixels per pixel side.
          lights: in the camera frame.

        Raises:
          ValueError: the matrix is not a finite `[4, 4]`, or a number is out of range.
        """
        pose = checked_pose(object_to_camera, size=size, focal=focal, supersample=supersample)
        left, right, top, bottom = self._frame(pose, size, focal)
        columns, rows = _slopes(left, right, top, bottom, size * supersample, focal, supersample)
        grid = RayGrid(columns, rows, pose)
        hits = self._caster.cast(grid, self._near(pose))
        if self._surface.has_holes:
            hits = self._through_holes(hits, grid, pose)
        points = self._surface.at(hits, grid.eye())
        colors = shade(points, lights, pose[:3, :3])
        depth = points.positions @ pose[2, :3].astype(np.float32) + np.float32(pose[2, 3])
        samples = _Samples((bottom - top, right - left, supersample), hits)
        footprint = 2 * abs(pose[2, 3]) / (focal * size)
        window = (slice(top, bottom), slice(left, right))
        blank = _blank(size)
        blank.rgba[window] = samples.rgba(colors)
        blank.depth[window] = samples.depth(depth, SAME_SURFACE_PIXELS * footprint)
        blank.face_ids[window] = samples.face_ids()
        return blank

    def _through_holes(self, hits: Hits, grid: RayGrid, pose: np.ndarray) -> Hits:
        """The first hits that are not on a cut-out part of a surface.

        A ray that meets more than `MOST_HOLES` holes hits nothing.
        """
        step = HOLE_STEP * float(np.ptp(self._points, axis=0).max())
        kept = []
        for _ in range(MOST_HOLES + 1):
            holes = self._surface.holes(hits)
            kept.append(Hits(*(part[~holes] for part in hits)))
            hits = Hits(*(part[holes] for part in hits))
            if not len(hits.rays):
                break
            beyond = np.full(len(grid.columns) * len(grid.rows), np.inf)
            depth = self._surface.at(hits, grid.eye()).positions @ pose[2, :3] + pose[2, 3]
            beyond[hits.rays] = step - depth
            hits = self._caster.cast(grid, beyond)
        rays, faces, weights = (np.concatenate(parts) for parts in zip(*kept, strict=True))
        order = np.argsort(rays, kind="stable")
        return Hits(rays[order], faces[order], weights[order])

    def _near(self, pose: np.ndarray) -> float:
        """A distance in front of the camera that no vertex comes closer than; 0 when behind it."""
        nearest = -(self._points @ pose[2, :3] + pose[2, 3]).max()
        return max(0.0, 0.999 * float(nearest))

    def _frame(self, pose: np.ndarray, size: int, focal: float) -> tuple[int, int, int, int]:
        """Pixel box `left, right, top, bottom` (half open) that holds the object's projection."""
        camera = self._points @ pose[:3, :3].T + pose[:3, 3]
        if camera[:, 2].max() > -1e-6:
            return 0, size, 0, size
        uv = camera[:, :2] * (-focal / camera[:, 2:])
        low, high = uv.min(axis=0), uv.max(axis=0)
        edges = [(low[0] + 1) / 2, (high[0] + 1) / 2, (1 - high[1]) / 2, (1 - low[1]) / 2]
        left, right, top, bottom = np.clip(np.array(edges) * size, 0, size)
        return int(left), int(np.ceil(right)), int(top), int(np.ceil(bottom))


class _Samples:
    """Scatters the values of hit sub-pixels into pixels. `shape` is `(h, w, s)`."""

    def __init__(self, shape: tuple[int, int, int], hits: Hits) -> None:
        self._h, self._w, self._s = shape
        self._hits = hits
        row, column = np.divmod(hits.rays, max(1, self._w * self._s))
        self._pixel = row // self._s * self._w + column // self._s
        self._part = row % self._s * self._s + column % self._s
        self._share = np.bincount(self._pixel, minlength=self._h * self._w)

    def rgba(self, colors: np.ndarray) -> np.ndarray:
        """`[h, w, 4]` uint8 from the colours `[P, 3]` of the hits."""
        clipped = np.clip(colors, 0, 1)
        count = np.maximum(self._share, 1)
        channels = [self._sum(clipped[:, i]) / count for i in range(3)]
        channels.append(self._share / self._s**2)
        pixels = np.stack(channels, axis=1) * 255 + 0.5
        return pixels.astype(np.uint8).reshape(self._h, self._w, 4)

    def depth(self, z: np.ndarray, same_surface: float) -> np.ndarray:
        """`[h, w]` float32: mean of the `z [P]` within `same_surface` of the pixel's nearest."""
        nearest = self._parts(z, -np.inf).max(axis=1)
        front = z >= nearest[self._pixel] - same_surface
        total = self._sum(np.where(front, z, 0))
        count = self._sum(front.astype(float))
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return mean.astype(np.float32).reshape(self._h, self._w)

    def face_ids(self) -> np.ndarray:
        """`[h, w]` int32 face of the hit sub-pixel nearest to the pixel's centre."""
        offset = np.arange(self._s) - (self._s - 1) / 2
        distance = (offset[:, None] ** 2 + offset[None] ** 2).reshape(-1)
        faces = self._parts(self._hits.faces, -1)[:, np.argsort(distance, kind="stable")]
        first = (faces >= 0).argmax(axis=1)
        return faces[np.arange(len(faces)), first].reshape(self._h, self._w)

    def _sum(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self._pixel, values, minlength=self._h * self._w)

    def _parts(self, values: np.ndarray, empty: float) -> np.ndarray:
        """`[h * w, s * s]` the values at their sub-pixels, `empty` elsewhere."""
        parts = np.full((self._h * self._w, self._s**2), empty, values.dtype)
        parts[self._pixel, self._part] = values
        return parts


def _slopes(
    left: int, right: int, top: int, bottom: int, fine: int, focal: float, s: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ray slopes of the sub-pixel columns and rows of a pixel box; `fine` is `S * s`."""
    columns = (2 * np.arange(left * s, right * s) + 1) / fine - 1
    rows = 1 - (2 * np.arange(top * s, bottom * s) + 1) / fine
    return columns / focal, rows / focal


def _blank(size: int) -> Rendering:
    return Rendering(
        np.zeros((size, size, 4), np.uint8),
        np.full((size, size), np.nan, np.float32),
        np.full((size, size), -1, np.int32),
    )


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
