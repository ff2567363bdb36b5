"""Linear blend skinning of a bar on a chain of bones, by tensorflow-graphics.

Points are in the bar coordinates of `space_maps.py`. Bones of equal length follow each other along
the bar; each joint turns all that lies beyond it, and the middle of the bar stays where it is.
TensorFlow is imported when points are skinned, not before. Letters: N points, W bones.
"""

from __future__ import annotations

import importlib.util

import numpy as np
from scipy.spatial.transform import Rotation

# Half the length over which the weights pass from one bone to the next, in lengths of a bone.
BLEND_SHARE = 0.75


_ADVICE = (
    "skinning needs it, and it needs Python 3.11 (pip install tensorflow-graphics==2021.12.3); the "
    "other deformations do without"
)


def require_library() -> None:
    """Raises ValueError when tensorflow-graphics is not installed; imports nothing."""
    if importlib.util.find_spec("tensorflow_graphics") is None:
        raise ValueError(f"tensorflow-graphics is not installed; {_ADVICE}")


def bone_weights(s: np.ndarray, bones: int) -> np.ndarray:
    """`[N, W]` smooth weights of each bone at `s [N]` along the bar, at least 0, sum 1.

    Across each joint the weight passes on as `3 x^2 - 2 x^3`; joints lie at `-1 + 2 j / W`.
    """
    half = BLEND_SHARE * 2 / bones
    joints = joint_places(bones)
    x = np.clip((s[:, None] - joints + half) / (2 * half), 0, 1)
    beyond = np.pad(x * x * (3 - 2 * x), ((0, 0), (1, 0)), constant_values=1)
    return beyond - np.pad(beyond[:, 1:], ((0, 0), (0, 1)))


def joint_places(bones: int) -> np.ndarray:
    """`[W - 1]` where the joints lie along the bar."""
    return -1 + 2 * np.arange(1, bones) / bones


def chain_poses(turns: np.ndarray) -> np.ndarray:
    """`[W, 4, 4]` rigid map of each bone, given the rotation vectors `turns [W - 1, 3]` of joints.

    Bone after bone, each joint turns about its own place, carried along by those before it. Then
    all is moved rigidly so that the middle of the bar, place and direction, stays.
    """
    bones = len(turns) + 1
    poses = [np.eye(4)]
    for place, rotation in zip(joint_places(bones), turns, strict=True):
        poses.append(poses[-1] @ _about(place, rotation))
    middle = poses[(bones - 1) // 2]
    if bones % 2 == 0:
        middle = middle @ _about(0.0, turns[bones // 2 - 1] / 2)
    return np.linalg.inv(middle) @ np.stack(poses)


def skin(points: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Points `[N, 3]` moved by the chain: `p -> sum_w weight_w(p) (R_w p + t_w)`.

    Args:
      points: bar coordinates, finite.
      turns: `[W - 1, 3]` rotation vectors of the joints, radians.

    Raises:
      ValueError: tensorflow-graphics is not installed.
    """
    weights, poses = bone_weights(points[:, 0], len(turns) + 1), chain_poses(turns)
    return blend(points, weights, poses)


def blend(points: np.ndarray, weights: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """`[N, 3]` float64 linear blend of `points [N, 3]` by `weights [N, W]`, `poses [W, 4, 4]`.

    Raises:
      ValueError: tensorflow-graphics is not installed, or cannot be imported.
    """
    require_library()
    try:
        import tensorflow as tf
        from tensorflow_graphics.geometry.transformation import linear_blend_skinning
    except ImportError as error:
        raise ValueError(f"tensorflow-graphics fails to import ({error}); {_ADVICE}") from error

    # On the processor: a render worker must not take a graphics card's memory.
    with tf.device("/CPU:0"):
        moved = linear_blend_skinning.blend(points, weights, poses[:, :3, :3], poses[:, :3, 3])
    return moved.numpy()


def _about(place: float, rotation: np.ndarray) -> np.ndarray:
    """`[4, 4]` turn by a rotation vector about the point at `place` on the bar."""
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_rotvec(rotation).as_matrix()
    centre = np.array([place, 0.0, 0.0])
    pose[:3, 3] = centre - pose[:3, :3] @ centre
    return pose
