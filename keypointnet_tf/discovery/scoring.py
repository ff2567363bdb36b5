"""From a predictions file to figures and pictures; needs no model and no Keras."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

from keypointnet_tf.discovery.protocol import Protocol
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
    "pairs",
    "objects",
    "steps",
)


def report_scores(
    predictions: Predictions, out_dir: str | os.PathLike, *, protocol: Protocol | None = None
) -> Scores:
    """Scores predictions and writes the figures and the picture grids.

    `summary.json` holds every figure, `summary.txt` those that one looks at first,
    `per_example.csv` a row per pair; `pairs.png` shows the best, median and worst pairs,
    `instances.png` views of several objects. The protocol and what it notes are in the summary.
    """
    scores = score(predictions)
    if protocol is not None:
        scores.summary.update(protocol.entries(scores.summary))
    folder = pathlib.Path(out_dir)
    if predictions.images is not None:
        test = predictions.select("test")
        best_median_worst(test, scores.angular_error, folder / "pairs.png")
        instances_grid(test, folder / "instances.png")
    write_scores(scores, folder)
    write_atomic(folder / "summary.txt", ("\n".join(headline(scores)) + "\n").encode())
    return scores


def headline(scores: Scores, names: Sequence[str] = HEADLINE) -> list[str]:
    """The figures that one looks at first, a line of text each, and the notes on them."""
    lines = [f"{name:>26}  {_shown(scores.summary.get(name))}" for name in names]
    return lines + [f"{'note':>26}  {note}" for note in scores.summary.get("notes", ())]


def _shown(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
