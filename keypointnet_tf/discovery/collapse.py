"""Recognises the known ways in which keypoint discovery fails, and names the remedy.

Diagnoses are NumPy on the keypoints of a fixed set of views, so they can be tested with made-up
points. Letters: V views, K keypoints.
"""

from __future__ import annotations

import collections
import logging
from collections.abc import Callable

import keras
import numpy as np

from keypointnet_tf.geometry.placement import invert_pose, transform_points

GATHERED_BELOW = 0.12
DEPTH_SHARE_ABOVE = 0.8
FIXED_RATIO_BELOW = 0.6
ON_OBJECT_BELOW = 0.8
RISEN_BY = 3.0
WATCH_FROM = 0.1


def diagnose(
    xyz_camera: np.ndarray, object_to_camera: np.ndarray, on_object: np.ndarray
) -> dict[str, str]:
    """The collapses that a set of views shows.

    Args:
      xyz_camera: `[V, K, 3]` keypoints in their camera's frame, views of all directions.
      object_to_camera: `[V, 4, 4]`.
      on_object: `[V, K]` whether the pixel under the keypoint belongs to the object.

    Returns:
      `{name of the collapse: message with the remedy}`, empty when healthy.
    """
    found = {}
    offsets = xyz_camera - xyz_camera.mean(axis=1, keepdims=True)
    spread = np.linalg.norm(offsets, axis=-1).mean()
    if spread < GATHERED_BELOW:
        found["gathered"] = (
            f"keypoints gather at one place (mean distance from their centre {spread:.2f} object "
            "units): raise the pose weight or the pose noise, or the separation delta"
        )
    depth_share = np.square(offsets[..., 2]).sum() / max(np.square(offsets).sum(), 1e-12)
    if depth_share > DEPTH_SHARE_ABOVE and "gathered" not in found:
        found["depth"] = (
            f"keypoints are strung along the depth axis ({depth_share:.0%} of their spread): "
            "lower the separation weight or delta, keep the template warm start longer"
        )
    ratio = camera_fixed_ratio(xyz_camera, object_to_camera)
    if ratio < FIXED_RATIO_BELOW and "gathered" not in found:
        found["camera_fixed"] = (
            "keypoints keep a pattern fixed to the camera instead of turning with the object "
            f"(scatter over views {ratio:.2f} of that in the object frame): use the template warm "
            "start, or near pairs at the beginning (--max_angle=0.1:60,0.4:180)"
        )
    share = float(np.mean(on_object))
    if share < ON_OBJECT_BELOW:
        found["off_object"] = (
            f"only {share:.0%} of the keypoints are on the object: raise the silhouette weight, "
            "or check that the images have an alpha channel"
        )
    return found


def camera_fixed_ratio(xyz_camera: np.ndarray, object_to_camera: np.ndarray) -> float:
    """Scatter of the centred keypoints over views, camera frame over object frame.

    Points that turn with the object have no scatter in the object's frame (ratio far above 1);
    a pattern fixed to the camera has none in the camera's (ratio near 0).
    """
    xyz_object = transform_points(xyz_camera, invert_pose(object_to_camera))
    scatters = []
    for xyz in (xyz_camera, xyz_object):
        centred = xyz - xyz.mean(axis=1, keepdims=True)
        deviation = centred - centred.mean(axis=0, keepdims=True)
        scatters.append(np.sqrt(np.square(deviation).sum(axis=-1).mean()))
    return float(scatters[0] / max(scatters[1], 1e-9))


class CollapseWatch(keras.callbacks.Callback):
    """Warns after an epoch when the fixed validation views show a collapse, or a loss runs away.

    Each warning is logged when it appears, and again only after it had gone.

    Args:
      observe: returns `(xyz_camera, object_to_camera, on_object)` of the fixed views; called after
        each epoch with the model.
      loss_names: the losses to watch in the logs.
    """

    def __init__(self, observe: Callable, loss_names: tuple[str, ...]):
        super().__init__()
        self._observe = observe
        self._loss_names = loss_names
        self._lowest = collections.defaultdict(lambda: float("inf"))
        self.warnings: dict[str, str] = {}

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Diagnoses, once the first tenth of the training is over."""
        if float(self.model.progress) < WATCH_FROM:
            return
        found = diagnose(*self._observe(self.model))
        found.update(self._runaways(logs or {}))
        for name in found.keys() - self.warnings.keys():
            logging.getLogger(__name__).warning("step %d: %s", self.model.steps_done, found[name])
        self.warnings = found

    def _runaways(self, logs: dict) -> dict[str, str]:
        found = {}
        for name in self._loss_names:
            value = logs.get(f"val_{name}")
            if value is None:
                continue
            self._lowest[name] = min(self._lowest[name], float(value))
            if value > RISEN_BY * self._lowest[name] + 0.05 and name != "template":
                found[f"risen_{name}"] = (
                    f"loss {name} rose to {value:.3g} from its lowest {self._lowest[name]:.3g}: "
                    f"raise its weight, or lower the learning rate"
                )
        return found
