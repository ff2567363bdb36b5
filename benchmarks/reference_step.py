"""The published training step, written plainly: the yardstick of `training_step.py`.

Eager Keras on TensorFlow in float32; the two views of a pair go through the networks one after the
other, each with an OrientNet pass of its own; layers are Keras' own. Losses, scales and the Adam
step follow Suwajanakorn, Snavely, Tompson, Norouzi, NeurIPS 2018, sections 3 and 4 and appendix A,
without the product's additions (template, schedules, zoom) and without noise. The pose loss is
computed by the paper's arcsine.
Letters: B pairs, K keypoints, H W pixels.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import layers

DISTANCE = 30.0


def published_network(
    size: int, channels: int, filters: int, heads: tuple[int, ...], dilations: tuple[int, ...]
) -> keras.Model:
    """Dilated 3 x 3 convolutions with batch normalisation and leaky ReLU, then linear heads."""
    inputs = keras.Input((size, size, channels))
    x = inputs
    for dilation in dilations:
        x = layers.Conv2D(
            filters, 3, padding="same", dilation_rate=dilation, use_bias=False, dtype="float32"
        )(x)
        x = layers.BatchNormalization(dtype="float32")(x)
        x = layers.LeakyReLU(negative_slope=0.1, dtype="float32")(x)
    outputs = [layers.Conv2D(count, 3, padding="same", dtype="float32")(x) for count in heads]
    return keras.Model(inputs, outputs)


class ReferenceStep:
    """One step of training KeypointNet with OrientNet run forward.

    Args:
      model: a `PairModel` of output stride 1 in either network, whose weights are copied and whose
        loss weights are taken at its present step.
      learning_rate: of Adam.
    """

    def __init__(self, model, learning_rate: float = 1e-3):
        config = model.train_config.model
        if config.output_stride != 1 or config.orient_output_stride != 1:
            raise ValueError(f"output strides are {config}; the published step expects 1")
        shape = (config.dilations,)
        count = config.num_keypoints
        self.orient_net = published_network(config.size, 3, config.orient_filters, (2,), *shape)
        self.keypoint_net = published_network(config.size, 4, config.filters, (count,) * 2, *shape)
        for mine, other in (
            (self.orient_net, model.orient_net),
            (self.keypoint_net, model.keypoint_net),
        ):
            mine.set_weights(other.get_weights())
        weights = model.loss_weights_at(model.progress)
        self.weights = {name: float(value) for name, value in weights.items()}
        self.delta = model.train_config.loss.separation_delta
        self.optimizer = keras.optimizers.Adam(learning_rate, global_clipnorm=5.0)
        side = (np.arange(config.size, dtype=np.float32) + 0.5) * 2 / config.size - 1
        u, v = np.meshgrid(side, -side)
        self.u, self.v = u[None, :, :, None], v[None, :, :, None]

    def __call__(self, batch: dict[str, np.ndarray]) -> float:
        """Trains on a batch of pairs; the loss before the update."""
        with tf.GradientTape() as tape:
            terms = self.losses(batch, training=True)
            total = sum(self.weights[name] * terms[name] for name in terms)
        variables = self.keypoint_net.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return float(total)

    def losses(self, batch: dict[str, np.ndarray], *, training: bool) -> dict[str, tf.Tensor]:
        """Each loss, averaged over the batch; `training` is batch normalisation's mode."""
        views = [self._view(batch, number, training) for number in range(2)]
        pose = [tf.constant(batch[f"object_to_camera{number}"]) for number in range(2)]
        pose_0to1 = pose[1] @ tf.linalg.inv(pose[0])
        pose_1to0 = pose[0] @ tf.linalg.inv(pose[1])
        one, two = views
        terms = {
            "consistency": self._consistency(one, two, pose_0to1)
            + self._consistency(two, one, pose_1to0),
            "pose": self._pose(one["xyz"], two["xyz"], pose_0to1[:, :3, :3]),
            "separation": (self._separation(one) + self._separation(two)) / 2,
            "silhouette": one["silhouette"] + two["silhouette"],
            "variance": one["variance"] + two["variance"],
        }
        return {name: tf.reduce_mean(value) for name, value in terms.items()}

    def _view(self, batch: dict, number: int, training: bool) -> dict[str, tf.Tensor]:
        """Keypoints of one view and the losses that concern it alone, `[B]` each."""
        image = tf.constant(batch[f"image{number}"])
        focal = tf.constant(batch[f"focal{number}"])[:, None]
        logits = self.orient_net(image, training=False)
        axis_u = tf.reduce_sum(_softmax(logits) * self.u, axis=(1, 2))
        side = tf.where(axis_u[:, 0] > axis_u[:, 1], 1.0, -1.0)
        channel = tf.ones_like(image[..., :1]) * side[:, None, None, None]
        logits, depths = self.keypoint_net(tf.concat([image, channel], -1), training=training)
        heatmap = _softmax(logits)
        u = tf.reduce_sum(heatmap * self.u, axis=(1, 2))
        v = tf.reduce_sum(heatmap * self.v, axis=(1, 2))
        z = tf.reduce_sum(heatmap * (depths - DISTANCE), axis=(1, 2))
        inside = tf.reduce_sum(heatmap * batch[f"mask{number}"], axis=(1, 2))
        away = (self.u - u[:, None, None]) ** 2 + (self.v - v[:, None, None]) ** 2
        return {
            "uv": tf.stack([u, v], -1),
            "xyz": tf.stack([-u * z / focal, -v * z / focal, z], -1),
            "focal": focal,
            "silhouette": tf.reduce_mean(-tf.math.log(inside + 1e-12), axis=1),
            "variance": tf.reduce_mean(tf.reduce_sum(heatmap * away, axis=(1, 2)), axis=1),
        }

    def _consistency(self, source: dict, target: dict, pose: tf.Tensor) -> tf.Tensor:
        """Equation 3, one way."""
        moved = tf.einsum("bij,bkj->bki", pose[:, :3, :3], source["xyz"]) + pose[:, None, :3, 3]
        seen = -target["focal"][..., None] * moved[..., :2] / moved[..., 2:]
        return tf.reduce_mean(tf.reduce_sum((seen - target["uv"]) ** 2, -1), -1)

    def _pose(self, xyz0: tf.Tensor, xyz1: tf.Tensor, rotation: tf.Tensor) -> tf.Tensor:
        """Equation 4 with the Procrustes rotation."""
        centred = [xyz - tf.reduce_mean(xyz, axis=1, keepdims=True) for xyz in (xyz0, xyz1)]
        _, u, v = tf.linalg.svd(tf.matmul(centred[1], centred[0], transpose_a=True))
        sign = tf.linalg.det(tf.matmul(u, v, transpose_b=True))
        last = tf.stack([tf.ones_like(sign), tf.ones_like(sign), sign], -1)
        estimate = tf.matmul(u * last[:, None], v, transpose_b=True)
        distance = tf.norm(estimate - rotation, axis=(1, 2))
        return 2 * tf.asin(tf.minimum(distance / (2 * np.sqrt(2)), 1.0))

    def _separation(self, view: dict) -> tf.Tensor:
        """Equation 5, without the distances of points to themselves."""
        xyz = view["xyz"]
        squared = tf.reduce_sum((xyz[:, :, None] - xyz[:, None]) ** 2, -1)
        near = tf.maximum(self.delta - squared, 0.0) * (1 - tf.eye(xyz.shape[1]))
        return tf.reduce_mean(tf.reduce_sum(near, -1), -1)


def _softmax(logits: tf.Tensor) -> tf.Tensor:
    """Over all pixels of each of the maps `[B, H, W, C]`."""
    powers = tf.exp(logits - tf.reduce_max(logits, axis=(1, 2), keepdims=True))
    return powers / tf.reduce_sum(powers, axis=(1, 2), keepdims=True)
