"""Foreign object frames, turned into ours: `+x` forward, `z` up, right-handed.

This is the only place that does so. A frame is told by two signed axes of the file: the one that
points up and the one that points forward; the third follows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

AXES = {
    sign + name: factor * np.eye(3)[i]
    for sign, factor in (("", 1.0), ("-", -1.0))
    for i, name in enumerate("xyz")
}


class Frame(NamedTuple):
    """Axes of a file, among `AXES`, that point up and forward."""

    up: str
    front: str

    def rotation(self) -> np.ndarray:
        """`[3, 3]` as of `frame_rotation`."""
        return frame_rotation(self.up, self.front)

    def file_axis(self, axis: str) -> str:
        """The axis of the file that lies along an axis of ours; both among `AXES`."""
        direction = AXES[axis] @ self.rotation()
        return next(name for name, vector in AXES.items() if np.allclose(vector, direction))


# ShapeNet v2: checked on 999 annotated chairs, whose backs lie at +z. ShapeNet v1: inferred from
# the published renderings, which keep the file's axes. glTF: by its specification, section 3.4.
KNOWN_FRAMES: dict[str, Frame] = {
    "ours": Frame("z", "x"),
    "shapenet_v1": Frame("y", "x"),
    "shapenet_v2": Frame("y", "-z"),
    "published_records": Frame("y", "x"),
    "gltf": Frame("y", "z"),
    "blender": Frame("z", "-y"),
}


def frame_rotation(up: str, front: str) -> np.ndarray:
    """Rotation from a file's coordinates to ours: `p_ours = rotation @ p_file`.

    Args:
      up: axis of the file that points up: x, y, z, -x, -y or -z.
      front: axis of the file that points forward.

    Returns:
      `[3, 3]` float64 of zeros and plus or minus ones, determinant 1.

    Raises:
      ValueError: an unknown axis, or two along the same line.
    """
    for name, value in (("up", up), ("front", front)):
        if value not in AXES:
            raise ValueError(f"{name} is {value!r}; expected one of {', '.join(AXES)}")
    if up[-1] == front[-1]:
        raise ValueError(f"front is {front!r}; expected an axis across up {up!r}")
    # The rows are our axes in the file's coordinates: forward, left (up x forward), up.
    # Adding 0 turns -0 into 0.
    return np.stack([AXES[front], np.cross(AXES[up], AXES[front]), AXES[up]]) + 0.0
