"""Normals of triangles, and of their corners: smooth on curved surfaces, sharp at creases.

Letters: V vertices, F faces, N rows or corners.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Vertices are at the same place when their coordinates round to the same multiples of this.
SAME_PLACE = 1e-6
# Where more faces meet, each is compared with the mean of all, not with every other one.
MOST_FACES_COMPARED = 64
_PAIRS_AT_ONCE = 1 << 21


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """`[F, 3]` normals, length twice the face's area (zero for degenerate faces)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


def corner_normals(
    vertices: np.ndarray,
    faces: np.ndarray,
    *,
    crease_degrees: float = 40.0,
    two_sided: bool = False,
) -> np.ndarray:
    """`[F, 3, 3]` unit corner normals, smoothed over the faces that meet at a vertex.

    A corner takes the area-weighted mean of the normals, among the faces at its place, that are
    within `crease_degrees` of its own face's: two curved surfaces that meet at an edge are each
    smooth up to it. Vertices at the same place but with other indices are smoothed together. Where
    more than `MOST_FACES_COMPARED` faces meet, the mean of all is taken where it is within
    `crease_degrees`, so that the work stays in proportion to the number of faces.

    Args:
      vertices: `[V, 3]`, finite.
      faces: `[F, 3]` indices.
      crease_degrees: angle between normals at which an edge is seen, below 90.
      two_sided: for faces whose winding is not to be trusted: a normal and its opposite count as
        one direction, and each corner keeps to its own face's side.
    """
    weights = np.repeat(face_normals(np.asarray(vertices, float), faces), 3, axis=0)
    own = _unit(weights)
    place = row_groups(np.round(np.asarray(vertices, float) / SAME_PLACE))[faces].reshape(-1)
    least = np.cos(np.radians(crease_degrees))

    def signs(cosines: np.ndarray) -> np.ndarray:
        """1 for normals within the crease angle, -1 for their opposites where that counts."""
        return (cosines > least) - 1.0 * (two_sided & (cosines < -least))

    crowded = np.bincount(place, minlength=1)[place] > MOST_FACES_COMPARED
    smooth = np.zeros_like(own)
    for corners, summed in ((~crowded, _compared), (crowded, _mean_if_near)):
        smooth[corners] = summed(place[corners], own[corners], weights[corners], signs)
    smooth = np.where(smooth.any(axis=1, keepdims=True), _unit(smooth), own)
    return smooth.reshape(-1, 3, 3).astype(np.float32)


def row_groups(rows: np.ndarray) -> np.ndarray:
    """`[N]` int64 numbers from 0, the same for equal rows of `[N, C]` finite numbers."""
    order = np.lexsort(rows.T)
    ordered = rows[order]
    groups = np.zeros(len(rows), np.int64)
    groups[order[1:]] = np.cumsum((ordered[1:] != ordered[:-1]).any(axis=1))
    return groups


def double_faces(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose three corners lie where another face has its own, each `[F]` bool.

    Returns:
      `repeated`: an earlier face is the same, winding included. `opposed`: not repeated, and
      another face is the same but for its winding; modellers so paint the two sides of a sheet.
    """
    corners = row_groups(np.round(np.asarray(vertices, float) / SAME_PLACE))[faces]
    first = corners.argmin(axis=1)[:, None]
    wound = np.take_along_axis(corners, (first + np.arange(3)) % 3, axis=1)
    repeated = np.ones(len(faces), bool)
    repeated[np.unique(wound, axis=0, return_index=True)[1]] = False
    _, group = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    sides = np.bincount(group, ~repeated)
    return repeated, ~repeated & (sides[group] > 1)


Signs = Callable[[np.ndarray], np.ndarray]


def _compared(place: np.ndarray, own: np.ndarray, weights: np.ndarray, signs: Signs) -> np.ndarray:
    """`[N, 3]` sums of the normals near each corner's own, over all pairs at one place."""
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place)
    starts = np.cumsum(counts) - counts
    sums = np.zeros_like(own)
    for chunk in _chunks(np.flatnonzero(counts), counts):
        first, second = _pairs(order, starts[chunk], counts[chunk])
        sign = signs(np.einsum("pi,pi->p", own[first], own[second]))
        begins = np.flatnonzero(np.diff(first, prepend=-1))
        sums[first[begins]] = np.add.reduceat(weights[second] * sign[:, None], begins)
    return sums


def _mean_if_near(
    place: np.ndarray, own: np.ndarray, weights: np.ndarray, signs: Signs
) -> np.ndarray:
    """`[N, 3]` the mean normal of each corner's place where it is near its own, else zero."""
    sums = [np.bincount(place, axis)[place] for axis in weights.T] if len(place) else [place] * 3
    mean = _unit(np.stack(sums, axis=1))
    return mean * signs(np.einsum("ni,ni->n", mean, own))[:, None]


def _chunks(places: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """The places in runs of about `_PAIRS_AT_ONCE` pairs of corners."""
    runs = np.cumsum(counts[places] ** 2) // _PAIRS_AT_ONCE
    return np.split(places, np.flatnonzero(np.diff(runs)) + 1) if len(places) else []


def _pairs(
    order: np.ndarray, starts: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """All ordered pairs of corners at each place; those of one first corner follow each other."""
    first = np.repeat(starts, counts) + _steps(counts)
    partners = np.repeat(counts, counts)
    second = np.repeat(np.repeat(starts, counts), partners) + _steps(partners)
    return order[np.repeat(first, partners)], order[second]


def _steps(counts: np.ndarray) -> np.ndarray:
    """`0 .. count - 1` for each count, one after the other."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-20)
