"""Display-referred (sRGB) colours and linear light, IEC 61966-2-1."""

from __future__ import annotations

import numpy as np


def linear_to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light, 0 or more, as display-referred values; 1 stays 1."""
    linear = np.asarray(linear)
    curve = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, curve)


def srgb_to_linear(srgb: np.ndarray) -> np.ndarray:
    """Inverse of `linear_to_srgb`."""
    srgb = np.asarray(srgb)
    curve = ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(srgb <= 0.04045, srgb / 12.92, curve)
