"""Keypoints in 3D as `point_stage.js` draws them.

Camera frame: x right, y up, z towards the viewer; centred on the keypoints' mean. Lengths are whole
hundredths of an object unit. Letters: K keypoints.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.metrics.relative_rotation import RelativeRotation
from keypointnet_tf.viz.overlay import LOW_CONFIDENCE
from keypointnet_tf.viz.report_keypoints import css_color, css_ink

_FLOOR_GAP = 12
_LEAST_REACH = 40


def turntable_scene(found: PhotoKeypoints) -> dict:
    """One photo's points, to be turned about the vertical axis of the picture."""
    points = _hundredths(found.xyz_camera)
    return _scene(points, found) | {"kind": "turntable", "reach": _reach(points)}


def turning_scene(
    found0: PhotoKeypoints, found1: PhotoKeypoints, rotation: RelativeRotation
) -> dict:
    """The first photo's points, to be turned by the rotation onto the second's."""
    points, goals = _hundredths(found0.xyz_camera), _hundredths(found1.xyz_camera)
    return _scene(points, found0) | {
        "kind": "turning",
        "reach": max(_reach(points), _reach(goals)),
        "goals": goals.tolist(),
        "axis": np.round(rotation.axis, 5).tolist(),
        "degrees": round(rotation.degrees, 3),
    }


def _scene(points: np.ndarray, found: PhotoKeypoints) -> dict:
    count = range(len(points))
    return {
        "points": points.tolist(),
        "colors": [css_color(k) for k in count],
        "inks": [css_ink(k) for k in count],
        "unsure": (found.confidence < LOW_CONFIDENCE).tolist(),
        "floor": int(points[:, 1].min()) - _FLOOR_GAP,
    }


def _hundredths(xyz: np.ndarray) -> np.ndarray:
    """`[K, 3]` whole hundredths about the mean."""
    return np.rint(100 * (xyz - xyz.mean(axis=0))).astype(int)


def _reach(points: np.ndarray) -> int:
    """Radius about the mean that holds all points."""
    return max(_LEAST_REACH, int(np.ceil(np.linalg.norm(points, axis=1).max())))
