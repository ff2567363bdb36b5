"""Spread over the object, and averages per object."""

import numpy as np

from keypointnet_tf.metrics import coverage
from keypointnet_tf.metrics.grouping import object_keypoints, object_landmarks


def test_coverage_and_least_distance_of_a_cross():
    """Two points at 1 and two at 2 from the centre; the nearest two are 2 apart."""
    cross = np.array([[[1.0, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -2, 0]]])
    np.testing.assert_allclose(coverage.coverage(cross), [1.5])
    np.testing.assert_allclose(coverage.least_distance(cross), [2.0])
    near = cross.copy()
    near[0, 1] = [1, 0, 0.1]
    np.testing.assert_allclose(coverage.least_distance(near), [0.1])


def test_one_keypoint_has_no_distance_to_another():
    assert np.isnan(coverage.least_distance(np.zeros((2, 1, 3)))).all()
    np.testing.assert_array_equal(coverage.coverage(np.zeros((2, 1, 3))), [0, 0])


def test_points_that_flip_between_views_do_not_count_as_spread():
    """The average over views comes first, so a left/right flip collapses to the middle."""
    xyz = np.zeros((1, 2, 2, 3))
    xyz[0, 0] = [[1, 0, 0], [-1, 0, 0]]
    xyz[0, 1] = [[-1, 0, 0], [1, 0, 0]]
    _, keypoints = object_keypoints(xyz, np.array(["a"]))
    np.testing.assert_array_equal(coverage.coverage(keypoints), [0])


def test_objects_are_averaged_over_all_their_views():
    xyz = np.zeros((3, 2, 1, 3))
    xyz[:, :, 0, 0] = [[1, 3], [10, 10], [5, 7]]
    names, keypoints = object_keypoints(xyz, np.array(["b", "a", "b"]))
    assert names.tolist() == ["a", "b"]
    np.testing.assert_allclose(keypoints[:, 0, 0], [10, 4])


def test_landmarks_are_taken_once_and_in_the_order_of_names():
    landmarks = np.array([[[2.0, 0, 0]], [[np.nan] * 3], [[2.0, 0, 0]]])
    found = object_landmarks(landmarks, np.array(["b", "a", "b"]))
    np.testing.assert_array_equal(found, [[[np.nan] * 3], [[2, 0, 0]]])


def test_share_counts_both_views():
    on = np.array([[[True, True], [True, False]], [[False, False], [False, False]]])
    np.testing.assert_array_equal(coverage.on_object_share(on), [0.75, 0])
