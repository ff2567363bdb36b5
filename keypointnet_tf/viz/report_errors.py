"""How large the angular error is: its distribution over the pairs.

Letters: N pairs.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.viz.report_page import Element, figure, percent, swatch
from keypointnet_tf.viz.report_svg import Axis, Plot, bars, line, upright

LEAST_DEGREES, WORST_DEGREES = 0.5, 180.0
DEGREE_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 180)
HISTOGRAM_BINS = 36
# Room above the highest bar and the whole, for the marks' texts.
HEADROOM = 1.14


def distribution(errors: np.ndarray) -> Element:
    """Histogram and cumulative share of angular errors `[N]` in degrees."""
    edges = np.geomspace(LEAST_DEGREES, WORST_DEGREES, HISTOGRAM_BINS + 1)
    counts = np.histogram(np.clip(errors, LEAST_DEGREES, WORST_DEGREES), edges)[0]
    shares = counts / len(errors)
    plot = _frame(float(shares.max()))
    degrees = np.geomspace(LEAST_DEGREES, WORST_DEGREES, 181)
    below = np.searchsorted(np.sort(errors), degrees, side="right") / len(errors)
    mean, median = float(errors.mean()), float(np.median(errors))
    picture = plot.svg(
        f"Distribution of the angular error: median {median:.1f}, mean {mean:.1f} degrees",
        bars(plot, edges, shares, "a", _titles(edges, counts)),
        line(plot, degrees, below, "b", axis=plot.right),
        upright(plot, median, f"median {median:.1f}°", "", before=median < mean),
        upright(plot, mean, f"mean {mean:.1f}°", "dash", before=median >= mean),
    )
    return figure(picture, _caption(errors), class_="chart wide")


def _frame(highest: float) -> Plot:
    """Shares of the pairs on the left, up to `highest`; cumulative ones on the right."""
    top = max(highest, 0.02) * HEADROOM
    x = Axis(LEAST_DEGREES, WORST_DEGREES, DEGREE_TICKS, "angular error, degrees (log scale)", True)
    y = Axis(0, top, _tidy(top), names=[percent(t, 0) for t in _tidy(top)])
    quarters = (0, 0.25, 0.5, 0.75, 1.0)
    right = Axis(0, HEADROOM, quarters, names=[percent(t, 0) for t in quarters])
    return Plot(x, y, width=560, height=250, right=right)


def _titles(edges: np.ndarray, counts: np.ndarray) -> list[str]:
    return [
        f"{low:.3g} to {high:.3g} degrees: {count} pairs ({percent(count / counts.sum())})"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _caption(errors: np.ndarray) -> list[Element | str]:
    shares = [f"{percent(float((errors < x).mean()))} below {x}°" for x in (5, 10, 15, 30)]
    return [
        swatch("a band", "share of the pairs, left axis"),
        swatch("b", "share below, right axis"),
        f"{', '.join(shares)}.",
    ]


def _tidy(top: float) -> list[float]:
    """At most five round shares from 0 up to `top`."""
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if top / s <= 5)
    return [i * step for i in range(int(top / step) + 1)]
