"""A small chart of a comparison: a panel for each figure, a dot and its interval for each run."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Sequence
from typing import Protocol

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.metrics.figures import higher_is_better

FIGURES = {
    "angular_error_mean_deg": "angular error, mean (°)",
    "angular_error_median_deg": "angular error, median (°)",
    "accuracy_30deg": "pairs within 30°",
    "absolute_error_median_deg": "single-image pose (°)",
    "orientation_accuracy": "left/right bit right",
    "three_d_se": "3D-SE",
    "consistency_across_views": "spread across views",
    "repeatability": "repeatability",
    "landmark_error_ratio": "landmark error / floor",
    "das": "dual alignment score",
    "pck_box_0.1": "PCK, 0.1 of the box",
    "on_object_share": "points on the object",
}
COLUMNS = 4
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's palette, which colour-blind readers can tell apart."""


class ComparedRun(Protocol):
    """What the chart needs of a run; see `metrics.compare.Run`."""

    label: str

    def value(self, name: str) -> float:
        """The figure, NaN where there is none."""

    def interval(self, name: str) -> tuple[float, float]:
        """Its ends, NaN where there are none."""


def comparison_chart(runs: Sequence[ComparedRun], path: str | os.PathLike) -> None:
    """Writes the chart as a PNG; figures that no run has are left out.

    Raises:
      ValueError: there is no run, or no run has any of the figures.
    """
    names = [name for name in FIGURES if any(math.isfinite(run.value(name)) for run in runs)]
    if not names:
        raise ValueError(f"{len(runs)} runs hold no figure of the chart; expected at least one")
    rows = -(-len(names) // COLUMNS)
    height = 0.45 + rows * (0.75 + 0.26 * len(runs))
    figure = Figure(figsize=(11, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, min(COLUMNS, len(names)), squeeze=False)
    for number, axis in enumerate(axes.flat):
        if number < len(names):
            _panel(axis, runs, names[number], first_in_row=number % COLUMNS == 0)
        else:
            axis.set_axis_off()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_atomic(path, buffer.getvalue())


def _panel(axis, runs: Sequence[ComparedRun], name: str, *, first_in_row: bool) -> None:
    for row, run in enumerate(runs):
        value, (low, high) = run.value(name), run.interval(name)
        color = COLORS[row % len(COLORS)]
        if math.isfinite(low) and math.isfinite(high):
            axis.plot([low, high], [row, row], color=color, linewidth=2.5, alpha=0.45)
        if math.isfinite(value):
            axis.plot([value], [row], "o", color=color, markersize=6)
    axis.set_ylim(len(runs) - 0.4, -0.6)
    labels = [_short(run.label) for run in runs] if first_in_row else [""] * len(runs)
    axis.set_yticks(range(len(runs)), labels, fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.locator_params(axis="x", nbins=5)
    axis.grid(axis="x", color="#dddddd", linewidth=0.7)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)
    arrow = "better →" if higher_is_better(name) else "← better"
    axis.set_title(f"{FIGURES[name]}   {arrow}", fontsize=8.5)


def _short(label: str, longest: int = 28) -> str:
    return label if len(label) <= longest else f"…{label[1 - longest :]}"
