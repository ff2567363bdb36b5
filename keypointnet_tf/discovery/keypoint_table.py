"""Keypoints of one picture as a row of a table: the columns of `keypoints.csv` and `track.csv`.

Letters: K keypoints.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints

SIDE = ("faces_right", "faces_confidence")
POSE = tuple(f"r{row}{column}" for row in range(3) for column in range(3)) + ("tx", "ty", "tz")
KEYPOINT = ("x", "y", "depth", "camera_x", "camera_y", "camera_z", "confidence")


def keypoint_columns(count: int) -> tuple[str, ...]:
    """Names of the columns for K = `count` keypoints."""
    return SIDE + POSE + tuple(f"k{k}_{part}" for k in range(count) for part in KEYPOINT)


def keypoint_row(photo: PhotoKeypoints, pose: np.ndarray | None) -> dict[str, float | int]:
    """Column to value.

    Args:
      photo: what was found.
      pose: `[4, 4]` object to crop camera; None where the keypoints determine none, and then its
        columns are absent.
    """
    row = {"faces_right": int(photo.faces_right), "faces_confidence": photo.faces_confidence}
    if pose is not None:
        row |= dict(zip(POSE, [*pose[:3, :3].ravel().tolist(), *pose[:3, 3].tolist()], strict=True))
    parts = (photo.xy, photo.depth[:, None], photo.xyz_camera, photo.confidence[:, None])
    for index, values in enumerate(np.hstack(parts).tolist()):
        row |= {f"k{index}_{part}": value for part, value in zip(KEYPOINT, values, strict=True)}
    return row
