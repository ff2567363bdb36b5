"""A mesh seen from its six sides and from one corner, to judge by eye how it lies in its frame.

Letters: S image side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from keypointnet_tf.geometry.placement import NOMINAL_DISTANCE, look_at
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.frames import AXES

# Name of each side, and the axis on which its camera stands.
SIDES = {"front": "x", "back": "-x", "left": "y", "right": "-y", "top": "z", "bottom": "-z"}
CORNER = "from the front left, above"
CORNER_DEGREES = (38.0, 24.0)  # azimuth from the front towards the left, elevation
# Half the width of a view at the object's centre, object units: the box reaches 1, and arrows
# somewhat farther are to fit too.
REACH = 1.42


@dataclasses.dataclass(frozen=True)
class SideView:
    """What one camera sees, and where it stands.

    Attributes:
      name: a key of `SIDES`, or `CORNER`.
      rgba: uint8 `[S, S, 4]`, straight alpha.
      depth: float32 `[S, S]` camera-frame z (negative), NaN off the object.
      object_to_camera: `[4, 4]` rigid matrix.
      focal: focal length in NDC units.
    """

    name: str
    rgba: np.ndarray
    depth: np.ndarray
    object_to_camera: np.ndarray
    focal: float


def render_sides(scene: Scene, *, size: int) -> Iterator[SideView]:
    """The six sides in the order of `SIDES`, then the corner; objects of longest side 2 fit.

    From the distance of the cameras of training the picture is all but orthographic. Seen from
    above and from below, the front is at the top.
    """
    for name, axis in SIDES.items():
        yield _view(scene, name, AXES[axis], size=size, reach=REACH)
    azimuth, elevation = np.radians(CORNER_DEGREES)
    level = np.array([np.cos(azimuth), np.sin(azimuth), 0.0]) * np.cos(elevation)
    corner = level + [0, 0, np.sin(elevation)]
    diagonal = float(np.linalg.norm(np.ptp(scene.mesh.bounds(), axis=0)))
    yield _view(scene, CORNER, corner, size=size, reach=max(REACH, 0.55 * diagonal))


def _view(scene: Scene, name: str, direction: np.ndarray, *, size: int, reach: float) -> SideView:
    focal = NOMINAL_DISTANCE / reach
    pose = look_at(NOMINAL_DISTANCE * direction)
    seen = scene.render(pose, size=size, focal=focal)
    return SideView(name, seen.rgba, seen.depth, pose, focal)
