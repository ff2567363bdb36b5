"""Whether the model knows which way the object faces in the image.

Source: the left/right orientation network of Suwajanakorn et al., NeurIPS 2018.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry import placement

AXIS_POINTS = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])


def faces_right(orient_uv: np.ndarray) -> np.ndarray:
    """`[...]` bool: `u(+x) > u(-x)` for NDC points `[..., 2, 2]` (`+x` first)."""
    return orient_uv[..., 0, 0] > orient_uv[..., 1, 0]


def true_orient_uv(object_to_camera: np.ndarray, focal: np.ndarray) -> np.ndarray:
    """`[..., 2, 2]` NDC of the object's points `(+-1, 0, 0)`.

    Args:
      object_to_camera: `[..., 4, 4]`.
      focal: `[...]`.
    """
    return placement.project_points(AXIS_POINTS, np.asarray(object_to_camera, float), focal)[0]


def orientation_correct(
    orient_uv: np.ndarray, object_to_camera: np.ndarray, focal: np.ndarray
) -> np.ndarray:
    """Whether each view's predicted side is the true one; its mean is `orientation_accuracy`.

    Args:
      orient_uv: `[N, 2, 2, 2]` predicted NDC of `+x` and `-x`.
      object_to_camera: `[N, 2, 4, 4]`.
      focal: `[N, 2]`.

    Returns:
      `[N, 2]` bool. Views along the object's axis, where the side hardly shows, count too.
    """
    truth = faces_right(true_orient_uv(object_to_camera, focal))
    return faces_right(orient_uv) == truth
