"""Kernels of TensorFlow that Keras does not use, for the layers of `trunk_layers.py`.

Imported on TensorFlow's backend alone.
Letters: B batch, H W cells, C D channels.
"""

from __future__ import annotations

import functools

import tensorflow as tf


def dilated_convolution(x, kernel, *, padding: str, dilation: tuple[int, int]):
    """Convolution of stride 1 that skips cells in place: `[B, H, W, C] -> [B, H', W', D]`."""
    return tf.nn.conv2d(x, kernel, strides=1, padding=padding.upper(), dilations=dilation)


@functools.cache
def dilates() -> bool:
    """Whether this machine's kernels have gradients of dilated convolutions.

    TensorFlow's own for processors do not; oneDNN's, which is its default on most, and those of
    GPUs do.
    """

    @tf.function(autograph=False)
    def gradients(x, kernel):
        y = dilated_convolution(x, kernel, padding="same", dilation=(2, 2))
        return tf.gradients(y, [x, kernel])

    with tf.init_scope():
        try:
            gradients(tf.ones((1, 8, 8, 1)), tf.ones((3, 3, 1, 1)))
        except (tf.errors.OpError, ValueError, NotImplementedError):
            return False
    return True


def normalize_batch(x, scale, offset, *, epsilon: float):
    """Batch normalisation by the batch's own moments, in one kernel each way.

    Args:
      x: `[B, H, W, C]`, float32 or bfloat16.
      scale, offset: `[C]` float32.
      epsilon: added to the variance.

    Returns:
      The normalised `x` in its own type, and the moments `mean [C]`, `variance [C]` in float32,
      the variance divided by the count of values as Keras has it.
    """
    none = tf.zeros([0], tf.float32)
    outputs = tf.raw_ops.FusedBatchNormV3(
        x=x, scale=scale, offset=offset, mean=none, variance=none, epsilon=epsilon
    )
    count = tf.cast(tf.size(x) // tf.shape(x)[-1], tf.float32)
    # The kernel's variance is the unbiased one.
    return outputs.y, outputs.batch_mean, outputs.batch_variance * ((count - 1) / count)


def normalize(x, mean, variance, scale, offset, *, epsilon: float):
    """Batch normalisation by given moments `[C]`; `x [B, H, W, C]` keeps its type."""
    outputs = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=False,
    )
    return outputs.y


def leaky_relu(x, negative_slope: float):
    """Leaky ReLU whose gradient looks at its output, which the next layer keeps in any case.

    The sign of the output is that of the input, so that the input need not be kept.
    """

    @tf.custom_gradient
    def activate(x):
        y = tf.nn.leaky_relu(x, negative_slope)

        def gradient(upstream):
            return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=y, alpha=negative_slope)

        return y, gradient

    return activate(x)
