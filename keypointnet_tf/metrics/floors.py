"""What knowing nothing scores: the floors beside which a figure is to be read.

*Random*: the object's rotation is drawn uniformly in each view. *Mean pose*: every view gets the
training objects' mean keypoints at the mean training pose, whatever the image shows.
Letters: N pairs, K keypoints, D draws.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import pose, symmetry
from keypointnet_tf.metrics.grouping import object_landmarks
from keypointnet_tf.metrics.orientation import AXIS_POINTS
from keypointnet_tf.metrics.pictures import points_on_object
from keypointnet_tf.metrics.predictions import Predictions

DRAWS = 4000
SEED = 0


def random_accuracy(degrees: float) -> float:
    """Share of uniformly random rotations that err by less than an angle.

    The angle of a uniform rotation has the density `(1 - cos t) / pi` on `[0, pi]` (Miles, "On
    random rotations in R^3", Biometrika 1965), so the share is `(t - sin t) / pi`.
    """
    t = np.radians(degrees)
    return float((t - np.sin(t)) / np.pi)


def random_angle() -> dict[str, float]:
    """Mean and median angle in degrees of a uniformly random rotation.

    The mean is `pi / 2 + 2 / pi`, 126.5 degrees; the median solves `t - sin t = pi / 2`: 132.3.
    """
    median = brentq(lambda t: t - np.sin(t) - np.pi / 2, 0, np.pi)
    return {
        "mean_deg": float(np.degrees(np.pi / 2 + 2 / np.pi)),
        "median_deg": float(np.degrees(median)),
    }


def random_figures(
    test: Predictions, template: np.ndarray | None, accuracy_degrees: Sequence[int]
) -> dict[str, float]:
    """The figures of pose and of the left/right bit for uniformly random predictions.

    A descriptor that knows nothing finds the same index once in K times.
    Those without symmetry are exact expectations; those up to symmetry are drawn
    (`random_errors_up_to_symmetry`), if a symmetry is declared and there is a template.
    """
    angle = random_angle()
    found: dict[str, float] = {"orientation_accuracy": 0.5}
    if test.descriptors is not None:
        for suffix in ("", "_across_objects"):
            found[f"match_accuracy{suffix}"] = 1 / test.keypoints
    drawn = symmetry.declared(test) and template is not None
    for error, accuracy in (("angular", "accuracy"), ("absolute", "absolute_accuracy")):
        found[f"{error}_error_mean_deg"] = angle["mean_deg"]
        found[f"{error}_error_median_deg"] = angle["median_deg"]
        for degrees in accuracy_degrees:
            found[f"{accuracy}_{degrees}deg"] = random_accuracy(degrees)
        if drawn:
            errors = random_errors_up_to_symmetry(test, template, absolute=error == "absolute")
            found[f"{error}_error_mean_deg_sym"] = float(errors.mean())
            found[f"{error}_error_median_deg_sym"] = float(np.median(errors))
            for degrees in accuracy_degrees:
                found[f"{accuracy}_{degrees}deg_sym"] = pose.accuracy(errors, degrees)
    return found


def random_errors_up_to_symmetry(
    test: Predictions, template: np.ndarray, *, absolute: bool = False
) -> np.ndarray:
    """Errors up to symmetry of the template at a uniformly random rotation in each view.

    By drawing, with a fixed seed: equally often for each pair, at least `DRAWS` in all.

    Args:
      test: the scored pairs.
      template: `[K, 3]`.
      absolute: False: between the two views of a pair. True: between the template and a view.

    Returns:
      `[D]` degrees.
    """
    mirror, fold = symmetry.symmetry_of(test)
    repeats = -(-DRAWS // len(test))
    mirror, fold = np.tile(mirror, repeats), np.tile(fold, repeats)
    rotations = Rotation.random(2 * len(fold), rng=np.random.default_rng(SEED)).as_matrix()
    points = np.swapaxes(rotations @ template.T, -1, -2)
    points0, points1 = points[: len(fold)], points[len(fold) :]
    if absolute:
        points0 = np.broadcast_to(template, points1.shape)
    plain = pose.pair_angular_errors(np.stack([points0, points1], axis=1), np.eye(3))
    return symmetry.forgiving_errors(points0, points1, plain, mirror=mirror, fold=fold)


def mean_pose_predictions(
    predictions: Predictions, template: np.ndarray, pose_of_all: np.ndarray
) -> Predictions:
    """The file with its test pairs predicted without looking.

    Args:
      predictions: both splits.
      template: `[K, 3]` canonical keypoints.
      pose_of_all: `[4, 4]` mean training pose.

    Returns:
      The same, but for the keypoints and axis points of the test pairs; the training pairs, on
      which maps and means are fitted, stay.
    """
    test = predictions.split == "test"
    focal = predictions.focal.astype(float)
    shape = (*focal.shape, 4, 4)
    poses = np.broadcast_to(pose_of_all, shape)
    uv, depth = placement.project_points(template, poses, focal)
    changed = {
        "uv": np.where(test[:, None, None, None], uv, predictions.uv),
        "depth": np.where(test[:, None, None], depth, predictions.depth),
        # Boxes and shares come from the pictures once; those need not be looked at again.
        "on_object": None,
        "descriptors": None,
        "boxes": predictions.object_boxes,
        "images": None,
    }
    if predictions.images is not None:
        changed["on_object"] = points_on_object(changed["uv"], predictions.images)
    if predictions.orient_uv is not None:
        axis = placement.project_points(AXIS_POINTS, poses, focal)[0]
        changed["orient_uv"] = np.where(test[:, None, None, None], axis, predictions.orient_uv)
    return dataclasses.replace(predictions, **changed)


def landmark_spread(test: Predictions) -> float:
    """Mean distance of the true landmarks from their own means over the test objects.

    `mean over l, o of |y_ol - mean_o y_ol|`, over present landmarks, each object counted once: what
    `consistency_across_instances` would be for keypoints that are the landmarks. NaN without any.
    """
    if test.landmarks is None:
        return float("nan")
    each = object_landmarks(test.landmarks, test.object_id)
    present = ~np.isnan(each)
    count = np.maximum(present.sum(axis=0), 1)
    means = np.where(present, each, 0).sum(axis=0) / count
    apart = np.linalg.norm(each - means, axis=-1)
    known = ~np.isnan(apart)
    return float(apart[known].mean()) if known.any() else float("nan")
