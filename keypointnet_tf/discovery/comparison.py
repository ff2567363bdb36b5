"""From several predictions files to one comparison; needs no model and no Keras."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

from tqdm import tqdm

from keypointnet_tf.metrics import symmetry
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.compare import (
    PREDICTIONS_FILE,
    RESULT_FOLDER,
    Comparison,
    compare,
    distinct_labels,
)
from keypointnet_tf.metrics.compare_files import write_comparison
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import score
from keypointnet_tf.viz.compare_chart import comparison_chart


def report_comparison(
    runs: Sequence[str | os.PathLike],
    out_dir: str | os.PathLike,
    resampling: Resampling | None = None,
    *,
    mirror: bool | None = None,
    fold: int | None = None,
) -> Comparison:
    """Scores runs and writes `compare.json`, `compare.csv`, `compare.md` and `compare.png`.

    Files are read one after the other and dropped once scored.

    Args:
      runs: predictions files, or folders that hold `predictions.npz` or `eval/predictions.npz`; the
        first is the one that the others are compared with.
      out_dir: folder of the results.
      resampling: how the intervals are made; None: 2,000 resamples, 95 %, seed 0.
      mirror, fold: symmetry of all objects where a file says nothing, as `symmetry.declare` has it.

    Raises:
      ValueError: there is no run, or a file is malformed; names it.
      FileNotFoundError: a run has no predictions.
    """
    resampling = resampling or Resampling()
    paths = [find_predictions(run) for run in runs]
    scores = []
    for path in tqdm(paths, desc="score", unit="run"):
        try:
            predictions = symmetry.declare(Predictions.load(path), mirror=mirror, fold=fold)
            scores.append(score(predictions, resampling))
        except ValueError as error:
            named = str(error).startswith(os.fspath(path))
            raise ValueError(str(error) if named else f"{path}: {error}") from error
    names = [path.as_posix() for path in paths]
    comparison = compare(distinct_labels(names), names, scores, resampling)
    folder = pathlib.Path(out_dir)
    comparison_chart(comparison.runs, folder / "compare.png")
    write_comparison(comparison, folder)
    return comparison


def find_predictions(run: str | os.PathLike) -> pathlib.Path:
    """The predictions file of a run: the path itself, or in the folder or its `eval`.

    Raises:
      FileNotFoundError: there is none.
    """
    path = pathlib.Path(run)
    if path.is_file():
        return path
    for folder in ("", RESULT_FOLDER):
        if (path / folder / PREDICTIONS_FILE).is_file():
            return path / folder / PREDICTIONS_FILE
    raise FileNotFoundError(
        f"{path} is no file and holds neither {PREDICTIONS_FILE} nor "
        f"{RESULT_FOLDER}/{PREDICTIONS_FILE}; expected predictions that eval.py wrote"
    )
