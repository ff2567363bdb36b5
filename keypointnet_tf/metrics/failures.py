"""Why a pair's rotation is bad, where that can be told.

A bad pair is one whose angular error is 30 degrees or more. The reason is told from the prediction
(points without a rotation, points that become right when mirrored) or from properties of the view
that are known to be hard; the latter go along with failure, they do not prove its cause.
Letters: N pairs, K keypoints, L landmarks. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import pose
from keypointnet_tf.metrics.pck import true_uv
from keypointnet_tf.metrics.predictions import Predictions

BAD_DEGREES = 30.0
LEAST_SEEN = 0.2
THIN_ELEVATION_DEGREES = 10.0
THIN_SHARE = 0.03

UNDETERMINED = "undetermined"
FLIPPED = "flipped"
OCCLUDED = "occluded"
THIN = "thin view"
UNKNOWN = "unknown"
REASONS = (UNDETERMINED, FLIPPED, OCCLUDED, THIN, UNKNOWN)

FLIPS = np.array([[1.0, -1, 1], [-1, 1, 1], [-1, -1, 1]])
"""Left for right, front for back, and both, which is half a turn about `z`."""


def failure_reasons(
    test: Predictions,
    *,
    errors: np.ndarray,
    determined: np.ndarray,
    sides_right: np.ndarray,
    elevation: np.ndarray,
    mask_share: np.ndarray,
) -> np.ndarray:
    """`[N]` str: "" for pairs that are not bad, else the first of these that holds.

    - `undetermined`: the keypoints determine no rotation.
    - `flipped`: the left/right bit is wrong in a view, or the error falls below 30 degrees when one
      view's keypoints are mirrored in the object frame, left for right, front for back, or both.
    - `occluded`: less than a fifth of the object's landmarks are seen in both views, by
      `landmark_visible` where it is given; outside the frame nothing is seen.
    - `thin view`: a view from within 10 degrees of the ground plane, or one whose object fills less
      than 3 % of the image.
    - `unknown`: none of these.

    Args:
      test: the scored pairs.
      errors: `[N]` angular errors in degrees.
      determined: `[N]` bool.
      sides_right: `[N, 2]` 1 where the left/right bit is right, NaN where none was predicted.
      elevation: `[N, 2]` degrees.
      mask_share: `[N, 2]` share of the image, NaN without images.
    """
    reason = np.full(len(test), UNKNOWN, dtype=f"<U{max(map(len, REASONS))}")
    thin = (np.abs(elevation) < THIN_ELEVATION_DEGREES) | (mask_share < THIN_SHARE)
    reason[thin.any(axis=1)] = THIN
    reason[seen_share(test) < LEAST_SEEN] = OCCLUDED
    flipped = (sides_right == 0).any(axis=1) | (mirrored_errors(test.xyz_object) < BAD_DEGREES)
    reason[flipped] = FLIPPED
    reason[~determined] = UNDETERMINED
    reason[errors < BAD_DEGREES] = ""
    return reason


def mirrored_errors(xyz_object: np.ndarray) -> np.ndarray:
    """`[N]` least angular error in degrees when view1's keypoints are flipped in one of three ways.

    Flipping view0's instead gives the same angles.

    Args:
      xyz_object: `[N, 2, K, 3]` keypoints in the object frame.
    """
    best = np.full(len(xyz_object), pose.WORST_DEGREES)
    for flip in FLIPS:
        points = np.stack([xyz_object[:, 0], xyz_object[:, 1] * flip], axis=1)
        best = np.minimum(best, pose.pair_angular_errors(points, np.eye(3)))
    return best


def seen_share(test: Predictions) -> np.ndarray:
    """`[N]` share of the object's landmarks that both views see; NaN without landmarks."""
    if test.landmarks is None:
        return np.full(len(test), np.nan)
    truth = true_uv(test)
    present = ~np.isnan(truth[..., 0])
    seen = present & (np.abs(truth) <= 1).all(axis=-1)
    if test.landmark_visible is not None:
        seen &= test.landmark_visible
    count = present[:, 0].sum(axis=1)
    return np.where(count > 0, seen.all(axis=1).sum(axis=1) / np.maximum(count, 1), np.nan)
