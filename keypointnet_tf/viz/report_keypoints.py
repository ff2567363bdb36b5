"""Each keypoint on its own: how steady it is, and which true landmark it lies at.

Letters: N pairs, O objects, K keypoints, L landmarks. Lengths in object units.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from keypointnet_tf.viz.palette import KEYPOINT_COLORS
from keypointnet_tf.viz.report_data import ScoredPairs
from keypointnet_tf.viz.report_page import Content, Element, bar_cell, number, percent, table, tag

# Figures that the summary holds for each keypoint: name, heading, unit.
SUMMARISED = (
    ("consistency_across_views_per_keypoint", "moves across views", "length"),
    ("consistency_across_instances_per_keypoint", "moves across objects", "length"),
    ("repeatability_per_keypoint", "found again", "share"),
)


@dataclasses.dataclass(frozen=True, eq=False)
class KeypointFigures:
    """Figures of each keypoint; means over views and objects.

    Attributes:
      on_object: `[K]` share of the views in which it lies on the object, or None.
      confidence: `[K]`, or None.
      least_distance: `[K]` distance from the nearest other keypoint of an object's means, averaged
        over the objects; NaN for K = 1.
      to_landmarks: `[K, L]` distance between an object's mean and its landmark, over the objects
        that have it; NaN where none has; L is 0 without landmarks.
      landmark_names: L names.
    """

    on_object: np.ndarray | None
    confidence: np.ndarray | None
    least_distance: np.ndarray
    to_landmarks: np.ndarray
    landmark_names: tuple[str, ...]

    def nearest(self, keypoint: int) -> int | None:
        """Which landmark the keypoint is nearest to, or None."""
        row = self.to_landmarks[keypoint]
        return int(np.nanargmin(row)) if np.isfinite(row).any() else None


def keypoint_figures(pairs: ScoredPairs) -> KeypointFigures:
    """Measures each keypoint over all views of all objects; every object counts once."""
    _, first, group = np.unique(pairs.object_id, return_index=True, return_inverse=True)
    means = _by_object(pairs.xyz_object.mean(axis=1), group.reshape(-1))
    gaps = np.linalg.norm(means[:, :, None] - means[:, None], axis=-1)
    gaps = np.where(np.eye(means.shape[1], dtype=bool), np.inf, gaps).min(axis=-1).mean(axis=0)
    return KeypointFigures(
        on_object=_per_keypoint(pairs.on_object),
        confidence=_per_keypoint(pairs.confidence),
        least_distance=np.where(np.isfinite(gaps), gaps, np.nan),
        to_landmarks=_to_landmarks(pairs, means, first),
        landmark_names=landmark_names(pairs),
    )


def landmark_names(pairs: ScoredPairs) -> tuple[str, ...]:
    """Names of the landmarks in words, numbers where they have none, () without landmarks."""
    if pairs.landmarks is None:
        return ()
    if pairs.landmark_names is None:
        return tuple(str(i) for i in range(pairs.landmarks.shape[1]))
    return tuple(str(name).replace("_", " ") for name in pairs.landmark_names)


def keypoint_table(figures: KeypointFigures, summary: Mapping[str, Any]) -> Element:
    """A row of figures for each keypoint.

    Args:
      figures: measured here.
      summary: may hold the figures of `SUMMARISED`, K values each.
    """
    columns: list[Content] = ["keypoint"]
    cells = []
    for values, heading, unit in _columns(figures, summary):
        if values is not None:
            columns.append(heading)
            cells.append(_barred(np.asarray(values, float), unit))
    if figures.landmark_names:
        columns.append(tag("span", "nearest landmark", class_="text"))
        cells.append([_nearest(figures, k) for k in range(len(figures.least_distance))])
    rows = ([chip(k), *row] for k, row in enumerate(zip(*cells, strict=True)))
    return table(columns, rows, class_="barred")


def found_by_angle(summary: Mapping[str, Any]) -> Element | None:
    """How the steadiness depends on the angle between the views; None where nothing is known."""
    rows = [
        [
            f"{row['low_deg']:g} to {row['high_deg']:g}°",
            number(row["pairs"]),
            bar_cell(percent(row["repeatability"]), row["repeatability"]),
            number(row["consistency"], 2),
        ]
        for row in summary.get("repeatability_by_angle") or ()
    ]
    if not rows:
        return None
    columns = ("views apart", "pairs", "found again", "distance")
    head = tag("h3", "By the angle between the views")
    return tag("div", head, table(columns, rows, class_="barred"))


def chip(keypoint: int) -> Element:
    """A keypoint's number on its colour."""
    red, green, blue = KEYPOINT_COLORS[keypoint % len(KEYPOINT_COLORS)]
    style = f"background:rgb({red},{green},{blue});color:{css_ink(keypoint)}"
    return tag("span", str(keypoint), class_="chip", style=style)


def css_color(keypoint: int) -> str:
    """A keypoint's colour as `#rrggbb`."""
    red, green, blue = KEYPOINT_COLORS[keypoint % len(KEYPOINT_COLORS)]
    return f"#{red:02x}{green:02x}{blue:02x}"


def css_ink(keypoint: int) -> str:
    """Black or white, whichever stands out on the keypoint's colour."""
    color = KEYPOINT_COLORS[keypoint % len(KEYPOINT_COLORS)]
    return "#000" if _luminance(color) > 0.179 else "#fff"


def _luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance by WCAG 2; above 0.179 black stands out better than white."""
    c = np.array(color) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _by_object(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """`[O, ...]` means of `values [N, ...]` over the pairs of each object."""
    sums = np.zeros((int(group.max()) + 1, *values.shape[1:]))
    np.add.at(sums, group, values)
    counts = np.bincount(group).reshape(-1, *[1] * (values.ndim - 1))
    return sums / counts


def _to_landmarks(pairs: ScoredPairs, means: np.ndarray, first: np.ndarray) -> np.ndarray:
    """`[K, L]` mean distances between objects' keypoints `means [O, K, 3]` and landmarks."""
    if pairs.landmarks is None:
        return np.full((means.shape[1], 0), np.nan)
    truth = pairs.landmarks[first].astype(float)
    distances = np.linalg.norm(means[:, :, None] - truth[:, None], axis=-1)
    there = np.isfinite(distances)
    total, count = np.where(there, distances, 0).sum(axis=0), there.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _per_keypoint(values: np.ndarray | None) -> np.ndarray | None:
    return None if values is None else values.mean(axis=(0, 1))


def _columns(
    figures: KeypointFigures, summary: Mapping[str, Any]
) -> Iterator[tuple[np.ndarray | None, str, str]]:
    """Values (or None), heading and unit of each column; the unit "" is from 0 to 1."""
    for name, heading, unit in SUMMARISED:
        yield summary.get(name), heading, unit
    yield figures.on_object, "on the object", "share"
    yield figures.confidence, "confidence", ""
    yield figures.least_distance, "distance to the next", "length"


def _barred(values: np.ndarray, unit: str) -> list[Element]:
    """Cells with bars: of lengths up to the largest, of others up to 1."""
    top = max(float(np.nanmax(values, initial=0.0)), 1e-9) if unit == "length" else 1.0
    texts = [percent(x) if unit == "share" else number(x, 2) for x in values.tolist()]
    return [bar_cell(text, x / top) for text, x in zip(texts, values.tolist(), strict=True)]


def _nearest(figures: KeypointFigures, keypoint: int) -> Element:
    place = figures.nearest(keypoint)
    if place is None:
        return tag("td", number(None))
    distance = number(float(figures.to_landmarks[keypoint, place]), 2)
    return tag("td", figures.landmark_names[place], tag("small", f" at {distance}"), class_="text")
