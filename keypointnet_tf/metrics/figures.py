"""Every averaged figure of a predictions file, by name, as a function of object weights.

The names are those of `summary.json`; `docs/metrics.md` lists them with formula and reading.
Letters: N test pairs, O test objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import consistency, coverage, repeatability
from keypointnet_tf.metrics.estimates import Mean, Median, Spread
from keypointnet_tf.metrics.examples import both
from keypointnet_tf.metrics.grouping import object_keypoints
from keypointnet_tf.metrics.landmark_figures import (
    alignment_estimates,
    landmark_estimates,
    pck_estimates,
)
from keypointnet_tf.metrics.matching_figures import matching_estimates
from keypointnet_tf.metrics.measured import Estimates, Measured

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
    "match",
)


def higher_is_better(name: str) -> bool:
    """Whether a larger value of a figure is the better one."""
    return name.startswith(HIGHER_IS_BETTER)


def estimates(measured: Measured) -> Estimates:
    """All figures, in the order of `summary.json`."""
    return {
        **_pose(measured),
        **_absolute(measured),
        **_spread(measured),
        **_repeatability(measured),
        **_coverage(measured),
        **landmark_estimates(measured),
        **alignment_estimates(measured),
        **pck_estimates(measured),
        **matching_estimates(measured),
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
