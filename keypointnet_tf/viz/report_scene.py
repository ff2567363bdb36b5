"""What stands on a turntable, and how it is seen from an azimuth.

Letters: V views, K keypoints, L landmarks, M points of the shape. Object frame, object units.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.viz.hull import visual_hull
from keypointnet_tf.viz.report_data import ScoredPairs
from keypointnet_tf.viz.report_keypoints import landmark_names

ELEVATION = 18.0


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """What stands on one turntable, in the object frame.

    Attributes:
      keypoints: `[K, 3]` means over the object's views.
      single: `[K, 2 V, 3]` what each view gave.
      landmarks: `[L, 3]` true points, those present.
      names: L names.
      shape: `[M, 3]` points of the visual hull; possibly none.
      floor, ceiling: lowest and highest of all of them.
    """

    keypoints: np.ndarray
    single: np.ndarray
    landmarks: np.ndarray
    names: tuple[str, ...]
    shape: np.ndarray
    floor: float
    ceiling: float


def scene_of(pairs: ScoredPairs, name: str) -> Scene:
    """The keypoints, landmarks and shape of one object."""
    rows = np.flatnonzero(pairs.object_id == name)
    xyz = pairs.xyz_object[rows].reshape(-1, *pairs.xyz_object.shape[2:])
    landmarks, names = np.zeros((0, 3)), ()
    if pairs.landmarks is not None:
        present = ~np.isnan(pairs.landmarks[rows[0]]).any(axis=-1)
        landmarks = pairs.landmarks[rows[0]][present].astype(float)
        names = tuple(n for n, there in zip(landmark_names(pairs), present, strict=True) if there)
    shape = np.zeros((0, 3))
    if pairs.images is not None:
        masks = (pairs.images[rows][..., 3] > 127).reshape(-1, *pairs.images.shape[2:4])
        poses = pairs.object_to_camera[rows].reshape(-1, 4, 4)
        shape = visual_hull(masks, poses, pairs.focal[rows].reshape(-1))
    means, single = xyz.mean(axis=0), np.swapaxes(xyz, 0, 1)
    heights = np.concatenate([means, landmarks, shape])[:, 2]
    return Scene(means, single, landmarks, names, shape, float(heights.min()), float(heights.max()))


def look_from(points: np.ndarray, azimuth: float, elevation: float = ELEVATION) -> np.ndarray:
    """`[..., 3]` right, down and towards the viewer, for points in the object frame (degrees).

    Orthographic: the cameras of the data are so far away that it makes no difference.
    """
    a, e = np.radians([azimuth, elevation])
    right = [-np.sin(a), np.cos(a), 0.0]
    down = [np.sin(e) * np.cos(a), np.sin(e) * np.sin(a), -np.cos(e)]
    towards = [np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)]
    return np.asarray(points, float) @ np.array([right, down, towards]).T
