"""The figures that one looks at first, each with what it means and what it is compared with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from keypointnet_tf.viz.report_page import Content, Element, details, number, percent, table, tag


@dataclasses.dataclass(frozen=True)
class Figure:
    """How a figure of the summary is shown.

    Attributes:
      key: its name in `summary.json`.
      label: its name in words.
      meaning: one line of explanation.
      unit: "degrees", "share" or "length"; "" for a plain number.
      better: "lower" or "higher"; "" where neither is.
      floor: the key of the figure to compare with, or a fixed value; None without one.
      floor_name: what that is.
    """

    key: str
    label: str
    meaning: str
    unit: str = ""
    better: str = ""
    floor: str | float | None = None
    floor_name: str = ""


FIGURES = (
    Figure(
        "angular_error_median_deg",
        "angular error, median",
        "Angle between the true rotation from view to view and the one that the keypoints give "
        "by Procrustes; half of the pairs lie below.",
        "degrees",
        "lower",
    ),
    Figure(
        "angular_error_mean_deg",
        "angular error, mean",
        "The mean of the same; a few flipped pairs near 180 degrees weigh heavily in it.",
        "degrees",
        "lower",
    ),
    Figure(
        "accuracy_10deg",
        "pairs below 10 degrees",
        "Share of the pairs with an angular error below 10 degrees.",
        "share",
        "higher",
    ),
    Figure(
        "accuracy_15deg",
        "pairs below 15 degrees",
        "Share of the pairs with an angular error below 15 degrees.",
        "share",
        "higher",
    ),
    Figure(
        "accuracy_30deg",
        "pairs below 30 degrees",
        "Share of the pairs with an angular error below 30 degrees; the others count as failed.",
        "share",
        "higher",
    ),
    Figure(
        "orientation_accuracy",
        "left or right",
        "Share of the views whose side, the object facing left or right, is told rightly.",
        "share",
        "higher",
        0.5,
        "guessing",
    ),
    Figure(
        "landmark_error",
        "landmark error",
        "Distance between true landmarks and those that a linear map, fitted on training objects, "
        "finds from an object's averaged keypoints. Below the floor, the keypoints follow the "
        "shape of the instance.",
        "length",
        "lower",
        "landmark_floor",
        "mean landmarks",
    ),
    Figure(
        "landmark_error_single_view",
        "landmark error, one view",
        "The same from the keypoints of a single view.",
        "length",
        "lower",
        "landmark_floor_single_view",
        "mean landmarks",
    ),
    Figure(
        "landmark_error_ratio",
        "landmark error / floor",
        "1 is a rigid pattern that merely turns with the object; the smaller the better.",
        "",
        "lower",
        1.0,
        "rigid pattern",
    ),
    Figure(
        "consistency",
        "consistency",
        "Distance between a keypoint seen from one view and from the other, in the object frame.",
        "length",
        "lower",
    ),
    Figure(
        "three_d_se",
        "3D standard error",
        "Mean distance of a keypoint from its mean over all views of all objects; the objects' "
        "own variety is part of it.",
        "length",
        "lower",
    ),
    Figure(
        "three_d_se_rms",
        "3D standard error, rms",
        "The root of the mean squared distance, the other reading of the same figure.",
        "length",
        "lower",
    ),
    Figure(
        "on_object_share",
        "on the object",
        "Share of the keypoints that lie on the object in the image.",
        "share",
        "higher",
    ),
    Figure(
        "coverage",
        "coverage",
        "Mean distance of an object's keypoints from their middle: whether they spread over it.",
        "length",
    ),
    Figure(
        "least_distance",
        "least distance",
        "Distance between an object's two nearest keypoints: whether they are told apart.",
        "length",
    ),
    Figure(
        "undetermined_rotation_share",
        "undetermined rotations",
        "Share of the pairs whose keypoints lie on a line or in a point, and fix no rotation; "
        "they count as 180 degrees.",
        "share",
        "lower",
    ),
    Figure(
        "relative_angle_mean_deg",
        "angle between the views, mean",
        "True rotation from view to view: how hard the pairs are.",
        "degrees",
    ),
)
TILES = (
    "angular_error_median_deg",
    "accuracy_30deg",
    "orientation_accuracy",
    "on_object_share",
    "landmark_error_ratio",
)
_BETTER = {"lower": "↓", "higher": "↑", "": ""}


def tiles(summary: Mapping[str, object]) -> Element:
    """The few figures at the head of the page."""
    by_key = {figure.key: figure for figure in FIGURES}
    shown = [by_key[key] for key in TILES if summary.get(key) is not None]
    return tag(
        "ul",
        [
            tag("li", tag("b", shown_value(f.unit, summary[f.key])), tag("span", f.label))
            for f in shown
        ],
        class_="tiles",
    )


def summary_table(summary: Mapping[str, object]) -> Element:
    """Every headline figure that the summary holds, with its floor and its meaning."""
    rows = []
    for figure in FIGURES:
        if figure.key in summary:
            name = tag("span", figure.label, " ", tag("i", _BETTER[figure.better]))
            value = tag("b", shown_value(figure.unit, summary[figure.key]))
            rows.append([name, value, _floor(figure, summary), _text(figure.meaning)])
    return table(["figure", "value", "floor", "meaning"], rows, class_="summary")


def further_figures(summary: Mapping[str, object]) -> Element | None:
    """All other single numbers of the summary under their own names; None without any."""
    named = {f.key for f in FIGURES} | {f.floor for f in FIGURES}
    rest = [
        [tag("code", key), number(value, 4)]
        for key, value in summary.items()
        if key not in named and isinstance(value, int | float) and not isinstance(value, bool)
    ]
    return details("All other figures", table(["name", "value"], rest)) if rest else None


def shown_value(unit: str, value: object) -> str:
    """A figure with its unit."""
    if unit == "share":
        return percent(value)
    return number(value, unit="°" if unit == "degrees" and value is not None else "")


def _floor(figure: Figure, summary: Mapping[str, object]) -> Content:
    floor = summary.get(figure.floor) if isinstance(figure.floor, str) else figure.floor
    if floor is None:
        return tag("td")
    return tag("td", shown_value(figure.unit, floor), tag("small", figure.floor_name))


def _text(text: str) -> Element:
    return tag("td", text, class_="text")
