"""Networks for use alone: float32, and batch normalisation folded into the convolutions.

At prediction `gamma (w * x - mean) / sqrt(variance + epsilon) + beta` is a convolution with kernel
`w gamma / sqrt(variance + epsilon)` and bias `beta - mean gamma / sqrt(variance + epsilon)`
(Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018, section 3.2).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers


def folded(network: keras.Model) -> keras.Model:
    """The network as a plain Keras model of float32 layers, without batch normalisation.

    Args:
      network: OrientNet or KeypointNet, whose layer `conv3` is normalised by `norm3`.
    """
    plain = keras.models.clone_model(network, clone_function=_clone, call_function=_call)
    for layer in plain.layers:
        if layer.weights:
            layer.set_weights(_weights(network, layer.name))
    return plain


def _clone(layer):
    """A layer of Keras' own for each of the network's, with its settings; operations stay."""
    if not isinstance(layer, layers.Layer):
        return layer
    config = layer.get_config() | {"dtype": "float32"}
    if isinstance(layer, layers.BatchNormalization):
        return layers.Identity(name=layer.name, dtype="float32")
    if isinstance(layer, layers.Conv2D):
        normalised = layer.name.startswith("conv")
        return layers.Conv2D.from_config(config | {"use_bias": normalised or layer.use_bias})
    if isinstance(layer, layers.LeakyReLU):
        return layers.LeakyReLU.from_config(config)
    return layer.__class__.from_config(config)


def _call(layer, *args, **kwargs):
    return args[0] if isinstance(layer, layers.Identity) else layer(*args, **kwargs)


def _weights(network: keras.Model, name: str) -> list[np.ndarray]:
    values = [_numpy(value) for value in network.get_layer(name).weights]
    if not name.startswith("conv"):
        return values
    norm = network.get_layer(name.replace("conv", "norm"))
    parts = (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    gamma, beta, mean, variance = (_numpy(part).astype(float) for part in parts)
    factor = gamma / np.sqrt(variance + norm.epsilon)
    return [(values[0] * factor).astype(np.float32), (beta - mean * factor).astype(np.float32)]


def _numpy(value) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(value), np.float32)
