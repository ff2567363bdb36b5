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


@dataclasses.dataclass(frozen=True, eq=False)
class LandmarkMap:
    """Linear map from an object's keypoints to its landmarks, all in the object frame.

    Attributes:
      weights: `[F, L, 3]` for the F = 3 K coordinates of the keypoints.
      intercept: `[L, 3]`, NaN where a landmark could not be fitted.
      means: `[L, 3]` mean landmarks of the training objects, NaN likewise.
    """

    weights: np.ndarray
    intercept: np.ndarray
    means: np.ndarray

    def __call__(self, keypoints: np.ndarray) -> np.ndarray:
        """`[..., L, 3]` landmarks for keypoints `[..., K, 3]`."""
        features = keypoints.reshape(*keypoints.shape[:-2], -1)
        return np.tensordot(features, self.weights, axes=1) + self.intercept


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
    reason = why_not(predictions)
    if reason:
        return _unscored(predictions, reason)
    fitted = fit_map(predictions.select("train"), single_view=single_view, penalty=penalty)
    features, truth, names = _samples(predictions.select("test"), single_view)
    errors = np.linalg.norm(fitted(features) - truth, axis=-1)
    floors = np.linalg.norm(fitted.means - truth, axis=-1)
    scored = ~np.isnan(errors)
    reason = "" if scored.any() else "no landmark is present in objects of both splits"
    return LandmarkScores(errors, floors, scored, names, reason)


def fit_map(
    train: Predictions,
    *,
    single_view: bool = False,
    centred: bool = False,
    penalty: float = PENALTY,
) -> LandmarkMap:
    """The ridge map of the training pairs; each landmark is fitted where it is present.

    Args:
      train: the pairs, with landmarks.
      single_view, penalty: as for `landmark_scores`.
      centred: whether keypoints and landmarks are taken relative to the mean of the sample's
        keypoints, for use where the object's place is not known.
    """
    means = mean_landmarks(train)
    keypoints, targets, _ = _samples(train, single_view)
    if centred:
        middle = keypoints.mean(axis=1, keepdims=True)
        keypoints, targets = keypoints - middle, targets - middle
    features = keypoints.reshape(len(keypoints), -1)
    weights = np.zeros((features.shape[1], *means.shape))
    intercept = np.full(means.shape, np.nan)
    for landmark in np.flatnonzero(~np.isnan(means[:, 0])):
        rows = ~np.isnan(targets[:, landmark, 0])
        weights[:, landmark], intercept[landmark] = fit_ridge(
            features[rows], targets[rows, landmark], penalty=penalty
        )
    return LandmarkMap(weights, intercept, means)


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


def why_not(predictions: Predictions) -> str:
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
    """Keypoints `[R, K, 3]`, landmarks `[R, L, 3]` and object names `[R]`."""
    names, keypoints = object_keypoints(predictions.xyz_object, predictions.object_id)
    targets = object_landmarks(predictions.landmarks, predictions.object_id)
    if single_view:
        rows = np.repeat(np.searchsorted(names, predictions.object_id), 2)
        names, targets = names[rows], targets[rows]
        keypoints = predictions.xyz_object.reshape(-1, *keypoints.shape[1:])
    return keypoints, targets, names


def _masked_mean(values: np.ndarray, mask: np.ndarray, axis: int | None) -> np.ndarray:
    count = mask.sum(axis=axis)
    total = np.where(mask, values, 0).sum(axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
