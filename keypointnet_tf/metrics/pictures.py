"""What the pictures of a predictions file tell: where the object is, how large, bright and plain.

Pictures are uint8 `[..., S, S, 4]` with straight alpha; the object is where alpha is above 0.
They are looked at a few at a time, so that memory stays bounded.
Letters: N pairs, K keypoints, S picture size, B pictures at a time. Axis 1 is view0, view1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CHUNK_PAIRS = 32
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of red, green and blue in luma (ITU-R BT.709)."""


def points_on_object(uv: np.ndarray, images: np.ndarray) -> np.ndarray:
    """`[N, 2, K]` bool: whether the pixel that holds each point `[N, 2, K, 2]` is opaque.

    Points outside the frame are off.
    """
    side = images.shape[2]
    column = np.floor((uv[..., 0] + 1) / 2 * side)
    row = np.floor((1 - uv[..., 1]) / 2 * side)
    inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
    column, row = (np.where(inside, x, 0).astype(int) for x in (column, row))
    pair = np.arange(len(images))[:, None, None]
    view = np.arange(2)[:, None]
    return inside & (images[pair, view, row, column, 3] > 0) if side else inside


def mask_boxes(images: np.ndarray) -> np.ndarray:
    """`[N, 2, 4]` NDC `u0, v0, u1, v1` of the outer edges of opaque pixels; NaN without any."""
    return _each(images, _boxes, 4)


def mask_shares(images: np.ndarray) -> np.ndarray:
    """`[N, 2]` share of the picture that is opaque."""
    return _each(images, lambda part: (part[..., 3] > 0).mean(axis=(1, 2))[:, None], 1)[..., 0]


def luminance_and_texture(images: np.ndarray) -> np.ndarray:
    """`[N, 2, 2]` mean luma of the object over black, and how much it varies; NaN without any.

    Luma is `0.2126 R + 0.7152 G + 0.0722 B` of the stored (sRGB) values times alpha, in [0, 1]; on
    black ground its mean over opaque pixels is the object's contrast. Texture is the root mean
    square of its gradient in luma per pixel (central differences), over the pixels whose four
    neighbours are opaque too, so that the silhouette's edge does not count; 0 without such.
    """
    return _each(images, _luminance_and_texture, 2)


def _each(
    images: np.ndarray, function: Callable[[np.ndarray], np.ndarray], width: int
) -> np.ndarray:
    """`[N, 2, width]` of a function from pictures `[B, S, S, 4]` to `[B, width]`."""
    results = np.full((len(images), 2, width), np.nan)
    for start in range(0, len(images), CHUNK_PAIRS):
        part = images[start : start + CHUNK_PAIRS]
        if part.size:
            flat = part.reshape(-1, *part.shape[2:])
            results[start : start + len(part)] = function(flat).reshape(-1, 2, width)
    return results


def _boxes(part: np.ndarray) -> np.ndarray:
    opaque = part[..., 3] > 0
    side = part.shape[1]
    columns, rows = opaque.any(axis=1), opaque.any(axis=2)
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    right, bottom = side - columns[:, ::-1].argmax(axis=1), side - rows[:, ::-1].argmax(axis=1)
    boxes = np.stack([left, -bottom, right, -top], axis=1) * (2 / side) + [-1, 1, -1, 1]
    return np.where(columns.any(axis=1)[:, None], boxes, np.nan)


def _luminance_and_texture(part: np.ndarray) -> np.ndarray:
    alpha = part[..., 3]
    opaque = alpha > 0
    luma = (part[..., :3].astype(np.float32) @ LUMA) * (alpha / np.float32(255**2))
    inner = np.zeros_like(opaque)
    inner[:, 1:-1, 1:-1] = (
        opaque[:, 1:-1, 1:-1]
        & opaque[:, :-2, 1:-1]
        & opaque[:, 2:, 1:-1]
        & opaque[:, 1:-1, :-2]
        & opaque[:, 1:-1, 2:]
    )
    square = np.zeros_like(luma)
    square[:, 1:-1] += ((luma[:, 2:] - luma[:, :-2]) / 2) ** 2
    square[:, :, 1:-1] += ((luma[:, :, 2:] - luma[:, :, :-2]) / 2) ** 2
    area, inner_area = opaque.sum(axis=(1, 2)), inner.sum(axis=(1, 2))
    total, energy = (luma * opaque).sum(axis=(1, 2)), (square * inner).sum(axis=(1, 2))
    mean = np.where(area > 0, total / np.maximum(area, 1), np.nan)
    texture = np.sqrt(energy / np.maximum(inner_area, 1))
    return np.stack([mean, np.where(area > 0, texture, np.nan)], axis=1)
