"""Puts samples together to pixels.

Letters: S image side, s samples per pixel side, h w pixels of the part of the image that is
traced, n pixels with all their samples, P hits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.rendering.casting import Hits
from keypointnet_tf.rendering.view import View

# Within a pixel, samples further behind the nearest one than this many pixel widths belong to
# another surface; surfaces up to 76 degrees steep stay in one piece.
SAME_SURFACE_PIXELS = 4.0


class Rendering(NamedTuple):
    """What one camera sees.

    A pixel takes s x s samples, or, where these would all lie well inside one smooth surface, one
    through its centre.

    Attributes:
      rgba: uint8 `[S, S, 4]`, straight alpha: colour is the mean over the samples that hit the
        object (zero where none did), alpha their share.
      depth: float32 `[S, S]` camera-frame z (negative), the mean over the pixel's front surface;
        NaN off the object.
      face_ids: int32 `[S, S]` the face at the sample nearest to the pixel's centre among those
        that hit; -1 off the object.
    """

    rgba: np.ndarray
    depth: np.ndarray
    face_ids: np.ndarray


class Picture:
    """A rendering in the making; empty at first."""

    def __init__(self, view: View) -> None:
        self._view = view
        count = view.shape[0] * view.shape[1]
        self._rgba = np.zeros((count, 4), np.uint8)
        self._depth = np.full(count, np.nan, np.float32)
        self._face_ids = np.full(count, -1, np.int32)

    def fill(self, hits: Hits, colors: np.ndarray) -> None:
        """Fills whole pixels, one hit each, `hits.rays` their numbers; colours `[3, P]`."""
        self._rgba[hits.rays] = _levels(colors, 1.0)
        self._depth[hits.rays] = hits.depths
        self._face_ids[hits.rays] = hits.faces

    def mix(self, pixels: np.ndarray, hits: Hits, colors: np.ndarray) -> None:
        """Mixes the pixels `[n]` from hits of the rays `view.rays(s)`; colours `[3, P]`."""
        s, count = self._view.supersample, len(pixels)
        slots = self._slots(pixels).take(hits.rays)
        owners = slots % max(count, 1)

        def parts(values: np.ndarray, empty: float) -> np.ndarray:
            """`[s * s, n]` values at their samples."""
            laid = np.full(s**2 * count, empty, values.dtype)
            laid[slots] = values
            return laid.reshape(s**2, count)

        faces, depths = parts(hits.faces, -1), parts(hits.depths, -np.inf)
        hit = (faces >= 0).sum(axis=0)
        total = np.stack([np.bincount(owners, color, minlength=count) for color in colors])
        self._rgba[pixels] = _levels(total / np.maximum(hit, 1), hit / s**2)
        self._depth[pixels] = _front_mean(depths, SAME_SURFACE_PIXELS * self._view.footprint)
        self._face_ids[pixels] = _central(faces, s)

    def rendering(self) -> Rendering:
        """The whole image."""
        left, right, top, bottom = self._view.box
        size, window = self._view.size, (slice(top, bottom), slice(left, right))
        whole = Rendering(
            np.zeros((size, size, 4), np.uint8),
            np.full((size, size), np.nan, np.float32),
            np.full((size, size), -1, np.int32),
        )
        whole.rgba[window] = self._rgba.reshape(*self._view.shape, 4)
        whole.depth[window] = self._depth.reshape(self._view.shape)
        whole.face_ids[window] = self._face_ids.reshape(self._view.shape)
        return whole

    def _slots(self, pixels: np.ndarray) -> np.ndarray:
        """Place of each ray among `[s * s, n]` samples of the pixels `[n]`."""
        (h, w), s = self._view.shape, self._view.supersample
        column = np.zeros(h * w, np.intp)
        column[pixels] = np.arange(len(pixels))
        parts = np.arange(s**2).reshape(1, s, 1, s) * len(pixels)
        return (column.reshape(h, 1, w, 1) + parts).reshape(-1)


def _levels(colors: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    """`[n, 4]` uint8 from colours `[3, n]` and alpha in [0, 1]."""
    levels = np.empty((colors.shape[1], 4), np.uint8)
    levels[:, :3] = (colors * 255 + 0.5).T
    levels[:, 3] = alpha * 255 + 0.5
    return levels


def _front_mean(depths: np.ndarray, reach: float) -> np.ndarray:
    """`[n]` mean of each pixel's depths `[s * s, n]` within `reach` behind the nearest of them.

    -inf counts for no depth; NaN where there is none.
    """
    nearest = depths.max(axis=0)
    on = (depths >= nearest - reach) & (nearest > -np.inf)
    total = np.where(on, depths, 0).sum(axis=0)
    count = on.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _central(faces: np.ndarray, s: int) -> np.ndarray:
    """`[n]` the face `[s * s, n]` of the hit sample nearest to each pixel's centre, else -1."""
    offset = np.arange(s) - (s - 1) / 2
    order = np.argsort((offset[:, None] ** 2 + offset**2).reshape(-1), kind="stable")
    found = faces[order[-1]]
    for sample in order[-2::-1]:
        found = np.where(faces[sample] >= 0, faces[sample], found)
    return found
