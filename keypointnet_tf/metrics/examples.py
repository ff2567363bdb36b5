"""One row per scored pair: every value that the figures average, and what may explain it.

Letters: N test pairs, K keypoints. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import (
    canonical,
    conditions,
    consistency,
    coverage,
    failures,
    orientation,
    pck,
    pose,
    repeatability,
    symmetry,
    viewpoints,
)
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.references import References

PCK_ALPHA = 0.1


def example_table(
    test: Predictions, rows: np.ndarray, references: References
) -> dict[str, np.ndarray]:
    """The columns of `per_example.csv`, `[N]` each.

    What cannot be had (no images, landmarks, training pairs, symmetries) is NaN.

    Args:
      test: the pairs.
      rows: `[N]` their positions in the predictions file.
      references: of the training pairs.
    """
    points, elevation_azimuth = test.xyz_camera, viewpoints.view_angles(test.object_to_camera)
    table = {
        "object_id": test.object_id,
        "kind": np.full(len(test), "") if test.kind is None else test.kind,
        "pair": rows,
        "angular_error_deg": pose.pair_angular_errors(points, test.rotation_0to1),
        "rotation_determined": pose.rotation_determined(points[:, 0], points[:, 1]),
        "relative_angle_deg": pose.rotation_angle_degrees(test.rotation_0to1),
        "consistency": consistency.consistency(test.xyz_object),
        "on_object_share": _on_object(test),
        **_both("orientation_ok{}", _sides_right(test)),
        **_both("elevation{}_deg", elevation_azimuth[0]),
        **_both("azimuth{}_deg", elevation_azimuth[1]),
        "view_angle_deg": viewpoints.angle_between_views(test.object_to_camera),
        "repeatability": repeatability.repeated(test.xyz_object).mean(axis=1),
        **_both("absolute_error{}_deg", _absolute_errors(test, references)),
    }
    table |= _up_to_symmetry(test, references, table)
    table |= _both(f"pck_box_{PCK_ALPHA}_view{{}}", _pck(test, references))
    table |= {**conditions.picture_columns(test), **conditions.asymmetry_columns(test)}
    return {**table, "failure": _failures(test, table)}


def both(table: dict[str, np.ndarray], name: str) -> np.ndarray:
    """`[N, 2]` the columns of the two views; `name` has `{}` in place of the view's number."""
    return np.stack([table[name.format(view)] for view in (0, 1)], axis=1)


def _both(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    return {name.format(view): values[:, view] for view in (0, 1)}


def _unknown(test: Predictions) -> np.ndarray:
    return np.full((len(test), 2), np.nan)


def _on_object(test: Predictions) -> np.ndarray:
    if test.on_object is None:
        return np.full(len(test), np.nan)
    return coverage.on_object_share(test.on_object)


def _sides_right(test: Predictions) -> np.ndarray:
    """`[N, 2]` bool, NaN without axis points."""
    if test.orient_uv is None:
        return _unknown(test)
    return orientation.orientation_correct(test.orient_uv, test.object_to_camera, test.focal)


def _absolute_errors(test: Predictions, references: References) -> np.ndarray:
    if references.template is None:
        return _unknown(test)
    return canonical.absolute_errors(references.template, test.xyz_object)


def _up_to_symmetry(
    test: Predictions, references: References, table: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Errors of the pair and of its views up to the object's symmetry; NaN if none is declared."""
    pair, views, sides = np.full(len(test), np.nan), _unknown(test), _unknown(test)
    if symmetry.declared(test):
        mirror, fold = symmetry.symmetry_of(test)
        points = test.xyz_object
        pair = symmetry.forgiving_errors(
            points[:, 0], points[:, 1], table["angular_error_deg"], mirror=mirror, fold=fold
        )
        if references.template is not None:
            views = symmetry.forgiving_errors(
                np.broadcast_to(references.template, points.shape),
                points,
                both(table, "absolute_error{}_deg"),
                mirror=mirror[:, None],
                fold=np.broadcast_to(fold[:, None], points.shape[:2]),
            )
        if test.orient_uv is not None:
            sides = symmetry.side_forgiven(test.orient_uv, test.object_to_camera, test.focal, fold)
    return {
        "angular_error_deg_sym": pair,
        **_both("absolute_error{}_deg_sym", views),
        **_both("orientation_ok{}_sym", sides),
    }


def _pck(test: Predictions, references: References) -> np.ndarray:
    """`[N, 2]` share of each image's landmarks that it predicts within a tenth of the box."""
    if references.view_map is None:
        return _unknown(test)
    predicted = pck.predicted_uv(test, references.centred_map, references.template)
    apart = pck.distances(predicted, pck.true_uv(test))
    return pck.per_image(pck.hits(apart, pck.reference_lengths(test, "box"), PCK_ALPHA))


def _failures(test: Predictions, table: dict[str, np.ndarray]) -> np.ndarray:
    return failures.failure_reasons(
        test,
        errors=table["angular_error_deg"],
        determined=table["rotation_determined"],
        sides_right=both(table, "orientation_ok{}"),
        elevation=both(table, "elevation{}_deg"),
        mask_share=both(table, "mask_share{}"),
    )
