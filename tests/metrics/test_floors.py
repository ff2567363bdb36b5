"""What knowing nothing scores."""

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics import floors, pose, symmetry
from keypointnet_tf.metrics.summary import score


def test_random_angle_is_that_of_drawn_rotations():
    angles = pose.rotation_angle_degrees(
        Rotation.random(200_000, rng=np.random.default_rng(0)).as_matrix()
    )
    found = floors.random_angle()
    np.testing.assert_allclose(found["mean_deg"], angles.mean(), atol=0.3)
    np.testing.assert_allclose(found["median_deg"], np.median(angles), atol=0.3)
    for degrees in (30, 90, 150):
        np.testing.assert_allclose(
            floors.random_accuracy(degrees), (angles < degrees).mean(), atol=0.004
        )
    assert (floors.random_accuracy(0), floors.random_accuracy(180)) == (0, 1)


def test_symmetry_makes_guessing_easier(linear):
    """Any turn about z leaves the tilt alone: uniform in its cosine, 90 degrees in the mean."""
    template = np.random.default_rng(1).normal(size=(6, 3))
    any_turn = symmetry.declare(linear.select("test"), fold=0)
    errors = floors.random_errors_up_to_symmetry(any_turn, template)
    np.testing.assert_allclose(errors.mean(), 90, atol=2)
    both = symmetry.declare(any_turn, mirror=True)
    assert floors.random_errors_up_to_symmetry(both, template).mean() < 85
    plain = symmetry.declare(linear.select("test"), fold=1)
    for absolute in (False, True):
        errors = floors.random_errors_up_to_symmetry(plain, template, absolute=absolute)
        np.testing.assert_allclose(errors.mean(), floors.random_angle()["mean_deg"], atol=3)


def test_mean_pose_errs_by_the_relative_angle(linear):
    """Both views get the same points, so the estimated relative rotation is the identity."""
    scores = score(linear)
    found = scores.summary["floors"]["mean_pose"]
    np.testing.assert_allclose(
        found["angular_error_mean_deg"], scores.per_example["relative_angle_deg"].mean(), rtol=1e-6
    )
    assert found["absolute_error_mean_deg"] > 30 > scores.summary["absolute_error_mean_deg"]
    np.testing.assert_allclose(found["landmark_floor"], scores.summary["landmark_floor"])


def test_mean_pose_is_right_where_every_view_has_that_pose(linear):
    one = np.broadcast_to(linear.object_to_camera[0, 0], linear.object_to_camera.shape)
    camera = linear.xyz_object @ one[..., :3, :3].swapaxes(-1, -2) + one[..., None, :3, 3]
    uv = -linear.focal[..., None, None] * camera[..., :2] / camera[..., 2:]
    data = dataclasses.replace(linear, object_to_camera=one, uv=uv, depth=camera[..., 2])
    found = score(data).summary["floors"]["mean_pose"]
    np.testing.assert_allclose(found["absolute_error_mean_deg"], 0, atol=1e-4)
    assert found["orientation_accuracy"] == 1


def test_floors_do_not_depend_on_the_test_predictions(linear):
    """Ruined test predictions leave all floors but nothing else as they were."""
    ruined = linear.uv.copy()
    ruined[24:] += np.random.default_rng(0).normal(size=ruined[24:].shape)
    before, after = (
        score(data).summary for data in (linear, dataclasses.replace(linear, uv=ruined))
    )
    assert before["angular_error_mean_deg"] != after["angular_error_mean_deg"]
    for name in ("random", "mean_pose"):
        np.testing.assert_equal(before["floors"][name], after["floors"][name])


def test_without_training_pairs_there_is_no_mean_pose(perfect):
    found = score(perfect).summary["floors"]
    assert found["mean_pose"] is None
    np.testing.assert_allclose(found["random"]["angular_error_mean_deg"], 126.476, atol=1e-3)


def test_spread_of_true_landmarks_by_hand(make):
    """Landmark 0 at 0 and 2 on two objects: 1 each. Landmark 1 on one object only: 0."""
    landmarks = np.zeros((3, 2, 3))
    landmarks[1:, 0, 0] = 2
    landmarks[1:, 1] = np.nan
    data = make(np.zeros((3, 2, 1, 3)), ["a", "b", "b"], ["test"] * 3, landmarks=landmarks)
    np.testing.assert_allclose(floors.landmark_spread(data), 2 / 3)
    assert np.isnan(floors.landmark_spread(dataclasses.replace(data, landmarks=None)))
