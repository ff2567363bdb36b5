"""The warm start's template: K points in the object frame, one set for the whole category."""

from __future__ import annotations

import numpy as np


def fibonacci_ellipsoid(count: int, radii=(0.5, 0.5, 0.25)) -> np.ndarray:
    """Points spread evenly over an ellipsoid, the template's start.

    Args:
      count: K.
      radii: semi-axes along x, y, z in object units.

    Returns:
      `[count, 3]` float32, object frame.
    """
    index = np.arange(count) + 0.5
    z = 1 - 2 * index / count
    azimuth = np.pi * (1 + np.sqrt(5)) * index
    ring = np.sqrt(1 - z * z)
    sphere = np.stack([ring * np.cos(azimuth), ring * np.sin(azimuth), z], axis=-1)
    return (sphere * np.asarray(radii)).astype(np.float32)
