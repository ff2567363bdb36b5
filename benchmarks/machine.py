"""What the machine can do, measured beside every benchmark of the networks.

Two tasks in the dtype in question: a large matrix product, and one 3 x 3 convolution with its
gradients, the operation that the networks consist of. Both run on Keras' present backend.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable

import keras
import numpy as np
from keras import ops


@dataclasses.dataclass(frozen=True)
class Rate:
    """A task and its work.

    Attributes:
      task: runs once, to the end.
      flops: floating-point operations of one run.
    """

    task: Callable[[], None]
    flops: float


def matrix_product(dtype: str, side: int = 3072) -> Rate:
    """A product of two square matrices."""
    rng = np.random.default_rng(0)
    left, right = (ops.cast(rng.standard_normal((side, side), np.float32), dtype) for _ in range(2))
    multiply = compiled(ops.matmul)
    return Rate(lambda: wait(multiply(left, right)), 2.0 * side**3)


def convolution(dtype: str, *, views: int, size: int, filters: int = 64) -> Rate:
    """A 3 x 3 convolution, the gradient of its input and that of its kernel."""
    rng = np.random.default_rng(0)
    shape = (views, size, size, filters)
    x, upstream = (ops.cast(rng.standard_normal(shape, np.float32), dtype) for _ in range(2))
    kernel = ops.cast(rng.standard_normal((3, 3, filters, filters), np.float32), dtype)
    gradients = compiled(_with_gradients)
    flops = 3 * 2.0 * views * size**2 * 9 * filters**2
    return Rate(lambda: wait(gradients(x, kernel, upstream)), flops)


def _convolve(x, kernel):
    return ops.conv(x, kernel, padding="same", data_format="channels_last")


def _with_gradients(x, kernel, upstream):
    if keras.backend.backend() == "jax":
        import jax

        y, backward = jax.vjp(_convolve, x, kernel)
        return y, *backward(upstream)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch((x, kernel))
        y = _convolve(x, kernel)
    return y, *tape.gradient(y, (x, kernel), output_gradients=upstream)


def compiled(function: Callable) -> Callable:
    """The function as one graph of the backend; XLA on JAX, TensorFlow's own kernels there."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, autograph=False)


def wait(value) -> None:
    """Returns when all tensors of a structure are computed."""
    for tensor in keras.tree.flatten(value):
        if hasattr(tensor, "block_until_ready"):
            tensor.block_until_ready()
        else:
            ops.convert_to_numpy(ops.ravel(tensor)[:1])


def device_peak_bytes() -> int | None:
    """Largest memory in use on the first accelerator since its start, None without one."""
    if "jax" in sys.modules and keras.backend.backend() == "jax":
        import jax

        statistics = jax.local_devices()[0].memory_stats() or {}
        return statistics.get("peak_bytes_in_use")
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return None
    return tf.config.experimental.get_memory_info("GPU:0")["peak"]
