"""Which properties of an object or a view make it fail: the error by quantiles of each property.

Letters: N pairs, M samples, L landmarks, B bins. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import pictures
from keypointnet_tf.metrics.grouping import object_landmarks
from keypointnet_tf.metrics.predictions import Predictions

BINS = 5
GOOD_DEGREES = 30.0
MIRRORS = {"left_right": np.array([1.0, -1, 1]), "front_back": np.array([-1.0, 1, 1])}

VIEW_PROPERTIES = ("elevation", "azimuth", "mask_share", "luminance", "texture")
PAIR_PROPERTIES = ("view_angle_deg", "left_right_asymmetry", "front_back_asymmetry")
COLUMNS = """property bin low high samples objects error_mean_deg error_median_deg
accuracy_30deg flipped_share""".split()


def picture_columns(test: Predictions) -> dict[str, np.ndarray]:
    """`mask_share`, `luminance` and `texture` of both views, `[N]` each; NaN without images."""
    shares, looks = np.full((len(test), 2), np.nan), np.full((len(test), 2, 2), np.nan)
    if test.images is not None:
        shares = pictures.mask_shares(test.images)
        looks = pictures.luminance_and_texture(test.images)
    values = {"mask_share": shares, "luminance": looks[..., 0], "texture": looks[..., 1]}
    return {f"{name}{view}": each[:, view] for name, each in values.items() for view in (0, 1)}


def asymmetry_columns(test: Predictions) -> dict[str, np.ndarray]:
    """How unlike an object's sides are, `[N]` for each of the two mirrors; NaN without landmarks.

    `left_right_asymmetry` is the mean over its landmarks of the distance from each one, reflected
    in `y -> -y`, to the nearest landmark; `front_back_asymmetry` the same for `x -> -x`. 0 for
    landmarks that are their own mirror image: the two ends of such an object look alike.
    """
    names, group = np.unique(test.object_id, return_inverse=True)
    columns = {}
    for name, mirror in MIRRORS.items():
        each = np.full(len(names), np.nan)
        if test.landmarks is not None:
            for number, points in enumerate(object_landmarks(test.landmarks, test.object_id)):
                each[number] = _distance_to_mirror(points[~np.isnan(points[:, 0])], mirror)
        columns[f"{name}_asymmetry"] = each[group.reshape(-1)]
    return columns


def conditions(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The error by quantiles of each property, as columns of equal length.

    A property of a view counts each pair twice, with the pair's error once under each view; one of
    the pair or of the object counts it once. Azimuth is that from the object's front, 0 to 180
    degrees, left and right taken together. Bins hold about a fifth of the samples each; equal
    values stay together, so that there may be fewer bins. Samples without the value are left out.

    Args:
      table: the columns of `per_example.csv`.

    Returns:
      `property`, `bin` (from 0), `low`, `high` (the least and largest value in the bin), `samples`,
      `objects`, `error_mean_deg`, `error_median_deg`, `accuracy_30deg`, `flipped_share`.
    """
    rows = []
    for name, values in _properties(table).items():
        samples = values.size // len(table["pair"])
        repeated = {
            column: np.repeat(table[column], samples)
            for column in ("object_id", "angular_error_deg", "failure")
        }
        place = quantile_bins(values.ravel())
        for number in range(place.max(initial=-1) + 1):
            rows.append((name, number, *_bin(values.ravel(), place == number, repeated)))
    return {name: np.array([row[i] for row in rows]) for i, name in enumerate(COLUMNS)}


def quantile_bins(values: np.ndarray, bins: int = BINS) -> np.ndarray:
    """`[M]` number of each value's bin, -1 for NaN; equal values share a bin, none is empty."""
    known = ~np.isnan(values)
    place = np.full(len(values), -1)
    if known.any():
        inner = np.quantile(values[known], np.arange(1, bins) / bins, method="inverted_cdf")
        raw = np.searchsorted(np.unique(inner), values[known], side="left")
        place[known] = np.unique(raw, return_inverse=True)[1].reshape(-1)
    return place


def _properties(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`[N, 2]` of the views' properties, `[N]` of the pairs'."""
    ends = {"elevation": "_deg", "azimuth": "_deg"}
    found = {}
    for name in VIEW_PROPERTIES:
        end = ends.get(name, "")
        both = np.stack([table[f"{name}{view}{end}"] for view in (0, 1)], axis=1)
        found[f"{name}{end}"] = np.abs(both) if name == "azimuth" else both
    return {**found, **{name: table[name] for name in PAIR_PROPERTIES}}


def _bin(values: np.ndarray, inside: np.ndarray, repeated: dict[str, np.ndarray]) -> tuple:
    errors = repeated["angular_error_deg"][inside]
    return (
        float(values[inside].min()),
        float(values[inside].max()),
        int(inside.sum()),
        len(np.unique(repeated["object_id"][inside])),
        float(errors.mean()),
        float(np.median(errors)),
        float((errors < GOOD_DEGREES).mean()),
        float((repeated["failure"][inside] == "flipped").mean()),
    )


def _distance_to_mirror(points: np.ndarray, mirror: np.ndarray) -> float:
    """Mean distance from mirrored points `[L, 3]` to the nearest of the points; NaN without any."""
    if not len(points):
        return float("nan")
    apart = np.linalg.norm((points * mirror)[:, None] - points[None], axis=-1)
    return float(apart.min(axis=1).mean())
