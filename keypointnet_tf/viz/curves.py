"""Charts of figures against the strength of a deformation, with confidence bands."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from keypointnet_tf.atomic_file import write_atomic

COLUMNS = 3
PANEL_INCHES = 3.3, 2.7
DOTS_PER_INCH = 100
# Okabe and Ito's colours, which the colour-blind can tell apart.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


class Panel(NamedTuple):
    """One chart: a key of a row's `figures`, and what to write above it."""

    figure: str
    title: str


def draw_curves(
    rows: Sequence[Mapping[str, Any]],
    panels: Sequence[Panel],
    path: str | os.PathLike,
    *,
    title: str = "",
    band: float = 0.95,
) -> None:
    """Writes a PNG with a panel per figure and a line per kind.

    Args:
      rows: each with `kind`, `strength` and `figures`: name -> `[value, low, high]`, None where it
        cannot be had.
      panels: the figures to show.
      path: PNG file.
      title: above all panels.
      band: the intervals' confidence, for the caption.

    Raises:
      ValueError: there are no rows or no panels.
    """
    if not rows or not panels:
        raise ValueError(f"got {len(rows)} rows and {len(panels)} panels; expected some of each")
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    columns = min(COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    size = (PANEL_INCHES[0] * columns, PANEL_INCHES[1] * lines + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False).reshape(-1)
    for axis, panel in zip(axes, panels, strict=False):
        for kind, color in zip(kinds, COLORS * len(kinds), strict=False):
            _draw_line(axis, [row for row in rows if row["kind"] == kind], panel.figure, color)
        axis.set_title(panel.title, fontsize=9)
        axis.set_xlabel("strength", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.3)
    for axis in axes[len(panels) :]:
        axis.set_axis_off()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(kinds), fontsize=9)
    figure.suptitle(f"{title}; bands: {band:.0%} over objects".lstrip("; "), fontsize=10)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    write_atomic(path, stream.getvalue())


def _draw_line(axis, rows: Sequence[Mapping[str, Any]], name: str, color: str) -> None:
    known = sorted(
        (row["strength"], *row["figures"][name])
        for row in rows
        if row["figures"][name][0] is not None
    )
    if not known:
        return
    strength, value, low, high = zip(*known, strict=True)
    axis.plot(
        strength, value, "o-", color=color, label=rows[0]["kind"], markersize=3, linewidth=1.4
    )
    if None not in low + high:
        axis.fill_between(strength, low, high, color=color, alpha=0.13, linewidth=0)
