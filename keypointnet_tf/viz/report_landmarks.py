"""True landmarks: how near the keypoints lie to them, and how well they are found.

Letters: K keypoints, L landmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keypointnet_tf.viz.report_keypoints import KeypointFigures, chip
from keypointnet_tf.viz.report_page import DASH, Element, bar_cell, number, percent, table, tag

# A keypoint this far from a landmark has no colour left in the matrix.
FAR = 0.8
DARK_CELL = 0.55
ALPHAS = ("0.05", "0.1", "0.2")
PCK = {
    "": "pose and shape from the image",
    "_sym": "the same, up to symmetry",
    "_visible": "the same, landmarks in sight",
    "_true_pose": "shape from the image, true pose",
    "_floor": "mean landmarks, true pose",
}


def landmark_matrix(figures: KeypointFigures) -> Element:
    """Distance of each keypoint from each landmark, the nearer the darker."""
    columns = ["", *(tag("span", name) for name in figures.landmark_names)]
    rows = []
    for k, distances in enumerate(figures.to_landmarks):
        nearest = figures.nearest(k)
        cells = [_shaded(float(d), nearest == i) for i, d in enumerate(distances)]
        rows.append([chip(k), *cells])
    return table(columns, rows, class_="matrix")


def mapped_landmarks(summary: Mapping[str, Any]) -> Element | None:
    """What the linear map reaches for each landmark, against its floor; None without any."""
    reached = summary.get("landmark_error_per_landmark") or {}
    floors = summary.get("landmark_floor_per_landmark") or {}
    known = [x for x in (*reached.values(), *floors.values()) if x is not None and np.isfinite(x)]
    if not known:
        return None
    rows = []
    for name, error in reached.items():
        floor = floors.get(name)
        ratio = error / floor if error is not None and floor else None
        cells = [bar_cell(number(x, 2), (x or 0.0) / max(known)) for x in (error, floor)]
        rows.append([name.replace("_", " "), *cells, number(ratio, 2)])
    head = tag("h3", "Landmarks from keypoints, by a linear map")
    columns = ("landmark", "error", "floor", "error / floor")
    return tag("div", head, table(columns, rows, class_="barred small"))


def correct_landmarks(summary: Mapping[str, Any]) -> Element | None:
    """Share of the landmarks found within parts of the box and of the image; None without any."""
    rows = []
    for suffix, name in PCK.items():
        keys = [f"pck_{norm}_{alpha}{suffix}" for norm in ("box", "image") for alpha in ALPHAS]
        values = [summary.get(key) for key in keys]
        if any(v is not None and np.isfinite(v) for v in values):
            rows.append([name, *map(percent, values)])
    if not rows:
        return None
    columns = ["", *(f"{a} of the {norm}" for norm in ("box", "image") for a in ALPHAS)]
    head = tag("h3", "Landmarks found in the image (PCK)")
    return tag("div", head, table(columns, rows))


def _shaded(distance: float, nearest: bool) -> Element:
    near = max(0.0, 1 - distance / FAR) ** 1.5 if np.isfinite(distance) else 0.0
    classes = " ".join(c for c, on in (("dark", near > DARK_CELL), ("best", nearest)) if on)
    text = f"{distance:.2f}" if np.isfinite(distance) else DASH
    return tag("td", text, style=f"--near:{near:.2f}", class_=classes or None)
