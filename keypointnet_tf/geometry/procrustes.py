"""Orthogonal Procrustes with a gradient that stays right when singular values coincide."""

from __future__ import annotations

from keras import ops


def procrustes_rotation(points0, points1):
    """Rotation that best turns `points0` into `points1` after both are centred.

    Kabsch / Schoenemann: `argmin_R sum_k |R (p0_k - mean p0) - (p1_k - mean p1)|^2` over proper
    rotations, uniform weights, always in float32.

    Args:
      points0, points1: `[B, K, 3]`, K >= 3.

    Returns:
      `[B, 3, 3]` float32 with determinant 1.
    """
    points0, points1 = (ops.cast(p, "float32") for p in (points0, points1))
    centred0 = points0 - ops.mean(points0, axis=-2, keepdims=True)
    centred1 = points1 - ops.mean(points1, axis=-2, keepdims=True)
    return nearest_rotation(ops.matmul(ops.swapaxes(centred1, -1, -2), centred0))


@ops.custom_gradient
def nearest_rotation(matrix):
    """Rotation `R` that maximises `tr(R^T matrix)`: `U diag(1, 1, det) V^T` of `U S V^T`.

    The derivative through an SVD divides by differences of squared singular values. The
    derivative of `R` itself divides only by sums: with `p = (s1, s2, det s3)` and
    `W = V^T R^T (dL/dR) V`, `dL/dmatrix = R V [(W - W^T)_ij / (p_i + p_j)] V^T` (from
    differentiating the symmetric matrix `R^T matrix`). Sums below 1e-4 of the largest singular
    value (reflections, collinear points) are held there, which bounds the gradient.

    Args:
      matrix: `[..., 3, 3]` float32.

    Returns:
      `[..., 3, 3]` proper rotations.
    """
    u, s, vt = ops.linalg.svd(matrix, full_matrices=False)
    sign = _handedness(ops.matmul(u, vt))
    signs = ops.stack([ops.ones_like(sign), ops.ones_like(sign), sign], axis=-1)
    rotation = ops.matmul(u * signs[..., None, :], vt)

    def gradient(*args, upstream=None):
        if upstream is None:
            (upstream,) = args
        return _rotation_gradient(upstream, rotation, vt, s * signs)

    return rotation, gradient


def _handedness(orthogonal):
    """1 for rotations, -1 for reflections `[..., 3, 3]`, by the triple product of the rows."""
    x, y, z = (orthogonal[..., i, :] for i in range(3))
    triple = ops.sum(x * ops.cross(y, z), axis=-1)
    return ops.where(triple < 0, -ops.ones_like(triple), ops.ones_like(triple))


def _rotation_gradient(upstream, rotation, vt, p):
    v = ops.swapaxes(vt, -1, -2)
    rv = ops.matmul(rotation, v)
    w = ops.matmul(ops.matmul(ops.swapaxes(rv, -1, -2), upstream), v)
    floor = 1e-4 * p[..., :1, None] + 1e-12
    sums = ops.maximum(p[..., :, None] + p[..., None, :], floor)
    # The diagonal of W - W^T is 0, so its divisor does not matter; it must only not be 0.
    skew = (w - ops.swapaxes(w, -1, -2)) / sums
    return ops.matmul(ops.matmul(rv, skew), vt)
