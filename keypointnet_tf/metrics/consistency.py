"""Whether a keypoint stays at its place: between two views, and over all views and instances.

All in the object frame, reached through the true poses, in units where an object's longest side
is 2. Letters: N pairs, O objects, K keypoints. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics.grouping import object_keypoints


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


def distances_across_views(xyz_object: np.ndarray, object_id: np.ndarray) -> np.ndarray:
    """`[N, 2, K]` distance of each keypoint from its mean over all views of the same object.

    `|x_ovk - mean_v x_ovk|`: the world-frame consistency across the views of an instance. Averaged
    over the views of each object and then over objects it is `consistency_across_views`. Objects
    with n views read low by a factor of about `sqrt(1 - 1/n)`.
    """
    names, means = object_keypoints(xyz_object, object_id)
    own = means[np.searchsorted(names, object_id)]
    return np.linalg.norm(xyz_object - own[:, None], axis=-1)


def distances_across_instances(keypoints: np.ndarray) -> np.ndarray:
    """`[O, K]` distance of an object's own mean keypoints from the mean over objects.

    `|m_ok - mean_o m_ok|` for `keypoints [O, K, 3]` averaged over each object's views: the
    world-frame consistency across instances, each counted once. Shapes differ, so that it is not 0
    for perfect keypoints: read it against `landmarks_across_instances` of the floors.
    """
    return np.linalg.norm(keypoints - keypoints.mean(axis=0), axis=-1)
