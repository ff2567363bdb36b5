"""Scores that forgive what a symmetric object cannot tell.

An object may be its own mirror image in `y -> -y`, and may look the same after turns about `z`:
once in `fold` equal steps, or after any turn (`fold` 0). A pose is then as good as any that differs
by such a turn (poses that cannot be told apart count the same: Hodan, Matas, Obdrzalek, "On
Evaluation of 6D Object Pose Estimation", ECCV Workshops 2016), and labels that are swapped left for
right, in one view or in both, are forgiven too.
Whoever forgives makes the task easier: compare with the floors of the same names.
Letters: N pairs, K keypoints, L landmarks, G permutations, any leading axes `...`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from keypointnet_tf.metrics import pose
from keypointnet_tf.metrics.orientation import faces_right, true_orient_uv
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.schema import ANY_TURN

MIRROR = np.array([1.0, -1.0, 1.0])
"""Multiplies object-frame points to reflect them in the x-z plane."""


def declared(predictions: Predictions) -> bool:
    """Whether the file says anything of the objects' symmetries."""
    return predictions.mirror_symmetric is not None or predictions.rotation_fold is not None


def symmetry_of(predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """`mirror [N]` bool and `fold [N]` int; no symmetry where nothing is said."""
    mirror, fold = predictions.mirror_symmetric, predictions.rotation_fold
    count = len(predictions)
    mirror = np.zeros(count, bool) if mirror is None else mirror
    return mirror, np.ones(count, int) if fold is None else fold.astype(int)


def error_up_to_turns(rotation: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Least angle between object-frame rotations and the object's turns about `z`.

    `min_t angle(Rz(t)^T R)` over `t = 2 pi j / fold`, or over all t for fold 0. The trace of
    `Rz(t)^T R` is `R_zz + r cos(t - t*)` with `t* = atan2(R_yx - R_xy, R_xx + R_yy)`, so the best t
    is `t*`, or the step next to it.

    Args:
      rotation: `[..., 3, 3]`, the estimate times the inverse of the truth, in the object frame.
      fold: `[...]` int.

    Returns:
      `[...]` degrees in [0, 180].
    """
    turn = np.arctan2(
        rotation[..., 1, 0] - rotation[..., 0, 1], rotation[..., 0, 0] + rotation[..., 1, 1]
    )
    step = 2 * np.pi / np.maximum(fold, 1)
    turn = np.where(fold == ANY_TURN, turn, np.round(turn / step) * step)
    c, s = np.cos(turn), np.sin(turn)
    back = np.array(rotation)
    back[..., 0, :] = c[..., None] * rotation[..., 0, :] + s[..., None] * rotation[..., 1, :]
    back[..., 1, :] = c[..., None] * rotation[..., 1, :] - s[..., None] * rotation[..., 0, :]
    return pose.rotation_angle_degrees(back)


def forgiving_errors(
    points0: np.ndarray,
    points1: np.ndarray,
    plain: np.ndarray,
    *,
    mirror: np.ndarray,
    fold: np.ndarray,
) -> np.ndarray:
    """Angular errors up to the objects' symmetries.

    Both point sets lie in the object frame through their true poses, where a perfect estimate is
    the identity. The least of: the plain error; the error up to turns; for mirror images the same
    with one of the sets reflected. (Reflecting both, or the other one, gives the same angles.)

    Args:
      points0, points1: `[..., K, 3]`.
      plain: `[...]` errors in degrees without symmetry.
      mirror, fold: `[...]` the objects' symmetries.

    Returns:
      `[...]` degrees, never above `plain`.
    """
    best = np.asarray(plain, float)
    for reflected in (False, True):
        turned = points0 * MIRROR if reflected else points0
        errors = error_up_to_turns(pose.procrustes_rotation(turned, points1), fold)
        allowed = pose.rotation_determined(turned, points1) & (mirror | (not reflected))
        best = np.where(allowed, np.minimum(best, errors), best)
    return best


def side_forgiven(
    orient_uv: np.ndarray, object_to_camera: np.ndarray, focal: np.ndarray, fold: np.ndarray
) -> np.ndarray:
    """Whether the predicted side is that of the object or of one of its turns.

    Args:
      orient_uv, object_to_camera, focal: as in `orientation.orientation_correct`.
      fold: `[N]` int.

    Returns:
      `[N, 2]` bool. Any side is right for an object that may be turned by any angle.
    """
    right = faces_right(orient_uv)
    forgiven = np.broadcast_to((fold == ANY_TURN)[:, None], right.shape).copy()
    for count in np.unique(fold[fold != ANY_TURN]):
        rows = fold == count
        for turn in 2 * np.pi * np.arange(count) / count:
            matrix = np.eye(4)
            matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
            truth = faces_right(true_orient_uv(object_to_camera[rows] @ matrix, focal[rows]))
            forgiven[rows] |= right[rows] == truth
    return forgiven


def declare(
    predictions: Predictions, *, mirror: bool | None = None, fold: int | None = None
) -> Predictions:
    """The same predictions with a symmetry of all their objects, where the file says nothing of it.

    Args:
      predictions: any.
      mirror: for `mirror_symmetric`, None to leave that open.
      fold: for `rotation_fold`, None likewise.

    Raises:
      ValueError: `fold` is below 0.
    """
    changed = {}
    if mirror is not None and predictions.mirror_symmetric is None:
        changed["mirror_symmetric"] = np.full(len(predictions), mirror)
    if fold is not None and predictions.rotation_fold is None:
        changed["rotation_fold"] = np.full(len(predictions), fold)
    return dataclasses.replace(predictions, **changed) if changed else predictions


def permutations_of(
    count: int,
    *,
    swaps: Sequence[tuple[int, int]] = (),
    cycles: Sequence[Sequence[int]] = (),
) -> np.ndarray:
    """The landmark permutations that a reflection and rotating parts make possible.

    Args:
      count: L.
      swaps: pairs of landmarks that change places in the reflection.
      cycles: groups of landmarks, each in the order in which a turn of the part moves them on.

    Returns:
      `[G, L]` int without the identity: the reflection, every step of every cycle (of one cycle at
      a time), and each of those after the reflection. G is 0 without any.

    Raises:
      ValueError: a number outside `range(count)`, or a landmark twice in the swaps or in a cycle.
    """
    identity = np.arange(count)
    for name, groups in (("swaps", [[i for swap in swaps for i in swap]]), ("cycles", cycles)):
        for group in groups:
            if len(set(group)) != len(group) or not set(group) <= set(range(count)):
                raise ValueError(
                    f"{name} hold {list(group)}; expected each number once, and below {count}"
                )
    mirror = identity.copy()
    for one, other in swaps:
        mirror[[one, other]] = other, one
    found = [identity, mirror] if swaps else [identity]
    for cycle in cycles:
        for step in range(1, len(cycle)):
            turned = identity.copy()
            turned[list(cycle)] = np.roll(cycle, -step)
            found += [turned, turned[mirror]] if swaps else [turned]
    return np.unique(found, axis=0)[1:] if len(found) > 1 else np.zeros((0, count), int)


def reflection_of(names: Sequence[str], pairs: Sequence[Sequence[str]]) -> np.ndarray:
    """`[1, L]` permutation of named landmarks that swaps each `(left, right)` pair.

    Raises:
      ValueError: a pair names no landmark.
    """
    place = {name: number for number, name in enumerate(names)}
    unknown = [name for pair in pairs for name in pair if name not in place]
    if unknown:
        raise ValueError(f"symmetric pairs name {unknown}; expected landmarks of {list(names)}")
    return permutations_of(len(place), swaps=[(place[a], place[b]) for a, b in pairs])
