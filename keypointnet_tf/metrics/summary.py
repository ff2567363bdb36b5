"""All figures of one predictions file, and the two files that keep them.

Averages are over the pairs, views or objects of split "test"; split "train" only fits the
landmark map. Letters: N test pairs, O test objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import os
import pathlib

import numpy as np

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import consistency, coverage, orientation, pose
from keypointnet_tf.metrics.files import write_atomic
from keypointnet_tf.metrics.grouping import object_keypoints
from keypointnet_tf.metrics.landmarks import LandmarkScores, landmark_scores
from keypointnet_tf.metrics.predictions import Predictions

ACCURACY_DEGREES = (10, 15, 30)
SIGNIFICANT_DIGITS = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """What `score` found.

    Attributes:
      summary: named averages; shares are fractions, angles degrees, lengths object units. NaN
        where a figure cannot be had. `*_per_keypoint` and `*_per_landmark` hold one value each.
      per_example: columns of equal length, one row for each test pair in file order; `pair` is
        the pair's position in the predictions file.
    """

    summary: dict[str, object]
    per_example: dict[str, np.ndarray]

    @property
    def angular_error(self) -> np.ndarray:
        """`[N]` degrees, in the order of `predictions.select("test")`."""
        return self.per_example["angular_error_deg"]


def score(predictions: Predictions) -> Scores:
    """Scores the "test" pairs.

    Raises:
      ValueError: there are no test pairs, or pairs of one object disagree on its landmarks.
    """
    test = predictions.select("test")
    if not len(test):
        raise ValueError(
            f"field 'split' holds {sorted(set(predictions.split.tolist()))}; expected at least "
            "one pair in 'test'"
        )
    table = _per_example(test, np.flatnonzero(predictions.split == "test"))
    names, keypoints = object_keypoints(test.xyz_object, test.object_id)
    summary: dict[str, object] = {
        **_pose_figures(table),
        **_spread_figures(test),
        "consistency": float(table["consistency"].mean()),
        "coverage": float(coverage.coverage(keypoints).mean()),
        "least_distance": float(coverage.least_distance(keypoints).mean()),
        "on_object_share": float(table["on_object_share"].mean()),
        **_landmark_figures(predictions),
        "pairs": len(test),
        "objects": len(names),
        "keypoints": test.keypoints,
        "steps": test.steps,
    }
    return Scores(summary, table)


def write_scores(scores: Scores, out_dir: str | os.PathLike) -> None:
    """Writes `summary.json` and `per_example.csv`, each whole or not at all.

    Equal scores give equal bytes. Numbers are kept to six significant digits; what cannot be had
    is `null` in the JSON and empty in the CSV.
    """
    folder = pathlib.Path(out_dir)
    text = json.dumps(_plain(scores.summary), indent=2, allow_nan=False, ensure_ascii=False)
    write_atomic(folder / "summary.json", (text + "\n").encode())
    write_atomic(folder / "per_example.csv", _csv(scores.per_example).encode())


def view_angles(object_to_camera: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Elevation and azimuth `[...]` in degrees of the camera's place, for poses `[..., 4, 4]`.

    Azimuth 0 is in front of the object (`+x`), 90 on its left (`+y`); elevation 90 is above.
    """
    x, y, z = np.moveaxis(placement.invert_pose(object_to_camera.astype(float))[..., :3, 3], -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def _per_example(test: Predictions, rows: np.ndarray) -> dict[str, np.ndarray]:
    oriented = orientation.orientation_correct(test.orient_uv, test.object_to_camera, test.focal)
    elevation, azimuth = view_angles(test.object_to_camera)
    return {
        "object_id": test.object_id,
        "kind": np.full(len(test), "") if test.kind is None else test.kind,
        "pair": rows,
        "angular_error_deg": pose.pair_angular_errors(test.xyz_camera, test.rotation_0to1),
        "rotation_determined": pose.rotation_determined(
            test.xyz_camera[:, 0], test.xyz_camera[:, 1]
        ),
        "relative_angle_deg": pose.rotation_angle_degrees(test.rotation_0to1),
        "consistency": consistency.consistency(test.xyz_object),
        "on_object_share": coverage.on_object_share(test.on_object),
        **{f"orientation_ok{view}": oriented[:, view] for view in (0, 1)},
        **{f"elevation{view}_deg": elevation[:, view] for view in (0, 1)},
        **{f"azimuth{view}_deg": azimuth[:, view] for view in (0, 1)},
    }


def _pose_figures(table: dict[str, np.ndarray]) -> dict[str, object]:
    errors = table["angular_error_deg"]
    oriented = np.stack([table["orientation_ok0"], table["orientation_ok1"]])
    return {
        "angular_error_mean_deg": float(errors.mean()),
        "angular_error_median_deg": float(np.median(errors)),
        **{f"accuracy_{x}deg": pose.accuracy(errors, x) for x in ACCURACY_DEGREES},
        "relative_angle_mean_deg": float(table["relative_angle_deg"].mean()),
        "undetermined_rotation_share": float(np.mean(~table["rotation_determined"])),
        "orientation_accuracy": float(oriented.mean()),
    }


def _spread_figures(test: Predictions) -> dict[str, object]:
    each = consistency.three_d_se(test.xyz_object)
    each_rms = consistency.three_d_se_rms(test.xyz_object)
    return {
        "three_d_se": float(each.mean()),
        "three_d_se_rms": float(each_rms.mean()),
        "three_d_se_per_keypoint": each.tolist(),
        "three_d_se_rms_per_keypoint": each_rms.tolist(),
    }


def _landmark_figures(predictions: Predictions) -> dict[str, object]:
    figures: dict[str, object] = {}
    for suffix, single_view in (("", False), ("_single_view", True)):
        found = landmark_scores(predictions, single_view=single_view)
        figures[f"landmark_error{suffix}"] = found.landmark_error
        figures[f"landmark_floor{suffix}"] = found.landmark_floor
        figures[f"landmark_error_ratio{suffix}"] = found.ratio
        if not single_view:
            figures.update(_per_landmark(found, predictions.landmark_names))
    return figures


def _per_landmark(found: LandmarkScores, names: np.ndarray | None) -> dict[str, object]:
    count = found.errors.shape[1]
    keys = [str(i) for i in range(count)] if names is None else names.tolist()
    return {
        "landmark_reason": found.reason,
        "landmark_error_per_landmark": dict(
            zip(keys, found.error_per_landmark.tolist(), strict=True)
        ),
        "landmark_floor_per_landmark": dict(
            zip(keys, found.floor_per_landmark.tolist(), strict=True)
        ),
        "landmark_objects": dict(zip(keys, found.scored.sum(axis=0).tolist(), strict=True)),
    }


def _plain(value: object) -> object:
    """The same for JSON: rounded floats, None for NaN and infinities."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
    return value


def _csv(table: dict[str, np.ndarray]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    columns = [values.tolist() for values in table.values()]
    writer.writerows([_cell(value) for value in row] for row in zip(*columns, strict=True))
    return text.getvalue()


def _cell(value: object) -> object:
    """Booleans as 0 and 1, floats rounded as in the JSON."""
    return int(value) if isinstance(value, bool) else _plain(value)
