"""The trunk's layers: Keras' own, by faster kernels where TensorFlow has them.

Arguments, weights and numbers are those of the Keras layers, and so are the names of the classes: a
`.keras` file addresses the weights of a layer by its class. On TensorFlow, Keras normalises by a
chain of element-wise operations in float32, each of which reads and writes the whole feature map,
and dilates by rearranging it; docs/performance.md has what that costs. On JAX, XLA does well.
Letters: B batch, H W cells, C channels.
"""

from __future__ import annotations

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class Conv2D(layers.Conv2D):
    """`keras.layers.Conv2D`, dilated without rearranging the feature map."""

    def convolution_op(self, inputs, kernel):
        """The convolution of `[B, H, W, C]` alone, without bias."""
        if keras.backend.backend() == "tensorflow" and max(self.dilation_rate) > 1:
            from keypointnet_tf.discovery import tf_kernels

            if tf_kernels.dilates():
                return tf_kernels.dilated_convolution(
                    inputs, kernel, padding=self.padding, dilation=self.dilation_rate
                )
        return super().convolution_op(inputs, kernel)


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class BatchNormalization(layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, in one kernel each way.

    Feature maps `[B, H, W, C]` are normalised over B, H, W in their own type, with the moments in
    float32.
    """

    def call(self, inputs, training=None, mask=None):
        """Normalises `[B, H, W, C]`; with `training` by the batch's moments, which it averages."""
        if not self._has_kernel(inputs, mask):
            return super().call(inputs, training=training, mask=mask)
        from keypointnet_tf.discovery import tf_kernels

        gamma, beta = (ops.convert_to_tensor(w) for w in (self.gamma, self.beta))
        moving = self.moving_mean, self.moving_variance
        if not (training and self.trainable):
            moments = (ops.convert_to_tensor(average) for average in moving)
            return tf_kernels.normalize(inputs, *moments, gamma, beta, epsilon=self.epsilon)
        outputs, *moments = tf_kernels.normalize_batch(inputs, gamma, beta, epsilon=self.epsilon)
        for average, value in zip(moving, moments, strict=True):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return outputs

    def _has_kernel(self, inputs, mask) -> bool:
        plain = mask is None and self.scale and self.center and not self.renorm
        return (
            keras.backend.backend() == "tensorflow"
            and plain
            and not self.synchronized
            and self.axis in (-1, 3)
            and len(inputs.shape) == 4
            and keras.backend.standardize_dtype(inputs.dtype) in ("float32", "bfloat16")
        )


@keras.saving.register_keras_serializable(package="keypointnet_tf")
class LeakyReLU(layers.LeakyReLU):
    """`keras.layers.LeakyReLU`, which on TensorFlow keeps no feature map for its gradient."""

    def call(self, inputs):
        """Activates `[B, H, W, C]`."""
        if keras.backend.backend() != "tensorflow":
            return super().call(inputs)
        from keypointnet_tf.discovery import tf_kernels

        return tf_kernels.leaky_relu(inputs, self.negative_slope)
