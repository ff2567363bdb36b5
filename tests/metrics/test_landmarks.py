"""The landmark map: exact where truth is linear, blind to what is absent, fed no test object."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.metrics.landmarks import fit_ridge, landmark_scores, mean_landmarks

NAN = np.nan


def with_landmarks(predictions, change):
    landmarks = predictions.landmarks.copy()
    change(landmarks, predictions.object_id)
    return dataclasses.replace(predictions, landmarks=landmarks)


def test_ridge_by_hand():
    """x = -1, 1, y = 10, 14 with penalty 2: slope 4 / (2 + 2) = 1 in place of 2, intercept 12."""
    weights, intercept = fit_ridge(np.array([[-1.0], [1]]), np.array([[10.0], [14]]), penalty=2)
    np.testing.assert_allclose(weights, [[1]])
    np.testing.assert_allclose(intercept, [12])
    with pytest.raises(ValueError, match="penalty is 0"):
        fit_ridge(np.zeros((2, 1)), np.zeros((2, 1)), penalty=0)


@pytest.mark.parametrize("single_view", [False, True])
def test_linear_landmarks_are_found(linear, single_view):
    found = landmark_scores(linear, single_view=single_view, penalty=1e-9)
    assert found.landmark_error < 1e-6 < 0.05 < found.landmark_floor
    assert found.ratio < 1e-4
    assert found.errors.shape == (16 if single_view else 4, 3)
    assert found.reason == ""
    assert landmark_scores(linear, single_view=single_view).ratio < 0.05


def test_floor_by_hand(make):
    """Training landmarks 0 and 2 along x, mean 1; the test object's is at 4: floor 3."""
    xyz = np.zeros((3, 2, 2, 3))
    landmarks = np.zeros((3, 1, 3))
    landmarks[:, 0, 0] = [0, 2, 4]
    data = make(xyz, ["a", "b", "c"], ["train", "train", "test"], landmarks=landmarks)
    found = landmark_scores(data)
    np.testing.assert_allclose(found.landmark_floor, 3)
    np.testing.assert_allclose(found.landmark_error, 3, atol=1e-9)


def test_keypoints_that_do_not_follow_the_shape_are_no_better_than_the_floor(linear):
    """A rigid template, the same on every object, scores perfectly on pose and 1 here."""
    first = linear.xyz_object[0, 0]
    camera = np.einsum("nvij,kj->nvki", linear.object_to_camera[..., :3, :3], first)
    camera = camera + linear.object_to_camera[..., None, :3, 3]
    uv = -linear.focal[..., None, None] * camera[..., :2] / camera[..., 2:]
    rigid = dataclasses.replace(linear, uv=uv, depth=camera[..., 2])
    np.testing.assert_allclose(landmark_scores(rigid).ratio, 1, atol=1e-6)


def test_absent_landmarks_do_not_count(linear):
    """Without landmark 1 on a test object the others keep their figures, and its mean is theirs."""

    def drop(landmarks, names):
        landmarks[names == "o13", 1] = NAN

    whole, partial = landmark_scores(linear), landmark_scores(with_landmarks(linear, drop))
    assert partial.scored.sum() == 11 and not partial.scored[1, 1]
    keep = partial.scored
    np.testing.assert_allclose(partial.errors[keep], whole.errors[keep])
    np.testing.assert_allclose(partial.landmark_floor, whole.floors[keep].mean())
    np.testing.assert_allclose(partial.floor_per_landmark[1], whole.floors[[0, 2, 3], 1].mean())


def test_each_landmark_is_fitted_on_the_objects_that_have_it(linear):
    """Absent on three training objects, still exact; the other landmarks do not lose those."""

    def drop(landmarks, names):
        landmarks[np.isin(names, ["o00", "o01", "o02"]), 2] = NAN

    partial = with_landmarks(linear, drop)
    found, whole = landmark_scores(partial, penalty=1e-9), landmark_scores(linear, penalty=1e-9)
    assert found.landmark_error < 1e-6
    np.testing.assert_array_equal(found.errors[:, :2], whole.errors[:, :2])
    kept = linear.landmarks[6:24:2, 2].mean(axis=0)
    np.testing.assert_allclose(mean_landmarks(partial.select("train"))[2], kept)


def test_a_landmark_of_one_training_object_is_not_scored(linear):
    def drop(landmarks, names):
        landmarks[(names != "o00") & (names < "o12"), 0] = NAN

    found = landmark_scores(with_landmarks(linear, drop))
    assert not found.scored[:, 0].any() and np.isnan(found.error_per_landmark[0])
    assert np.isfinite(found.landmark_error)


def test_objects_shown_often_do_not_weigh_more_in_the_mean(make):
    xyz = np.zeros((4, 2, 1, 3))
    landmarks = np.zeros((4, 1, 3))
    landmarks[:, 0, 0] = [0, 6, 6, 6]
    data = make(xyz, ["a", "b", "b", "b"], ["train"] * 4, landmarks=landmarks)
    np.testing.assert_allclose(mean_landmarks(data), [[3, 0, 0]])


def test_reasons_for_nothing(linear, perfect):
    assert landmark_scores(perfect).reason == "the predictions hold no landmarks"
    found = landmark_scores(linear.select("test"))
    assert "0 objects in split 'train'" in found.reason
    assert np.isnan([found.landmark_error, found.landmark_floor, found.ratio]).all()
    one = linear.take(np.r_[0:2, 24:32])
    assert "1 objects in split 'train'; at least 2" in landmark_scores(one).reason
    gone = with_landmarks(linear, lambda values, _: values.fill(NAN))
    assert "no landmark is present" in landmark_scores(gone).reason


def test_pairs_that_disagree_on_landmarks_are_refused(linear):
    def move(landmarks, names):
        landmarks[1, 2] += 0.5

    with pytest.raises(ValueError, match=r"'landmarks' at \[1, 2\].*object 'o00'"):
        landmark_scores(with_landmarks(linear, move))
