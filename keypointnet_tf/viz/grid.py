"""Sheets of many pictures: pairs, best and worst, instances, heatmaps.

Letters: N pairs, O objects, V views, K keypoints, S picture size, H W heatmap cells.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.canvas import captioned, opaque, save_picture, tile_rows
from keypointnet_tf.viz.overlay import draw_keypoints
from keypointnet_tf.viz.palette import keypoint_color

TILE = 192
PAIRS_PER_ROW = 3


class PicturedPairs(Protocol):
    """What pictures need of predictions; fields as in `metrics.predictions.Predictions`."""

    uv: np.ndarray
    images: np.ndarray | None
    object_id: np.ndarray
    object_to_camera: np.ndarray
    confidence: np.ndarray | None


def pair_grid(
    images: np.ndarray,
    uv: np.ndarray,
    captions: Sequence[str] | None = None,
    upscale: int | None = None,
    *,
    confidence: np.ndarray | None = None,
    columns: int = PAIRS_PER_ROW,
) -> Image.Image:
    """Both views of each pair side by side with their keypoints.

    Args:
      images: `[N, 2, S, S, 4]` uint8, straight alpha (or 3 channels).
      uv: `[N, 2, K, 2]` NDC.
      captions: N lines, one above each pair; None: no captions.
      upscale: whole factor of enlargement; None: that which comes nearest to `TILE` pixels.
      confidence: `[N, 2, K]`, or None.
      columns: pairs in a row.

    Raises:
      ValueError: the arguments disagree in length, or hold no pair.
    """
    _check_lengths(images=images, uv=uv, captions=captions, confidence=confidence)
    tiles = []
    for i in range(len(images)):
        trust = None if confidence is None else confidence[i]
        tile = tile_rows([_views(images[i], uv[i], trust, upscale)], gap=2)
        tiles.append(tile if captions is None else captioned(tile, captions[i]))
    return tile_rows([tiles[i : i + columns] for i in range(0, len(tiles), columns)])


def best_median_worst(
    predictions: PicturedPairs,
    errors: np.ndarray,
    path: str | os.PathLike,
    count: int = 6,
    *,
    upscale: int | None = None,
) -> Image.Image:
    """Saves the pairs with the least, middle and largest errors, in that order.

    Args:
      predictions: the pairs that were scored, with images.
      errors: `[N]` angular errors in degrees, one for each of them.
      path: picture file.
      count: pairs of each sort, fewer when there are fewer.

    Returns:
      The sheet as saved.

    Raises:
      ValueError: there are no images, or `errors` is of another length.
    """
    images = _images_of(predictions)
    errors = np.asarray(errors, float)
    if errors.shape != (len(images),):
        raise ValueError(f"errors has shape {errors.shape}; expected [{len(images)}]")
    sheets = []
    for title, rows in zip(("best", "median", "worst"), ranked(errors, count), strict=True):
        captions = [f"{title}: {errors[i]:.1f}°  {predictions.object_id[i]}" for i in rows]
        trust = None if predictions.confidence is None else predictions.confidence[rows]
        uv = predictions.uv[rows]
        sheets.append([pair_grid(images[rows], uv, captions, upscale, confidence=trust)])
    sheet = tile_rows(sheets)
    save_picture(sheet, path, palette=True)
    return sheet


def ranked(errors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the `count` least, middle (least first) and largest (largest first) errors."""
    order = np.argsort(errors, kind="stable")
    count = min(count, len(order))
    start = (len(order) - count) // 2
    return order[:count], order[start : start + count], order[len(order) - count :][::-1]


def instances_grid(
    predictions: PicturedPairs,
    path: str | os.PathLike | None = None,
    *,
    rows: int = 6,
    columns: int = 6,
    upscale: int | None = None,
) -> Image.Image:
    """A row of views for each of several objects, to see whether a colour stays on its part.

    Objects and views are picked evenly from the sorted names and from the views in the order of
    azimuth, so the same predictions give the same sheet.

    Args:
      predictions: with images.
      path: picture file, or None not to save.
      rows, columns: most objects and most views of each.

    Raises:
      ValueError: there are no images or no pairs.
    """
    images = _images_of(predictions)
    names = np.unique(predictions.object_id)
    sheet = []
    for name in names[evenly(len(names), rows)]:
        views = views_by_azimuth(predictions, name)
        views = views[evenly(len(views), columns)]
        pictures = []
        for i, j in views:
            trust = None if predictions.confidence is None else predictions.confidence[i, j]
            pictures.append(_draw(images[i, j], predictions.uv[i, j], trust, upscale))
        sheet.append([captioned(tile_rows([pictures], gap=2), str(name))])
    picture = tile_rows(sheet)
    if path is not None:
        save_picture(picture, path, palette=True)
    return picture


def same_views(
    predictions: Mapping[str, PicturedPairs], *, columns: int = 6, upscale: int | None = None
) -> Image.Image:
    """The same views of the same objects as several models see them, a row for each model.

    Args:
      predictions: by the name of the row; all of the same pairs, with images.
      columns: objects, picked evenly; of each, view 0 of its first pair.

    Raises:
      ValueError: no predictions, no images, or other pairs in one than in another.
    """
    if not predictions:
        raise ValueError("got no predictions; expected at least one row")
    sheet, first = [], next(iter(predictions.values()))
    _, starts = np.unique(first.object_id, return_index=True)
    for name, found in predictions.items():
        images = _images_of(found)
        if list(found.object_id) != list(first.object_id):
            raise ValueError(f"row {name!r} shows other objects; expected the same in all rows")
        places = starts[evenly(len(starts), columns)]
        pictures = [_draw(images[i, 0], found.uv[i, 0], None, upscale) for i in places]
        sheet.append([captioned(tile_rows([pictures], gap=2), name)])
    return tile_rows(sheet)


def heatmap_strip(
    image: np.ndarray,
    heatmaps: np.ndarray,
    *,
    upscale: int | None = None,
    columns: int | None = None,
) -> Image.Image:
    """The picture, then each keypoint's heatmap over a dimmed grey copy, in its colour.

    Args:
      image: `[S, S, 3 or 4]` uint8, straight alpha.
      heatmaps: `[K, H, W]`, at least 0, on any grid that spans the picture; each is shown
        relative to its own largest value.
      upscale: whole factor of enlargement; None: that which comes nearest to `TILE` pixels.
      columns: tiles in a row; None: all in one.

    Raises:
      ValueError: `heatmaps` is not `[K, H, W]` or holds negative or non-finite values.
    """
    heatmaps = np.asarray(heatmaps, np.float32)
    if heatmaps.ndim != 3 or not np.isfinite(heatmaps).all() or (heatmaps < 0).any():
        raise ValueError(
            f"heatmaps has shape {heatmaps.shape}; expected [K, H, W], finite and at least 0"
        )
    base = opaque(image, scale=upscale or _upscale(image))
    tiles = [captioned(base, "image")]
    for k, heat in enumerate(heatmaps):
        tiles.append(captioned(_tinted(base, heat, keypoint_color(k)), str(k)))
    columns = columns or len(tiles)
    return tile_rows([tiles[i : i + columns] for i in range(0, len(tiles), columns)])


def _tinted(base: Image.Image, heat: np.ndarray, color: np.ndarray) -> Image.Image:
    """Dimmed grey copy of `base` with `color` blended in by `heat [H, W]`."""
    share = Image.fromarray(heat / max(float(heat.max()), 1e-20))
    share = np.clip(share.resize(base.size, Image.Resampling.BILINEAR), 0, 1)[..., None]
    grey = np.asarray(base.convert("L"), float)[..., None] * 0.6
    return Image.fromarray(np.round(grey * (1 - share) + color * share).astype(np.uint8))


def _views(images, uv, confidence, upscale: int | None) -> list[Image.Image]:
    trust = [None] * len(images) if confidence is None else confidence
    return [_draw(images[j], uv[j], trust[j], upscale) for j in range(len(images))]


def _draw(image: np.ndarray, uv: np.ndarray, confidence, upscale: int | None) -> Image.Image:
    xy = placement.ndc_to_pixels(np.asarray(uv, float), image.shape[1], image.shape[0])
    return draw_keypoints(image, xy, confidence, scale=upscale or _upscale(image))


def _upscale(image: np.ndarray) -> int:
    """Whole factor that brings a picture of `[S, S, ...]` to about `TILE` pixels, at least 1."""
    return max(1, round(TILE / len(image)))


def views_by_azimuth(predictions: PicturedPairs, name: str) -> np.ndarray:
    """`[V, 2]` (pair, view) positions of an object, from the camera's least azimuth on."""
    pairs = np.flatnonzero(predictions.object_id == name)
    places = np.stack(np.meshgrid(pairs, [0, 1], indexing="ij"), axis=-1).reshape(-1, 2)
    poses = predictions.object_to_camera[places[:, 0], places[:, 1]]
    centre = placement.invert_pose(poses.astype(float))[:, :3, 3]
    return places[np.argsort(np.arctan2(centre[:, 1], centre[:, 0]), kind="stable")]


def evenly(available: int, wanted: int) -> np.ndarray:
    """`min(available, wanted)` positions spread evenly over `range(available)`."""
    return np.linspace(0, available - 1, min(available, wanted)).round().astype(int)


def _images_of(predictions: PicturedPairs) -> np.ndarray:
    if predictions.images is None or not len(predictions.images):
        raise ValueError("field 'images' is absent or empty; expected uint8 [N, 2, S, S, 4]")
    return predictions.images


def _check_lengths(**arguments: Sequence | None) -> None:
    lengths = {name: len(value) for name, value in arguments.items() if value is not None}
    if len(set(lengths.values())) != 1 or not lengths["images"]:
        raise ValueError(f"lengths are {lengths}; expected equal lengths of at least 1")
