"""From a predictions file to figures and pictures; needs no model and no Keras."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.discovery.protocol import Protocol
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import Scores, score, write_scores
from keypointnet_tf.viz.grid import best_median_worst, instances_grid
from keypointnet_tf.viz.report import build_report
from keypointnet_tf.viz.report_data import MadeBy, ReportData

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
# Behind them, where the predictions have descriptors.
OF_DESCRIPTORS = (
    "match_accuracy",
    "match_accuracy_across_objects",
    "match_precision",
    "match_precision_across_objects",
)


def report_scores(
    predictions: Predictions,
    out_dir: str | os.PathLike,
    resampling: Resampling | None = None,
    *,
    made_by: MadeBy | None = None,
    protocol: Protocol | None = None,
) -> Scores:
    """Scores predictions and writes the figures, the picture grids and the report.

    `summary.json` holds every figure, `summary.txt` those that one looks at first,
    `per_example.csv` a row per pair, `conditions.csv` the error by properties of the pairs;
    `pairs.png` shows the best, median and worst pairs, `instances.png` views of several objects;
    `report.html` shows all of it, with what made it.

    Args:
      predictions: the pairs.
      out_dir: folder of the results.
      resampling: how the intervals are made; None: 2,000 resamples, 95 %, seed 0.
      made_by: what made the predictions, for the report; None: nothing is known.
      protocol: how the evaluation is made; its notes go into the summary.

    Raises:
      ValueError: there are no test pairs, or pairs of one object disagree on its landmarks.
    """
    scores = score(predictions, resampling)
    if protocol is not None:
        scores.summary.update(protocol.entries(scores.summary))
    folder = pathlib.Path(out_dir)
    test = predictions.select("test")
    if predictions.images is not None:
        best_median_worst(test, scores.angular_error, folder / "pairs.png")
        instances_grid(test, folder / "instances.png")
    write_scores(scores, folder)
    write_atomic(folder / "summary.txt", ("\n".join(headline(scores)) + "\n").encode())
    found = scores.per_example, scores.summary, scores.conditions
    data = ReportData(test, *found, made_by=made_by or MadeBy())
    write_atomic(folder / "report.html", build_report(data).encode("utf-8", "xmlcharrefreplace"))
    return scores


def headline(scores: Scores, names: Sequence[str] = HEADLINE) -> list[str]:
    """The figures that one looks at first, a line of text each, and the notes on them."""
    ends = scores.summary.get("intervals", {})
    names = [*names, *(name for name in OF_DESCRIPTORS if name in scores.summary)]
    lines = [
        f"{name:>26}  {_shown(scores.summary.get(name))}{_interval(ends.get(name))}"
        for name in names
    ]
    return lines + [f"{'note':>26}  {note}" for note in scores.summary.get("notes", ())]


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.4g}" if np.isfinite(value) else "not scored"


def _interval(ends: tuple[float, float] | None) -> str:
    if ends is None or not np.isfinite(ends).all():
        return ""
    return f"  [{ends[0]:.4g}, {ends[1]:.4g}]"
