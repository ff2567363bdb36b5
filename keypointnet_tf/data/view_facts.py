"""What one view shows, and whether its mask lies where its camera says.

The object's bounding box is centred at the origin and its longest side is 2, so that no pixel of
the mask may lie outside the projection of the cube `[-1, 1]^3`, and every landmark projects onto
the mask. Letters: S pixels of a side, L landmarks.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools

import numpy as np

from keypointnet_tf.geometry import placement

# Masks end at whole pixels, and edges thinner than one may be missing from them.
TOLERANCE_SHARE, LEAST_TOLERANCE_PIXELS = 0.03, 1.5
LEAST_LANDMARKS = 3

_CUBE = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))


@dataclasses.dataclass(frozen=True)
class ViewFacts:
    """One view.

    Attributes:
      image_digest: of its pixels; 0 where nothing is seen, as all such images are alike.
      pose_digest: of its matrix.
      extent: diagonal of the mask's box in object units at the object's distance; NaN where the
        mask is empty or touches the border, which may hide some of it.
      empty: whether no pixel is covered.
      touches_border: whether the mask reaches the image's border.
      landmarks_outside: landmarks that project outside of the frame.
      landmarks_inside: those within the frame.
      landmarks_off_mask: of those, how many lie further off the mask than the tolerance.
      outside_box: pixels by which the mask sticks out of the projected cube, 0 for none.
    """

    image_digest: int
    pose_digest: int
    extent: float
    empty: bool
    touches_border: bool
    landmarks_outside: int
    landmarks_inside: int
    landmarks_off_mask: int
    outside_box: float

    @property
    def off_mask_share(self) -> float:
        """Share of the landmarks in the frame that lie off the mask; NaN for too few to tell."""
        if self.empty or self.landmarks_inside < LEAST_LANDMARKS:
            return np.nan
        return self.landmarks_off_mask / self.landmarks_inside


def view_facts(
    image: np.ndarray, object_to_camera: np.ndarray, focal: float, landmarks: np.ndarray | None
) -> ViewFacts:
    """Looks at a view.

    Args:
      image: uint8 `[S, S, 4]`.
      object_to_camera: `[4, 4]` rigid.
      focal: in NDC units.
      landmarks: `[L, 3]` object frame, NaN where absent; or None.
    """
    mask = image[..., 3] > 0
    pose = np.asarray(object_to_camera, np.float64)
    box, size = mask_box(mask), len(mask)
    touches = box is not None and (box.min() == 0 or box.max() == size)
    outside, inside, off = _landmark_counts(mask, pose, focal, landmarks)
    return ViewFacts(
        image_digest=0 if box is None else _digest(image),
        pose_digest=_digest(np.ascontiguousarray(object_to_camera)),
        extent=np.nan if box is None or touches else _extent(box, size, pose, focal),
        empty=box is None,
        touches_border=bool(touches),
        landmarks_outside=outside,
        landmarks_inside=inside,
        landmarks_off_mask=off,
        outside_box=0.0 if box is None else _outside_cube(box, size, pose, focal),
    )


def tolerance_pixels(size: int) -> float:
    """How far off a mask may be, in pixels of an image of side `size`."""
    return max(LEAST_TOLERANCE_PIXELS, TOLERANCE_SHARE * size)


def mask_box(mask: np.ndarray) -> np.ndarray | None:
    """`[2, 2]` pixel edges `((x low, y low), (x high, y high))` of a mask, None where empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return np.array([[columns[0], rows[0]], [columns[-1] + 1, rows[-1] + 1]])


def _extent(box: np.ndarray, size: int, pose: np.ndarray, focal: float) -> float:
    ndc = np.linalg.norm(box[1] - box[0]) * 2 / size
    return float(ndc * -pose[2, 3] / focal)


def _outside_cube(box: np.ndarray, size: int, pose: np.ndarray, focal: float) -> float:
    uv, depth = placement.project_points(_CUBE, pose, focal)
    if not (depth < 0).all():
        return 0.0  # the camera stands in the cube, which may then cover the whole frame
    xy = placement.ndc_to_pixels(uv, size, size)
    return float(max(0.0, (xy.min(axis=0) - box[0]).max(), (box[1] - xy.max(axis=0)).max()))


def _landmark_counts(
    mask: np.ndarray, pose: np.ndarray, focal: float, landmarks: np.ndarray | None
) -> tuple[int, int, int]:
    """Landmarks outside of the frame, inside, and of those off the mask."""
    if landmarks is None:
        return 0, 0, 0
    points = np.asarray(landmarks, np.float64)
    points = points[np.isfinite(points).all(axis=-1)]
    uv, depth = placement.project_points(points, pose, focal)
    inside = (np.abs(uv) < 1).all(axis=-1) & (depth < 0)
    xy = placement.ndc_to_pixels(uv[inside], *mask.shape[::-1])
    near = _near_mask(mask, xy, tolerance_pixels(len(mask)))
    return int((~inside).sum()), int(inside.sum()), int((~near).sum())


def _near_mask(mask: np.ndarray, xy: np.ndarray, radius: float) -> np.ndarray:
    """`[N]` whether any covered pixel lies in the square of `radius` around `xy [N, 2]`."""
    sums = np.pad(mask.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    size = np.array(mask.shape[::-1])
    low = np.clip(np.floor(xy - radius).astype(int), 0, size)
    high = np.clip(np.floor(xy + radius).astype(int) + 1, 0, size)
    (x0, y0), (x1, y1) = low.T, high.T
    return sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0] > 0


def _digest(array: np.ndarray) -> int:
    return int.from_bytes(hashlib.blake2b(array.tobytes(), digest_size=8).digest(), "little")
