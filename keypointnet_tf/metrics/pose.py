"""How well the keypoints recover the relative rotation of a view pair.

Source: Suwajanakorn, Snavely, Tompson, Norouzi, "Discovery of Latent 3D Keypoints via End-to-end
Geometric Reasoning", NeurIPS 2018 (relative pose and angular error); Schoenemann, "A generalized
solution of the orthogonal Procrustes problem", 1966.
Letters: K keypoints, any leading axes `...`.
"""

from __future__ import annotations

import numpy as np

WORST_DEGREES = 180.0
_POINT_LIKE = 1e-9
_LINE_LIKE = 1e-6


def procrustes_rotation(points0: np.ndarray, points1: np.ndarray) -> np.ndarray:
    """Rotation that best maps `points0` onto `points1` once both are centred.

    `argmin_R sum_k |R (p0_k - mean p0) - (p1_k - mean p1)|^2` over proper rotations, uniform
    weights: with `sum_k p1_k p0_k^T = U S V^T`, `R = U diag(1, 1, det(U V^T)) V^T`.

    Args:
      points0, points1: `[..., K, 3]`.

    Returns:
      `[..., 3, 3]` with determinant 1, such that `points1 ~ points0 @ R^T` up to a shift. Where
      `rotation_determined` is False it is one of many equally good rotations.
    """
    left, _, right, handedness = _decompose(points0, points1)
    return (left * _signs(handedness)[..., None, :]) @ right


def rotation_determined(points0: np.ndarray, points1: np.ndarray) -> np.ndarray:
    """`[...]` bool: whether exactly one rotation is best.

    It is when `s_2 + det(U V^T) s_3 > 0` in singular values `s_1 >= s_2 >= s_3`. Not so for
    coinciding or collinear points (hence for K < 3) and for some mirror images.
    """
    _, values, _, handedness = _decompose(points0, points1)
    gap = values[..., 1] + handedness * values[..., 2]
    return (values[..., 0] > _POINT_LIKE) & (gap > _LINE_LIKE * values[..., 0])


def rotation_angle_degrees(rotation: np.ndarray) -> np.ndarray:
    """`[...]` angle in [0, 180] of rotations `[..., 3, 3]`.

    `atan2(|a|, trace R - 1)` with `a` the axial vector of `R - R^T`, of length `2 sin`; exact at
    both ends, where `acos` of the trace loses half the digits.
    """
    axial = np.stack(
        [
            rotation[..., 2, 1] - rotation[..., 1, 2],
            rotation[..., 0, 2] - rotation[..., 2, 0],
            rotation[..., 1, 0] - rotation[..., 0, 1],
        ],
        axis=-1,
    )
    trace = np.trace(rotation, axis1=-2, axis2=-1)
    return np.degrees(np.arctan2(np.linalg.norm(axial, axis=-1), trace - 1))


def angular_error_degrees(estimated: np.ndarray, true: np.ndarray) -> np.ndarray:
    """`[...]` angle of `true^T estimated` for rotations `[..., 3, 3]`, degrees in [0, 180]."""
    return rotation_angle_degrees(np.swapaxes(true, -1, -2) @ estimated)


def pair_angular_errors(xyz_camera: np.ndarray, rotation_0to1: np.ndarray) -> np.ndarray:
    """Angular error of each pair between the Procrustes estimate and the true rotation.

    Args:
      xyz_camera: `[N, 2, K, 3]` keypoints in each view's camera frame.
      rotation_0to1: `[N, 3, 3]` true rotations.

    Returns:
      `[N]` degrees. A pair whose keypoints determine no rotation gets 180: an arbitrary one would
      score well on close views, so that a model with all points in one place would look good.
    """
    points0, points1 = xyz_camera[:, 0], xyz_camera[:, 1]
    errors = angular_error_degrees(procrustes_rotation(points0, points1), rotation_0to1)
    return np.where(rotation_determined(points0, points1), errors, WORST_DEGREES)


def accuracy(errors: np.ndarray, degrees: float) -> float:
    """Share of `errors` below `degrees`, a fraction; NaN without errors."""
    return float(np.mean(errors < degrees)) if len(errors) else float("nan")


def _decompose(points0: np.ndarray, points1: np.ndarray):
    """`U [..., 3, 3]`, `s [..., 3]`, `V^T [..., 3, 3]` and the sign `[...]` of `det(U V^T)`."""
    if points0.shape != points1.shape or points0.shape[-1] != 3:
        raise ValueError(
            f"points0 has shape {points0.shape} and points1 {points1.shape}; expected both "
            "[..., K, 3]"
        )
    centred0 = points0 - points0.mean(axis=-2, keepdims=True)
    centred1 = points1 - points1.mean(axis=-2, keepdims=True)
    left, values, right = np.linalg.svd(np.swapaxes(centred1, -1, -2) @ centred0)
    return left, values, right, np.sign(np.linalg.det(left @ right))


def _signs(handedness: np.ndarray) -> np.ndarray:
    ones = np.ones_like(handedness)
    return np.stack([ones, ones, handedness], axis=-1)
