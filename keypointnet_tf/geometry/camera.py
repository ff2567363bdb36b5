"""Differentiable projection and rigid motion in `keras.ops`.

The camera is the OpenGL camera of `placement.py`. Letters: B batch, N points (any leading batch
axes work as long as they broadcast), H W pixels.
"""

from __future__ import annotations

import numpy as np
from keras import ops


def project(xyz_camera, focal):
    """Pinhole projection `u = -f x / z`, `v = -f y / z`.

    Args:
      xyz_camera: `[B, N, 3]` camera-frame points with `z < 0`.
      focal: `[B]` focal length in NDC units.

    Returns:
      `[B, N, 2]` NDC, `v` up.
    """
    return -focal[..., None, None] * xyz_camera[..., :2] / xyz_camera[..., 2:]


def unproject(uv, depth, focal):
    """Inverse of `project` for known depth.

    Args:
      uv: `[B, N, 2]` NDC.
      depth: `[B, N]` camera-frame `z`, negative in front of the camera.
      focal: `[B]`.

    Returns:
      `[B, N, 3]` camera-frame points.
    """
    xy = -uv * depth[..., None] / focal[..., None, None]
    return ops.concatenate([xy, depth[..., None]], axis=-1)


def transform(points, pose):
    """Maps `points [B, N, 3]` by rigid matrices `pose [B, 4, 4]`."""
    rotation = ops.swapaxes(pose[..., :3, :3], -1, -2)
    return ops.matmul(points, rotation) + pose[..., None, :3, 3]


def invert(pose):
    """Inverse of rigid matrices `[B, 4, 4]`."""
    rotation = ops.swapaxes(pose[..., :3, :3], -1, -2)
    offset = -ops.matmul(rotation, pose[..., :3, 3:])
    upper = ops.concatenate([rotation, offset], axis=-1)
    return ops.concatenate([upper, pose[..., 3:, :]], axis=-2)


def relative_pose(object_to_camera0, object_to_camera1):
    """`[B, 4, 4]` map from camera 0's frame to camera 1's."""
    return ops.matmul(object_to_camera1, invert(object_to_camera0))


def pixel_grid(height: int, width: int) -> np.ndarray:
    """`[H, W, 2]` float32 NDC of the pixel centres; row 0 is the top, `v = 1 - 1 / H`."""
    u = (np.arange(width) + 0.5) * 2 / width - 1
    v = 1 - (np.arange(height) + 0.5) * 2 / height
    return np.stack(np.meshgrid(u, v), axis=-1).astype(np.float32)
