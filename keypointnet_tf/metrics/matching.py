"""Matching of keypoints by their descriptors, and whether the matches are right.

Keypoints have indices, so that they match without any descriptor: k with k. What descriptors say is
therefore read twice: do they agree with the index, and, blind to it, do matched points lie at the
same place of the object.
Letters: N pairs, K keypoints, M those of another image, D numbers of a descriptor. Axis 1 is view0,
view1.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.repeatability import RADIUS


@dataclasses.dataclass(frozen=True, eq=False)
class Matches:
    """Mutual nearest neighbours of two images, the most alike first.

    Attributes:
      index0, index1: `[P]` int, keypoint `index0[p]` of the first image goes with `index1[p]` of
        the second; each keypoint at most once.
      similarity: `[P]` cosine of their descriptors, in [-1, 1].
    """

    index0: np.ndarray
    index1: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.index0)


def mutual_matches(descriptors0: np.ndarray, descriptors1: np.ndarray) -> Matches:
    """Pairs that are each other's nearest by descriptor.

    Args:
      descriptors0: `[K, D]` unit vectors.
      descriptors1: `[M, D]` unit vectors.

    Raises:
      ValueError: the two have other shapes or differing D.
    """
    first, second = np.asarray(descriptors0, float), np.asarray(descriptors1, float)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"descriptors have shapes {first.shape} and {second.shape}; expected [K, D] and [M, D]"
        )
    similarity = first @ second.T
    nearest = similarity.argmax(axis=1)
    mutual = np.flatnonzero(similarity.argmax(axis=0)[nearest] == np.arange(len(first)))
    values = similarity[mutual, nearest[mutual]]
    order = np.argsort(-values, kind="stable")
    return Matches(mutual[order], nearest[mutual][order], values[order])


def nearest(descriptors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`[N, K]` index of the most alike of `others [N, M, D]` for each of `[N, K, D]`."""
    return np.einsum("nkd,nmd->nkm", descriptors, others).argmax(axis=-1)


def same_index(descriptors: np.ndarray, others: np.ndarray) -> np.ndarray:
    """`[N, K]` whether the nearest descriptor has the same index; by chance `1 / K` have."""
    return nearest(descriptors, others) == np.arange(descriptors.shape[1])


def same_place(
    descriptors: np.ndarray,
    others: np.ndarray,
    points: np.ndarray,
    other_points: np.ndarray,
    radius: float = RADIUS,
) -> np.ndarray:
    """Whether matched keypoints lie at the same place of the object, whatever their indices.

    Args:
      descriptors, others: `[N, K, D]`.
      points, other_points: `[N, K, 3]` in the object frame, through the true poses.
      radius: in object units, in which the longest side is 2.

    Returns:
      `[N, K]` 1 where the nearest neighbour of keypoint k lies within the radius of it, 0 where it
      does not, NaN where the two are not each other's nearest and so no match.
    """
    found = nearest(descriptors, others)
    back = nearest(others, descriptors)
    mutual = np.take_along_axis(back, found, axis=1) == np.arange(descriptors.shape[1])
    matched = np.take_along_axis(other_points, found[..., None], axis=1)
    within = np.linalg.norm(points - matched, axis=-1) <= radius
    return np.where(mutual, within, np.nan)


def other_object(object_id: np.ndarray) -> np.ndarray:
    """`[N]` for each pair a pair of another object, -1 where there is no other.

    Pair number r of an object gets pair number r, modulo their count, of the next object by name,
    the first after the last.
    """
    names, group = np.unique(object_id, return_inverse=True)
    if len(names) < 2:
        return np.full(len(object_id), -1)
    rows = [np.flatnonzero(group == number) for number in range(len(names))]
    partner = np.empty(len(object_id), int)
    for own, following in zip(rows, rows[1:] + rows[:1], strict=True):
        partner[own] = following[np.arange(len(own)) % len(following)]
    return partner


def separability(values: np.ndarray, wrong: np.ndarray) -> float:
    """Probability that a wrong one's value is below a right one's, ties half: 0.5 tells nothing.

    The area under the receiver operating characteristic, as Mann and Whitney's statistic (Hanley
    and McNeil, Radiology 1982). NaN where all are right, or all wrong.

    Args:
      values: `[...]`.
      wrong: bool `[...]`.
    """
    from scipy.stats import rankdata  # here: it takes a second to import

    ranks, wrong = rankdata(np.ravel(values)), np.ravel(wrong)
    count = int(wrong.sum())
    if not 0 < count < len(wrong):
        return float("nan")
    below = ranks[~wrong].sum() - (len(wrong) - count) * (len(wrong) - count + 1) / 2
    return float(below / (count * (len(wrong) - count)))


def similarities(test: Predictions) -> np.ndarray:
    """`[N, K]` cosine of each keypoint's descriptors in the two views."""
    vectors = test.descriptors.astype(float)
    return (vectors[:, 0] * vectors[:, 1]).sum(axis=-1)
