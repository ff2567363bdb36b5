"""How much a network has to do: floating-point operations and bytes, counted layer by layer.

Convolutions alone are counted; all else is below a hundredth. An operation is a multiplication or
an addition. Bytes are the least that must be moved: every convolution's input, kernel and output
once, in the type that it computes in.
"""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import layers


class Work(NamedTuple):
    """Floating-point operations and bytes."""

    flops: float
    bytes: float

    def plus(self, other: Work) -> Work:
        """Both together."""
        return Work(self.flops + other.flops, self.bytes + other.bytes)

    def times(self, count: float) -> Work:
        """So many of them."""
        return Work(self.flops * count, self.bytes * count)


def forward(network: keras.Model) -> Work:
    """Of one view."""
    total = Work(0.0, 0.0)
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            total = total.plus(_convolution(layer))
    return total


def training(network: keras.Model) -> Work:
    """Forward, and the gradients of all inputs and kernels; of the first layer the kernel's alone.

    Gradients are as many operations, and as many bytes, as the convolution each.
    """
    first = next(layer for layer in network.layers if isinstance(layer, layers.Conv2D))
    less = _convolution(first)
    return forward(network).times(3).plus(less.times(-1))


def training_step(model, *, pairs: int) -> Work:
    """Of a `PairModel`: networks that are trained forward and backward, others forward alone."""
    part = model.train_config.train
    orient, keypoints = model.orient_net, model.keypoint_net
    if part == "orient":
        return training(orient).times(2 * pairs)
    if part == "descriptor":
        return forward(keypoints).plus(forward(orient)).times(2 * pairs)
    both = training(keypoints).plus(training(orient) if part == "both" else forward(orient))
    return both.times(2 * pairs)


def _convolution(layer: layers.Conv2D) -> Work:
    _, height, width, channels = layer.output.shape
    inputs = layer.input.shape
    weights = layer.kernel.shape
    flops = 2.0 * height * width * channels * weights[0] * weights[1] * weights[2]
    values = inputs[1] * inputs[2] * inputs[3] + height * width * channels
    values += weights[0] * weights[1] * weights[2] * weights[3]
    return Work(flops, float(values * (2 if layer.compute_dtype == "bfloat16" else 4)))
