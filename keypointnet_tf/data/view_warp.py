"""Turns the camera of a finished view: the picture is resampled, the pose follows exactly.

A camera that turns about its own centre sees the same rays at other pixels, whatever the depth
(Hartley, Zisserman, "Multiple View Geometry", 2nd edition, section 8.4.2), so shifting and rolling
the crop of a view this way keeps its geometry exact.
Letters: V views, S pixels of a side, C channels.
"""

from __future__ import annotations

import numpy as np


def turning(shift: np.ndarray, roll: np.ndarray, focal: np.ndarray) -> np.ndarray:
    """Rotations of cameras that move the picture's centre and roll it.

    Args:
      shift: `[V, 2]` NDC by which what was at the centre moves, `u` right and `v` up.
      roll: `[V]` radians by which the picture turns, counter-clockwise.
      focal: `[V]` NDC.

    Returns:
      `[V, 3, 3]`, old camera frame to new.
    """
    yaw, pitch = np.arctan(shift[:, 0] / focal), np.arctan(shift[:, 1] / focal)
    return _about(2, roll) @ _about(0, pitch) @ _about(1, -yaw)


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    """`[V, 3, 3]` right-handed rotations about a coordinate axis."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    result = np.zeros((len(angle), 3, 3))
    result[:, axis, axis] = 1
    result[:, first, first] = result[:, second, second] = np.cos(angle)
    result[:, second, first], result[:, first, second] = np.sin(angle), -np.sin(angle)
    return result


def turn_views(
    images: np.ndarray, poses: np.ndarray, focal: np.ndarray, rotation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Views as cameras see them that are turned about their own centres.

    Args:
      images: float32 `[V, S, S, C]`, sampled bilinearly, 0 beyond their border.
      poses: `[V, 4, 4]` object to camera.
      focal: `[V]` NDC.
      rotation: `[V, 3, 3]` old camera frame to new.

    Returns:
      The new images, and the new poses as float32.
    """
    size = images.shape[1]
    place = (np.arange(size) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(place, -place)
    pixels = np.stack([u, v, np.ones_like(u)], axis=-1).reshape(1, -1, 3)
    rays = pixels * np.stack([np.ones_like(focal), np.ones_like(focal), -focal], axis=-1)[:, None]
    old = rays @ rotation
    x, y = (-focal[:, None] * old[..., axis] / old[..., 2] for axis in (0, 1))
    columns, rows = ((1 + x) / 2 * size - 0.5, (1 - y) / 2 * size - 0.5)
    turned = poses.astype(np.float32).copy()
    turned[:, :3] = rotation @ poses[:, :3]
    return sample_bilinear(images, columns, rows).reshape(images.shape), turned


def sample_bilinear(images: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values between pixels, 0 beyond the border.

    Args:
      images: float32 `[..., H, W, C]`.
      columns, rows: `[..., P]` or, of a single image, any shape; 0 at the first pixel's centre.

    Returns:
      float32 `[..., P, C]`.
    """
    *batch, height, width, channels = images.shape
    wide, padding = width + 2, [(0, 0)] * len(batch) + [(1, 1), (1, 1), (0, 0)]
    flat = np.pad(images, padding).reshape(-1, channels)
    columns = np.clip(columns + 1, 0, width + 0.999)
    rows = np.clip(rows + 1, 0, height + 0.999)
    left, top = columns.astype(np.int64), rows.astype(np.int64)
    across = (columns - left)[..., None].astype(np.float32)
    down = (rows - top)[..., None].astype(np.float32)
    first = top * wide + left
    if batch:
        each = np.arange(np.prod(batch)).reshape(*batch, 1)
        first = first + each * (height + 2) * wide
    upper = flat[first] * (1 - across) + flat[first + 1] * across
    lower = flat[first + wide] * (1 - across) + flat[first + wide + 1] * across
    return upper * (1 - down) + lower * down
