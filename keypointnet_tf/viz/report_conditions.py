"""The error by quantiles of each property of the views and objects: what makes a pair hard.

Letters: B bins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from keypointnet_tf.viz.report_page import Element, bar_cell, number, percent, table, tag

LABELS = {
    "elevation_deg": "Elevation of the view, degrees",
    "azimuth_deg": "Azimuth of the view, degrees from the front",
    "mask_share": "Share of the image that the object fills",
    "luminance": "Brightness of the object",
    "texture": "Contrast of its texture",
    "view_angle_deg": "Angle between the views, degrees",
    "left_right_asymmetry": "How unlike left and right are",
    "front_back_asymmetry": "How unlike front and back are",
}
COLUMNS = ("range", "samples", "mean error", "median", "below 30°", "flipped")


def condition_tables(conditions: Mapping[str, np.ndarray]) -> Element | None:
    """A table for each property that varies, its bins from the least values to the largest.

    Args:
      conditions: columns `property`, `bin`, `low`, `high`, `samples`, `error_mean_deg`,
        `error_median_deg`, `accuracy_30deg`, `flipped_share`, as in `conditions.csv`.

    Returns:
      None where there is no table.
    """
    bins = Counter(np.asarray(conditions.get("property", ())).tolist())
    names = [name for name, count in bins.items() if count > 1]
    if not names:
        return None
    worst = max(float(np.max(conditions["error_mean_deg"])), 1e-9)
    return tag("div", [_table(conditions, name, worst) for name in names], class_="conditions")


def _table(conditions: Mapping[str, np.ndarray], name: str, worst: float) -> Element:
    rows = []
    for i in np.flatnonzero(conditions["property"] == name):
        row = {key: column[i].item() for key, column in conditions.items() if key != "property"}
        mean = row["error_mean_deg"]
        rows.append(
            [
                f"{_edge(row['low'])} to {_edge(row['high'])}",
                number(row["samples"]),
                bar_cell(number(mean, unit="°"), mean / worst),
                number(row["error_median_deg"], unit="°"),
                percent(row["accuracy_30deg"]),
                percent(row["flipped_share"]),
            ]
        )
    title = LABELS.get(name, name.replace("_", " "))
    return tag("div", tag("h3", title), table(COLUMNS, rows, class_="small"))


def _edge(value: float) -> str:
    return number(value, 3 if abs(value) >= 99.5 else 2)
