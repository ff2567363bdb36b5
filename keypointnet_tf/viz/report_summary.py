"""The figures that one looks at first, each with its interval and what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from keypointnet_tf.viz.report_figures import FIGURES, TILES, Figure
from keypointnet_tf.viz.report_page import Content, Element, details, number, percent, table, tag

_BETTER = {"lower": "↓", "higher": "↑", "": ""}
_BLIND = (("random", "random"), ("mean_pose", "mean pose"))
_REASONS = ("landmark_reason", "template_reason")

Summary = Mapping[str, Any]


def tiles(summary: Summary) -> Element:
    """The few figures at the head of the page."""
    by_key = {figure.key: figure for figure in FIGURES}
    shown = [by_key[key] for key in TILES if finite(summary.get(key))]
    return tag("ul", [tag("li", _tile(figure, summary)) for figure in shown], class_="tiles")


def summary_table(summary: Summary) -> Element:
    """Every headline figure that could be had, with interval, reference and meaning."""
    rows = []
    for figure in FIGURES:
        if finite(summary.get(figure.key)):
            name = tag("span", figure.label, " ", tag("i", _BETTER[figure.better]))
            value = tag("b", shown_value(figure.unit, summary[figure.key]))
            span = tag("td", interval(figure, summary), class_="interval")
            compared = tag("td", _references(figure, summary), class_="compared")
            rows.append([name, value, span, compared, tag("td", figure.meaning, class_="text")])
    columns = ["figure", "value", _confidence(summary), "to compare with", "meaning"]
    return table(columns, rows, class_="summary")


def not_measured(summary: Summary) -> Element | None:
    """Which figures could not be had, and why, as far as the summary tells; None without any."""
    absent = [
        f.label
        for f in FIGURES
        if f.key in summary and not finite(summary[f.key]) and not f.optional
    ]
    if not absent:
        return None
    reasons = dict.fromkeys(str(summary[name]) for name in _REASONS if summary.get(name))
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return tag("p", f"Not measured{why}: {', '.join(absent)}.", class_="note")


def further_figures(summary: Summary) -> Element | None:
    """All other single numbers of the summary under their own names; None without any."""
    shown = {figure.key for figure in FIGURES}
    rest = [
        [tag("code", key), number(value, 4), _span(summary, key, "")]
        for key, value in summary.items()
        if key not in shown and not isinstance(value, bool) and finite(value)
    ]
    columns = ["name", "value", _confidence(summary)]
    return details("All other figures", table(columns, rest)) if rest else None


def interval(figure: Figure, summary: Summary) -> str:
    """The figure's interval, "" where there is none."""
    return _span(summary, figure.key, figure.unit)


def shown_value(unit: str, value: object) -> str:
    """A figure with its unit."""
    if unit == "share":
        return percent(value)
    return number(value, unit="°" if unit == "degrees" and finite(value) else "")


def finite(value: object) -> bool:
    """Whether a value is a number that can be shown."""
    return isinstance(value, int | float) and math.isfinite(value)


def _tile(figure: Figure, summary: Summary) -> Content:
    span = interval(figure, summary)
    return [
        tag("b", shown_value(figure.unit, summary[figure.key]), title=figure.meaning),
        tag("span", figure.label),
        tag("small", span) if span else None,
    ]


def _span(summary: Summary, key: str, unit: str) -> str:
    low, high = (summary.get("intervals") or {}).get(key) or (None, None)
    if not finite(low) or not finite(high):
        return ""
    # The unit once, after the second number.
    plain = f"{100 * low:.1f}" if unit == "share" else number(low)
    return f"{plain} to {shown_value(unit, high)}"


def _confidence(summary: Summary) -> str:
    """Heading of the intervals' column."""
    settings = summary.get("interval_settings") or {}
    share = settings.get("confidence")
    return f"{100 * share:g} % interval" if finite(share) else ""


def _references(figure: Figure, summary: Summary) -> Content:
    return [
        tag("div", tag("small", name), " ", shown_value(figure.unit, value))
        for value, name in _compared(figure, summary)
        if finite(value)
    ]


def _compared(figure: Figure, summary: Summary) -> Iterator[tuple[object, str]]:
    """Values to compare with and their names; some may be absent."""
    if isinstance(figure.reference, float):
        yield figure.reference, figure.reference_name
    elif figure.reference is not None:
        yield _at(summary, figure.reference), figure.reference_name
    else:
        for key, name in _BLIND:
            yield _at(summary, ("floors", key, figure.key)), name


def _at(summary: Summary, path: tuple[str, ...]) -> object:
    """What nested mappings hold at a path, None where one of them does not hold it."""
    found: Any = summary if path else None
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
