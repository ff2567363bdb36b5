"""A trained model's networks as they are deployed: float32, without batch normalisation."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keypointnet_tf.discovery.config import TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel


@dataclasses.dataclass(frozen=True)
class InferenceModel:
    """What `prediction.prediction_function` needs of a `PairModel`.

    Attributes:
      orient_net: image to two points, as `OrientNet`.
      keypoint_net: image and bit to keypoints, as `KeypointNet`.
      train_config: of the model.
      info: of the model.
      template: of the model.
    """

    orient_net: keras.Model
    keypoint_net: keras.Model
    train_config: TrainConfig
    info: dict
    template: Any

    @classmethod
    def of(cls, model: PairModel, *, fold: bool = True) -> InferenceModel:
        """Copies of the model's networks that compute in float32 throughout.

        Args:
          model: a trained model, in any precision; its weights are float32 always.
          fold: whether batch normalisation becomes part of the convolutions.
        """
        return cls(
            float32_network(model.orient_net, fold=fold),
            float32_network(model.keypoint_net, fold=fold),
            model.train_config,
            model.info,
            model.template,
        )


def float32_network(network: keras.Model, *, fold: bool = True) -> keras.Model:
    """A copy of a functional network with the same weights that computes in float32.

    Args:
      network: its layers may have any dtype policy.
      fold: whether each batch normalisation that follows a convolution is folded into it: with
        the moving mean m and variance v, `kernel' = kernel gamma / sqrt(v + epsilon)` per output
        channel and `bias' = (bias - m) gamma / sqrt(v + epsilon) + beta`.
    """
    norms = _norms(network) if fold else {}
    dropped = {norm.name for norm in norms.values()}

    def clone(layer):
        if not isinstance(layer, layers.Layer):  # an operation of `keras.ops`, which has no state
            return layer
        config = {**layer.get_config(), "dtype": "float32"}
        return _plain(layer).from_config(
            config | ({"use_bias": True} if layer.name in norms else {})
        )

    def call(layer, *inputs, **options):
        return inputs[0] if layer.name in dropped else layer(*inputs, **options)

    copy = keras.models.clone_model(network, clone_function=clone, call_function=call)
    for layer in copy.layers:
        if not layer.weights:
            continue
        source = network.get_layer(layer.name)
        if layer.name in norms:
            layer.set_weights(_folded(source, norms[layer.name]))
        else:
            layer.set_weights([ops.convert_to_numpy(weight) for weight in source.weights])
    return copy


def _plain(layer: layers.Layer) -> type[layers.Layer]:
    """Keras' own class in place of those of `trunk_layers`, whose kernels are for training."""
    own = (layers.Conv2D, layers.BatchNormalization, layers.LeakyReLU)
    return next((kind for kind in own if isinstance(layer, kind)), type(layer))


def _norms(network: keras.Model) -> dict[str, layers.BatchNormalization]:
    """Name of each convolution that nothing but a batch normalisation uses, and that layer."""
    users: dict[int, list] = {}
    for operation in network.operations:
        if not isinstance(operation, layers.InputLayer):
            for tensor in keras.tree.flatten(operation.input):
                users.setdefault(id(tensor), []).append(operation)
    found = {}
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D) and layer.activation is keras.activations.linear:
            after = users.get(id(layer.output), [])
            if len(after) == 1 and isinstance(after[0], layers.BatchNormalization):
                found[layer.name] = after[0]
    return found


def _folded(convolution: layers.Conv2D, norm: layers.BatchNormalization) -> list[np.ndarray]:
    """Kernel and bias, computed in float64."""
    value = {
        name: np.asarray(ops.convert_to_numpy(weight), np.float64)
        for name, weight in (
            ("kernel", convolution.kernel),
            ("bias", convolution.bias if convolution.use_bias else np.zeros(1)),
            ("gamma", norm.gamma if norm.scale else np.ones(1)),
            ("beta", norm.beta if norm.center else np.zeros(1)),
            ("mean", norm.moving_mean),
            ("variance", norm.moving_variance),
        )
    }
    scale = value["gamma"] / np.sqrt(value["variance"] + norm.epsilon)
    bias = (value["bias"] - value["mean"]) * scale + value["beta"]
    return [(value["kernel"] * scale).astype(np.float32), bias.astype(np.float32)]
