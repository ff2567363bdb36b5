"""Where the cameras of a pair stand. Letters: N pairs, any leading axes `...`."""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry import placement


def camera_places(object_to_camera: np.ndarray) -> np.ndarray:
    """`[..., 3]` the camera's centre in the object frame, for poses `[..., 4, 4]`."""
    return placement.invert_pose(object_to_camera.astype(float))[..., :3, 3]


def view_angles(object_to_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Elevation and azimuth `[...]` in degrees of the camera's place, for poses `[..., 4, 4]`.

    Azimuth 0 is in front of the object (`+x`), 90 on its left (`+y`); elevation 90 is above.
    """
    x, y, z = np.moveaxis(camera_places(object_to_camera), -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def angle_between_views(object_to_camera: np.ndarray) -> np.ndarray:
    """`[N]` degrees between the directions from the object's origin to the two cameras.

    For poses `[N, 2, 4, 4]`. Unlike the angle of the relative rotation it leaves out the camera's
    roll: two cameras in one place are 0 apart.
    """
    first, second = np.moveaxis(camera_places(object_to_camera), 1, 0)
    sine = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.degrees(np.arctan2(sine, (first * second).sum(axis=-1)))
