"""The angular error in pictures: its distribution, and how it depends on the views.

Letters: N values, B bins.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.viz.report_page import Element, details, figure, number, percent, table, tag
from keypointnet_tf.viz.report_svg import Axis, Plot, band, bars, dots, line, log_ticks, upright

LEAST_DEGREES, WORST_DEGREES = 0.5, 180.0
DEGREE_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 180)
HISTOGRAM_BINS = 36
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


def distribution(errors: np.ndarray) -> Element:
    """Histogram and cumulative share of angular errors `[N]` in degrees."""
    edges = np.geomspace(LEAST_DEGREES, WORST_DEGREES, HISTOGRAM_BINS + 1)
    counts = np.histogram(np.clip(errors, LEAST_DEGREES, WORST_DEGREES), edges)[0]
    shares = counts / len(errors)
    top = max(float(shares.max()) * 1.12, 0.02)
    x = Axis(LEAST_DEGREES, WORST_DEGREES, DEGREE_TICKS, "angular error, degrees (log scale)", True)
    y = Axis(0, top, _tidy(top), names=[percent(t, 0) for t in _tidy(top)])
    whole = (0, 0.25, 0.5, 0.75, 1.0)
    right = Axis(0, 1, whole, names=[percent(t, 0) for t in whole])
    plot = Plot(x, y, width=560, height=250, right=right)
    titles = [
        f"{low:.3g} to {high:.3g} degrees: {count} pairs ({percent(share)})"
        for low, high, count, share in zip(edges[:-1], edges[1:], counts, shares, strict=True)
    ]
    degrees = np.geomspace(LEAST_DEGREES, WORST_DEGREES, 181)
    below = np.searchsorted(np.sort(errors), degrees, side="right") / len(errors)
    mean, median = float(errors.mean()), float(np.median(errors))
    picture = plot.svg(
        f"Distribution of the angular error: median {median:.1f}, mean {mean:.1f} degrees",
        bars(plot, edges, shares, "a", titles),
        line(plot, degrees, below, "b", axis=right),
        upright(plot, median, f"median {median:.1f}°", "", before=median < mean),
        upright(plot, mean, f"mean {mean:.1f}°", "dash", before=median >= mean),
    )
    reached = ", ".join(
        f"{percent(float((errors < x).mean()))} below {x}°" for x in (5, 10, 15, 30)
    )
    caption = [
        swatch("a band", "share of the pairs, left axis"),
        swatch("b", "share below, right axis"),
        f"{reached}.",
    ]
    return figure(picture, caption, class_="chart wide")


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
    low = min(LEAST_DEGREES * 2, float(np.nanmin(found.quantiles, initial=WORST_DEGREES)))
    low = max(low, 0.01)
    y = Axis(low, WORST_DEGREES, _degree_ticks(low), "angular error, degrees", True)
    plot = Plot(x, y)
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
    rows = zip(_bin_names(found), found.counts.tolist(), *found.quantiles.tolist(), strict=True)
    columns = (title, "number", "quartile", "median", "quartile", "90 %")
    cells = [[name, count, *map(number, rest)] for name, count, *rest in rows]
    return figure(picture, details("Numbers", table(columns, cells, class_="small")))


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


def swatch(class_: str, text: str) -> Element:
    """A sample of a colour beside its meaning."""
    return tag("span", tag("i", class_=f"swatch {class_}"), text, " ", class_="key")


def _tidy(top: float) -> list[float]:
    """At most five round shares from 0 up to `top`."""
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if top / s <= 5)
    return [i * step for i in range(int(top / step) + 1)]


def _degree_ticks(low: float) -> list[float]:
    return [t for t in log_ticks(low, 100.0) if t < 100] + [100.0, 180.0]


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
