"""The dual alignment score against counts made by hand."""

import numpy as np
import pytest

from keypointnet_tf.metrics.alignment import alignment
from keypointnet_tf.metrics.estimates import value_of
from keypointnet_tf.metrics.summary import score

LANDMARKS = np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0]])
NAN = np.nan


def scores(keypoints, landmarks, group=None):
    group = np.arange(len(keypoints)) if group is None else np.array(group)
    objects = int(group.max()) + 1
    both = alignment(np.array(keypoints, float), np.array(landmarks, float), group, objects)
    return tuple(value_of(each, objects) for each in both)


def test_keypoints_on_the_same_parts_score_one():
    keypoints = [LANDMARKS * 0.8, LANDMARKS * 1.2]
    assert scores(keypoints, [LANDMARKS] * 2) == (1, 1)


def test_by_hand():
    """Two keypoints, three objects. Keypoint 0 is near landmark 0, 0, 1; keypoint 1 near 2 always.

    Forward: 1 of 3 pairs agrees on keypoint 0, all on keypoint 1: 2/3. Backward: landmark 0 has
    keypoint 0 nearest on all, landmark 2 keypoint 1; landmark 1 lies midway to both on objects 0
    and 1 (the first one is taken) and on keypoint 0 on object 2: all agree.
    """
    there = LANDMARKS[[0, 2]]
    moved = LANDMARKS[[1, 2]]
    np.testing.assert_allclose(scores([there, there, moved], [LANDMARKS] * 3), (2 / 3, 1))


def test_backward_by_hand():
    """Keypoints exchanged on one of two objects: nothing agrees in either direction."""
    there = LANDMARKS[[0, 2]] + [0, 0.1, 0]
    assert scores([there, there[::-1] + [0.05, 0, 0]], [LANDMARKS[[0, 2]]] * 2) == (0, 0)


def test_absent_landmarks_lend_no_name():
    """Landmark 1 is absent on object 1; NaN must not win the nearest place (as argmin has it)."""
    partial = LANDMARKS.copy()
    partial[1] = NAN
    keypoints = [LANDMARKS[[0, 2]] * 0.9] * 2
    assert scores(keypoints, [LANDMARKS, partial]) == (1, 1)


def test_object_without_landmarks_is_left_out():
    keypoints = [LANDMARKS, LANDMARKS, LANDMARKS[::-1]]
    assert scores(keypoints, [LANDMARKS, LANDMARKS, np.full((3, 3), NAN)]) == (1, 1)


def test_objects_are_not_compared_with_themselves():
    """One object has nobody to agree with."""
    assert np.isnan(scores([LANDMARKS], [LANDMARKS])).all()


def test_views_answer_by_shares():
    """Object 0 sees keypoint 0 on landmark 0 in one view and on 1 in the other, object 1 on 0."""
    views = [LANDMARKS[[0]], LANDMARKS[[1]], LANDMARKS[[0]]]
    forward, _ = scores(views, [LANDMARKS] * 3, group=[0, 0, 1])
    assert forward == 0.5


@pytest.mark.parametrize("figure", ["das", "das_single_view"])
def test_summary_holds_the_mean_of_both_directions(linear, figure):
    summary = score(linear).summary
    suffix = figure.removeprefix("das")
    both = [summary[f"das_{way}{suffix}"] for way in ("forward", "backward")]
    np.testing.assert_allclose(summary[figure], np.mean(both))
    assert 0 < summary[figure] <= 1


def test_random_keypoints_score_low_and_landmarks_as_keypoints_score_one(make):
    rng = np.random.default_rng(0)
    base = rng.normal(size=(6, 3))
    landmarks = base + rng.normal(size=(12, 6, 3)) * 0.05
    names, split = [f"o{i:02d}" for i in range(12)], ["test"] * 12
    right = make(np.stack([landmarks] * 2, axis=1), names, split, landmarks=landmarks)
    wrong = rng.normal(size=(12, 2, 6, 3))
    random = make(wrong, names, split, landmarks=landmarks)
    assert score(right).summary["das"] == 1
    assert score(random).summary["das"] < 0.5
