"""Test-time averaging: what the networks say of an image, its mirrored and its zoomed copies.

OrientNet's mistakes are mostly views from the front or the back, where they differ from copy to
copy; the mean decides better, and the spread says how sure it is. KeypointNet's keypoints in the
mirrored copy are those of the object's mirror image: every keypoint is averaged with its partner
across the object's left/right plane.
Letters: B images, C copies, K keypoints, H W heatmap cells, S pixels of a side.
"""

from __future__ import annotations

import numpy as np
from keras import ops

from keypointnet_tf.discovery import views
from keypointnet_tf.geometry.heatmap import expected_uv

ZOOMS = (0.94, 1.0, 1.06)
# Standard deviation (NDC) of the error of `u(+x) - u(-x)` that all copies share: with it the
# confidence of decisions on 2,400 views of unseen cars agrees with the share that is right.
COMMON_DEVIATION = 0.05


def orientations(orient_net, image, averaging: str):
    """OrientNet's two points in each copy of the images, mapped back onto the images.

    Args:
      orient_net: the network.
      image: `[B, S, S, 3]`.
      averaging: of `config.AVERAGINGS`; "none" has one copy, the others six: three zooms, each
        mirrored too.

    Returns:
      `[B, C, 2, 2]` NDC, `+x` first.
    """
    if averaging == "none":
        return orient_net(image)[:, None]
    points = []
    for factor in ZOOMS:
        copy = views.magnify(image, factor)
        points.append(orient_net(copy) / factor)
        points.append(mirrored_points(orient_net(ops.flip(copy, axis=2))) / factor)
    return ops.stack(points, axis=1)


def mirrored_points(uv):
    """NDC points `[..., 2]` of a mirrored image, in the image."""
    # NumPy: a tensor made here would become an input of exported functions.
    return uv * np.array([-1, 1], np.float32)


def decision_confidence(orient_uv):
    """How probable it is that the left/right decision is right.

    The copies' differences `u(+x) - u(-x)` have a mean m and a standard deviation s; with a normal
    error of variance `s^2 + COMMON_DEVIATION^2` the sign of m is right with probability
    `Phi(|m| / sqrt(s^2 + COMMON_DEVIATION^2))`.

    Args:
      orient_uv: `[B, C, 2, 2]` of `orientations`.

    Returns:
      `[B]` in [0.5, 1].
    """
    difference = orient_uv[:, :, 0, 0] - orient_uv[:, :, 1, 0]
    deviation = ops.sqrt(ops.var(difference, axis=1) + COMMON_DEVIATION**2)
    margin = ops.abs(ops.mean(difference, axis=1)) / deviation
    return _normal_share(margin)


def _normal_share(x):
    """`Phi(x)` for `x >= 0`, to 1e-7.

    Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: LiteRT has no error
    function.
    """
    x = x / 2**0.5
    t = 1 / (1 + 0.3275911 * x)
    series = 1.061405429
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * t + coefficient
    return 1 - 0.5 * series * t * ops.exp(-x * x)


def keypoints(keypoint_net, image, faces_right, partners: np.ndarray | None):
    """KeypointNet's outputs, averaged with those of the mirrored images where partners are given.

    Heatmaps are averaged, so that positions stay their expectations and their spread tells where
    the two disagree. Descriptors are those of the image itself: a keypoint and its partner have
    different ones.

    Args:
      keypoint_net: the network.
      image: `[B, S, S, 3]`.
      faces_right: `[B]`.
      partners: `[K]` whole numbers, see `mirror_partners`; None for a single pass.

    Returns:
      KeypointNet's dictionary.
    """
    points = keypoint_net({"image": image, "faces_right": faces_right})
    if partners is None:
        return points
    flipped = keypoint_net({"image": ops.flip(image, axis=2), "faces_right": 1 - faces_right})
    heatmap = ops.flip(ops.take(flipped["heatmap"], partners, axis=-1), axis=2)
    heatmap = (points["heatmap"] + heatmap) / 2
    depth = (points["depth"] + ops.take(flipped["depth"], partners, axis=-1)) / 2
    return {**points, "uv": expected_uv(heatmap), "depth": depth, "heatmap": heatmap}


def mirror_partners(canonical: np.ndarray) -> np.ndarray:
    """Which keypoint is each one's mirror image, itself included.

    The assignment of least total distance between the points and their images under `y -> -y`;
    points in the middle are their own partners.

    Args:
      canonical: `[K, 3]` mean keypoints in the object frame.

    Returns:
      `[K]` whole numbers.
    """
    from scipy.optimize import linear_sum_assignment  # here: it takes 0.1 s to import

    images = np.asarray(canonical) * [1, -1, 1]
    distance = np.linalg.norm(np.asarray(canonical)[:, None] - images[None], axis=-1)
    # Symmetric up to rounding, so that partners are mutual wherever the best assignment is.
    return linear_sum_assignment(distance + distance.T)[1]
