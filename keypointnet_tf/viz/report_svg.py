"""Charts as inline SVG: axes, lines, bands and bars, coloured by the page's style sheet.

Drawn by hand rather than by a plotting library so that one chart is crisp at any size, follows
the reader's light or dark theme, and tells each value when pointed at. Letters: N points.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.viz.report_page import Content, Element, tag

LEFT, RIGHT, TOP, BOTTOM = 56.0, 14.0, 12.0, 40.0


@dataclasses.dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes:
      low, high: ends, `low < high`; above 0 on a logarithmic axis.
      ticks: where a line and a number stand.
      label: what is measured, with its unit.
      log: whether the axis is logarithmic.
      names: texts of the ticks; None: the numbers.
    """

    low: float
    high: float
    ticks: Sequence[float]
    label: str = ""
    log: bool = False
    names: Sequence[str] | None = None

    def share(self, values: np.ndarray) -> np.ndarray:
        """How far along the axis values lie, clipped to [0, 1]."""
        scale = np.log if self.log else np.asarray
        values = np.clip(np.asarray(values, float), self.low, self.high)
        low, high = scale(self.low), scale(self.high)
        return (scale(values) - low) / (high - low)

    def texts(self) -> list[str]:
        """The ticks' texts."""
        return list(self.names) if self.names else [f"{tick:g}" for tick in self.ticks]


@dataclasses.dataclass(frozen=True)
class Plot:
    """The frame of a chart in its own pixels, which the page scales.

    Attributes:
      x, y: its axes.
      width, height: of the whole picture.
      right: a second vertical axis on the right, or None.
    """

    x: Axis
    y: Axis
    width: float = 440.0
    height: float = 280.0
    right: Axis | None = None

    @property
    def x_end(self) -> float:
        """Right edge of the area of data."""
        return self.width - (LEFT if self.right else RIGHT)

    @property
    def y_end(self) -> float:
        """Lower edge of the area of data."""
        return self.height - BOTTOM

    def across(self, values: np.ndarray) -> np.ndarray:
        """Horizontal pixels of values on the `x` axis."""
        return LEFT + self.x.share(values) * (self.x_end - LEFT)

    def up(self, values: np.ndarray, axis: Axis | None = None) -> np.ndarray:
        """Vertical pixels of values on the `y` axis, or on another one."""
        return self.y_end - (axis or self.y).share(values) * (self.y_end - TOP)

    def svg(self, label: str, *marks: Content) -> Element:
        """The chart: grid, the marks over it, the axes' texts. `label` is read out for it."""
        size = f"0 0 {self.width:g} {self.height:g}"
        return tag(
            "svg", self._grid(), marks, self._texts(), viewBox=size, role="img", aria_label=label
        )

    def _grid(self) -> Element:
        rows = [
            tag("line", x1=LEFT, x2=self.x_end, y1=y, y2=y) for y in self.up(list(self.y.ticks))
        ]
        columns = [
            tag("line", x1=x, x2=x, y1=TOP, y2=self.y_end) for x in self.across(list(self.x.ticks))
        ]
        base = tag("line", x1=LEFT, x2=self.x_end, y1=self.y_end, y2=self.y_end, class_="base")
        return tag("g", rows, columns, base, class_="grid")

    def _texts(self) -> Element:
        below = [
            tag("text", text, x=x, y=self.y_end + 16, text_anchor="middle")
            for x, text in zip(self.across(list(self.x.ticks)), self.x.texts(), strict=True)
        ]
        title = tag(
            "text",
            self.x.label,
            x=(LEFT + self.x_end) / 2,
            y=self.height - 5,
            text_anchor="middle",
            class_="label",
        )
        sides = [self._side(self.y, LEFT - 6, "end", 12)]
        if self.right:
            sides.append(self._side(self.right, self.x_end + 6, "start", self.width - 4))
        return tag("g", below, title, sides, class_="axes")

    def _side(self, axis: Axis, x: float, anchor: str, label_x: float) -> list[Element]:
        middle = (TOP + self.y_end) / 2
        ticks = [
            tag("text", text, x=x, y=y + 4, text_anchor=anchor)
            for y, text in zip(self.up(list(axis.ticks), axis), axis.texts(), strict=True)
        ]
        turn = f"rotate(-90 {label_x:g} {middle:g})"
        label = tag(
            "text",
            axis.label,
            x=label_x,
            y=middle,
            text_anchor="middle",
            transform=turn,
            class_="label",
        )
        return [*ticks, label]


def line(
    plot: Plot, x: np.ndarray, y: np.ndarray, class_: str, axis: Axis | None = None
) -> Element:
    """A line through N points in order; it is broken where a value is not finite."""
    return tag("path", d=_path(plot.across(x), plot.up(y, axis), y), class_=f"line {class_}")


def dots(plot: Plot, x: np.ndarray, y: np.ndarray, class_: str, titles: Sequence[str]) -> Element:
    """N points, each of which tells its title when pointed at."""
    marks = [
        tag("circle", tag("title", title), cx=px, cy=py, r=3.5)
        for px, py, value, title in zip(plot.across(x), plot.up(y), y, titles, strict=True)
        if math.isfinite(value)
    ]
    return tag("g", marks, class_=f"dots {class_}")


def band(plot: Plot, x: np.ndarray, low: np.ndarray, high: np.ndarray, class_: str) -> Element:
    """The area between two lines over the same N places, all finite."""
    there = zip(plot.across(x), plot.up(high), strict=True)
    back = reversed(list(zip(plot.across(x), plot.up(low), strict=True)))
    outline = " ".join(f"{px:.1f},{py:.1f}" for px, py in [*there, *back])
    return tag("polygon", points=outline, class_=f"band {class_}")


def bars(
    plot: Plot, edges: np.ndarray, heights: np.ndarray, class_: str, titles: Sequence[str]
) -> Element:
    """N upright bars between N + 1 edges, each of which tells its title when pointed at."""
    left, right, top = plot.across(edges[:-1]), plot.across(edges[1:]), plot.up(heights)
    marks = [
        tag(
            "rect",
            tag("title", title),
            x=x0 + 0.75,
            width=max(x1 - x0 - 1.5, 0.5),
            y=y,
            height=max(plot.y_end - y, 0.0),
        )
        for x0, x1, y, title in zip(left, right, top, titles, strict=True)
    ]
    return tag("g", marks, class_=f"bars {class_}")


def upright(plot: Plot, value: float, text: str, class_: str, *, before: bool) -> Element:
    """A line across the chart at a value of the `x` axis, with a text before or after its head."""
    x = float(plot.across(value))
    label = tag(
        "text",
        text,
        x=x - 5 if before else x + 5,
        y=TOP + 12,
        text_anchor="end" if before else "start",
    )
    return tag("g", tag("line", x1=x, x2=x, y1=TOP, y2=plot.y_end), label, class_=f"mark {class_}")


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """About `count` round numbers in `[low, high]`: steps of 1, 2 or 5 times a power of ten."""
    raw = max((high - low) / max(count, 1), 1e-12)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten in `[low, high]`, with 2 and 5 times them where there is room."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{m * 10.0**p:.12g}") for p in powers for m in steps]
        found = [x for x in found if low * 0.999 <= x <= high * 1.001]
        if len(found) <= 8:
            break
    return found


def _path(px: np.ndarray, py: np.ndarray, values: np.ndarray) -> str:
    finite = np.isfinite(np.asarray(values, float))
    steps = []
    for i in np.flatnonzero(finite):
        steps.append(f"{'L' if i and finite[i - 1] else 'M'}{px[i]:.1f},{py[i]:.1f}")
    return "".join(steps)
