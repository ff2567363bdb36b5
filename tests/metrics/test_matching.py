"""Matching by descriptors: hand-made vectors and points."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.metrics import matching
from keypointnet_tf.metrics.summary import score


def test_mutual_matches_by_hand():
    """1 of the second is nearest to both 0 and 1 of the first, and answers 1."""
    first = np.array([[0.8, 0.6], [0.0, 1.0], [-1.0, 0.0]])
    second = np.array([[-0.8, 0.6], [0.0, 1.0]])
    found = matching.mutual_matches(first, second)
    assert found.index0.tolist() == [1, 2] and found.index1.tolist() == [1, 0]
    np.testing.assert_allclose(found.similarity, [1, 0.8])
    assert len(found) == 2


def test_matches_do_not_depend_on_the_order_of_the_images():
    vectors = np.random.default_rng(0).normal(size=(2, 8, 3))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    there, back = matching.mutual_matches(*vectors), matching.mutual_matches(*vectors[::-1])
    assert there.index0.tolist() == back.index1.tolist()
    assert there.index1.tolist() == back.index0.tolist() and len(there)


def test_vectors_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"shapes \(3, 2\) and \(3, 4\); expected"):
        matching.mutual_matches(np.ones((3, 2)), np.ones((3, 4)))


def test_same_index_and_place_by_hand():
    """Descriptors of 0 and 1 are exchanged, 2 is found; the points are exchanged just so."""
    own, others = np.eye(3)[None], np.eye(3)[[1, 0, 2]][None]
    assert matching.same_index(own, others).tolist() == [[False, False, True]]
    points = np.eye(3)[None]
    exchanged = points[:, [1, 0, 2]]
    assert matching.same_place(own, others, points, exchanged).tolist() == [[1, 1, 1]]
    assert matching.same_place(own, others, points, points).tolist() == [[0, 0, 1]]


def test_only_mutual_neighbours_have_a_place():
    own = np.array([[[1.0, 0], [0.8, 0.6], [0, 1]]])
    others = np.array([[[1.0, 0], [-1, 0], [0, 1]]])
    points = np.zeros((1, 3, 3))
    np.testing.assert_array_equal(
        matching.same_place(own, others, points, points), [[1, np.nan, 1]]
    )


def test_the_other_object_is_the_next_by_name():
    partner = matching.other_object(np.array(["b", "a", "b", "c", "a", "a"]))
    assert partner.tolist() == [3, 0, 3, 1, 2, 0]
    assert matching.other_object(np.array(["a", "a"])).tolist() == [-1, -1]


def test_separability_by_hand():
    """Wrong 1 and 3 against right 2 and 4: of four comparisons three are right."""
    wrong = np.array([True, False, True, False])
    assert matching.separability(np.array([1.0, 2, 3, 4]), wrong) == 0.75
    assert matching.separability(np.ones(4), wrong) == 0.5
    assert np.isnan(matching.separability(np.ones(4), np.zeros(4, bool)))


def test_figures_of_perfect_and_of_exchanged_descriptors(perfect):
    """Exchanged in view 1 of object a alone: half of the views, 2 of 5 keypoints."""
    vectors = np.broadcast_to(np.eye(5), (4, 2, 5, 5)).copy()
    summary = score(dataclasses.replace(perfect, descriptors=vectors)).summary
    for name in ("match_accuracy", "match_precision"):
        assert summary[name] == summary[f"{name}_across_objects"] == 1
    assert summary["match_similarity_mean"] == 1
    assert summary["floors"]["random"]["match_accuracy"] == 1 / 5
    vectors[:2, 1, [0, 1]] = vectors[:2, 1, [1, 0]]
    summary = score(dataclasses.replace(perfect, descriptors=vectors)).summary
    assert summary["match_accuracy"] == pytest.approx(1 - 0.5 * 2 / 5)
    assert summary["match_precision"] == pytest.approx(1 - 0.5 * 2 / 5)
    assert summary["match_similarity_mean"] == pytest.approx(1 - 0.5 * 2 / 5)


def test_without_descriptors_nothing_is_added(perfect):
    assert not [name for name in score(perfect).summary if name.startswith("match")]


def test_one_object_has_no_other(perfect):
    data = dataclasses.replace(perfect, descriptors=np.broadcast_to(np.eye(5), (4, 2, 5, 5))).take(
        [0, 1]
    )
    summary = score(data).summary
    assert summary["match_accuracy"] == 1 and np.isnan(summary["match_accuracy_across_objects"])


def test_descriptors_are_kept_and_checked(perfect, tmp_path):
    vectors = np.broadcast_to(np.eye(5), (4, 2, 5, 5))
    data = dataclasses.replace(perfect, descriptors=vectors)
    data.save(tmp_path / "p.npz")
    np.testing.assert_array_equal(type(data).load(tmp_path / "p.npz").descriptors, vectors)
    with pytest.raises(ValueError, match=r"'descriptors' at \[0, 0, 0\].*length 1"):
        dataclasses.replace(perfect, descriptors=2 * vectors)
    with pytest.raises(ValueError, match=r"'descriptors' has shape .*\[N, 2, K, D\]"):
        dataclasses.replace(perfect, descriptors=vectors[:, :, :4])
