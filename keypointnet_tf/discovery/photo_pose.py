"""Poses from the keypoints of single photos.

Rotations are between object and crop camera, in OpenGL axes; a crop's virtual camera looks at the
crop's centre with the focal length of the training data, so of a photo taken with a wide angle the
rotation is that as seen along the line of sight.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.metrics import pose
from keypointnet_tf.metrics.relative_rotation import relative_rotation as relative_rotation_of


def absolute_pose(photo: PhotoKeypoints, canonical: np.ndarray) -> np.ndarray:
    """Object-to-camera pose of a photo's object: the canonical keypoints put onto the photo's own.

    Procrustes without scale: lengths are in object units, the longest side of the category's mean
    object about 2.

    Args:
      photo: its keypoints.
      canonical: `[K, 3]` in the object frame, `prediction.canonical_keypoints`.

    Returns:
      `[4, 4]` rigid.

    Raises:
      ValueError: the keypoints determine no rotation.
    """
    points, canonical = photo.xyz_camera.astype(float), np.asarray(canonical, float)
    if not pose.rotation_determined(canonical, points):
        raise ValueError(f"{photo.file}: keypoints lie on a line; they determine no rotation")
    rotation = pose.procrustes_rotation(canonical, points)
    result = np.eye(4)
    result[:3, :3] = rotation
    result[:3, 3] = points.mean(axis=0) - rotation @ np.mean(canonical, axis=0)
    return result


def relative_rotation(first: PhotoKeypoints, second: PhotoKeypoints) -> np.ndarray:
    """Rotation `[3, 3]` from the first photo's camera frame to the second's, by their keypoints.

    Of one object it is the camera's motion; of two of a category it compares how they stand.

    Raises:
      ValueError: the keypoints determine no rotation, or are not equally many.
    """
    if first.xyz_camera.shape != second.xyz_camera.shape:
        raise ValueError(
            f"{first.file} and {second.file} have {len(first.xyz_camera)} and "
            f"{len(second.xyz_camera)} keypoints; expected those of one model"
        )
    found = relative_rotation_of(first.xyz_camera, second.xyz_camera)
    if not found.determined:
        raise ValueError(f"{second.file}: keypoints lie on a line; they determine no rotation")
    return found.matrix
