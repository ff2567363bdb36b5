"""The up axis of a record set's object frame: finding it, and turning `y` up to our `z` up.

Letters: N views.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.data.schema import EncodedPair

# Maps our object frame (x forward, y left, z up) to a y-up one (x forward, y up, z right).
YUP_FROM_ZUP = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], np.float32)


def find_up(object_to_camera: np.ndarray, *, where: str = "records") -> str:
    """Up axis "y" or "z" of the object frame, from cameras on its upper hemisphere.

    Uniform cameras have half their distance as mean height, and none is below the ground; along
    a level axis the mean is near 0 and half of them are on either side.

    Args:
      object_to_camera: `[N, 4, 4]`.
      where: start of the message.

    Raises:
      ValueError: neither axis fits, or both do.
    """
    poses = np.asarray(object_to_camera, np.float64)
    centres = -np.einsum("nji,nj->ni", poses[:, :3, :3], poses[:, :3, 3])
    centres /= np.linalg.norm(centres, axis=1).mean()
    mean, lowest = centres.mean(axis=0), centres.min(axis=0)
    fitting = [axis for axis, i in (("y", 1), ("z", 2)) if mean[i] > 0.25 and lowest[i] > -0.05]
    if len(fitting) != 1:
        raise ValueError(
            f"{where}: mean camera centre is {np.round(mean, 2).tolist()} of the distance; "
            "expected about 0.5 along y or z only: say which axis is up by records_up"
        )
    return fitting[0]


def turn_to_zup(encoded: EncodedPair) -> EncodedPair:
    """A pair of a y-up object frame in ours: the same views of the same object."""
    landmarks = encoded.landmarks
    return dataclasses.replace(
        encoded,
        object_to_camera0=encoded.object_to_camera0 @ YUP_FROM_ZUP,
        object_to_camera1=encoded.object_to_camera1 @ YUP_FROM_ZUP,
        landmarks=None if landmarks is None else landmarks @ YUP_FROM_ZUP[:3, :3],
    )
