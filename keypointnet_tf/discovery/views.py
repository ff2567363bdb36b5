"""View pairs on their way into the networks: two views in one batch, mirrored, zoomed, pooled.

A *view batch* holds view 0 of every pair followed by view 1: `[2B, ...]`. One pass through the
networks then serves both views, and batch normalisation sees them together.
Letters: B pairs, H W pixels, S heatmap cells.
"""

from __future__ import annotations

import numpy as np
from keras import ops

PAIR_KEYS = ("image", "mask", "object_to_camera", "focal")


def stack(pairs: dict) -> dict:
    """`{"image0": [B, ...], "image1": [B, ...], ...}` to `{"image": [2B, ...], ...}`."""
    return {key: ops.concatenate([pairs[f"{key}0"], pairs[f"{key}1"]]) for key in PAIR_KEYS}


def split(value):
    """The two halves of a view batch: `[2B, ...]` to `([B, ...], [B, ...])`."""
    pairs = ops.shape(value)[0] // 2
    return value[:pairs], value[pairs:]


def mirror(views: dict, mirrored) -> dict:
    """Mirrors some views left to right, each with its pose, so geometry stays exact.

    The mirrored picture shows the object's mirror image under its own left/right plane `y = 0`:
    with `S = diag(-1, 1, 1)` in the camera and `M = diag(1, -1, 1)` in the object frame, the pose
    `R, t` becomes `S R M, S t`, a rotation again.

    Args:
      views: a view batch.
      mirrored: `[2B]` 1 where a view is to be mirrored, else 0; alike for both views of a pair.

    Returns:
      The view batch with new `image`, `mask` and `object_to_camera`.
    """
    turned = np.ones((4, 4), np.float32)
    turned[0] *= -1
    turned[:, 1] *= -1

    def chosen(new, old):
        return ops.where(ops.reshape(mirrored, (-1, *[1] * (len(old.shape) - 1))) > 0, new, old)

    return {
        **views,
        **{key: chosen(ops.flip(views[key], axis=2), views[key]) for key in ("image", "mask")},
        "object_to_camera": chosen(views["object_to_camera"] * turned, views["object_to_camera"]),
    }


def zoom(views: dict, factor) -> dict:
    """Magnifies each view about the image centre, with its focal length, so geometry stays exact.

    Args:
      views: a view batch.
      factor: `[2B]` magnification, above 1 enlarges.

    Returns:
      The view batch with resampled `image` and `mask` (bilinear, black outside) and `focal`
      multiplied by `factor`.
    """
    height, width = views["image"].shape[1:3]
    both = ops.concatenate([views["image"], views["mask"]], axis=-1)
    both = ops.einsum("boh,bhwc->bowc", _zoom_matrix(height, factor), both)
    both = ops.einsum("bow,bhwc->bhoc", _zoom_matrix(width, factor), both)
    focal = views["focal"] * factor
    return {**views, "image": both[..., :3], "mask": both[..., 3:], "focal": focal}


def magnify(image, factor: float):
    """All images `[B, H, W, C]` magnified about their centre by one factor, black outside."""
    height, width = image.shape[1:3]
    for equation, size in (("oh,bhwc->bowc", height), ("ow,bhwc->bhoc", width)):
        matrix = ops.convert_to_numpy(_zoom_matrix(size, np.array([factor], np.float32)))[0]
        image = ops.einsum(equation, matrix, image)
    return image


def _zoom_matrix(size: int, factor):
    """`[B, size, size]` linear interpolation along one axis: output pixel from input pixels.

    Zoom is separable, and a matrix product runs on every backend and compiler.
    """
    centred = np.arange(size, dtype=np.float32) - (size - 1) / 2
    source = centred[None] / factor[:, None]
    return ops.maximum(0.0, 1.0 - ops.abs(source[:, :, None] - centred[None, None]))


def pool_mask(mask, cells: int):
    """Average-pools `mask [2B, H, W, 1]` to the heatmap's grid `[2B, cells, cells, 1]`."""
    stride = mask.shape[1] // cells
    if stride == 1:
        return mask
    return ops.average_pool(mask, stride, strides=stride, data_format="channels_last")
