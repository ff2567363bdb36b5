"""What cameras and files do to a picture: colour, exposure, blur, noise, JPEG.

Every function takes float32 `[V, S, S, 3]` in [0, 1] and one strength per view, and returns new
pictures, which may leave [0, 1]; `degrade` clips at the end. Letters: V views, S pixels of a side.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

# Luma weights of Rec. 601, the axis about which hue turns.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def expose(images: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Brighter by `stops [V]` powers of two."""
    return images * _per_view(np.exp2(stops))


def warm(images: np.ndarray, warmth: np.ndarray) -> np.ndarray:
    """White balance: red times `1 + warmth`, blue times `1 - warmth`; `warmth [V]`."""
    gains = np.stack([1 + warmth, np.ones_like(warmth), 1 - warmth], axis=-1)
    return images * gains[:, None, None].astype(np.float32)


def contrast(images: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Differences from the view's mean times `factor [V]`."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return mean + (images - mean) * _per_view(factor)


def turn_hue(images: np.ndarray, angle: np.ndarray, saturation: np.ndarray) -> np.ndarray:
    """Hue turned by `angle [V]` radians and saturation scaled, at constant luma.

    Colour is a luma and a difference from it; the difference is turned about the grey axis by
    Rodrigues' formula and brought back to luma 0.
    """
    luma = images @ LUMA[:, None]
    color = images - luma
    axis = np.full(3, 3**-0.5, np.float32)
    cosine, sine = _per_view(np.cos(angle)), _per_view(np.sin(angle))
    along = (color @ axis)[..., None] * axis
    turned = color * cosine + np.cross(axis, color) * sine + along * (1 - cosine)
    turned -= turned @ LUMA[:, None]
    return luma + turned * _per_view(saturation)


def blur(images: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Gaussian blur of `sigma [V]` pixels; below a tenth of a pixel a view stays as it is."""
    from scipy import ndimage  # here: every script reads the settings, few blur

    result = images.copy()
    for view in np.flatnonzero(sigma > 0.1):
        result[view] = ndimage.gaussian_filter(images[view], (sigma[view], sigma[view], 0))
    return result


def add_noise(images: np.ndarray, deviation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal noise of standard deviation `deviation [V]`, each pixel and channel its own."""
    noise = rng.standard_normal(images.shape, dtype=np.float32)
    return images + noise * _per_view(deviation)


def compress(images: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """JPEG at `quality [V]`, 1 to 95; 0 leaves a view as it is. Values are clipped to [0, 1]."""
    result = images.copy()
    for view in np.flatnonzero(quality > 0):
        file = io.BytesIO()
        pixels = np.round(np.clip(images[view], 0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(file, "JPEG", quality=int(quality[view]))
        result[view] = np.asarray(Image.open(file), np.float32) / 255
    return result


def _per_view(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)[:, None, None, None]
