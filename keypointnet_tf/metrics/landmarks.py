"""Whether keypoints follow the shape of the instance, not only the pose of the category.

A rigid pattern that turns with the object scores well on every pose figure. Here a linear map,
fitted on other objects, must find an object's true semantic points from its keypoints; it is worth
something only as far as it beats the mean landmarks of those other objects. Regression of
annotated landmarks from unsupervised ones follows Thewlis, Bilen, Vedaldi, ICCV 2017.
Letters: N pairs, R samples (objects, or views), F features, K keypoints, L landmarks.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.linalg

from keypointnet_tf.metrics.grouping import object_keypoints, object_landmarks
from keypointnet_tf.metrics.predictions import Predictions

PENALTY = 0.01
LEAST_TRAIN_OBJECTS = 2


@dataclasses.dataclass(frozen=True, eq=False)
class LandmarkScores:
    """Landmark errors, in object units, of R test samples.

    Attributes:
      errors: `[R, L]` distance between mapped and true landmark, NaN where not scored.
      floors: `[R, L]` distance between the training objects' mean landmark and the true one.
      scored: `[R, L]` bool: the test object has the landmark, and so do enough training objects.
      object_id: `[R]` names; an object repeats when samples are views.
      reason: why nothing is scored, "" otherwise.
    """

    errors: np.ndarray
    floors: np.ndarray
    scored: np.ndarray
    object_id: np.ndarray
    reason: str = ""

    @property
    def landmark_error(self) -> float:
        """Mean of `errors` over all scored landmarks of all samples; NaN when there are none."""
        return float(_masked_mean(self.errors, self.scored, axis=None))

    @property
    def landmark_floor(self) -> float:
        """Mean of `floors` over the same: what knowing the pose and the category alone gives."""
        return float(_masked_mean(self.floors, self.scored, axis=None))

    @property
    def ratio(self) -> float:
        """`landmark_error / landmark_floor`; below 1 the keypoints tell something of the shape."""
        floor = self.landmark_floor
        return self.landmark_error / floor if floor > 0 else float("nan")

    @property
    def error_per_landmark(self) -> np.ndarray:
        """`[L]` mean error over the samples where it is scored; NaN where in none."""
        return _masked_mean(self.errors, self.scored, axis=0)

    @property
    def floor_per_landmark(self) -> np.ndarray:
        """`[L]` mean floor over the same samples."""
        return _masked_mean(self.floors, self.scored, axis=0)


def landmark_scores(
    predictions: Predictions, *, single_view: bool = False, penalty: float = PENALTY
) -> LandmarkScores:
    """Fits the map on the "train" pairs and scores it on the "test" pairs.

    Args:
      predictions: both splits, with landmarks.
      single_view: False: a sample is an object, its keypoints averaged over all of its views.
        True: a sample is a view, in fitting and in scoring.
      penalty: of the ridge map.

    Raises:
      ValueError: pairs of one object disagree on its landmarks.
    """
    reason = _why_not(predictions)
    if reason:
        return _unscored(predictions, reason)
    means = mean_landmarks(predictions.select("train"))
    train_features, targets, _ = _samples(predictions.select("train"), single_view)
    features, truth, names = _samples(predictions.select("test"), single_view)
    mapped = np.full(truth.shape, np.nan)
    for landmark in np.flatnonzero(~np.isnan(means[:, 0])):
        rows = ~np.isnan(targets[:, landmark, 0])
        weights, intercept = fit_ridge(
            train_features[rows], targets[rows, landmark], penalty=penalty
        )
        mapped[:, landmark] = features @ weights + intercept
    errors = np.linalg.norm(mapped - truth, axis=-1)
    floors = np.linalg.norm(means - truth, axis=-1)
    scored = ~np.isnan(errors)
    reason = "" if scored.any() else "no landmark is present in objects of both splits"
    return LandmarkScores(errors, floors, scored, names, reason)


def mean_landmarks(train: Predictions) -> np.ndarray:
    """`[L, 3]` mean of each landmark over the objects that have it, each object counted once.

    NaN where fewer than two objects have it: neither a mean nor a map can be made from those.
    """
    landmarks = object_landmarks(train.landmarks, train.object_id)
    present = ~np.isnan(landmarks)
    enough = present.sum(axis=0) >= LEAST_TRAIN_OBJECTS
    return np.where(enough, _masked_mean(landmarks, present, axis=0), np.nan)


def fit_ridge(
    features: np.ndarray, targets: np.ndarray, *, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Linear map with an intercept that is not penalised.

    `argmin_{W, b} sum_r |y_r - x_r W - b|^2 + penalty |W|^2`: `W = (X^T X + penalty I)^-1 X^T Y`
    on centred data, `b = mean y - mean x W` (Hoerl and Kennard, 1970). Features are not rescaled.

    Args:
      features: `[R, F]`.
      targets: `[R, D]`.
      penalty: above 0.

    Returns:
      `W [F, D]` and `b [D]`.

    Raises:
      ValueError: `penalty` is not above 0.
    """
    if not penalty > 0:
        raise ValueError(f"penalty is {penalty}; expected a number above 0")
    feature_mean, target_mean = features.mean(axis=0), targets.mean(axis=0)
    centred = features - feature_mean
    normal = centred.T @ centred + penalty * np.eye(features.shape[1])
    weights = scipy.linalg.solve(normal, centred.T @ (targets - target_mean), assume_a="pos")
    return weights, target_mean - feature_mean @ weights


def _why_not(predictions: Predictions) -> str:
    """Why no map can be fitted or scored, "" when one can."""
    if predictions.landmarks is None:
        return "the predictions hold no landmarks"
    objects = len(np.unique(predictions.object_id[predictions.split == "train"]))
    if objects < LEAST_TRAIN_OBJECTS:
        return f"{objects} objects in split 'train'; at least {LEAST_TRAIN_OBJECTS} are needed"
    if not (predictions.split == "test").any():
        return "no pairs in split 'test'"
    return ""


def _unscored(predictions: Predictions, reason: str) -> LandmarkScores:
    names = np.unique(predictions.object_id[predictions.split == "test"])
    count = 0 if predictions.landmarks is None else predictions.landmarks.shape[1]
    nothing = np.full((len(names), count), np.nan)
    return LandmarkScores(nothing, nothing, np.zeros(nothing.shape, bool), names, reason)


def _samples(
    predictions: Predictions, single_view: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features `[R, 3 K]`, targets `[R, L, 3]` and object names `[R]`."""
    names, keypoints = object_keypoints(predictions.xyz_object, predictions.object_id)
    targets = object_landmarks(predictions.landmarks, predictions.object_id)
    if single_view:
        rows = np.repeat(np.searchsorted(names, predictions.object_id), 2)
        names, targets = names[rows], targets[rows]
        keypoints = predictions.xyz_object.reshape(-1, *keypoints.shape[1:])
    return keypoints.reshape(len(keypoints), -1), targets, names


def _masked_mean(values: np.ndarray, mask: np.ndarray, axis: int | None) -> np.ndarray:
    count = mask.sum(axis=axis)
    total = np.where(mask, values, 0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
