"""Percentage of correct keypoints (PCK) of true landmarks that are predicted from one image.

A landmark counts as correct when it is predicted within `alpha` times a reference length of its
true place in the image: with *box* the longer side of the object's bounding box (Yang and Ramanan,
"Articulated Human Detection with Flexible Mixtures of Parts", TPAMI 2013), with *image* the side of
the image. Discovered keypoints have no names, so the landmarks are predicted by the linear map of
`landmarks.py`, fitted on single views of the training objects. Hidden landmarks count too, but
for the figures that end in `_visible`.
Letters: N pairs, K keypoints, L landmarks, G permutations. Axis 1 is view0, view1; `uv` are NDC.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import canonical, symmetry
from keypointnet_tf.metrics.landmarks import LandmarkMap
from keypointnet_tf.metrics.predictions import Predictions

ALPHAS = (0.05, 0.1, 0.2)
IMAGE_SIDE = 2.0
"""NDC length of an image's side."""


def project_each(points: np.ndarray, poses: np.ndarray, focal: np.ndarray) -> np.ndarray:
    """`[N, 2, L, 2]` NDC of object-frame points `[N, 2, L, 3]` or `[L, 3]`; NaN stay NaN."""
    return placement.project_points(points, poses.astype(float), focal)[0]


def true_uv(test: Predictions) -> np.ndarray:
    """`[N, 2, L, 2]` true places of the landmarks, hidden ones too; NaN where absent."""
    landmarks = np.broadcast_to(
        test.landmarks[:, None], (len(test), 2, *test.landmarks.shape[1:])
    ).astype(float)
    return project_each(landmarks, test.object_to_camera, test.focal)


def predicted_uv(
    test: Predictions, fitted: LandmarkMap, template: np.ndarray, *, mirrored: bool = False
) -> np.ndarray:
    """`[N, 2, L, 2]` places of the landmarks that each image alone predicts.

    With `c` the mean of a view's keypoints `x_k` in the camera frame and `R` the rotation that
    Procrustes finds from the canonical template `[K, 3]` to them, the landmarks are
    `c + R map(R^T (x_k - c))`, projected. No truth of the test image enters.

    Args:
      test: the pairs.
      fitted: a centred map.
      template: `[K, 3]`.
      mirrored: whether the keypoints are taken for those of the template's mirror image in
        `y -> -y`, as they are where left and right are swapped.
    """
    points, flip = test.xyz_camera, symmetry.MIRROR if mirrored else np.ones(3)
    centre = points.mean(axis=2, keepdims=True)
    rotation = canonical.estimated_rotations(template * flip, points)
    landmarks = fitted((points - centre) @ rotation * flip) * flip
    camera = landmarks @ np.swapaxes(rotation, -1, -2) + centre
    focal = test.focal.astype(float)[..., None, None]
    return -focal * camera[..., :2] / camera[..., 2:]


def predicted_uv_true_pose(test: Predictions, fitted: LandmarkMap) -> np.ndarray:
    """The same with the true pose in place of an estimated one: what is lost by shape alone."""
    return project_each(fitted(test.xyz_object), test.object_to_camera, test.focal)


def floor_uv(test: Predictions, fitted: LandmarkMap) -> np.ndarray:
    """The training objects' mean landmarks in the true pose: the floor of the figure above."""
    return project_each(fitted.means, test.object_to_camera, test.focal)


def distances(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`[..., L]` NDC distance of places `[..., L, 2]`; NaN where either is unknown.

    Isotropic: NDC of a square image have one unit along both axes.
    """
    return np.linalg.norm(predicted - truth, axis=-1)


def distances_up_to_symmetry(
    predicted: np.ndarray, truth: np.ndarray, permutations: np.ndarray
) -> np.ndarray:
    """Distances to the truth, or to the truth with landmarks exchanged as a symmetry allows.

    Each view takes the one permutation of all of its landmarks with the least mean distance. Those
    that would put a landmark where a part is absent are not allowed.

    Args:
      predicted, truth: `[N, 2, L, 2]`.
      permutations: `[N, G, L]`; the identity need not be among them.

    Returns:
      `[N, 2, L]`, NaN where `distances` is.
    """
    best = distances(predicted, truth)
    present = ~np.isnan(truth[..., 0])
    for number in range(permutations.shape[1]):
        row = np.broadcast_to(permutations[:, None, number], present.shape)
        other = distances(predicted, np.take_along_axis(truth, row[..., None], axis=2))
        allowed = (np.take_along_axis(present, row, axis=2) == present).all(axis=-1)
        best = nearer(best, other, allowed)
    return best


def nearer(distance: np.ndarray, other: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """`[N, 2, L]` of each view the distances with the smaller sum, the others where allowed.

    Args:
      distance, other: `[N, 2, L]`, NaN at the same places.
      allowed: bool, broadcast with `[N, 2]`.
    """
    better = allowed & (_total(other) < _total(distance))
    return np.where(better[..., None], other, distance)


def reference_lengths(test: Predictions, norm: str) -> np.ndarray:
    """`[N, 2]` NDC length that `alpha` multiplies; NaN where a view's box is unknown.

    Args:
      test: the pairs.
      norm: "box", the longer side of the object's box, or "image".
    """
    if norm == "image":
        return np.full((len(test), 2), IMAGE_SIDE)
    boxes = test.object_boxes
    return (boxes[..., 2:] - boxes[..., :2]).max(axis=-1)


def hits(distance: np.ndarray, length: np.ndarray, alpha: float) -> np.ndarray:
    """`[N, 2, L]` 1 where `distance <= alpha * length`, 0 where not, NaN where it cannot be told.

    The mean over all that is not NaN is PCK per point; the mean over images of each image's own
    mean, PCK per image (an image without any landmark does not count).

    Args:
      distance: `[N, 2, L]` NDC.
      length: `[N, 2]` NDC.
      alpha: a fraction.
    """
    known = ~(np.isnan(distance) | np.isnan(length)[..., None])
    return np.where(known, distance <= alpha * length[..., None], np.nan)


def per_image(hit: np.ndarray) -> np.ndarray:
    """`[N, 2]` mean of `hits` over an image's landmarks; NaN for images without any."""
    known = ~np.isnan(hit)
    count = known.sum(axis=-1)
    share = np.where(known, hit, 0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, share, np.nan)


def _total(distance: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(distance), 0, distance).sum(axis=-1)
