"""One camera on a mesh: the part of the image that holds it, and the rays through that part.

Letters: N points, S image side, s samples per pixel side, h w pixels of the part traced.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from keypointnet_tf.rendering.casting import RayGrid

# A point nearer than this in front of the camera counts as behind it.
LEAST_DISTANCE = 1e-6


@dataclasses.dataclass(frozen=True)
class View:
    """A camera, and points as it sees them.

    Attributes:
      points: `[3, N]` float64, camera frame.
      pose: `[4, 4]` object to camera.
      size: S.
      focal: focal length in NDC units.
      supersample: s.
    """

    points: np.ndarray
    pose: np.ndarray
    size: int
    focal: float
    supersample: int

    @functools.cached_property
    def eye(self) -> np.ndarray:
        """`[3]` the camera's centre in the object frame."""
        return -self.pose[:3, 3] @ self.pose[:3, :3]

    @property
    def rotation(self) -> np.ndarray:
        """`[3, 3]` object to camera."""
        return self.pose[:3, :3]

    @functools.cached_property
    def nearest(self) -> float:
        """Distance of the nearest point in front of the camera; negative behind it."""
        return -float(self.points[2].max())

    @property
    def in_front(self) -> bool:
        """Whether all points are in front of the camera, which so is outside the object."""
        return self.nearest > LEAST_DISTANCE

    @property
    def near(self) -> float:
        """A distance in front of the camera that no point comes closer than; 0 when behind it."""
        return max(0.0, 0.999 * self.nearest)

    @functools.cached_property
    def pixels(self) -> np.ndarray:
        """`[2, N]` x and y of the points in the image, in pixels; they must be in front."""
        scale = self.focal * self.size / 2
        return self.points[:2] / self.points[2] * [[-scale], [scale]] + self.size / 2

    @functools.cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Pixels `left, right, top, bottom` (half open) that hold the object's projection."""
        if not self.in_front:
            return 0, self.size, 0, self.size
        (left, top), (right, bottom) = self.pixels.min(axis=1), np.ceil(self.pixels.max(axis=1))
        return tuple(int(min(max(edge, 0), self.size)) for edge in (left, right, top, bottom))

    @property
    def shape(self) -> tuple[int, int]:
        """`(h, w)` of the box."""
        left, right, top, bottom = self.box
        return bottom - top, right - left

    @property
    def footprint(self) -> float:
        """Width of a pixel at the distance of the object's origin, object units."""
        return 2 * abs(self.pose[2, 3]) / (self.focal * self.size)

    def rays(self, per_side: int) -> RayGrid:
        """The rays through the centres of `per_side` squared equal parts of the box's pixels."""
        left, right, top, bottom = self.box
        fine = self.size * per_side
        columns = (2 * np.arange(left * per_side, right * per_side) + 1) / fine - 1
        rows = 1 - (2 * np.arange(top * per_side, bottom * per_side) + 1) / fine
        return RayGrid(columns / self.focal, rows / self.focal, self.pose)
