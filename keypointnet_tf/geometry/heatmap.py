"""Spatial softmax and its moments in `keras.ops`. Letters: B batch, H W heatmap cells, K maps."""

from __future__ import annotations

import numpy as np
from keras import ops

from keypointnet_tf.geometry.camera import pixel_grid


def spatial_softmax(logits):
    """Softmax over all cells of each map.

    Args:
      logits: `[B, H, W, K]`.

    Returns:
      `[B, H, W, K]` float32, each map summing to 1.
    """
    _, height, width, count = logits.shape
    flat = ops.reshape(ops.cast(logits, "float32"), (-1, height * width, count))
    return ops.reshape(ops.softmax(flat, axis=1), (-1, height, width, count))


def expected_uv(heatmap):
    """Mean NDC position of each map: `[B, H, W, K] -> [B, K, 2]`.

    The pixel grid is in NDC at cell centres, so a heatmap coarser than the image stays unbiased.
    """
    return ops.einsum("bhwk,hwc->bkc", heatmap, _grid(heatmap))


def expected_value(heatmap, values):
    """Mean of `values [B, H, W, K]` under each map: `[B, K]`."""
    return ops.sum(heatmap * values, axis=(1, 2))


def spatial_variance(heatmap):
    """Variance of each map about its own mean, summed over u and v: `[B, K]`, squared NDC."""
    grid = _grid(heatmap)
    # All moments in one pass over the maps.
    powers = np.concatenate([grid, (grid**2).sum(axis=-1, keepdims=True)], axis=-1)
    moments = ops.einsum("bhwk,hwc->bkc", heatmap, powers)
    return moments[..., 2] - ops.sum(ops.square(moments[..., :2]), axis=-1)


def confidence(heatmap, *, half_at: float = 0.1):
    """How concentrated each map is: `s^2 / (s^2 + variance)`, 1 for a single cell.

    Args:
      heatmap: `[B, H, W, K]`.
      half_at: `s`, the standard deviation in NDC at which the confidence is one half.

    Returns:
      `[B, K]` in (0, 1].
    """
    return half_at**2 / (half_at**2 + ops.maximum(spatial_variance(heatmap), 0.0))


def _grid(heatmap) -> np.ndarray:
    return pixel_grid(heatmap.shape[1], heatmap.shape[2])
