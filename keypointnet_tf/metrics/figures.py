"""Every averaged figure of a predictions file, by name, as a function of object weights.

The names are those of `summary.json`; `docs/metrics.md` lists them with formula and reading.
Letters: N test pairs, O test objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from keypointnet_tf.metrics import alignment, consistency, coverage, pck, repeatability
from keypointnet_tf.metrics.estimates import (
    Agreement,
    Average,
    Estimate,
    Mean,
    Median,
    Ratio,
    Spread,
)
from keypointnet_tf.metrics.examples import both
from keypointnet_tf.metrics.grouping import object_keypoints, object_landmarks
from keypointnet_tf.metrics.landmarks import LandmarkScores, landmark_scores
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.references import References

ACCURACY_DEGREES = (10, 15, 30)
HIGHER_IS_BETTER = (
    "accuracy",
    "absolute_accuracy",
    "orientation_accuracy",
    "repeatability",
    "coverage",
    "least_distance",
    "on_object_share",
    "pck",
    "das",
)
Estimates = dict[str, Estimate]


def higher_is_better(name: str) -> bool:
    """Whether a larger value of a figure is the better one."""
    return name.startswith(HIGHER_IS_BETTER)


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """What the figures of one file are made of.

    Attributes:
      predictions: both splits.
      test: the scored pairs.
      references: of the training pairs.
      table: columns of the scored pairs, as `examples.example_table` makes them.
      names: `[O]` sorted names of the test objects.
      group: `[N]` number of each pair's object among them.
    """

    predictions: Predictions
    test: Predictions
    references: References
    table: dict[str, np.ndarray]
    names: np.ndarray
    group: np.ndarray

    @property
    def objects(self) -> int:
        """O."""
        return len(self.names)

    @functools.cached_property
    def object_scores(self) -> LandmarkScores:
        """Landmark errors of the test objects."""
        return landmark_scores(self.predictions)

    @functools.cached_property
    def view_scores(self) -> LandmarkScores:
        """Landmark errors of the test views."""
        return landmark_scores(self.predictions, single_view=True)

    def mean(self, values: np.ndarray) -> Mean:
        """Mean over all values `[N, ...]` of the pairs."""
        return Mean.of(values, self.group, self.objects)


def estimates(measured: Measured) -> Estimates:
    """All figures, in the order of `summary.json`."""
    return {
        **_pose(measured),
        **_absolute(measured),
        **_spread(measured),
        **_repeatability(measured),
        **_coverage(measured),
        **_landmarks(measured),
        **_alignment(measured),
        **_pck(measured),
    }


def _pose(measured: Measured) -> Estimates:
    table = measured.table
    found: Estimates = {}
    for suffix in ("", "_sym"):
        errors = table[f"angular_error_deg{suffix}"]
        found |= _errors(measured, "angular_error", "accuracy", errors, suffix)
    found["angular_error_mean_deg_per_object"] = Mean.of_objects(
        table["angular_error_deg"], measured.group, measured.objects
    )
    found["relative_angle_mean_deg"] = measured.mean(table["relative_angle_deg"])
    found["undetermined_rotation_share"] = measured.mean(~table["rotation_determined"])
    for suffix in ("", "_sym"):
        sides = both(table, f"orientation_ok{{}}{suffix}")
        found[f"orientation_accuracy{suffix}"] = measured.mean(sides)
    return found


def _absolute(measured: Measured) -> Estimates:
    found: Estimates = {}
    for suffix in ("", "_sym"):
        errors = both(measured.table, f"absolute_error{{}}_deg{suffix}")
        found |= _errors(measured, "absolute_error", "absolute_accuracy", errors, suffix)
    return found


def _errors(
    measured: Measured, error: str, accuracy: str, values: np.ndarray, suffix: str
) -> Estimates:
    """Mean, median and accuracies of errors `[N, ...]` in degrees."""
    found: Estimates = {
        f"{error}_mean_deg{suffix}": measured.mean(values),
        f"{error}_median_deg{suffix}": Median.of(values, measured.group),
    }
    for degrees in ACCURACY_DEGREES:
        below = np.where(np.isnan(values), np.nan, values < degrees)
        found[f"{accuracy}_{degrees}deg{suffix}"] = measured.mean(below)
    return found


def _spread(measured: Measured) -> Estimates:
    test, objects = measured.test, measured.objects
    points = test.xyz_object.reshape(-1, *test.xyz_object.shape[2:])
    owner = np.repeat(measured.group, 2)
    apart = consistency.distances_across_views(test.xyz_object, test.object_id)
    _, keypoints = object_keypoints(test.xyz_object, test.object_id)
    return {
        "three_d_se": Spread(points, owner),
        "three_d_se_rms": Spread(points, owner, power=2),
        "consistency": measured.mean(measured.table["consistency"]),
        "consistency_across_views": Mean.of_objects(apart, measured.group, objects),
        "consistency_across_instances": Spread(keypoints, np.arange(objects)),
    }


def _repeatability(measured: Measured) -> Estimates:
    found, angle = measured.table["repeatability"], measured.table["view_angle_deg"]
    near = np.where(angle < repeatability.SMALL_VIEW_DEGREES, found, np.nan)
    return {
        "repeatability": measured.mean(found),
        "repeatability_small_views": measured.mean(near),
    }


def _coverage(measured: Measured) -> Estimates:
    _, keypoints = object_keypoints(measured.test.xyz_object, measured.test.object_id)
    group = np.arange(measured.objects)
    return {
        "coverage": Mean.of(coverage.coverage(keypoints), group, measured.objects),
        "least_distance": Mean.of(coverage.least_distance(keypoints), group, measured.objects),
        "on_object_share": measured.mean(measured.table["on_object_share"]),
    }


def _landmarks(measured: Measured) -> Estimates:
    found: Estimates = {}
    for suffix, scores in (("", measured.object_scores), ("_single_view", measured.view_scores)):
        group = np.searchsorted(measured.names, scores.object_id)
        error = Mean.of(scores.errors, group, measured.objects)
        floor = Mean.of(scores.floors, group, measured.objects)
        found[f"landmark_error{suffix}"] = error
        found[f"landmark_floor{suffix}"] = floor
        found[f"landmark_error_ratio{suffix}"] = Ratio(error, floor)
    return found


def _alignment(measured: Measured) -> Estimates:
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


def _pck(measured: Measured) -> Estimates:
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
        symmetric = pck.distances_up_to_symmetry(predicted, truth, test.landmark_permutations)
    if test.landmark_visible is not None:
        visible = np.where(test.landmark_visible, own, np.nan)
    true_pose = pck.predicted_uv_true_pose(test, references.view_map)
    floor = pck.floor_uv(test, references.view_map)
    others = (pck.distances(true_pose, truth), pck.distances(floor, truth))
    return dict(zip(names, (own, symmetric, visible, *others), strict=True))
