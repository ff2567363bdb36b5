"""Rematerialisation: feature maps are computed again in the backward pass instead of being kept.

A network is cut into segments; of each, the forward pass keeps the input alone, and the backward
pass runs the segment forward once more. Keras' own `RematScope` does so for one layer at a time,
which saves nothing here (each layer's input is the output of the one before), and its `remat` of
layers with batch normalisation would update the moving averages twice on TensorFlow, and leaks
tracers on JAX. Segments are therefore run as pure functions that return the new averages.
"""

from __future__ import annotations

import keras

LAYERS_PER_SEGMENT = 3


class Segments:
    """A functional network run in segments whose insides are not kept for the gradient.

    The same weights, numbers and updates as calling the network with `training=True`. Not a Keras
    object, so that a model that holds one saves no weight twice.

    Args:
      network: an `OrientNet` or `KeypointNet`.
      every: layers of the trunk per segment.
    """

    def __init__(self, network: keras.Model, every: int = LAYERS_PER_SEGMENT):
        self._network, self._every = network, every
        self._segments: list[keras.Model] = []

    def __call__(self, inputs):
        """The network's outputs for training."""
        if not self._segments:
            self._segments = self._cut()
        for segment in self._segments:
            inputs = _rematerialised(segment, inputs)
        return inputs

    def _cut(self) -> list[keras.Model]:
        """The segments, as networks that share the layers; at first use, for few ever train."""
        network, every = self._network, self._every
        depth = len(network.config["dilations"])
        cuts = [network.get_layer(f"act{i}").output for i in range(every - 1, depth - 1, every)]
        starts, ends = [network.input, *cuts], [*cuts, network.output]
        return [keras.Model(a, b) for a, b in zip(starts, ends, strict=True)]


def _rematerialised(segment: keras.Model, inputs):
    """A segment's outputs in training mode; its averages are updated once, outside."""
    trainable = [variable.value for variable in segment.trainable_variables]
    fixed = [variable.value for variable in segment.non_trainable_variables]
    parts = trainable, fixed, inputs

    # Flat, since TensorFlow takes and returns no structures there.
    @keras.remat
    def run(*tensors):
        values = keras.tree.pack_sequence_as(parts, tensors)
        return tuple(keras.tree.flatten(segment.stateless_call(*values, training=True)))

    specification = keras.tree.map_structure(lambda _: 0, segment.output)
    structure = (specification, [0] * len(fixed))
    found = run(*(keras.ops.convert_to_tensor(x) for x in keras.tree.flatten(parts)))
    outputs, updated = keras.tree.pack_sequence_as(structure, list(found))
    for variable, value in zip(segment.non_trainable_variables, updated, strict=True):
        variable.assign(value)
    return outputs
