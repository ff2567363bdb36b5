"""The stack of dilated convolutions that both networks share."""

from __future__ import annotations

import math
from collections.abc import Sequence

from keras import initializers

from keypointnet_tf.discovery.distribution import summed_replicas
from keypointnet_tf.discovery.trunk_layers import BatchNormalization, Conv2D, LeakyReLU

OUTPUT_STRIDES = (1, 2, 4)


def dilated_trunk(
    x,
    *,
    filters: int,
    dilations: Sequence[int],
    output_stride: int,
    momentum: float,
    dtype=None,
    seeds=None,
):
    """3 x 3 convolutions with batch normalisation and leaky ReLU 0.1 (paper, appendix A).

    Args:
      x: `[B, H, W, C]`.
      filters: channels of every layer.
      dilations: dilation of each layer.
      output_stride: 1 as published; 2 strides the first convolution, 4 the first two.
      momentum: of the batch normalisation's moving averages.
      dtype: dtype policy of the layers; None takes Keras' current one.
      seeds: `keras.random.SeedGenerator` of the initial weights, or None.

    Returns:
      `[B, H / output_stride, W / output_stride, filters]`.
    """
    strided = int(math.log2(output_stride))
    for index, dilation in enumerate(dilations):
        x = Conv2D(
            filters,
            3,
            strides=2 if index < strided else 1,
            dilation_rate=1 if index < strided else dilation,
            padding="same",
            use_bias=False,
            kernel_initializer=glorot(seeds),
            dtype=dtype,
            name=f"conv{index}",
        )(x)
        x = BatchNormalization(
            momentum=momentum,
            # Over the whole batch, where TensorFlow's replicas see a part each.
            synchronized=summed_replicas() > 1,
            dtype=dtype,
            name=f"norm{index}",
        )(x)
        x = LeakyReLU(negative_slope=0.1, dtype=dtype, name=f"act{index}")(x)
    return x


def glorot(seeds=None) -> initializers.Initializer:
    """Initial kernels (Glorot uniform), drawn from `seeds` where given."""
    return initializers.GlorotUniform(seed=seeds)


def check_trunk(*, size: int, filters: int, dilations: Sequence[int], output_stride: int) -> None:
    """Raises ValueError with the value received when a hyper-parameter cannot work."""
    if output_stride not in OUTPUT_STRIDES:
        raise ValueError(f"output_stride is {output_stride}; expected one of {OUTPUT_STRIDES}")
    if size < 8 or size % output_stride:
        raise ValueError(f"size is {size}; expected at least 8 and a multiple of {output_stride}")
    if filters < 1:
        raise ValueError(f"filters is {filters}; expected at least 1")
    if len(dilations) < 2 or min(dilations) < 1:
        raise ValueError(f"dilations is {tuple(dilations)}; expected two or more positive numbers")
