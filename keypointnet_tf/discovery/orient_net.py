"""OrientNet: where the object's `+x` and `-x` axis points are in the image."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from keypointnet_tf.discovery.config import DILATIONS
from keypointnet_tf.discovery.trunk import check_trunk, dilated_trunk, glorot
from keypointnet_tf.geometry.heatmap import expected_uv, spatial_softmax


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class OrientNet(keras.Model):
    """Image to two expected 2D points (paper, section 4).

    Input: `[B, size, size, 3]` in [0, 1], composited over black.
    Output: `[B, 2, 2]` float32 NDC, the projections of `(1, 0, 0)` and `(-1, 0, 0)`. The object
    faces right where the first has the larger `u`.

    Args:
      size: image side in pixels.
      filters: channels of the trunk (32 as published).
      dilations: dilation of each 3 x 3 layer.
      output_stride: 1 as published, 2 or 4 for speed.
      batch_norm_momentum: of the moving averages.
      dtype: dtype policy of the trunk, "mixed_bfloat16" say; None takes Keras' current one. The
        heads compute in float32 always.
      seed: of the initial weights; None draws from Keras' global seed.

    Raises:
      ValueError: a hyper-parameter cannot work; the message names it.
    """

    def __init__(
        self,
        *,
        size: int = 128,
        filters: int = 32,
        dilations: Sequence[int] = DILATIONS,
        output_stride: int = 1,
        batch_norm_momentum: float = 0.99,
        dtype=None,
        seed: int | None = None,
        **kwargs,
    ):
        check_trunk(size=size, filters=filters, dilations=dilations, output_stride=output_stride)

        seeds = None if seed is None else keras.random.SeedGenerator(seed)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())

        # === Layers ===
        head = layers.Conv2D(
            2,
            3,
            padding="same",
            dtype="float32",
            kernel_initializer=glorot(seeds),
            name="heatmap_logits",
        )

        # === Functional graph ===
        image = keras.Input((size, size, 3), name="image")
        features = dilated_trunk(
            image,
            filters=filters,
            dilations=dilations,
            output_stride=output_stride,
            momentum=batch_norm_momentum,
            dtype=policy,
            seeds=seeds,
        )
        points = expected_uv(spatial_softmax(head(features)))
        super().__init__(inputs=image, outputs=points, **kwargs)

        # === Config ===
        self.config = {
            "size": size,
            "filters": filters,
            "dilations": tuple(dilations),
            "output_stride": output_stride,
            "batch_norm_momentum": batch_norm_momentum,
            "dtype": policy.name,
        }

    def get_config(self):
        return {**self.config, "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
