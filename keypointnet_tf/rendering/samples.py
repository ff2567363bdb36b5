"""Pictures of procedural objects that no training has seen, to try a model on."""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry.placement import NOMINAL_DISTANCE, focal_length, look_at
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.procedural import generate_object

SEED = 777
"""Of the objects; no command uses it by default."""


def sample_picture(
    category: str, index: int, *, elevation: float, azimuth: float, size: int
) -> np.ndarray:
    """One view of an object, aimed at its middle.

    Args:
      category: a key of `shapes.procedural.CATEGORIES`.
      index: of the object.
      elevation, azimuth: of the viewing direction, degrees; azimuth 0 looks at the front.
      size: side in pixels.

    Returns:
      uint8 `[size, size, 4]`, straight alpha, transparent background.

    Raises:
      ValueError: unknown category.
    """
    e, a = np.radians([elevation, azimuth])
    direction = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    scene = Scene(generate_object(category, SEED, index))
    pose = look_at(direction * NOMINAL_DISTANCE)
    return scene.render(pose, size=size, focal=focal_length()).rgba
