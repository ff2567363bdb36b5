"""Errors by quantiles of properties."""

import dataclasses

import numpy as np

from keypointnet_tf.metrics.conditions import asymmetry_columns, quantile_bins
from keypointnet_tf.metrics.summary import score

NAN = np.nan


def rows_of(scores, name):
    table = scores.conditions
    keep = table["property"] == name
    return {column: values[keep] for column, values in table.items()}


def test_ten_values_in_five_bins():
    np.testing.assert_array_equal(quantile_bins(np.arange(10.0)), np.repeat(np.arange(5), 2))


def test_equal_values_stay_together_and_no_bin_is_empty():
    values = np.array([0.0, 0, 0, 0, 0, 0, 0, 1, 2, NAN])
    np.testing.assert_array_equal(quantile_bins(values), [0, 0, 0, 0, 0, 0, 0, 1, 2, -1])
    np.testing.assert_array_equal(quantile_bins(np.full(4, 3.0)), [0] * 4)
    np.testing.assert_array_equal(quantile_bins(np.full(2, NAN)), [-1, -1])


def test_asymmetry_by_hand(make):
    """Two landmarks at x = 1 and x = -0.5: mirrored front for back each is 0.5 off the nearest.

    Left for right nothing moves. Absent landmarks are no partners.
    """
    landmarks = np.full((1, 3, 3), NAN)
    landmarks[0, :2] = [[1, 0, 0], [-0.5, 0, 0]]
    data = make(np.zeros((1, 2, 3, 3)), ["a"], ["test"], landmarks=landmarks)
    columns = asymmetry_columns(data)
    np.testing.assert_allclose(columns["left_right_asymmetry"], [0])
    np.testing.assert_allclose(columns["front_back_asymmetry"], [0.5])


def test_errors_are_told_by_the_property_that_makes_them(linear):
    """Noise grows as the camera comes down: the mean error falls from bin to bin of elevation."""
    test = linear.take(np.resize(np.arange(24, 32), 400))
    rng = np.random.default_rng(0)
    poses = rng.permutation(np.resize(linear.object_to_camera.reshape(-1, 4, 4), (800, 4, 4)))
    test = dataclasses.replace(test, object_to_camera=poses.reshape(400, 2, 4, 4))
    from keypointnet_tf.metrics.viewpoints import view_angles

    elevation = view_angles(test.object_to_camera)[0]
    points = np.broadcast_to(rng.normal(size=(4, 3)) * 0.4, (400, 2, 4, 3))
    noise = np.where(elevation < 20, 0.3, 0.01)[..., None, None]
    points = points + rng.normal(size=points.shape) * noise
    camera = points @ np.swapaxes(poses.reshape(400, 2, 4, 4)[..., :3, :3], -1, -2)
    camera = camera + test.object_to_camera[..., None, :3, 3]
    uv = -test.focal[..., None, None] * camera[..., :2] / camera[..., 2:]
    scores = score(dataclasses.replace(test, uv=uv, depth=camera[..., 2]))
    rows = rows_of(scores, "elevation_deg")
    assert rows["samples"].sum() == 800
    assert rows["error_mean_deg"][0] > 3 * rows["error_mean_deg"][-1]
    assert (np.diff(rows["low"]) > 0).all() and (rows["low"] <= rows["high"]).all()


def test_views_count_under_their_own_value_and_pairs_once(linear):
    scores = score(linear)
    assert rows_of(scores, "azimuth_deg")["samples"].sum() == 16
    assert rows_of(scores, "view_angle_deg")["samples"].sum() == 8
    assert rows_of(scores, "azimuth_deg")["low"].min() >= 0
    assert not len(rows_of(scores, "luminance")["samples"])  # no images


def test_a_bin_with_one_object_says_so(linear):
    rows = rows_of(score(linear), "front_back_asymmetry")
    assert rows["objects"].tolist() == [1, 1, 1, 1] and rows["samples"].tolist() == [2, 2, 2, 2]
