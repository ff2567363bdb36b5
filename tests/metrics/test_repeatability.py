"""Whether a keypoint finds itself, and how that falls with the angle between the views."""

import numpy as np

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import repeatability, viewpoints
from keypointnet_tf.metrics.summary import score


def test_points_within_the_radius_count():
    """Distances 0, 0.1 and 0.11."""
    xyz = np.zeros((1, 2, 3, 3))
    xyz[0, 1, 1, 0], xyz[0, 1, 2, 2] = 0.1, 0.11
    np.testing.assert_array_equal(repeatability.repeated(xyz), [[True, True, False]])


def test_exchanged_points_do_not_find_one_another():
    """Two detections at the same two places, but numbered the other way round."""
    xyz = np.zeros((1, 2, 2, 3))
    xyz[0, 0, 0, 0] = xyz[0, 1, 1, 0] = 1
    assert not repeatability.repeated(xyz).any()


def test_by_angle_by_hand():
    found = np.array([[True, True], [True, False], [False, False]])
    rows = repeatability.by_angle(found, np.array([0.1, 0.2, 0.6]), np.array([5.0, 15, 180]))
    assert [row["low_deg"] for row in rows] == [0, 15, 90]
    assert [row["pairs"] for row in rows] == [1, 1, 1]
    assert [row["repeatability"] for row in rows] == [1, 0.5, 0]
    assert [row["consistency"] for row in rows] == [0.1, 0.2, 0.6]


def test_roll_is_no_change_of_view():
    """Cameras in one place, one of them rolled by a quarter: rotations 90 apart, views 0."""
    pose = placement.look_at((30, 0, 10))
    roll = np.array([[0.0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    poses = np.stack(
        [np.stack([pose, roll @ pose]), np.stack([pose, placement.look_at((-1, 0, 3))])]
    )
    angles = viewpoints.angle_between_views(poses)
    np.testing.assert_allclose(angles[0], 0, atol=1e-6)
    np.testing.assert_allclose(angles[1], 180 - np.degrees(np.arctan(1 / 3) + np.arctan(3)))


def test_small_views_are_a_figure_of_their_own(make):
    """Without pairs of near views the figure is unknown, not 0."""
    points = np.random.default_rng(0).normal(size=(5, 3)) * 0.3
    data = make(np.broadcast_to(points, (40, 2, 5, 3)), ["a", "b"] * 20, ["test"] * 40)
    angle = viewpoints.angle_between_views(data.object_to_camera)
    assert (angle < 30).any() and (angle >= 30).any()
    assert score(data).summary["repeatability_small_views"] == 1
    far = data.take(np.flatnonzero(angle >= 30))
    assert np.isnan(score(far).summary["repeatability_small_views"])
    assert score(far).summary["repeatability"] == 1
