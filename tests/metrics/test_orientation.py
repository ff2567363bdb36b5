"""Left or right, seen from known cameras."""

import numpy as np

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import orientation

LEFT_SIDE = placement.look_at((0, 30, 0))  # seen from its left, the nose points left
RIGHT_SIDE = placement.look_at((0, -30, 0))
POSES = np.stack([LEFT_SIDE, RIGHT_SIDE])[None]
FOCAL = np.full((1, 2), 15.0)


def test_truth_by_hand():
    """30 away with f = 15, the point one unit aside is at u = 0.5."""
    uv = orientation.true_orient_uv(POSES, FOCAL)
    np.testing.assert_allclose(uv[0, 0], [[-0.5, 0], [0.5, 0]], atol=1e-12)
    np.testing.assert_allclose(uv[0, 1], [[0.5, 0], [-0.5, 0]], atol=1e-12)
    np.testing.assert_array_equal(orientation.faces_right(uv), [[False, True]])


def test_each_view_counts_on_its_own():
    uv = orientation.true_orient_uv(POSES, FOCAL)
    assert orientation.orientation_correct(uv, POSES, FOCAL).all()
    uv[:, 1] = uv[:, 1, ::-1]
    np.testing.assert_array_equal(
        orientation.orientation_correct(uv, POSES, FOCAL), [[True, False]]
    )


def test_only_u_matters():
    uv = orientation.true_orient_uv(POSES, FOCAL)
    uv[..., 1] = [[[0.9, -0.9], [-0.9, 0.9]]]
    assert orientation.orientation_correct(uv * 0.01, POSES, FOCAL).all()
