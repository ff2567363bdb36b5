"""Adaptive sampling: of which pixels one sample tells as much as all.

Where no feature edge touches a pixel, and its neighbours see the same smooth patch of the surface,
it lies well inside that patch: all its samples would hit, and colour and depth change smoothly from
one to the next. Edges do not tell where two parts run through each other; the neighbours do, save
next to a feature edge, where a sample of the other part may be missed.

Letters: h w pixels of the part of the image traced, P hits, s samples per pixel side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.rendering.casting import Hits
from keypointnet_tf.rendering.edge_pixels import EdgePixels, edge_pixels
from keypointnet_tf.rendering.feature_edges import FeatureEdges
from keypointnet_tf.rendering.shading import SurfacePoints
from keypointnet_tf.rendering.view import View

# Where normals turn by more (11 degrees) from one pixel to the next, highlights and shades may be
# too small for one sample.
LEAST_COSINE = 0.98
# More edges per pixel than these would meet nearly all of them, and cost more than they spare.
MOST_EDGES = 4
# The first and the second of all pairs of neighbours, across and down.
PAIRS = ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:]))


class Judgement(NamedTuple):
    """What neighbours tell about pixels of which only the centre's ray was cast.

    Attributes:
      doubtful: `[h, w]` bool: one sample is not enough after all.
      steps: `[2, 2, P]` float32 change of the texture coordinates (second axis) from a pixel to
        the next across and down (first axis); not for doubtful pixels.
    """

    doubtful: np.ndarray
    steps: np.ndarray


def crossed_pixels(features: FeatureEdges, view: View, front: np.ndarray) -> EdgePixels | None:
    """What the feature edges cross; None where they cannot spare any sample.

    Args:
      features: of the mesh whose vertices are the view's points.
      view: the camera.
      front: `[F]` bool, whether each face turns its outer side to the camera.
    """
    h, w = view.shape
    if not view.in_front or len(features) > MOST_EDGES * h * w:
        return None
    first, second = features.seen(front).T
    places = view.pixels - [[view.box[0]], [view.box[2]]]
    start, end = places.take(first, axis=1), places.take(second, axis=1)
    return edge_pixels(start, end, (h, w), view.supersample)


def judge(
    edges: EdgePixels,
    hits: Hits,
    points: SurfacePoints,
    *,
    patches: np.ndarray,
    textured: np.ndarray,
) -> Judgement:
    """Compares neighbours between whose centres no feature edge passes.

    Args:
      edges: what feature edges cross; pixels that they touch were not cast.
      hits: of the others, `rays` being numbers of pixels.
      points: the surface at the hits.
      patches: `[P]` numbers of the smooth patches that were hit.
      textured: `[P]` bool.
    """
    shape, cast = edges.touched.shape, ~edges.touched
    patch = _image(shape, hits, patches, empty=-1)
    normals = [_image(shape, hits, part) for part in points.normals]
    uv = [_image(shape, hits, part) for part in points.uv]
    doubtful, steps = np.zeros(shape, bool), []
    for (a, b), cut in zip(PAIRS, (edges.across, edges.down), strict=True):
        linked = cast[a] & cast[b] & ~cut
        same = linked & (patch[a] == patch[b])
        on = same & (patch[a] >= 0)
        cosines = sum(part[a] * part[b] for part in normals)
        odd = linked & ~same | on & (cosines < LEAST_COSINE)
        doubtful[a] |= odd
        doubtful[b] |= odd
        found, known = _steps(uv, on, a, b)
        steps.append([step.reshape(-1).take(hits.rays) for step in found])
        doubtful.reshape(-1)[hits.rays[textured & ~known.reshape(-1).take(hits.rays)]] = True
    return Judgement(doubtful, np.array(steps))


def sample_offsets(steps: np.ndarray, s: int) -> np.ndarray:
    """`[2, s * s, P]` texture coordinates of a pixel's samples less those of its centre.

    Args:
      steps: `[2, 2, P]`, see `Judgement`.
      s: samples per pixel side.
    """
    place = ((np.arange(s, dtype=np.float32) + 0.5) / s - 0.5)[:, None]
    across, down = steps[:, :, None] * place
    return (down[:, :, None] + across[:, None]).reshape(2, s * s, -1)


def _image(shape: tuple[int, int], hits: Hits, values: np.ndarray, empty: float = 0) -> np.ndarray:
    """`[h, w]` values `[P]` at their pixels, `empty` elsewhere."""
    image = np.full(shape[0] * shape[1], empty, values.dtype)
    image[hits.rays] = values
    return image.reshape(shape)


def _steps(
    values: list[np.ndarray], linked: np.ndarray, a: tuple, b: tuple
) -> tuple[list[np.ndarray], np.ndarray]:
    """Mean step of each image `[h, w]` to the next and from the last pixel, of those linked, and
    `[h, w]` bool whether there is any."""
    count = np.zeros(values[0].shape, np.float32)
    count[a] += linked
    count[b] += linked
    steps = []
    for image in values:
        step, total = (image[b] - image[a]) * linked, np.zeros_like(image)
        total[a] += step
        total[b] += step
        steps.append(total / np.maximum(count, 1))
    return steps, count > 0
