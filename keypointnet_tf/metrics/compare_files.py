"""A comparison as JSON for programs, CSV for tables, Markdown for papers and pull requests."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.metrics.bootstrap import Interval
from keypointnet_tf.metrics.compare import Comparison, Difference, Run
from keypointnet_tf.metrics.figures import higher_is_better
from keypointnet_tf.metrics.tables import csv_text, json_text

MARKDOWN_FIGURES = """angular_error_mean_deg angular_error_median_deg accuracy_10deg accuracy_15deg
accuracy_30deg angular_error_mean_deg_sym absolute_error_mean_deg absolute_error_median_deg
absolute_accuracy_30deg orientation_accuracy three_d_se consistency consistency_across_views
consistency_across_instances repeatability repeatability_small_views coverage least_distance
on_object_share landmark_error landmark_error_ratio landmark_error_single_view
landmark_error_ratio_single_view das das_single_view pck_box_0.05 pck_box_0.1 pck_box_0.2
pck_box_0.1_per_image pck_box_0.1_sym pck_box_0.1_true_pose pck_image_0.1""".split()
"""What the Markdown shows; JSON and CSV hold every figure."""


def write_comparison(comparison: Comparison, out_dir: str | os.PathLike) -> None:
    """Writes `compare.json`, `compare.csv` and `compare.md`, each whole or not at all."""
    folder = pathlib.Path(out_dir)
    write_atomic(folder / "compare.json", json_text(comparison_values(comparison)).encode())
    write_atomic(folder / "compare.csv", csv_text(comparison_columns(comparison)).encode())
    write_atomic(folder / "compare.md", markdown(comparison).encode())


def comparison_values(comparison: Comparison) -> dict[str, object]:
    """The contents of `compare.json`."""
    return {
        "first": comparison.runs[0].label,
        "interval_settings": dataclasses.asdict(comparison.resampling),
        "runs": [_run_values(comparison, run) for run in comparison.runs],
    }


def comparison_columns(comparison: Comparison) -> dict[str, list]:
    """The columns of `compare.csv`: a row for each figure of each run."""
    names = """figure run value low high first_on_shared value_on_shared difference difference_low
    difference_high shared_objects higher_is_better""".split()
    rows = []
    for figure in comparison.figures:
        for run in comparison.runs:
            apart = run.differences.get(figure)
            paired = [np.nan] * 5
            if apart is not None:
                paired = [apart.first, apart.other, apart.difference, *apart.interval]
            own = [run.value(figure), *run.interval(figure)]
            rows.append([figure, run.label, *own, *paired, run.shared, higher_is_better(figure)])
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def markdown(comparison: Comparison) -> str:
    """The contents of `compare.md`."""
    settings = comparison.resampling
    share = f"{settings.confidence:.0%}"
    lines = [
        "# Comparison",
        "",
        *_table(["run", "pairs", "objects", "K", "steps", "predictions"], _about(comparison)),
        "",
        f"Figures with {share} bootstrap intervals over objects "
        f"({settings.resamples} resamples, seed {settings.seed}). The arrow tells what is better.",
        "",
        *_table(["figure", *(run.label for run in comparison.runs)], _figures(comparison)),
    ]
    for run in comparison.runs[1:]:
        lines += ["", *_differences(comparison.runs[0], run, share)]
    return "\n".join(lines) + "\n"


def _run_values(comparison: Comparison, run: Run) -> dict[str, object]:
    summary = run.scores.summary
    figures = {}
    for name in comparison.figures:
        low, high = run.interval(name)
        figures[name] = {"value": run.value(name), "low": low, "high": high}
    return {
        "label": run.label,
        "path": run.path,
        **{key: summary[key] for key in ("pairs", "objects", "keypoints", "steps")},
        "shared_objects": run.shared,
        "same_pairs": run.same_pairs,
        "figures": figures,
        "differences": {name: _values(each) for name, each in run.differences.items()},
    }


def _values(difference: Difference) -> dict[str, object]:
    low, high = difference.interval
    return {
        "first": difference.first,
        "other": difference.other,
        "difference": difference.difference,
        "low": low,
        "high": high,
        "clear": difference.clear,
    }


def _about(comparison: Comparison) -> list[list[str]]:
    rows = []
    for run in comparison.runs:
        numbers = [str(run.scores.summary[k]) for k in ("pairs", "objects", "keypoints", "steps")]
        rows.append([run.label, *numbers, f"`{run.path}`"])
    return rows


def _shown(comparison: Comparison) -> list[str]:
    return [name for name in MARKDOWN_FIGURES if name in comparison.figures]


def _figures(comparison: Comparison) -> list[list[str]]:
    rows = []
    for name in _shown(comparison):
        cells = [_with_interval(run.value(name), run.interval(name)) for run in comparison.runs]
        rows.append([f"{name} {'↑' if higher_is_better(name) else '↓'}", *cells])
    return rows


def _differences(first: Run, run: Run, share: str) -> list[str]:
    title = f"## {run.label} against {first.label}"
    if not run.differences:
        return [title, "", "They have no object in common, so that no difference is paired."]
    rows = []
    for name in MARKDOWN_FIGURES:
        if name in run.differences:
            rows.append([name, *_difference_cells(name, run.differences[name])])
    objects = "object" if run.shared == 1 else "objects"
    pairs = "" if run.same_pairs else " The pairs of these objects are not the same in both."
    return [
        title,
        "",
        f"Over the {run.shared} {objects} that both have, the same resamples in both; bold where "
        f"the {share} interval of the difference leaves 0 out.{pairs}",
        "",
        *_table(["figure", first.label, run.label, "difference", "verdict"], rows),
    ]


def _difference_cells(name: str, apart: Difference) -> list[str]:
    text = _with_interval(apart.difference, apart.interval, signed=True)
    verdict = "not told apart"
    if apart.difference == 0 and apart.interval == (0, 0):
        verdict = "equal"
    elif apart.clear:
        text = f"**{text}**"
        verdict = "better" if (apart.difference > 0) == higher_is_better(name) else "worse"
    return [_number(apart.first), _number(apart.other), text, verdict]


def _with_interval(value: float, interval: Interval, signed: bool = False) -> str:
    if not np.isfinite(value):
        return "–"
    text = _number(value, signed)
    if not np.isfinite(interval).all():
        return text
    return f"{text} [{_number(interval[0], signed)}, {_number(interval[1], signed)}]"


def _number(value: float, signed: bool = False) -> str:
    if value == 0:
        return "0"
    return (f"{value:+#.3g}" if signed else f"{value:#.3g}").rstrip(".")


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
