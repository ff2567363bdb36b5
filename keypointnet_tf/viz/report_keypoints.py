"""Each keypoint on its own: how steady it is, and which true landmark it lies at.

Letters: N pairs, O objects, K keypoints, L landmarks. Lengths in object units.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.viz.palette import KEYPOINT_COLORS
from keypointnet_tf.viz.report_data import ScoredPairs
from keypointnet_tf.viz.report_page import DASH, Content, Element, number, percent, table, tag

# A keypoint this far from a landmark has no colour left in the matrix.
FAR = 0.8
DARK_CELL = 0.55


@dataclasses.dataclass(frozen=True, eq=False)
class KeypointFigures:
    """Figures of each keypoint; means over views and objects.

    Attributes:
      across_views: `[K]` distance between a view's prediction and the object's mean of it.
      across_objects: `[K]` distance between an object's mean and the mean of all objects.
      on_object: `[K]` share of the views in which it lies on the object.
      confidence: `[K]`, or None.
      least_distance: `[K]` distance from the nearest other keypoint of the object's means; NaN
        for K = 1.
      to_landmarks: `[K, L]` distance between an object's mean and its landmark, over the objects
        that have it; NaN where none has; L is 0 without landmarks.
      landmark_names: L names.
    """

    across_views: np.ndarray
    across_objects: np.ndarray
    on_object: np.ndarray
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
    group = group.reshape(-1)
    means = _by_object(pairs.xyz_object.mean(axis=1), group)
    off = np.linalg.norm(pairs.xyz_object - means[group][:, None], axis=-1)
    gaps = np.linalg.norm(means[:, :, None] - means[:, None], axis=-1)
    gaps = np.where(np.eye(means.shape[1], dtype=bool), np.inf, gaps).min(axis=-1).mean(axis=0)
    return KeypointFigures(
        across_views=_by_object(off.mean(axis=1), group).mean(axis=0),
        across_objects=np.linalg.norm(means - means.mean(axis=0), axis=-1).mean(axis=0),
        on_object=pairs.on_object.mean(axis=(0, 1)),
        confidence=None if pairs.confidence is None else pairs.confidence.mean(axis=(0, 1)),
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


def keypoint_table(figures: KeypointFigures) -> Element:
    """A row of figures for each keypoint."""
    columns: list[Content] = ["keypoint", "moves across views", "moves across objects"]
    values = [figures.across_views, figures.across_objects]
    texts = [[number(float(x), 2) for x in column] for column in values]
    columns += ["on the object", "distance to the next"]
    values += [figures.on_object, figures.least_distance]
    texts += [[percent(float(x)) for x in figures.on_object]]
    texts += [[number(float(x), 2) for x in figures.least_distance]]
    if figures.confidence is not None:
        columns.append("confidence")
        values.append(figures.confidence)
        texts.append([number(float(x), 2) for x in figures.confidence])
    tops = [1.0 if name in ("on the object", "confidence") else None for name in columns[1:]]
    cells = [_barred(*column) for column in zip(values, texts, tops, strict=True)]
    if figures.landmark_names:
        columns.append(tag("span", "nearest landmark", class_="text"))
        cells.append([_nearest(figures, k) for k in range(len(figures.on_object))])
    rows = ([chip(k), *row] for k, row in enumerate(zip(*cells, strict=True)))
    return table(columns, rows, class_="barred")


def landmark_matrix(figures: KeypointFigures) -> Element:
    """Distance of each keypoint from each landmark, the nearer the darker."""
    columns = ["", *(tag("span", name) for name in figures.landmark_names)]
    rows = []
    for k, distances in enumerate(figures.to_landmarks):
        nearest = figures.nearest(k)
        cells = [_shaded(float(d), nearest == i) for i, d in enumerate(distances)]
        rows.append([chip(k), *cells])
    return table(columns, rows, class_="matrix")


def chip(keypoint: int) -> Element:
    """A keypoint's number on its colour."""
    red, green, blue = KEYPOINT_COLORS[keypoint % len(KEYPOINT_COLORS)]
    ink = "#000" if _luminance((red, green, blue)) > 0.179 else "#fff"
    style = f"background:rgb({red},{green},{blue});color:{ink}"
    return tag("span", str(keypoint), class_="chip", style=style)


def css_color(keypoint: int) -> str:
    """A keypoint's colour as `#rrggbb`."""
    red, green, blue = KEYPOINT_COLORS[keypoint % len(KEYPOINT_COLORS)]
    return f"#{red:02x}{green:02x}{blue:02x}"


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


def _barred(values: np.ndarray, texts: list[str], top: float | None) -> list[Element]:
    """Cells with a bar behind the number, up to `top` or to the largest of them."""
    top = top or max(float(np.nanmax(values, initial=0.0)), 1e-9)
    widths = np.nan_to_num(100 * np.clip(np.asarray(values, float) / top, 0, 1))
    return [
        tag("td", tag("span", text), style=f"--w:{width:.0f}%", class_="bar")
        for text, width in zip(texts, widths, strict=True)
    ]


def _nearest(figures: KeypointFigures, keypoint: int) -> Element:
    place = figures.nearest(keypoint)
    if place is None:
        return tag("td", number(None))
    distance = number(float(figures.to_landmarks[keypoint, place]), 2)
    return tag("td", figures.landmark_names[place], tag("small", f" at {distance}"), class_="text")


def _shaded(distance: float, nearest: bool) -> Element:
    near = max(0.0, 1 - distance / FAR) ** 1.5 if np.isfinite(distance) else 0.0
    classes = " ".join(c for c, on in (("dark", near > DARK_CELL), ("best", nearest)) if on)
    return tag(
        "td",
        f"{distance:.2f}" if np.isfinite(distance) else DASH,
        style=f"--near:{near:.2f}",
        class_=classes or None,
    )
