"""A prediction function with the inputs and outputs that its files shall have.

Letters: B images, S pixels of a side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

Arrays = dict[str, np.ndarray]
Runner = Callable[[Arrays], Arrays]


@dataclasses.dataclass(frozen=True)
class Served:
    """A function to export.

    Attributes:
      predict: `prediction_function`: `image [B, S, S, 3]` and `focal [B]` to a dictionary.
      size: S.
      focal: in NDC; folded in where `focal_input` is false.
      focal_input: whether the focal length is a second input.
      outputs: names of the outputs to keep, in order.
    """

    predict: keras.Model
    size: int
    focal: float
    focal_input: bool
    outputs: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in order."""
        return ("image", "focal") if self.focal_input else ("image",)

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shape of each input and kept output, None for B."""
        found = {"image": (None, self.size, self.size, 3), "focal": (None,)}
        found = {name: found[name] for name in self.inputs}
        return found | {name: tuple(self.predict.output[name].shape) for name in self.outputs}


def signature(served: Served, batch: int | None):
    """The function to trace, and the specifications of its arguments.

    Args:
      served: what is written.
      batch: B, None for any.
    """
    import tensorflow as tf

    def serve(image, focal=None):
        # A constant made here is part of the graph; one made outside would become an input.
        focal = tf.constant([served.focal], tf.float32) if focal is None else focal
        outputs = served.predict({"image": image, "focal": focal}, training=False)
        outputs = {name: outputs[name] for name in served.outputs}
        return outputs | {"faces_right": tf.cast(outputs["faces_right"], tf.bool)}

    specs = [
        tf.TensorSpec((batch, *served.shapes()[name][1:]), tf.float32, name=name)
        for name in served.inputs
    ]
    return serve, specs
