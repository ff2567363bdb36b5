"""The figures that need true landmarks, by name, as functions of object weights.

Letters: N test pairs, L landmarks.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import alignment, pck, symmetry
from keypointnet_tf.metrics.estimates import Agreement, Average, Mean, Ratio
from keypointnet_tf.metrics.grouping import object_keypoints, object_landmarks
from keypointnet_tf.metrics.measured import Estimates, Measured


def landmark_estimates(measured: Measured) -> Estimates:
    """Landmark errors, floors and their ratios."""
    found: Estimates = {}
    for suffix, scores in (("", measured.object_scores), ("_single_view", measured.view_scores)):
        group = np.searchsorted(measured.names, scores.object_id)
        error = Mean.of(scores.errors, group, measured.objects)
        floor = Mean.of(scores.floors, group, measured.objects)
        found[f"landmark_error{suffix}"] = error
        found[f"landmark_floor{suffix}"] = floor
        found[f"landmark_error_ratio{suffix}"] = Ratio(error, floor)
    return found


def alignment_estimates(measured: Measured) -> Estimates:
    """Dual alignment scores."""
    test = measured.test
    nothing = Agreement(np.zeros((measured.objects, 0, 0)))
    parts = {"": (nothing, nothing), "_single_view": (nothing, nothing)}
    if test.landmarks is not None:
        _, keypoints = object_keypoints(test.xyz_object, test.object_id)
        each = object_landmarks(test.landmarks, test.object_id)
        views = test.xyz_object.reshape(-1, *test.xyz_object.shape[2:])
        owner = np.repeat(measured.group, 2)
        own = np.arange(measured.objects)
        parts[""] = alignment.alignment(keypoints, each, own, measured.objects)
        parts["_single_view"] = alignment.alignment(views, each[owner], owner, measured.objects)
    found: Estimates = {}
    for suffix, (forward, backward) in parts.items():
        found[f"das{suffix}"] = Average([forward, backward])
        found[f"das_forward{suffix}"] = forward
        found[f"das_backward{suffix}"] = backward
    return found


def pck_estimates(measured: Measured) -> Estimates:
    """PCK for every reference length, alpha and way of predicting."""
    apart = _pck_distances(measured)
    found: Estimates = {}
    for norm in ("box", "image"):
        length = pck.reference_lengths(measured.test, norm)
        for suffix, distance in apart.items():
            for alpha in pck.ALPHAS:
                hit = pck.hits(distance, length, alpha)
                found[f"pck_{norm}_{alpha}{suffix}"] = measured.mean(hit)
                if not suffix:
                    shares = measured.mean(pck.per_image(hit))
                    found[f"pck_{norm}_{alpha}_per_image"] = shares
    return found


def _pck_distances(measured: Measured) -> dict[str, np.ndarray]:
    """`[N, 2, L]` NDC distances by the suffix of the figures that they make."""
    test, references = measured.test, measured.references
    names = ("", "_sym", "_visible", "_true_pose", "_floor")
    if references.view_map is None:
        return dict.fromkeys(names, np.full((len(test), 2, 1), np.nan))
    truth = pck.true_uv(test)
    predicted = pck.predicted_uv(test, references.centred_map, references.template)
    unknown = np.full(truth.shape[:-1], np.nan)
    own = pck.distances(predicted, truth)
    symmetric = visible = unknown
    if test.landmark_permutations is not None:
        symmetric = _up_to_symmetry(measured, predicted, truth)
    if test.landmark_visible is not None:
        visible = np.where(test.landmark_visible, own, np.nan)
    true_pose = pck.predicted_uv_true_pose(test, references.view_map)
    floor = pck.floor_uv(test, references.view_map)
    others = (pck.distances(true_pose, truth), pck.distances(floor, truth))
    return dict(zip(names, (own, symmetric, visible, *others), strict=True))


def _up_to_symmetry(measured: Measured, predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`[N, 2, L]` NDC distances with swapped landmarks forgiven, and swapped keypoints too."""
    test, references = measured.test, measured.references
    mirrored = pck.predicted_uv(test, references.centred_map, references.template, mirrored=True)
    plain, other = (
        pck.distances_up_to_symmetry(uv, truth, test.landmark_permutations)
        for uv in (predicted, mirrored)
    )
    mirror, _ = symmetry.symmetry_of(test)
    return pck.nearer(plain, other, mirror[:, None])
