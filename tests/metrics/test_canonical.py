"""Pose of a single image through the canonical template."""

import numpy as np
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics import canonical, pose
from keypointnet_tf.metrics.summary import score

TEMPLATE = np.array([[0.9, 0.1, 0.2], [-0.6, 0.4, 0.1], [0.2, -0.7, 0.3], [0.1, 0.2, -0.5]])


def two_splits(make, test_points):
    """Three training pairs of two objects that show the template, and one test pair."""
    train = np.broadcast_to(TEMPLATE, (3, 2, 4, 3))
    points = np.concatenate([train, np.broadcast_to(test_points, (1, 2, 4, 3))])
    return make(points, ["a", "a", "b", "c"], ["train"] * 3 + ["test"])


def test_perfect_keypoints_give_the_pose(make):
    summary = score(two_splits(make, TEMPLATE)).summary
    np.testing.assert_allclose(summary["absolute_error_mean_deg"], 0, atol=1e-5)
    assert summary["absolute_accuracy_10deg"] == 1 and summary["template_reason"] == ""


def test_error_is_the_angle_that_all_points_are_turned_by(make):
    """Both views turned alike in the object frame: the relative pose does not see it at all."""
    turned = TEMPLATE @ Rotation.from_euler("z", 40, degrees=True).as_matrix().T
    summary = score(two_splits(make, turned)).summary
    np.testing.assert_allclose(summary["angular_error_mean_deg"], 0, atol=1e-5)
    np.testing.assert_allclose(summary["absolute_error_mean_deg"], 40)
    np.testing.assert_allclose(summary["absolute_error_median_deg"], 40)
    assert summary["absolute_accuracy_30deg"] == 0


def test_mirrored_keypoints_are_wrong(make):
    assert score(two_splits(make, TEMPLATE * [1, -1, 1])).summary["absolute_error_mean_deg"] > 30


def test_template_counts_each_object_once(make):
    """Object b has three pairs, a has one; naive averaging over pairs gives 3 in place of 2."""
    xyz = np.zeros((4, 2, 1, 3))
    xyz[1:, :, 0, 0] = 4
    data = make(xyz, ["a", "b", "b", "b"], ["train"] * 4)
    np.testing.assert_allclose(canonical.template(data), [[2, 0, 0]], atol=1e-9)


def test_without_training_pairs_there_is_no_figure_and_a_reason(perfect):
    summary = score(perfect).summary
    assert np.isnan(summary["absolute_error_mean_deg"])
    assert summary["template_reason"] == "no pairs in split 'train'"


def test_points_in_one_place_are_the_worst(make):
    summary = score(two_splits(make, np.ones((4, 3)))).summary
    assert summary["absolute_error_mean_deg"] == pose.WORST_DEGREES


def test_estimated_rotation_is_the_true_one_for_perfect_keypoints(perfect):
    found = canonical.estimated_rotations(perfect.xyz_object[0, 0], perfect.xyz_camera)
    np.testing.assert_allclose(found, perfect.object_to_camera[..., :3, :3], atol=1e-6)


def test_mean_pose_of_two_turns_is_half_way():
    poses = np.tile(np.eye(4), (2, 1, 1))
    poses[0, :3, :3] = Rotation.from_euler("y", 10, degrees=True).as_matrix()
    poses[1, :3, :3] = Rotation.from_euler("y", 50, degrees=True).as_matrix()
    poses[:, :3, 3] = [[0, 0, -30], [1, 0, -20]]
    found = canonical.mean_pose(poses)
    expected = Rotation.from_euler("y", 30, degrees=True).as_matrix()
    np.testing.assert_allclose(found[:3, :3], expected, atol=1e-12)
    np.testing.assert_allclose(found[:3, 3], [0.5, 0, -25])
