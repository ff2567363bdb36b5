"""From values per pair to values per object.

Letters: N pairs, O objects, K keypoints, L landmarks.
"""

from __future__ import annotations

import numpy as np

SAME_LANDMARK = 1e-3


def object_keypoints(
    xyz_object: np.ndarray, object_id: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Averages each object's keypoints over all of its views.

    Args:
      xyz_object: `[N, 2, K, 3]` keypoints in the object frame.
      object_id: `[N]` names.

    Returns:
      Sorted names `[O]` and mean keypoints `[O, K, 3]` over the `2 x pairs` views of each.
    """
    names, group = np.unique(object_id, return_inverse=True)
    sums = np.zeros((len(names), *xyz_object.shape[2:]))
    np.add.at(sums, group.reshape(-1), xyz_object.mean(axis=1))
    return names, sums / np.bincount(group.reshape(-1), minlength=len(names))[:, None, None]


def object_landmarks(landmarks: np.ndarray, object_id: np.ndarray) -> np.ndarray:
    """One set of landmarks for each object, in the order of the sorted names.

    Args:
      landmarks: `[N, L, 3]` in the object frame, NaN where absent.
      object_id: `[N]` names.

    Returns:
      `[O, L, 3]`.

    Raises:
      ValueError: two pairs of an object disagree on a landmark.
    """
    _, first, group = np.unique(object_id, return_index=True, return_inverse=True)
    kept = landmarks[first].astype(np.float64)
    same = np.isclose(
        landmarks, kept[group.reshape(-1)], rtol=0, atol=SAME_LANDMARK, equal_nan=True
    )
    wrong = np.flatnonzero(~same.all(axis=(1, 2)))
    if len(wrong):
        pair = int(wrong[0])
        landmark = int(np.flatnonzero(~same[pair].all(-1))[0])
        raise ValueError(
            f"field 'landmarks' at [{pair}, {landmark}] is {landmarks[pair, landmark].tolist()}; "
            f"expected {kept[group.reshape(-1)[pair], landmark].tolist()} as in another pair of "
            f"object {str(object_id[pair])!r}"
        )
    return kept
