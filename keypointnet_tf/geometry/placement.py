"""Camera placement and projection in NumPy, for rendering, metrics and pictures.

OpenGL camera: right-handed, looks along `-z`, `y` up. `object_to_camera` is a 4 x 4 rigid matrix
that maps object-frame points to the camera frame. NDC is `[-1, 1]` with `v` up; `u = -f x / z`.
`camera.py` holds the same projection in `keras.ops`; a test keeps the two in agreement.
Letters: N points, any leading batch axes `...`.
"""

from __future__ import annotations

import dataclasses

import numpy as np

NOMINAL_DISTANCE = 30.0
FIELD_OF_VIEW_DEGREES = 5.0


def focal_length(field_of_view_degrees: float = FIELD_OF_VIEW_DEGREES) -> float:
    """Focal length in NDC units: `1 / tan(fov / 2)`, 22.90 at 5 degrees."""
    return float(1 / np.tan(np.radians(field_of_view_degrees) / 2))


@dataclasses.dataclass(frozen=True)
class CameraSampling:
    """How cameras are placed around an object (object units, degrees).

    Attributes:
      distance: nominal one from the origin, before the shift; the depth bias of models.
      distance_range: lowest and highest of distances drawn for each view, around the nominal one;
        None for `distance` always.
      shift: the camera is moved by up to this much per axis without being aimed again.
      max_roll_degrees: roll about the viewing axis, uniform in plus or minus this.
      max_angle_degrees: largest angle between the two viewing directions of a pair; 180 leaves
        the views independent.
      min_elevation_degrees, max_elevation_degrees: range of the viewing direction.
    """

    distance: float = NOMINAL_DISTANCE
    distance_range: tuple[float, float] | None = None
    shift: float = 0.2
    max_roll_degrees: float = 0.0
    max_angle_degrees: float = 180.0
    min_elevation_degrees: float = 0.0
    max_elevation_degrees: float = 90.0


def sample_pair(rng: np.random.Generator, sampling: CameraSampling) -> np.ndarray:
    """`[2, 4, 4]` object-to-camera matrices of a view pair.

    The first view is uniform on the sampled band of the upper hemisphere; the second is redrawn
    until it lies within `max_angle_degrees` of the first.

    Raises:
      ValueError: no second view is found, which means the angle is far too small.
    """
    first = sample_direction(rng, sampling)
    limit = np.cos(np.radians(sampling.max_angle_degrees)) - 1e-9
    for _ in range(100_000):
        second = sample_direction(rng, sampling)
        if first @ second >= limit:
            return np.stack([place_camera(rng, d, sampling) for d in (first, second)])
    raise ValueError(f"max_angle_degrees is {sampling.max_angle_degrees}; expected at least 1")


def sample_direction(rng: np.random.Generator, sampling: CameraSampling) -> np.ndarray:
    """`[3]` unit vector from the object to the camera, uniform in area between the elevations."""
    low, high = np.sin(np.radians([sampling.min_elevation_degrees, sampling.max_elevation_degrees]))
    z = rng.uniform(low, high)
    azimuth = rng.uniform(0, 2 * np.pi)
    ring = np.sqrt(max(0.0, 1 - z * z))
    return np.array([ring * np.cos(azimuth), ring * np.sin(azimuth), z])


def place_camera(
    rng: np.random.Generator, direction: np.ndarray, sampling: CameraSampling
) -> np.ndarray:
    """`[4, 4]` camera aimed at the origin from `direction`, rolled, then shifted."""
    distance = sampling.distance
    if sampling.distance_range is not None:
        distance = rng.uniform(*sampling.distance_range)
    pose = look_at(direction * distance)
    roll = np.radians(rng.uniform(-1, 1) * sampling.max_roll_degrees)
    c, s = np.cos(roll), np.sin(roll)
    turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    pose = turn @ pose
    shift = rng.uniform(-1, 1, 3) * sampling.shift
    pose[:3, 3] -= pose[:3, :3] @ shift
    return pose


def look_at(eye: np.ndarray, target: np.ndarray = (0, 0, 0)) -> np.ndarray:
    """`[4, 4]` object-to-camera matrix of a camera at `eye` aimed at `target`, `+z` image-up.

    Straight above or below, where `+z` has no direction in the image, `+x` points up instead.
    """
    eye, target = np.asarray(eye, float), np.asarray(target, float)
    back = (eye - target) / np.linalg.norm(eye - target)
    up = np.array([0.0, 0.0, 1.0]) if abs(back[2]) < 1 - 1e-9 else np.array([1.0, 0.0, 0.0])
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(back, right), back])
    pose = np.eye(4)
    pose[:3, :3] = rotation
    pose[:3, 3] = -rotation @ eye
    return pose


def transform_points(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Maps `points [..., N, 3]` by rigid matrices `[..., 4, 4]`."""
    rotation, offset = matrix[..., :3, :3], matrix[..., :3, 3]
    return points @ np.swapaxes(rotation, -1, -2) + offset[..., None, :]


def invert_pose(matrix: np.ndarray) -> np.ndarray:
    """Inverse of rigid matrices `[..., 4, 4]`."""
    inverse = np.zeros_like(matrix)
    rotation = np.swapaxes(matrix[..., :3, :3], -1, -2)
    inverse[..., :3, :3] = rotation
    inverse[..., :3, 3] = -(rotation @ matrix[..., :3, 3:])[..., 0]
    inverse[..., 3, 3] = 1
    return inverse


def project_points(
    points: np.ndarray, object_to_camera: np.ndarray, focal: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Projects object-frame `points [..., N, 3]`.

    Returns:
      `uv [..., N, 2]` in NDC and the camera-frame depth `z [..., N]` (negative in front).
    """
    camera = transform_points(points, object_to_camera)
    z = camera[..., 2]
    focal = np.asarray(focal, float)[..., None, None]
    return -focal * camera[..., :2] / z[..., None], z


def ndc_to_pixels(uv: np.ndarray, width: int, height: int) -> np.ndarray:
    """NDC `[..., 2]` to continuous pixel coordinates `(x, y)`; the first pixel's centre is 0.5."""
    return np.stack([(uv[..., 0] + 1) / 2 * width, (1 - uv[..., 1]) / 2 * height], axis=-1)


def pixels_to_ndc(xy: np.ndarray, width: int, height: int) -> np.ndarray:
    """Inverse of `ndc_to_pixels`."""
    return np.stack([xy[..., 0] / width * 2 - 1, 1 - xy[..., 1] / height * 2], axis=-1)


def projection_matrix(focal: float, near: float = 1.0, far: float = 100.0) -> np.ndarray:
    """`[4, 4]` OpenGL projection with `P[0, 0] = P[1, 1] = focal` for `projection.txt`."""
    return np.array(
        [
            [focal, 0, 0, 0],
            [0, focal, 0, 0],
            [0, 0, (far + near) / (near - far), 2 * far * near / (near - far)],
            [0, 0, -1, 0],
        ]
    )
