"""Procrustes and angular error against rotations known by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics import pose

KITE = np.array([[1.0, 0, 0], [0, 2.0, 0], [-1.0, 0, 0.5], [0, -1, 0]])
QUARTER_TURN = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])  # x -> y, y -> -x


def test_four_points_turned_by_a_quarter():
    """(x, y, z) -> (-y, x, z), written out, and shifted: the shift must not matter."""
    turned = np.array([[0.0, 1, 0], [-2, 0, 0], [0, -1, 0.5], [1, 0, 0]]) + [5, 6, 7]
    found = pose.procrustes_rotation(KITE, turned)
    np.testing.assert_allclose(found, QUARTER_TURN, atol=1e-12)
    np.testing.assert_allclose(pose.angular_error_degrees(found, np.eye(3)), 90)
    np.testing.assert_allclose(pose.angular_error_degrees(found, QUARTER_TURN), 0, atol=1e-12)


@pytest.mark.parametrize("degrees", [0, 1e-6, 30, 90, 179.999, 180])
def test_angle_is_exact_at_both_ends(degrees):
    rotation = Rotation.from_rotvec(np.radians(degrees) * np.array([0.6, 0, 0.8])).as_matrix()
    np.testing.assert_allclose(pose.rotation_angle_degrees(rotation), degrees, atol=1e-9)


def test_random_rotations_come_back_in_batches():
    rng = np.random.default_rng(0)
    rotation = Rotation.random(6, random_state=1).as_matrix().reshape(2, 3, 3, 3)
    points = rng.normal(size=(2, 3, 7, 3))
    turned = points @ np.swapaxes(rotation, -1, -2) + rng.normal(size=(2, 3, 1, 3))
    np.testing.assert_allclose(pose.procrustes_rotation(points, turned), rotation, atol=1e-10)


def test_mirrored_points_still_give_a_rotation_and_the_best_one():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(6, 3)) * [3, 2, 1]
    mirrored = points * [1, 1, -1]
    found = pose.procrustes_rotation(points, mirrored)
    np.testing.assert_allclose(np.linalg.det(found), 1)
    centred, target = points - points.mean(0), mirrored - mirrored.mean(0)
    best = ((centred @ found.T - target) ** 2).sum()
    for other in Rotation.random(300, random_state=3).as_matrix():
        assert ((centred @ other.T - target) ** 2).sum() >= best


def test_planar_points_determine_a_rotation():
    flat = KITE * [1, 1, 0]
    assert pose.rotation_determined(flat, flat @ QUARTER_TURN.T)
    found = pose.procrustes_rotation(flat, flat @ QUARTER_TURN.T)
    np.testing.assert_allclose(found, QUARTER_TURN, atol=1e-12)


@pytest.mark.parametrize(
    "points",
    [np.zeros((4, 3)), np.outer([0, 1, 2, 4.0], [1, 2, 3]), np.ones((1, 3)), np.eye(3)[:2]],
    ids=["coinciding", "collinear", "one", "two"],
)
def test_undetermined_rotation_is_the_worst_error_even_for_close_views(points):
    """Procrustes answers the identity for coinciding points: right, here, by accident."""
    assert not pose.rotation_determined(points, points)
    errors = pose.pair_angular_errors(np.stack([points, points])[None], np.eye(3)[None])
    np.testing.assert_array_equal(errors, [180])


def test_pair_errors_are_signed_by_direction(perfect):
    """Estimating view1 to view0 in place of view0 to view1 is wrong by twice the angle."""
    errors = pose.pair_angular_errors(perfect.xyz_camera, perfect.rotation_0to1)
    np.testing.assert_allclose(errors, 0, atol=1e-6)
    swapped = pose.pair_angular_errors(perfect.xyz_camera[:, ::-1], perfect.rotation_0to1)
    angle = pose.rotation_angle_degrees(perfect.rotation_0to1)
    np.testing.assert_allclose(swapped, np.minimum(2 * angle, 360 - 2 * angle), atol=1e-6)


def test_camera_fixed_pattern_errs_by_the_whole_relative_angle(perfect):
    """Points that never turn with the object: the estimate is the identity."""
    fixed = np.broadcast_to(KITE, (4, 2, 4, 3))
    errors = pose.pair_angular_errors(fixed, perfect.rotation_0to1)
    np.testing.assert_allclose(errors, pose.rotation_angle_degrees(perfect.rotation_0to1))


def test_accuracy_counts_errors_below():
    errors = np.array([1.0, 9.9, 10.0, 40.0])
    assert pose.accuracy(errors, 10) == 0.5
    assert pose.accuracy(errors, 30) == 0.75
    assert np.isnan(pose.accuracy(errors[:0], 10))


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"\(4, 3\) and points1 \(5, 3\)"):
        pose.procrustes_rotation(np.zeros((4, 3)), np.zeros((5, 3)))
