"""What a trained model says of images, as one function compiled once for each shape.

Letters: B images, D numbers of a descriptor, H W heatmap cells, K keypoints, S pixels of a side.
"""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
from keras import ops

from keypointnet_tf.discovery import losses
from keypointnet_tf.discovery.averaging import (
    decision_confidence,
    keypoints,
    mirror_partners,
    orientations,
)
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.precision import has_accelerator
from keypointnet_tf.geometry import camera
from keypointnet_tf.geometry.heatmap import confidence


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What the networks say of B images; NumPy arrays, float32 unless told otherwise.

    Attributes:
      uv: `[B, K, 2]` NDC.
      depth: `[B, K]` camera-frame z, negative.
      xyz_camera: `[B, K, 3]`.
      confidence: `[B, K]` in (0, 1], from each heatmap's spread.
      orient_uv: `[B, 2, 2]` NDC of the object's `+x` and `-x` axis points.
      faces_right: bool `[B]`, the bit that KeypointNet was given.
      faces_confidence: `[B]` in [0.5, 1], how probable it is that the bit is right; see
        `averaging.decision_confidence`.
      heatmap: `[B, H, W, K]`, or None where it was not asked for.
      descriptors: `[B, K, D]` unit vectors, or None where the model has none.
    """

    uv: np.ndarray
    depth: np.ndarray
    xyz_camera: np.ndarray
    confidence: np.ndarray
    orient_uv: np.ndarray
    faces_right: np.ndarray
    faces_confidence: np.ndarray
    heatmap: np.ndarray | None = None
    descriptors: np.ndarray | None = None


def padded_size(count: int, batch_size: int) -> int:
    """Size of the batches in which `count` items are run."""
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    return min(batch_size, 1 << (count - 1).bit_length())


def prediction_function(model: PairModel, averaging: str = "full") -> keras.Model:
    """Image and focal length to everything that `Prediction` holds, compiled as one."""
    size = model.train_config.model.size
    image = keras.Input((size, size, 3), name="image")
    focal = keras.Input((), name="focal")
    copies = orientations(model.orient_net, image, averaging)
    orient_uv = ops.mean(copies, axis=1)
    bit = losses.faces_right(orient_uv)
    partners = mirror_partners(canonical_keypoints(model)) if averaging == "full" else None
    points = keypoints(model.keypoint_net, image, bit, partners)
    outputs = {
        **points,
        "xyz_camera": camera.unproject(points["uv"], points["depth"], focal),
        "confidence": confidence(points["heatmap"]),
        "orient_uv": orient_uv,
        "faces_right": bit,
        "faces_confidence": decision_confidence(copies),
    }
    function = keras.Model({"image": image, "focal": focal}, outputs)
    # TensorFlow's own kernels are faster than XLA's on processors.
    function.jit_compile = keras.backend.backend() != "tensorflow" or has_accelerator()
    return function


def canonical_keypoints(model: PairModel) -> np.ndarray:
    """`[K, 3]` mean keypoints in the object frame over the validation objects of the training.

    Of a model that was saved without them, its template.
    """
    if "canonical" in model.info:
        return np.array(model.info["canonical"], np.float32)
    return np.asarray(ops.convert_to_numpy(model.template))
