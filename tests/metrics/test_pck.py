"""PCK by hand, and landmarks that one image alone predicts."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics import canonical, pck
from keypointnet_tf.metrics.landmarks import fit_map
from keypointnet_tf.metrics.summary import score

NAN = np.nan


def one_view(distances, alpha, length):
    """`hits` of a single image, view0 of one pair; view1 has no landmarks."""
    both = np.stack([distances, np.full(len(distances), NAN)])[None]
    return pck.hits(both, np.array([[length, length]]), alpha)[0, 0]


def with_boxes(predictions, width, height):
    box = np.array([-width / 2, -height / 2, width / 2, height / 2])
    return dataclasses.replace(predictions, boxes=np.tile(box, (len(predictions), 2, 1)))


def test_four_points_by_hand():
    """Box of 0.8: a tenth is 0.08. Off by 0, 0.08, 0.081 and absent: two of three."""
    hit = one_view(np.array([0, 0.08, 0.081, NAN]), 0.1, 0.8)
    np.testing.assert_array_equal(hit, [1, 1, 0, NAN])
    np.testing.assert_allclose(pck.per_image(hit), 2 / 3)


def test_per_image_and_per_point_differ():
    """One hit of one point, and none of three: 1/4 of the points, 1/2 per image."""
    distance = np.array([[[0, NAN, NAN], [9, 9, 9]]])
    hit = pck.hits(distance, np.ones((1, 2)), 0.1)
    assert np.nanmean(hit) == 0.25
    np.testing.assert_array_equal(pck.per_image(hit), [[1, 0]])
    assert np.nanmean(pck.per_image(hit)) == 0.5


def test_image_without_landmarks_does_not_count_as_zero():
    hit = pck.hits(np.array([[[NAN, NAN], [0, NAN]]]), np.ones((1, 2)), 0.1)
    np.testing.assert_array_equal(pck.per_image(hit), [[NAN, 1]])


def test_long_box_is_measured_by_its_longer_side_in_both_directions(linear):
    """A box of 0.8 x 0.2: 0.07 off is right along either axis.

    Scaling each axis by its own side (a picture resized to a square) would make it 0.35 in v.
    """
    data = with_boxes(linear.select("test"), 0.8, 0.2)
    length = pck.reference_lengths(data, "box")
    np.testing.assert_allclose(length, 0.8)
    truth = pck.true_uv(data)
    for offset in ([0.07, 0], [0, 0.07]):
        assert (pck.hits(pck.distances(truth + offset, truth), length, 0.1) == 1).all()
    assert (pck.hits(pck.distances(truth + [0, 0.09], truth), length, 0.1) == 0).all()


def test_image_side_is_two(linear):
    np.testing.assert_array_equal(pck.reference_lengths(linear, "image"), np.full((32, 2), 2.0))
    assert np.isnan(pck.reference_lengths(linear, "box")).all()


def test_perfect_keypoints_find_every_landmark(linear):
    """Landmarks are linear in the keypoints; only the ridge penalty is in the way."""
    train, test = linear.select("train"), linear.select("test")
    fitted = fit_map(train, single_view=True, centred=True, penalty=1e-9)
    found = pck.predicted_uv(test, fitted, canonical.template(train))
    np.testing.assert_allclose(found, pck.true_uv(test), atol=1e-4)
    summary = score(with_boxes(linear, 0.1, 0.1)).summary
    for name in ("pck_box_0.1", "pck_box_0.1_per_image", "pck_image_0.05", "pck_box_0.1_true_pose"):
        assert summary[name] == 1, name
    assert summary["pck_box_0.1_floor"] < 1
    assert np.isnan(summary["pck_box_0.1_sym"]) and np.isnan(summary["pck_box_0.1_visible"])


def test_no_truth_of_the_test_image_enters(linear):
    """With other poses stated for the same predicted image points, the prediction stays."""
    train, test = linear.select("train"), linear.select("test")
    fitted = fit_map(train, single_view=True, centred=True)
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("xyz", [0.3, 1, 2]).as_matrix()
    lied = dataclasses.replace(
        test, object_to_camera=test.object_to_camera @ turn, landmarks=test.landmarks + 1
    )
    template = canonical.template(train)
    before, after = (pck.predicted_uv(data, fitted, template) for data in (test, lied))
    np.testing.assert_array_equal(before, after)


def test_mirrored_keypoints_miss_and_count_up_to_symmetry(make):
    """Every object is its own mirror image, and the test keypoints are swapped left for right."""
    half = np.array([[0.8, 0.3, 0.1], [0.1, 0.6, -0.2], [-0.6, 0.2, 0.4]])
    whole = np.concatenate([half, half * [1, -1, 1]])
    size = np.linspace(0.7, 1.3, 10)[:, None, None]
    points = np.stack([whole * size] * 2, axis=1)
    points[6:] *= [1, -1, 1]
    order = np.tile([[[3, 4, 5, 0, 1, 2]]], (10, 1, 1))
    data = make(
        points,
        [f"o{i}" for i in range(10)],
        ["train"] * 6 + ["test"] * 4,
        landmarks=whole * size,
        mirror_symmetric=np.ones(10, bool),
        landmark_permutations=order,
    )
    summary = score(with_boxes(data, 0.5, 0.5)).summary
    assert summary["pck_box_0.1"] < 0.3
    assert summary["pck_box_0.1_sym"] > 0.95
    np.testing.assert_allclose(summary["absolute_error_mean_deg_sym"], 0, atol=1e-3)
    assert summary["absolute_error_mean_deg"] > 30


def test_a_permutation_holds_for_the_whole_view():
    """Two landmarks exchanged: taken one by one, the naive best of both would forgive anything."""
    truth = np.zeros((1, 2, 2, 2))
    truth[..., 1, 0] = 1
    both_on_the_first = np.zeros((1, 2, 2, 2))
    swap = np.array([[[1, 0]]])
    apart = pck.distances_up_to_symmetry(both_on_the_first, truth, swap)
    np.testing.assert_array_equal(np.sort(apart[0, 0]), [0, 1])
    exchanged = pck.distances_up_to_symmetry(truth[:, :, ::-1], truth, swap)
    np.testing.assert_array_equal(exchanged, np.zeros((1, 2, 2)))


def test_a_permutation_onto_an_absent_part_is_not_allowed():
    truth = np.zeros((1, 2, 2, 2))
    truth[:, :, 1] = NAN
    predicted = np.ones((1, 2, 2, 2))
    apart = pck.distances_up_to_symmetry(predicted, truth, np.array([[[1, 0]]]))
    np.testing.assert_allclose(apart[0], [[np.sqrt(2), NAN]] * 2)


def test_visible_landmarks_are_a_figure_of_their_own(linear):
    """Landmark 0 is ruined in the truth of every test object, and hidden everywhere."""
    landmarks = linear.landmarks.copy()
    landmarks[24:, 0] += 5
    visible = np.ones((32, 2, 3), bool)
    visible[:, :, 0] = False
    data = dataclasses.replace(linear, landmarks=landmarks, landmark_visible=visible)
    summary = score(data).summary
    np.testing.assert_allclose(summary["pck_image_0.05"], 2 / 3)
    assert summary["pck_image_0.05_visible"] == 1


@pytest.mark.parametrize("alpha", pck.ALPHAS)
def test_larger_alpha_never_counts_less(linear, alpha):
    noisy = linear.uv + np.random.default_rng(0).normal(size=linear.uv.shape) * 0.1
    summary = score(with_boxes(dataclasses.replace(linear, uv=noisy), 0.4, 0.4)).summary
    assert summary["pck_box_0.05"] <= summary[f"pck_box_{alpha}"] <= summary[f"pck_image_{alpha}"]
