"""Angles between rotations in `keras.ops`."""

from __future__ import annotations

from keras import ops


def angle_between(rotation, other, *, epsilon: float = 1e-12):
    """Geodesic angle between two rotations.

    With `E = rotation other^T`, `angle = atan2(|vee(E - E^T)| / 2, (tr E - 1) / 2)`. It equals
    `2 asin(|rotation - other|_F / (2 sqrt 2))` (Suwajanakorn et al. 2018, eq. 4), whose gradient
    is NaN at 0 and at 180 degrees; this form's is finite at both.

    Args:
      rotation, other: `[..., 3, 3]` float32.
      epsilon: added to the squared sine; shifts an angle of 0 to `sqrt(epsilon)`.

    Returns:
      `[...]` radians in [0, pi].
    """
    error = ops.matmul(rotation, ops.swapaxes(other, -1, -2))
    skew = ops.stack(
        [
            error[..., 2, 1] - error[..., 1, 2],
            error[..., 0, 2] - error[..., 2, 0],
            error[..., 1, 0] - error[..., 0, 1],
        ],
        axis=-1,
    )
    sine = ops.sqrt(ops.sum(ops.square(skew), axis=-1) / 4 + epsilon)
    trace = error[..., 0, 0] + error[..., 1, 1] + error[..., 2, 2]
    return ops.arctan2(sine, (trace - 1) / 2)
