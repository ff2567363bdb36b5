"""KeypointNet: K keypoints with depth from one image and a left/right bit."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers, ops

from keypointnet_tf.discovery.config import DILATIONS
from keypointnet_tf.discovery.descriptors import check_dimension, unit_descriptors
from keypointnet_tf.discovery.trunk import check_trunk, dilated_trunk, glorot
from keypointnet_tf.geometry.heatmap import expected_uv, expected_value, spatial_softmax


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class KeypointNet(keras.Model):
    """Image and left/right bit to keypoints (paper, section 3.1).

    Inputs: a dictionary of
      image: `[B, size, size, 3]` in [0, 1], composited over black.
      faces_right: `[B]` 1 where the object faces right, 0 where left; it enters as a constant
        channel of +1 or -1.
    Outputs: a dictionary of float32 tensors
      uv: `[B, K, 2]` NDC, the expectation of the pixel grid under each heatmap.
      depth: `[B, K]` camera-frame `z` (negative), the expectation of `depth map - distance`.
      heatmap: `[B, H, W, K]`, each map summing to 1; `H = W = size / output_stride`.
      descriptors: `[B, K, D]` unit vectors, where the network has them.

    Args:
      size: image side in pixels.
      num_keypoints: how many keypoints, K.
      filters: channels of the trunk (64 as published).
      dilations: dilation of each 3 x 3 layer.
      output_stride: 1 as published, 2 or 4 for speed.
      distance: nominal camera distance of the training set, the depth's bias.
      batch_norm_momentum: of the moving averages.
      descriptor: numbers in each keypoint's descriptor, D; 0 for none.
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
        num_keypoints: int = 10,
        filters: int = 64,
        dilations: Sequence[int] = DILATIONS,
        output_stride: int = 1,
        distance: float = 30.0,
        batch_norm_momentum: float = 0.99,
        descriptor: int = 0,
        dtype=None,
        seed: int | None = None,
        **kwargs,
    ):
        check_trunk(size=size, filters=filters, dilations=dilations, output_stride=output_stride)
        if num_keypoints < 3:
            raise ValueError(f"num_keypoints is {num_keypoints}; a rotation needs at least 3")
        check_dimension(descriptor)

        seeds = None if seed is None else keras.random.SeedGenerator(seed)
        policy = keras.dtype_policies.get(dtype or keras.config.dtype_policy())

        # === Layers ===
        heatmap_head = layers.Conv2D(
            num_keypoints,
            3,
            padding="same",
            dtype="float32",
            kernel_initializer=glorot(seeds),
            name="heatmap_logits",
        )
        depth_head = layers.Conv2D(
            num_keypoints,
            3,
            padding="same",
            dtype="float32",
            kernel_initializer=glorot(seeds),
            name="depth_map",
        )

        # === Functional graph ===
        image = keras.Input((size, size, 3), name="image")
        faces_right = keras.Input((), name="faces_right")
        bit = ops.reshape(2.0 * faces_right - 1.0, (-1, 1, 1, 1))
        channel = ops.ones_like(image[..., :1]) * bit
        features = dilated_trunk(
            ops.concatenate([image, channel], axis=-1),
            filters=filters,
            dilations=dilations,
            output_stride=output_stride,
            momentum=batch_norm_momentum,
            dtype=policy,
            seeds=seeds,
        )
        heatmap = spatial_softmax(heatmap_head(features))
        depth = expected_value(heatmap, depth_head(features)) - distance
        outputs = {"uv": expected_uv(heatmap), "depth": depth, "heatmap": heatmap}
        if descriptor:
            # Last, so that it does not change what the other layers draw from the seed.
            outputs["descriptors"] = unit_descriptors(features, heatmap, descriptor, seeds=seeds)
        super().__init__(
            inputs={"image": image, "faces_right": faces_right}, outputs=outputs, **kwargs
        )

        # === Config ===
        self.config = {
            "size": size,
            "num_keypoints": num_keypoints,
            "filters": filters,
            "dilations": tuple(dilations),
            "output_stride": output_stride,
            "distance": distance,
            "batch_norm_momentum": batch_norm_momentum,
            "dtype": policy.name,
            **({"descriptor": descriptor} if descriptor else {}),
        }

    @staticmethod
    def from_preset(source, *, averaging: str = "full"):
        """A trained model ready to predict, this network and OrientNet; see `Predictor`.

        Args:
          source: see `presets.load_preset`.
          averaging: see `Predictor`.
        """
        from keypointnet_tf.discovery.predictor import Predictor

        return Predictor.from_preset(source, averaging=averaging)

    def get_config(self):
        return {**self.config, "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
