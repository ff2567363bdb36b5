"""From a predictions file to figures and pictures; needs no model and no Keras."""

from __future__ import annotations

import os
import pathlib

import numpy as np

from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.files import write_atomic
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import Scores, score, write_scores
from keypointnet_tf.viz.grid import best_median_worst, instances_grid

HEADLINE = (
    "angular_error_mean_deg",
    "angular_error_median_deg",
    "accuracy_10deg",
    "accuracy_30deg",
    "orientation_accuracy",
    "three_d_se",
    "three_d_se_rms",
    "on_object_share",
    "consistency",
    "coverage",
    "least_distance",
    "landmark_error",
    "landmark_floor",
    "landmark_error_ratio",
    "absolute_error_median_deg",
    "pck_box_0.1",
    "das",
    "repeatability",
    "pairs",
    "objects",
    "steps",
)


def report_scores(
    predictions: Predictions, out_dir: str | os.PathLike, resampling: Resampling | None = None
) -> Scores:
    """Scores predictions and writes the figures and the picture grids.

    `summary.json` holds every figure, `summary.txt` those that one looks at first,
    `per_example.csv` a row per pair, `conditions.csv` the error by properties of the pairs;
    `pairs.png` shows the best, median and worst pairs, `instances.png` views of several objects.

    Args:
      predictions: the pairs.
      out_dir: folder of the results.
      resampling: how the intervals are made; None: 2,000 resamples, 95 %, seed 0.

    Raises:
      ValueError: there are no test pairs, or pairs of one object disagree on its landmarks.
    """
    scores = score(predictions, resampling)
    folder = pathlib.Path(out_dir)
    if predictions.images is not None:
        test = predictions.select("test")
        best_median_worst(test, scores.angular_error, folder / "pairs.png")
        instances_grid(test, folder / "instances.png")
    write_scores(scores, folder)
    write_atomic(folder / "summary.txt", ("\n".join(headline(scores)) + "\n").encode())
    return scores


def headline(scores: Scores) -> list[str]:
    """The figures that one looks at first, a line of text each, with their intervals."""
    ends = scores.summary.get("intervals", {})
    return [
        f"{name:>26}  {_shown(scores.summary.get(name))}{_interval(ends.get(name))}"
        for name in HEADLINE
    ]


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4g}" if np.isfinite(value) else "not scored"


def _interval(ends: tuple[float, float] | None) -> str:
    if ends is None or not np.isfinite(ends).all():
        return ""
    return f"  [{ends[0]:.4g}, {ends[1]:.4g}]"
