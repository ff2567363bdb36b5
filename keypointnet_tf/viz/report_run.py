"""How the predictions came about: curves of the training, configuration, versions, command.

Letters: R rows of the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from keypointnet_tf.viz.report_data import MadeBy, ReportData
from keypointnet_tf.viz.report_page import Element, details, figure, number, swatch, table, tag
from keypointnet_tf.viz.report_svg import Axis, Plot, line, log_ticks, ticks

FIRST_CURVES = ("loss", "angular_error_deg", "orientation_accuracy")
# Largest over least value from which on a curve is drawn on a logarithmic axis.
LOG_RANGE = 8.0


def training_curves(log: Mapping[str, Sequence[float]]) -> list[Element]:
    """Small charts of every loss and figure over the steps, training and validation in one.

    Loss weights, schedules and the learning rate are folded away behind them. Empty where the
    log holds fewer than two rows.
    """
    steps = np.asarray(log.get("step", ()), float)
    if len(steps) < 2:
        return []
    names = [n for n in log if n != "step" and not n.startswith("val_")]
    losses = [n for n in names if "/" not in n and n != "learning_rate"]
    losses.sort(key=lambda n: (FIRST_CURVES.index(n) if n in FIRST_CURVES else 9, n))
    settings = [n for n in names if n not in losses]
    key = tag("p", swatch("a", "training"), swatch("b", "validation"), class_="legend")
    charts = tag("div", [_curve(n, steps, log) for n in losses], class_="small-multiples")
    if not settings:
        return [key, charts]
    set_ = tag("div", [_curve(n, steps, log) for n in settings], class_="small-multiples")
    return [key, charts, details("Schedules: loss weights, learning rate and others", set_)]


def origin(data: ReportData) -> list[Element]:
    """Command, date, versions, counts, and the configuration folded away."""
    made_by = data.made_by
    # An element without children is false, so that only None may be asked for.
    facts = [(name, value) for name, value in _facts(data, made_by) if value is not None]
    parts: list[Element] = [
        tag("dl", [[tag("dt", name), tag("dd", value)] for name, value in facts], class_="facts")
    ]
    for name, title in (("config", "Configuration"), ("data", "Data"), ("notes", "Notes")):
        rows = [
            [tag("code", key), tag("td", tag("code", str(value)), class_="text")]
            for key, value in _flat(made_by.run.get(name))
        ]
        if rows:
            parts.append(
                details(
                    f"{title} of the training",
                    table(["field", tag("span", "value", class_="text")], rows, class_="small"),
                )
            )
    return parts


def _facts(data: ReportData, made_by: MadeBy) -> Iterator[tuple[str, object]]:
    summary = data.summary
    yield "command", tag("code", made_by.command) if made_by.command else None
    yield "date", made_by.date or None
    yield "pairs", number(summary.get("pairs"))
    yield "objects", number(summary.get("objects"))
    yield "keypoints", number(summary.get("keypoints"))
    yield "steps of the model", number(summary.get("steps"))
    versions = made_by.run.get("versions")
    if isinstance(versions, Mapping):
        yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items())
    commit = made_by.run.get("git_commit")
    yield "commit", tag("code", str(commit)) if commit else None


def _curve(name: str, steps: np.ndarray, log: Mapping[str, Sequence[float]]) -> Element:
    """One chart; the curve of training, and that of validation where there is one."""
    named = ((name, "a"), (f"val_{name}", "b"))
    both = [(np.asarray(log[key], float), class_) for key, class_ in named if key in log]
    values = np.concatenate([v for v, _ in both])
    finite = values[np.isfinite(values)]
    x_ticks = ticks(0.0, float(steps[-1]), 4)
    x = Axis(0.0, float(steps[-1]), x_ticks, "step", names=[_steps(t) for t in x_ticks])
    plot = Plot(x, _y_axis(finite), width=320, height=210)
    lines = [line(plot, steps, v, c) for v, c in both]
    ends = [swatch(c, number(float(v[-1]))) for v, c in both]
    words = name.replace("_", " ").replace("/", ": ").removesuffix(" deg")
    caption = [tag("b", words), " ", tag("small", "at the end ", ends)]
    return figure(plot.svg(f"{words} over the steps", *lines), caption)


def _y_axis(values: np.ndarray) -> Axis:
    """Covers finite values: logarithmic where they span much, else from 0 or close around."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low > 0 and high / low > LOG_RANGE:
        low, high = low / 1.15, high * 1.15
        return Axis(low, high, log_ticks(low, high), log=True)
    if low >= 0:
        low = 0.0
    pad = (high - low) * 0.06 or max(abs(high), 1e-9)
    return Axis(low, high + pad, ticks(low, high + pad, 5))


def _steps(step: float) -> str:
    return f"{step / 1000:g}k" if step >= 1000 else f"{step:g}"


def _flat(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Dotted names and values of nested dictionaries."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}{key}.")
    elif value is not None:
        yield prefix[:-1], value
