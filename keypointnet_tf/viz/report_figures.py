"""What the figures of `summary.json` are called in words, and what they mean.

A figure that is not listed is shown under its own name behind "All other figures".
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    """How a figure of the summary is shown.

    Attributes:
      key: its name in `summary.json`.
      label: its name in words.
      meaning: one line of explanation.
      unit: "degrees", "share" or "length"; "" for a plain number.
      better: "lower" or "higher"; "" where neither is.
      reference: what to compare with: a number, or where the summary holds it; (): nothing; None:
        what the summary's `floors` hold of blind predictors.
      reference_name: what that is.
      optional: whether the figure needs data that most files lack; then it is not missed.
    """

    key: str
    label: str
    meaning: str
    unit: str = ""
    better: str = ""
    reference: float | tuple[str, ...] | None = None
    reference_name: str = ""
    optional: bool = False


_POSE = (
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
        "angular_error_median_deg_sym",
        "up to symmetry, median",
        "The same, the least over the rotations and mirror images that leave the object looking "
        "as it is.",
        "degrees",
        "lower",
        optional=True,
    ),
    Figure(
        "accuracy_10deg",
        "pairs below 10 degrees",
        "Share of the pairs with an angular error below 10 degrees.",
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
        "absolute_error_median_deg",
        "pose of one view, median",
        "Angle between the true pose and the one that a single view's keypoints give when the "
        "training objects' mean keypoints are turned onto them.",
        "degrees",
        "lower",
    ),
    Figure(
        "orientation_accuracy",
        "left or right",
        "Share of the views whose side, the object facing left or right, is told rightly.",
        "share",
        "higher",
    ),
)
_LANDMARKS = (
    Figure(
        "landmark_error_ratio",
        "landmark error / floor",
        "1 is a rigid pattern that merely turns with the object; the smaller, the better the "
        "keypoints follow the shape of the instance.",
        "",
        "lower",
        1.0,
        "rigid pattern",
    ),
    Figure(
        "landmark_error",
        "landmark error",
        "Distance between true landmarks and those that a linear map, fitted on training objects, "
        "finds from an object's averaged keypoints.",
        "length",
        "lower",
        ("landmark_floor",),
        "mean landmarks",
    ),
    Figure(
        "landmark_error_single_view",
        "landmark error, one view",
        "The same from the keypoints of a single view.",
        "length",
        "lower",
        ("landmark_floor_single_view",),
        "mean landmarks",
    ),
    Figure(
        "pck_box_0.1",
        "landmarks in the image, PCK 0.1",
        "Share of the landmarks that a single image finds within a tenth of the object's bounding "
        "box; pose and shape both come from the image.",
        "share",
        "higher",
        ("pck_box_0.1_floor",),
        "mean landmarks, true pose",
    ),
    Figure(
        "das",
        "alignment, DAS",
        "How often two objects agree on which landmark a keypoint is nearest to, and the reverse.",
        "share",
        "higher",
    ),
)
_STEADINESS = (
    Figure(
        "consistency",
        "consistency",
        "Distance between a keypoint seen from one view and from the other, in the object frame.",
        "length",
        "lower",
    ),
    Figure(
        "consistency_across_views",
        "moves across views",
        "Distance between a view's keypoint and the mean over the object's views.",
        "length",
        "lower",
    ),
    Figure(
        "consistency_across_instances",
        "moves across objects",
        "Distance between an object's keypoint and the mean over all objects; the objects' own "
        "variety is part of it.",
        "length",
        "",
        ("floors", "landmarks_across_instances"),
        "true landmarks",
    ),
    Figure(
        "repeatability",
        "found again",
        "Share of the keypoints that lie within 0.1 of the same place from both views.",
        "share",
        "higher",
    ),
    Figure(
        "three_d_se",
        "3D standard error",
        "Distance between a keypoint and its mean over all views of all objects.",
        "length",
        "lower",
    ),
)
_SPREAD = (
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
        "higher",
        (),
    ),
    Figure(
        "least_distance",
        "least distance",
        "Distance between an object's two nearest keypoints: whether they are told apart.",
        "length",
        "higher",
        (),
    ),
    Figure(
        "undetermined_rotation_share",
        "undetermined rotations",
        "Share of the pairs whose keypoints lie on a line or in a point and fix no rotation; they "
        "count as 180 degrees.",
        "share",
        "lower",
        (),
    ),
    Figure(
        "relative_angle_mean_deg",
        "rotation between the views, mean",
        "How hard the pairs are.",
        "degrees",
        "",
        (),
    ),
)
FIGURES = (*_POSE, *_LANDMARKS, *_STEADINESS, *_SPREAD)
TILES = (
    "angular_error_median_deg",
    "accuracy_30deg",
    "orientation_accuracy",
    "on_object_share",
    "landmark_error_ratio",
)
