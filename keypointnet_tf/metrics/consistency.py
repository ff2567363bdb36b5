"""Whether a keypoint stays at its place: between two views, and over all views and instances.

All in the object frame, reached through the true poses, in units where an object's longest side
is 2. Letters: N pairs, K keypoints. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np


def consistency(xyz_object: np.ndarray) -> np.ndarray:
    """`[N]` mean over k of `|x_k(view0) - x_k(view1)|` for keypoints `[N, 2, K, 3]`.

    Unlike the training loss (squared, in NDC) it sees errors of depth too.
    """
    return np.linalg.norm(xyz_object[:, 0] - xyz_object[:, 1], axis=-1).mean(axis=-1)


def distances_from_mean(xyz_object: np.ndarray) -> np.ndarray:
    """`[2 N, K]` distance of every predicted keypoint from its mean over views and instances."""
    flat = xyz_object.reshape(-1, *xyz_object.shape[2:])
    return np.linalg.norm(flat - flat.mean(axis=0), axis=-1)


def three_d_se(xyz_object: np.ndarray) -> np.ndarray:
    """`[K]` 3D standard error of each keypoint; its mean over k is the figure `three_d_se`.

    `1/(2N) sum_i |x_ik - mean_i x_ik|`, i over all views of all instances. The name is that of
    Suwajanakorn et al., NeurIPS 2018, who give no formula; this is our reading of it. Spread
    between instances is part of it, so it is not 0 for perfect keypoints of varied shapes.
    """
    return distances_from_mean(xyz_object).mean(axis=0)


def three_d_se_rms(xyz_object: np.ndarray) -> np.ndarray:
    """`[K]` the other reading: `sqrt(1/(2N) sum_i |x_ik - mean_i x_ik|^2)`."""
    return np.sqrt((distances_from_mean(xyz_object) ** 2).mean(axis=0))
