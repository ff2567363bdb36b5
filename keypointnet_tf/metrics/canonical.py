"""The pose of an object from a single image, through a canonical set of keypoints.

The canonical set is the category's mean: each keypoint's mean place in the object frame over the
training objects. Turning it onto the keypoints that one image shows, by Procrustes, gives the
object's pose in that image. A mean shape turned onto 3D keypoints of category-level coordinates is
how pose is read off in Wang et al., "Normalized Object Coordinate Space", CVPR 2019 (there with
scale, after Umeyama, 1991); here units are the object's already.
Letters: N pairs, K keypoints, any leading axes `...`. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import pose
from keypointnet_tf.metrics.grouping import object_keypoints
from keypointnet_tf.metrics.predictions import Predictions


def template(train: Predictions) -> np.ndarray | None:
    """`[K, 3]` mean keypoints in the object frame, each object counted once; None without pairs."""
    if not len(train):
        return None
    _, keypoints = object_keypoints(train.xyz_object, train.object_id)
    return keypoints.mean(axis=0)


def absolute_errors(canonical: np.ndarray, xyz_object: np.ndarray) -> np.ndarray:
    """Angle between each view's estimated and true object-to-camera rotation.

    Seen from the object frame, where the truth is the identity: the estimate is the rotation that
    best maps the canonical points onto the view's own.

    Args:
      canonical: `[K, 3]`.
      xyz_object: `[N, 2, K, 3]` keypoints in the object frame through the true poses.

    Returns:
      `[N, 2]` degrees; 180 where the keypoints determine no rotation.
    """
    points = np.broadcast_to(canonical, xyz_object.shape)
    errors = pose.rotation_angle_degrees(pose.procrustes_rotation(points, xyz_object))
    return np.where(pose.rotation_determined(points, xyz_object), errors, pose.WORST_DEGREES)


def estimated_rotations(canonical: np.ndarray, xyz_camera: np.ndarray) -> np.ndarray:
    """Object-to-camera rotations that best map the canonical points onto each view's keypoints.

    Nothing of the true pose enters.

    Args:
      canonical: `[K, 3]`.
      xyz_camera: `[..., K, 3]` keypoints in the camera frame.

    Returns:
      `[..., 3, 3]`.
    """
    return pose.procrustes_rotation(np.broadcast_to(canonical, xyz_camera.shape), xyz_camera)


def mean_pose(object_to_camera: np.ndarray) -> np.ndarray:
    """`[4, 4]` mean of poses `[..., 4, 4]`.

    The rotation nearest to the mean of the matrices (the chordal mean: Hartley et al., "Rotation
    Averaging", IJCV 2013), and the mean translation.
    """
    poses = object_to_camera.reshape(-1, 4, 4).astype(float)
    left, _, right = np.linalg.svd(poses[:, :3, :3].mean(axis=0))
    result = np.eye(4)
    result[:3, :3] = left @ np.diag([1, 1, np.linalg.det(left @ right)]) @ right
    result[:3, 3] = poses[:, :3, 3].mean(axis=0)
    return result
