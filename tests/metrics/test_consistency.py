"""Spread of keypoints between known positions."""

import numpy as np

from keypointnet_tf.metrics import consistency
from keypointnet_tf.metrics.summary import score


def two_positions():
    """One pair, two keypoints: the first 3-4-5 apart in the two views, the second in one place."""
    xyz = np.zeros((1, 2, 2, 3))
    xyz[0, 1, 0] = [0.3, 0.4, 0]
    xyz[:, :, 1] = [1, 1, 1]
    return xyz


def test_consistency_is_the_mean_distance_between_the_views():
    np.testing.assert_allclose(consistency.consistency(two_positions()), [0.25])


def test_three_d_se_of_two_known_positions():
    """Half of 0.5 from the middle, each; the same in the root mean square."""
    np.testing.assert_allclose(consistency.three_d_se(two_positions()), [0.25, 0])
    np.testing.assert_allclose(consistency.three_d_se_rms(two_positions()), [0.25, 0])


def test_the_two_readings_differ_for_uneven_distances():
    """Positions 0, 0, 0, 4: mean 1, distances 1, 1, 1, 3: mean 1.5, root mean square sqrt 3."""
    xyz = np.zeros((2, 2, 1, 3))
    xyz[1, 1, 0, 2] = 4
    np.testing.assert_allclose(consistency.three_d_se(xyz), [1.5])
    np.testing.assert_allclose(consistency.three_d_se_rms(xyz), [np.sqrt(3)])


def test_consistent_points_of_varied_objects_still_spread():
    xyz = np.zeros((2, 2, 1, 3))
    xyz[1, :, :, 0] = 2
    np.testing.assert_array_equal(consistency.consistency(xyz), [0, 0])
    np.testing.assert_allclose(consistency.three_d_se(xyz), [1])


def test_across_views_by_hand():
    """Object a at 0 and 2 in its two views: 1 from its mean; object b always in one place."""
    xyz = np.zeros((2, 2, 1, 3))
    xyz[0, 1, 0, 0] = 2
    xyz[1, :, 0, 2] = 5
    apart = consistency.distances_across_views(xyz, np.array(["a", "b"]))
    np.testing.assert_allclose(apart[..., 0], [[1, 1], [0, 0]])


def test_across_instances_by_hand():
    """Objects at 0, 0 and 3: mean 1, distances 1, 1, 2."""
    keypoints = np.zeros((3, 1, 3))
    keypoints[2, 0, 1] = 3
    found = consistency.distances_across_instances(keypoints)
    np.testing.assert_allclose(found[:, 0], [1, 1, 2])


def test_views_and_instances_are_told_apart(make):
    """Two objects of other size, each seen alike from everywhere: all spread is between them.

    Object b has three pairs, which must not pull the mean over instances towards it.
    """
    points = np.array([[0.5, 0, 0], [-0.5, 0, 0], [0, 0, 0.5]])
    xyz = np.stack([np.stack([points * s] * 2) for s in (1, 2, 2, 2)])
    summary = score(make(xyz, ["a", "b", "b", "b"], ["test"] * 4)).summary
    np.testing.assert_allclose(summary["consistency_across_views"], 0, atol=1e-6)
    np.testing.assert_allclose(summary["consistency_across_instances"], 0.25)
    np.testing.assert_allclose(summary["consistency_across_instances_per_keypoint"], [0.25] * 3)
