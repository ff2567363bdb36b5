"""From a predictions file to figures and pictures; needs no model and no Keras."""

from __future__ import annotations

import os
import pathlib

from keypointnet_tf.metrics.files import write_atomic
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
    "pairs",
    "objects",
    "steps",
)


def report_scores(
    predictions: Predictions, out_dir: str | os.PathLike, *, made_by: MadeBy | None = None
) -> Scores:
    """Scores predictions and writes the figures, the picture grids and the report.

    `summary.json` holds every figure, `summary.txt` those that one looks at first,
    `per_example.csv` a row per pair; `pairs.png` shows the best, median and worst pairs,
    `instances.png` views of several objects; `report.html` shows all of it, with what made it.
    """
    scores = score(predictions)
    folder = pathlib.Path(out_dir)
    test = predictions.select("test")
    if predictions.images is not None:
        best_median_worst(test, scores.angular_error, folder / "pairs.png")
        instances_grid(test, folder / "instances.png")
    write_scores(scores, folder)
    write_atomic(folder / "summary.txt", ("\n".join(headline(scores)) + "\n").encode())
    data = ReportData(
        pairs=test,
        per_example=scores.per_example,
        summary=scores.summary,
        conditions=scores.conditions,
        made_by=made_by or MadeBy(),
    )
    report = build_report(data)
    write_atomic(folder / "report.html", report.encode("utf-8", "xmlcharrefreplace"))
    return scores


def headline(scores: Scores) -> list[str]:
    """The figures that one looks at first, a line of text each."""
    return [f"{name:>26}  {_shown(scores.summary.get(name))}" for name in HEADLINE]


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
