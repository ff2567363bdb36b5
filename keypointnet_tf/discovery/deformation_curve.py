"""How a model's errors grow with the strength of non-rigid deformations.

Every row shows the same objects, cameras and lights; only the deformation differs. A row that is
done is kept in `curve.json` and not computed again.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.discovery.evaluation import export
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.rendered_evaluation import (
    RenderedTest,
    pair_config_of,
    render_fit_pairs,
    render_test_pairs,
)
from keypointnet_tf.metrics.bootstrap import Resampling, intervals
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.schema import PER_PAIR
from keypointnet_tf.metrics.summary import score
from keypointnet_tf.shapes.deformation import Deformation
from keypointnet_tf.viz.curves import Panel, draw_curves

STATE, TABLE, CHART = "curve.json", "curve.csv", "curve.png"
PANELS = (
    Panel("angular_error_mean_deg", "angular error, mean (degrees)"),
    Panel("angular_error_median_deg", "angular error, median (degrees)"),
    Panel("orientation_accuracy", "orientation accuracy (share of views)"),
    Panel("consistency", "distance of the two views' points"),
    Panel("landmark_error", "landmark error"),
    Panel("on_object_share", "points on the object (share)"),
)


@dataclasses.dataclass(frozen=True)
class Curve:
    """What is rendered and scored.

    Attributes:
      test: objects, pairs, seed; without deformation.
      kinds: deformations, one curve each.
      strengths: in [0, 1]; 0 is the same for all kinds and computed once.
      resampling: how the intervals are made.
      batch_size: pairs predicted at a time.
    """

    test: RenderedTest
    kinds: tuple[str, ...]
    strengths: tuple[float, ...]
    resampling: Resampling = Resampling()
    batch_size: int = 32

    def __post_init__(self) -> None:
        if not self.kinds or not self.strengths:
            raise ValueError(
                f"kinds are {self.kinds} and strengths {self.strengths}; expected at least one each"
            )
        for deformation in self.rows():
            deformation.check_available()

    def rows(self) -> list[Deformation]:
        """The deformations in order: kind by kind, strengths rising."""
        return [
            Deformation(kind, float(strength), self.test.seed)
            for kind in self.kinds
            for strength in sorted(set(self.strengths))
        ]


def run_curve(
    predictor: Predictor, model_file: str | os.PathLike, curve: Curve, out_dir: str | os.PathLike
) -> Iterator[dict[str, Any]]:
    """Yields the curve's rows, computing those that the folder lacks; then writes table and chart.

    A row has `kind`, `strength`, `objects`, `pairs` and `figures`: name -> `[value, low, high]`.

    Args:
      predictor: a trained model.
      model_file: its file, by whose content an older result is known to be of the same model.
      curve: what is rendered and scored.
      out_dir: folder of the results, made when absent.

    Raises:
      ValueError: the folder holds rows of another model or test; names what differs.
    """
    folder, settings = pathlib.Path(out_dir), _settings(curve, model_file)
    done = _load(folder / STATE, settings)
    fit: Predictions | None = None
    for deformation in curve.rows():
        key = _key(deformation)
        if key not in done:
            fit = _predict_fit(predictor, curve) if fit is None else fit
            figures = _figures(_predict_row(predictor, curve, deformation, fit), curve.resampling)
            done[key] = figures
            _save(folder / STATE, settings, done)
        yield _row(curve, deformation, done[key])
    rows = [_row(curve, deformation, done[_key(deformation)]) for deformation in curve.rows()]
    write_atomic(folder / TABLE, _csv(rows).encode())
    title = f"{curve.test.objects} unseen {curve.test.category}s, {curve.test.pairs} pairs each"
    draw_curves(rows, PANELS, folder / CHART, title=title, band=curve.resampling.confidence)


def _predict_fit(predictor: Predictor, curve: Curve) -> Predictions:
    pairs = render_fit_pairs(curve.test, pair_config_of(predictor.model))
    return _lean(export(predictor, pairs, batch_size=curve.batch_size), "train")


def _predict_row(
    predictor: Predictor, curve: Curve, deformation: Deformation, fit: Predictions
) -> Predictions:
    """Test pairs under a deformation, followed by the pairs of `fit`."""
    test = dataclasses.replace(
        curve.test, deformation=deformation if deformation.strength else None
    )
    pairs = render_test_pairs(test, pair_config_of(predictor.model))
    shown = _lean(export(predictor, pairs, batch_size=curve.batch_size), "test")
    both = [(getattr(shown, name), getattr(fit, name)) for name in PER_PAIR]
    joined = [None if first is None else np.concatenate([first, last]) for first, last in both]
    return dataclasses.replace(shown, **dict(zip(PER_PAIR, joined, strict=True)))


def _lean(predictions: Predictions, split: str) -> Predictions:
    """The predictions as of one split, without pictures."""
    splits = np.full(len(predictions), split)
    return dataclasses.replace(predictions, images=None, split=splits)


def _figures(predictions: Predictions, resampling: Resampling) -> dict[str, list[float | None]]:
    """Name -> value, lower and upper end; None for what cannot be had."""
    scores = score(predictions, Resampling(resamples=0))
    shown = {panel.figure: scores.estimates[panel.figure] for panel in PANELS}
    ends = intervals(shown, len(scores.objects), resampling)
    return {
        name: [_or_none(number) for number in (scores.summary[name], *ends[name])] for name in shown
    }


def _or_none(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _row(curve: Curve, deformation: Deformation, figures: dict) -> dict[str, Any]:
    return {
        "kind": deformation.kind,
        "strength": deformation.strength,
        "objects": curve.test.objects,
        "pairs": curve.test.objects * curve.test.pairs,
        "figures": figures,
    }


def _key(deformation: Deformation) -> str:
    """What a row is kept under: strength 0 is the same for all kinds."""
    return f"{deformation.kind} {deformation.strength:g}" if deformation.strength else "none"


def _settings(curve: Curve, model_file: str | os.PathLike) -> dict[str, Any]:
    """What all rows of a folder have in common."""
    digest = hashlib.sha256(pathlib.Path(model_file).read_bytes()).hexdigest()[:16]
    resampling = dataclasses.asdict(curve.resampling)
    return {"model": digest, "test": curve.test.settings(), "resampling": resampling}


def _load(path: pathlib.Path, settings: dict[str, Any]) -> dict[str, dict]:
    """The rows done before, {} for none.

    Raises:
      ValueError: they were made with other settings, or the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        rows, before = dict(found["rows"]), found["settings"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error!r}; expected the JSON of a curve") from error
    for name, value in settings.items():
        if before.get(name) != value:
            raise ValueError(
                f"{path}: {name} is {before.get(name)} and now {value}; expected the same, or "
                "another folder"
            )
    return rows


def _save(path: pathlib.Path, settings: dict[str, Any], rows: dict[str, dict]) -> None:
    text = json.dumps({"settings": settings, "rows": rows}, indent=1, allow_nan=False)
    write_atomic(path, (text + "\n").encode())


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [panel.figure for panel in PANELS]
    ends = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    writer.writerow(["kind", "strength", "objects", "pairs", *ends])
    for row in rows:
        values = [value for name in names for value in row["figures"][name]]
        writer.writerow([row["kind"], row["strength"], row["objects"], row["pairs"], *values])
    return text.getvalue()
