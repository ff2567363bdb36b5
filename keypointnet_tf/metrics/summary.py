"""All figures of one predictions file, and the files that keep them.

Averages are over the pairs, views or objects of split "test"; split "train" only fits the landmark
map and the means. `docs/metrics.md` explains every figure.
Letters: N test pairs, O test objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.metrics import consistency, failures, floors, repeatability
from keypointnet_tf.metrics.bootstrap import Resampling, intervals
from keypointnet_tf.metrics.conditions import conditions
from keypointnet_tf.metrics.estimates import value_of
from keypointnet_tf.metrics.figures import ACCURACY_DEGREES, estimates
from keypointnet_tf.metrics.grouping import object_keypoints
from keypointnet_tf.metrics.landmarks import LandmarkScores
from keypointnet_tf.metrics.matching_figures import matching_details
from keypointnet_tf.metrics.measured import Estimates, Measured, measure
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.tables import csv_text, json_text


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """What `score` found.

    Attributes:
      summary: named averages; shares are fractions, angles degrees, lengths object units. NaN
        where a figure cannot be had. `*_per_keypoint` and `*_per_landmark` hold one value each;
        `intervals` the ends of each figure's interval, `floors` the same figures of predictors
        that know nothing, `failures` how many pairs are bad for which reason.
      per_example: columns of equal length, one row for each test pair in file order; `pair` is
        the pair's position in the predictions file.
      conditions: columns of equal length, one row for each bin of each property; {} for none.
      estimates: the averaged figures as functions of object weights, for comparisons.
      objects: `[O]` sorted names of the test objects, the order of the weights.
    """

    summary: dict[str, object]
    per_example: dict[str, np.ndarray]
    conditions: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    estimates: Estimates = dataclasses.field(default_factory=dict)
    objects: np.ndarray = dataclasses.field(default_factory=lambda: np.empty(0, str))

    @property
    def angular_error(self) -> np.ndarray:
        """`[N]` degrees, in the order of `predictions.select("test")`."""
        return self.per_example["angular_error_deg"]


def score(predictions: Predictions, resampling: Resampling | None = None) -> Scores:
    """Scores the "test" pairs.

    Args:
      predictions: both splits.
      resampling: how the intervals are made; None: 2,000 resamples, 95 %, seed 0.

    Raises:
      ValueError: there are no test pairs, or pairs of one object disagree on its landmarks.
    """
    resampling = resampling or Resampling()
    measured = measure(predictions)
    found = estimates(measured)
    summary: dict[str, object] = {
        **_values(found, measured.objects),
        **_details(measured),
        "pairs": len(measured.test),
        "objects": measured.objects,
        "keypoints": measured.test.keypoints,
        "steps": measured.test.steps,
        "failures": _failures(measured.table["failure"]),
        "floors": _floors(measured),
        "interval_settings": dataclasses.asdict(resampling),
        "intervals": intervals(found, measured.objects, resampling),
    }
    table = measured.table
    return Scores(summary, table, conditions(table), found, measured.names)


def write_scores(scores: Scores, out_dir: str | os.PathLike) -> None:
    """Writes `summary.json`, `per_example.csv`, `conditions.csv`, each whole or not at all.

    Equal scores give equal bytes. Without conditions there is no file of them.
    """
    folder = pathlib.Path(out_dir)
    write_atomic(folder / "summary.json", json_text(scores.summary).encode())
    write_atomic(folder / "per_example.csv", csv_text(scores.per_example).encode())
    if scores.conditions:
        write_atomic(folder / "conditions.csv", csv_text(scores.conditions).encode())


def _values(found: Estimates, objects: int) -> dict[str, float]:
    return {name: value_of(estimate, objects) for name, estimate in found.items()}


def _details(measured: Measured) -> dict[str, object]:
    """Figures for each keypoint and landmark, and by angle."""
    test, table = measured.test, measured.table
    repeated = repeatability.repeated(test.xyz_object)
    across = consistency.distances_across_views(test.xyz_object, test.object_id)
    _, keypoints = object_keypoints(test.xyz_object, test.object_id)
    per_keypoint = {
        "three_d_se": consistency.three_d_se(test.xyz_object),
        "three_d_se_rms": consistency.three_d_se_rms(test.xyz_object),
        "consistency_across_views": across.mean(axis=(0, 1)),
        "consistency_across_instances": consistency.distances_across_instances(keypoints).mean(0),
        "repeatability": repeated.mean(axis=0),
    }
    return {
        **{f"{name}_per_keypoint": values.tolist() for name, values in per_keypoint.items()},
        "repeatability_by_angle": repeatability.by_angle(
            repeated, table["consistency"], table["view_angle_deg"]
        ),
        **_per_landmark(measured.object_scores, test.landmark_names),
        **matching_details(measured),
        "template_reason": measured.references.template_reason,
    }


def _per_landmark(found: LandmarkScores, names: np.ndarray | None) -> dict[str, object]:
    count = found.errors.shape[1]
    keys = [str(i) for i in range(count)] if names is None else names.tolist()
    return {
        "landmark_reason": found.reason,
        "landmark_error_per_landmark": dict(
            zip(keys, found.error_per_landmark.tolist(), strict=True)
        ),
        "landmark_floor_per_landmark": dict(
            zip(keys, found.floor_per_landmark.tolist(), strict=True)
        ),
        "landmark_objects": dict(zip(keys, found.scored.sum(axis=0).tolist(), strict=True)),
    }


def _failures(reasons: np.ndarray) -> dict[str, int]:
    return {reason: int((reasons == reason).sum()) for reason in failures.REASONS}


def _floors(measured: Measured) -> dict[str, object]:
    """`random`, `mean_pose` (without training pairs: None) and the true landmarks' own spread."""
    references, test = measured.references, measured.test
    mean_pose = None
    if references.template is not None:
        blind = floors.mean_pose_predictions(
            measured.predictions, references.template, references.training_pose
        )
        blind = measure(blind)
        mean_pose = _values(estimates(blind), blind.objects)
    spread = floors.landmark_spread(test)
    return {
        "random": floors.random_figures(test, references.template, ACCURACY_DEGREES),
        "mean_pose": mean_pose,
        "landmarks_across_instances": spread,
    }
