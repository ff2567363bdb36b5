"""Where cameras stand, and statistics of that. Angles in degrees, lengths in object units.

Letters: any leading axes `...`, N values.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.geometry import placement

QUANTITIES = ("distance", "elevation", "azimuth", "roll", "off_aim", "view_angle", "rotation")
AZIMUTH_SECTORS = 12

_LEVEL = 1e-3


@dataclasses.dataclass(frozen=True)
class CameraFacts:
    """Some cameras.

    Attributes:
      direction: `[..., 3]` unit vectors from the origin to the cameras, object frame.
      distance: `[...]` of the cameras from the origin.
      roll: `[...]` how far the object's up axis is turned from image-up, positive clockwise; NaN
        for cameras straight above or below.
      off_aim: `[...]` distance of the optical axis from the origin.
    """

    direction: np.ndarray
    distance: np.ndarray
    roll: np.ndarray
    off_aim: np.ndarray


def camera_facts(object_to_camera: np.ndarray) -> CameraFacts:
    """Describes cameras by their matrices `[..., 4, 4]`, object frame with `z` up."""
    poses = np.asarray(object_to_camera, np.float64)
    centre = placement.invert_pose(poses)[..., :3, 3]
    distance = np.linalg.norm(centre, axis=-1)
    up_x, up_y = poses[..., 0, 2], poses[..., 1, 2]
    roll = np.degrees(np.arctan2(up_x, up_y))
    return CameraFacts(
        direction=centre / np.maximum(distance, 1e-9)[..., None],
        distance=distance,
        roll=np.where(np.hypot(up_x, up_y) > _LEVEL, roll, np.nan),
        off_aim=np.linalg.norm(poses[..., :2, 3], axis=-1),
    )


def elevation(direction: np.ndarray) -> np.ndarray:
    """`[...]` degrees above the ground of `direction [..., 3]`."""
    return np.degrees(np.arcsin(np.clip(direction[..., 2], -1, 1)))


def azimuth(direction: np.ndarray) -> np.ndarray:
    """`[...]` degrees in [0, 360) of `direction [..., 3]`: 0 in front, 90 to the object's left."""
    return np.degrees(np.arctan2(direction[..., 1], direction[..., 0])) % 360


def angle_between(direction0: np.ndarray, direction1: np.ndarray) -> np.ndarray:
    """`[...]` degrees between unit vectors `[..., 3]`."""
    cross = np.linalg.norm(np.cross(direction0, direction1), axis=-1)
    return np.degrees(np.arctan2(cross, (direction0 * direction1).sum(axis=-1)))


def rotation_angle(pose0: np.ndarray, pose1: np.ndarray) -> np.ndarray:
    """`[...]` degrees of the rotation between two cameras `[..., 4, 4]`, roll included."""
    relative = pose1[..., :3, :3] @ np.swapaxes(pose0[..., :3, :3], -1, -2)
    # asin of half the chord is exact near 0, where acos of the trace is not.
    chord = np.linalg.norm(relative - np.eye(3), axis=(-2, -1)) / (2 * np.sqrt(2))
    return np.degrees(2 * np.arcsin(np.clip(chord, 0, 1)))


def statistics(values: np.ndarray) -> dict[str, float | None]:
    """Least, mean, largest and quantiles of `[N]` values, NaN left out; None where none is left."""
    values = np.asarray(values, np.float64).ravel()
    values = values[np.isfinite(values)]
    names = ("min", "p5", "median", "p95", "max")
    if not len(values):
        return {**dict.fromkeys(names), "mean": None}
    found = np.quantile(values, [0, 0.05, 0.5, 0.95, 1])
    result = {name: round(float(v), 4) for name, v in zip(names, found, strict=True)}
    return {**result, "mean": round(float(values.mean()), 4)}


def sector_shares(azimuths: np.ndarray) -> list[float]:
    """Shares of azimuths in sectors of 30 degrees, the first one centred in front."""
    width = 360 / AZIMUTH_SECTORS
    sectors = ((azimuths.ravel() + width / 2) // width).astype(int) % AZIMUTH_SECTORS
    counts = np.bincount(sectors, minlength=AZIMUTH_SECTORS)
    return [round(float(c), 4) for c in counts / max(1, counts.sum())]
