"""Whether a keypoint means the same part on every instance, by the names of true landmarks.

The dual alignment score (DAS) of Shi, Xue, You, Lu, "Skeleton Merger: an Unsupervised Aligned
Keypoint Detector", CVPR 2021. Discovered points have no names, so each borrows one: *forward*, a
keypoint takes the name of the landmark nearest to it, and the score is how often two objects give
the same keypoint the same name, averaged over keypoints; *backward*, a landmark takes the number of
the keypoint nearest to it, and the score is how often two objects agree on that, averaged over
landmarks. DAS is the mean of the two.

One difference to the published script: it also compares every object with itself, which adds
`(1 - s) / O` to a score s over O objects; here only different objects are compared.
Letters: M samples, O objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics.estimates import Agreement


def alignment(
    keypoints: np.ndarray, landmarks: np.ndarray, group: np.ndarray, objects: int
) -> tuple[Agreement, Agreement]:
    """The forward and the backward score.

    Where an object has several samples (its views), it answers with the share of each answer among
    them: the score is then over a random view of one object and a random view of another.

    Args:
      keypoints: `[M, K, 3]` in the object frame.
      landmarks: `[M, L, 3]`, NaN where absent: no keypoint takes that name, and the object does not
        answer for that landmark.
      group: `[M]` number of each sample's object.
      objects: O.
    """
    apart = np.linalg.norm(keypoints[:, :, None] - landmarks[:, None], axis=-1)  # [M, K, L]
    absent = np.isnan(apart)
    apart = np.where(absent, np.inf, apart)
    names = _one_hot(apart.argmin(axis=2), apart.shape[2]) * ~absent.all(axis=2)[..., None]
    numbers = _one_hot(apart.argmin(axis=1), apart.shape[1]) * ~absent.all(axis=1)[..., None]
    return Agreement(_shares(names, group, objects)), Agreement(_shares(numbers, group, objects))


def _one_hot(answers: np.ndarray, count: int) -> np.ndarray:
    return (answers[..., None] == np.arange(count)).astype(float)


def _shares(answers: np.ndarray, group: np.ndarray, objects: int) -> np.ndarray:
    """`[O, Q, C]` mean over each object's samples of answers `[M, Q, C]`."""
    sums = np.zeros((objects, *answers.shape[1:]))
    np.add.at(sums, group, answers)
    count = np.bincount(group, minlength=objects)
    return sums / np.maximum(count, 1)[:, None, None]
