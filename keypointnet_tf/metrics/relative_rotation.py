"""The rotation between two views of an object, from its keypoints alone.

Letters: K keypoints.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics.pose import procrustes_rotation, rotation_determined

_NO_TURN_DEGREES = 1e-6


@dataclasses.dataclass(frozen=True, eq=False)
class RelativeRotation:
    """How an object turned between two views; camera frames: x right, y up, looking along -z.

    Attributes:
      matrix: `[3, 3]`, maps directions in camera 0's frame to camera 1's.
      axis: `[3]` unit vector, the same in both frames; by the right-hand rule. `z` for no turn.
      degrees: angle about it, in [0, 180].
      residual: root mean square distance of the turned points from those of view 1, once both are
        centred, in object units.
      determined: False where the points allow many equally good rotations, such as collinear ones.
    """

    matrix: np.ndarray
    axis: np.ndarray
    degrees: float
    residual: float
    determined: bool


def relative_rotation(points0: np.ndarray, points1: np.ndarray) -> RelativeRotation:
    """Orthogonal Procrustes between one object's keypoints in two cameras' frames.

    Args:
      points0, points1: `[K, 3]` in each view's camera frame, in the same order.

    Raises:
      ValueError: the shapes differ or are none of `[K, 3]`.
    """
    points0, points1 = np.asarray(points0, float), np.asarray(points1, float)
    if points0.ndim != 2 or not len(points0):
        raise ValueError(f"points0 has shape {points0.shape}; expected [K, 3]")
    matrix = procrustes_rotation(points0, points1)
    turned = (points0 - points0.mean(axis=0)) @ matrix.T
    gaps = turned - (points1 - points1.mean(axis=0))
    turn = Rotation.from_matrix(matrix).as_rotvec(degrees=True)
    degrees = float(np.linalg.norm(turn))
    axis = turn / degrees if degrees > _NO_TURN_DEGREES else np.array([0.0, 0.0, 1.0])
    return RelativeRotation(
        matrix=matrix,
        axis=axis,
        degrees=degrees,
        residual=float(np.sqrt((gaps**2).sum(axis=-1).mean())),
        determined=bool(rotation_determined(points0, points1)),
    )
