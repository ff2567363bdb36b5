"""Reasons of bad pairs, each made to happen."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.metrics import failures
from keypointnet_tf.metrics.summary import score

POINTS = np.array([[0.8, 0.3, 0.1], [0.5, -0.4, 0.2], [-0.7, 0.2, -0.3], [0.1, -0.1, 0.6]])


def reason(make, view1, **optional):
    """The reason of one pair whose view0 is right."""
    xyz = np.stack([POINTS, view1])[None]
    scores = score(make(xyz, ["a"], ["test"], **optional))
    assert sum(scores.summary["failures"].values()) == (scores.angular_error[0] >= 30)
    return str(scores.per_example["failure"][0])


def told(test_pairs, **given):
    count = len(test_pairs)
    given = {
        "errors": np.full(count, 90.0),
        "determined": np.ones(count, bool),
        "sides_right": np.ones((count, 2)),
        "elevation": np.full((count, 2), 45.0),
        "mask_share": np.full((count, 2), 0.3),
        **given,
    }
    return failures.failure_reasons(test_pairs, **given).tolist()


@pytest.fixture
def scrambled(make):
    """A pair whose views share nothing, of an object with landmarks in the frame."""
    rng = np.random.default_rng(4)
    xyz = rng.normal(size=(1, 2, 6, 3)) * 0.3
    data = make(xyz, ["a"], ["test"], landmarks=rng.normal(size=(1, 4, 3)) * 0.2)
    assert failures.mirrored_errors(data.xyz_object)[0] > 30
    return data


def test_good_pairs_have_no_reason(make):
    assert reason(make, POINTS) == ""


@pytest.mark.parametrize("flip", failures.FLIPS.tolist())
def test_points_that_become_right_when_mirrored_are_flipped(make, flip):
    assert reason(make, POINTS * flip) == "flipped"


def test_wrong_bit_is_a_flip(scrambled):
    assert told(scrambled) == ["unknown"]
    assert told(scrambled, sides_right=np.array([[1.0, 0]])) == ["flipped"]
    assert told(scrambled, sides_right=np.full((1, 2), np.nan)) == ["unknown"]


def test_points_in_one_place_are_undetermined(make):
    assert reason(make, np.ones((4, 3))) == "undetermined"


@pytest.mark.parametrize(
    "given", [{"elevation": np.array([[45.0, 9]])}, {"mask_share": np.array([[0.02, 0.3]])}]
)
def test_thin_views(scrambled, given):
    assert told(scrambled, **given) == ["thin view"]


def test_unknown_shares_are_no_thin_view(scrambled):
    assert told(scrambled, mask_share=np.full((1, 2), np.nan)) == ["unknown"]


def test_landmarks_that_no_view_shares_are_occluded(scrambled):
    """Landmarks 0 and 1 seen from view0, 2 and 3 from view1: half in each, none in both."""
    visible = np.array([[[True, True, False, False], [False, False, True, True]]])
    hidden = dataclasses.replace(scrambled, landmark_visible=visible)
    np.testing.assert_array_equal(failures.seen_share(hidden), [0])
    assert told(hidden) == ["occluded"]
    shown = dataclasses.replace(scrambled, landmark_visible=np.ones_like(visible))
    np.testing.assert_array_equal(failures.seen_share(shown), [1])


def test_landmarks_out_of_the_frame_are_not_seen_and_absent_ones_not_missed(scrambled):
    """One of three present landmarks far to the side; the fourth is no part of the object."""
    landmarks = scrambled.landmarks.copy()
    landmarks[0, 0] += 50
    landmarks[0, 3] = np.nan
    data = dataclasses.replace(scrambled, landmarks=landmarks)
    np.testing.assert_allclose(failures.seen_share(data), [2 / 3])


def test_first_reason_wins(scrambled):
    given = {"elevation": np.zeros((1, 2)), "sides_right": np.zeros((1, 2))}
    assert told(scrambled, **given) == ["flipped"]
    assert told(scrambled, **given, determined=np.zeros(1, bool)) == ["undetermined"]
    assert told(scrambled, **given, errors=np.array([29.9])) == [""]
