"""Whether the keypoints spread over the object, apart from one another and on its surface.

Guards against figures that look good because all points sit together near the centre.
Letters: N pairs, O objects, K keypoints.
"""

from __future__ import annotations

import numpy as np


def coverage(keypoints: np.ndarray) -> np.ndarray:
    """`[O]` mean over k of `|x_k - mean_k x_k|` for an object's averaged keypoints `[O, K, 3]`."""
    centroid = keypoints.mean(axis=-2, keepdims=True)
    return np.linalg.norm(keypoints - centroid, axis=-1).mean(axis=-1)


def least_distance(keypoints: np.ndarray) -> np.ndarray:
    """`[O]` smallest `|x_j - x_k|`, `j != k`, of averaged keypoints `[O, K, 3]`; NaN for K = 1."""
    count = keypoints.shape[-2]
    if count < 2:
        return np.full(keypoints.shape[:-2], np.nan)
    first, second = np.triu_indices(count, k=1)
    gaps = keypoints[..., first, :] - keypoints[..., second, :]
    return np.linalg.norm(gaps, axis=-1).min(axis=-1)


def on_object_share(on_object: np.ndarray) -> np.ndarray:
    """`[N]` share of a pair's `2 K` keypoints that lie on the object, from bools `[N, 2, K]`."""
    return on_object.mean(axis=(1, 2))
