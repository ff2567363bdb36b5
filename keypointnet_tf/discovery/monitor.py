"""Looks at a training through a fixed validation batch: pictures and keypoints for diagnosis."""

from __future__ import annotations

import keras
import numpy as np
from PIL import Image

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.domain_randomization import Randomizer
from keypointnet_tf.discovery.logs import as_numpy
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.training_data import spread
from keypointnet_tf.geometry.placement import invert_pose, transform_points
from keypointnet_tf.viz.grid import heatmap_strip, pair_grid

OBSERVED_PAIRS = 32
DRAWN_PAIRS = 6


class Monitor:
    """Keypoints of the same validation pairs, computed once per epoch for all who ask.

    Args:
      validation: the validation set.
      size: the model's image side.
      change: what is done to the batch with alpha, as to those of training; or None.
    """

    def __init__(self, validation: PairArrays, size: int, change: Randomizer | None = None):
        indices = spread(len(validation), OBSERVED_PAIRS)
        self._batch = validation.batch(indices, size, alpha=change is not None)
        if change is not None:
            self._batch = change(self._batch, 0)
        self._step, self._outputs = None, None

    def outputs(self, model: PairModel) -> dict[str, np.ndarray]:
        """`model.call`'s view batch as NumPy arrays, at the model's present step."""
        step = model.steps_done
        if step != self._step:
            outputs = as_numpy(model.predict_on_batch(self._batch))
            # Each of several TensorFlow replicas answers for the whole batch, one after the other.
            views = 2 * len(self._batch["focal0"])
            self._outputs = {name: value[:views] for name, value in outputs.items()}
            self._step = step
        return self._outputs

    def observe(self, model: PairModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `collapse.diagnose` takes: `xyz_camera`, `object_to_camera`, `on_object`."""
        outputs = self.outputs(model)
        masks = np.concatenate([self._batch["mask0"], self._batch["mask1"]])[..., 0]
        return outputs["xyz_camera"], outputs["object_to_camera"], on_mask(outputs["uv"], masks)

    def canonical(self, model: PairModel) -> np.ndarray:
        """`[K, 3]` mean keypoints of the observed views in the object frame."""
        outputs = self.outputs(model)
        to_object = invert_pose(outputs["object_to_camera"].astype(float))
        return transform_points(outputs["xyz_camera"].astype(float), to_object).mean(axis=0)

    def draw(self, model: PairModel) -> dict[str, Image.Image]:
        """Pictures for the event file: pairs with keypoints, and one view's heatmaps."""
        outputs = self.outputs(model)
        pairs = len(self._batch["focal0"])
        chosen = spread(pairs, DRAWN_PAIRS)
        images = np.stack([self._batch["image0"], self._batch["image1"]], axis=1)[chosen]
        images = np.round(images * 255).astype(np.uint8)
        uv = outputs["uv"].reshape(2, pairs, -1, 2).swapaxes(0, 1)[chosen]
        heatmaps = np.moveaxis(outputs["heatmap"][chosen[0]], -1, 0)
        return {
            "keypoints": pair_grid(images, uv),
            "heatmaps": heatmap_strip(images[0, 0], heatmaps),
        }


class KeepCanonical(keras.callbacks.Callback):
    """Keeps the canonical keypoints in the model's `info` after each epoch, to be saved with it."""

    def __init__(self, monitor: Monitor):
        super().__init__()
        self._monitor = monitor

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Takes them from the monitor's views."""
        self.model.info["canonical"] = self._monitor.canonical(self.model).round(4).tolist()


def on_mask(uv: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Whether the pixel that holds each point has a mask above 0; outside the frame counts as off.

    Args:
      uv: `[V, K, 2]` NDC.
      masks: `[V, H, W]`.

    Returns:
      `[V, K]` bool.
    """
    height, width = masks.shape[1:]
    column = np.floor((uv[..., 0] + 1) / 2 * width).astype(int)
    row = np.floor((1 - uv[..., 1]) / 2 * height).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    view = np.arange(len(masks))[:, None]
    return inside & (masks[view, row.clip(0, height - 1), column.clip(0, width - 1)] > 0)
