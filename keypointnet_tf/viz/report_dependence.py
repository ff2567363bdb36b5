"""What the angular error depends on: the angle between the views, their places, the object's kind.

Letters: N values, B bins.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_errors import LEAST_DEGREES, WORST_DEGREES
from keypointnet_tf.viz.report_page import (
    Element,
    details,
    figure,
    number,
    percent,
    swatch,
    table,
    tag,
)
from keypointnet_tf.viz.report_pairs import FAILED_DEGREES
from keypointnet_tf.viz.report_svg import Axis, Plot, band, bars, dots, line, log_ticks

LEAST_IN_BIN = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Binned:
    """Errors grouped by another quantity.

    Attributes:
      edges: `[B + 1]` of the bins; a bin holds its lower edge, the last one also its upper.
      counts: `[B]` how many errors a bin holds.
      quantiles: `[4, B]` lower quartile, median, upper quartile and 90th percentile; NaN in bins
        of fewer than `LEAST_IN_BIN`.
    """

    edges: np.ndarray
    counts: np.ndarray
    quantiles: np.ndarray

    @property
    def centres(self) -> np.ndarray:
        """`[B]` middles of the bins."""
        return (self.edges[:-1] + self.edges[1:]) / 2


def binned(values: np.ndarray, errors: np.ndarray, edges: np.ndarray) -> Binned:
    """Quantiles of `errors [N]` in bins of `values [N]`; values outside the edges are left out."""
    edges = np.asarray(edges, float)
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = len(edges) - 2
    counts = np.array([(place == i).sum() for i in range(len(edges) - 1)])
    quantiles = np.full((4, len(counts)), np.nan)
    for i in np.flatnonzero(counts >= LEAST_IN_BIN):
        quantiles[:, i] = np.quantile(errors[place == i], (0.25, 0.5, 0.75, 0.9))
    return Binned(edges, counts, quantiles)


def on_views(data: ReportData) -> list[Element]:
    """The error against the angle between the views, and against the place of either view."""
    columns = data.per_example
    twice = np.concatenate([data.errors, data.errors])
    azimuth, elevation = (
        np.concatenate([columns[f"{name}{view}_deg"] for view in (0, 1)])
        for name in ("azimuth", "elevation")
    )
    low, high = _tens(elevation)
    turns = tuple(range(0, 181, 30))
    return [
        dependence(
            "angle between the views, degrees",
            columns["view_angle_deg"],
            data.errors,
            np.linspace(0, 180, 13),
            x_ticks=turns,
        ),
        dependence(
            "azimuth of either view",
            azimuth,
            twice,
            np.linspace(-180, 180, 13),
            x_ticks=(-180, -90, 0, 90, 180),
            names=("rear", "right", "front", "left", "rear"),
        ),
        dependence(
            "elevation of either view, degrees",
            np.clip(elevation, low, high),
            twice,
            np.arange(low, high + 1, 10),
            x_ticks=tuple(np.arange(low, high + 1, 20 if high - low > 60 else 10)),
        ),
    ]


def _tens(degrees: np.ndarray) -> tuple[int, int]:
    """Multiples of ten around the values; the small shift of the cameras is not counted."""
    low = int(np.floor((degrees.min() + 2) / 10)) * 10
    return low, max(int(np.ceil((degrees.max() - 2) / 10)) * 10, low + 10)


def on_kinds(data: ReportData) -> Element | None:
    """Errors of each named type of object, the worst last; None where there is only one."""
    kind = data.pairs.kind
    if kind is None or len(np.unique(kind)) < 2:
        return None
    groups = [(str(name), kind == name) for name in np.unique(kind)]
    groups.sort(key=lambda group: float(np.median(data.errors[group[1]])))
    rows = []
    for name, inside in groups:
        own = data.errors[inside]
        figures = (*np.quantile(own, (0.5, 0.9)).tolist(), float(own.mean()))
        objects = len(np.unique(data.pairs.object_id[inside]))
        failed = percent(float((own >= FAILED_DEGREES).mean()))
        degrees = [number(x, unit="°") for x in figures]
        rows.append([name or "(unnamed)", objects, len(own), *degrees, failed])
    columns = ("type", "objects", "pairs", "median", "90 %", "mean", "failed")
    return tag("div", tag("h3", "By type of object"), table(columns, rows))


def dependence(
    title: str,
    values: np.ndarray,
    errors: np.ndarray,
    edges: np.ndarray,
    *,
    x_ticks: tuple[float, ...],
    names: tuple[str, ...] | None = None,
) -> Element:
    """Median and spread of `errors [N]` against `values [N]`, with how many lie in each bin.

    Args:
      title: what the values are, with their unit.
      values: one for each error.
      errors: angular errors in degrees.
      edges: of the bins.
      x_ticks: where the horizontal axis has numbers.
      names: texts in place of those numbers.
    """
    found = binned(values, errors, edges)
    x = Axis(float(edges[0]), float(edges[-1]), x_ticks, title, names=names)
    plot = Plot(x, _degrees_axis(found))
    centres, (lower, median, upper, high) = found.centres, found.quantiles
    kept = np.isfinite(median)
    picture = plot.svg(
        f"Angular error against {title}",
        _population(plot, found),
        band(plot, centres[kept], lower[kept], upper[kept], "a"),
        line(plot, centres, high, "a thin"),
        line(plot, centres, median, "a"),
        dots(plot, centres, median, "a", _bin_titles(found)),
    )
    return figure(picture, details("Numbers", _numbers(found, title)))


def legend() -> Element:
    """What the lines of `dependence` are."""
    return tag(
        "p",
        swatch("a", "median"),
        swatch("a band", "half of the pairs around it"),
        swatch("a thin", "90 % lie below"),
        swatch("n", "how many, at the foot"),
        f"Bins of fewer than {LEAST_IN_BIN} are left out.",
        class_="legend",
    )


def _degrees_axis(found: Binned) -> Axis:
    """Logarithmic, from 1 degree or the least quartile to 180."""
    low = min(2 * LEAST_DEGREES, float(np.nanmin(found.quantiles, initial=WORST_DEGREES)))
    low = max(low, 0.01)
    ticks = [t for t in log_ticks(low, 100.0) if t < 100] + [100.0, 180.0]
    return Axis(low, WORST_DEGREES, ticks, "angular error, degrees", True)


def _numbers(found: Binned, title: str) -> Element:
    """The chart as a table."""
    rows = zip(_bin_names(found), found.counts.tolist(), *found.quantiles.tolist(), strict=True)
    cells = [[name, count, *map(number, rest)] for name, count, *rest in rows]
    columns = (title, "number", "quartile", "median", "quartile", "90 %")
    return table(columns, cells, class_="small")


def _population(plot: Plot, found: Binned) -> Element:
    """Low bars at the foot that tell how many pairs a bin holds."""
    most = max(int(found.counts.max()), 1)
    reach = (plot.y.high / plot.y.low) ** 0.14
    heights = plot.y.low * reach ** (found.counts / most)
    return bars(plot, found.edges, heights, "n", _bin_titles(found))


def _bin_names(found: Binned) -> list[str]:
    return [
        f"{a:g} to {b:g}".replace("-", "−")
        for a, b in zip(found.edges[:-1], found.edges[1:], strict=True)
    ]


def _bin_titles(found: Binned) -> list[str]:
    medians = found.quantiles[1]
    return [
        f"{name}: {count} pairs, median {number(float(median))}°"
        for name, count, median in zip(_bin_names(found), found.counts, medians, strict=True)
    ]
