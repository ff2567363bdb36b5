"""LiteRT, formerly TensorFlow Lite: a file for phones, small boards and browsers.

Letters: B images of a call, N images, S pixels of a side.
"""

from __future__ import annotations

import pathlib
import tempfile
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from keypointnet_tf.discovery.exporting import saved_model
from keypointnet_tf.discovery.exporting.served import Arrays, Runner, Served

# All but the convolutions: in 8 bits a softmax over a thousand cells has steps of 1/256, which its
# expectation does not survive.
IN_FLOAT = (
    "ABS ADD CONCATENATION DIV EXP FULLY_CONNECTED GATHER GREATER MAXIMUM MEAN MUL NEG PACK "
    "RESHAPE REVERSE_V2 RSQRT SOFTMAX SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TRANSPOSE"
).split()


def write(
    served: Served, path: pathlib.Path, *, batch: int, images: np.ndarray | None = None
) -> None:
    """Writes the file from a SavedModel of fixed B.

    Only so does the converter keep dilated convolutions whole: with B left open it surrounds each
    with SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, and from a concrete function it leaves the weights
    as variables that nobody sets.

    Args:
      served: what is written.
      path: file.
      batch: B.
      images: float32 `[N, S, S, 3]`; where given, convolutions compute with 8-bit numbers whose
        ranges are those met in these images.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The converter calls its own deprecated interpreter.
        saved_model.write(served, pathlib.Path(folder), batch=batch)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if images is None:
            path.write_bytes(converter.convert())
        else:
            path.write_bytes(_quantized(converter, lambda: _samples(served, images, batch)))


def _quantized(converter, samples: Callable[[], Iterator[Arrays]]) -> bytes:
    """Of the quantiser's interfaces only its debugger can leave chosen operations alone."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    options = tf.lite.experimental.QuantizationDebugOptions(denylisted_ops=list(IN_FLOAT))
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=samples, debug_options=options
    )
    return debugger.get_nondebug_quantized_model()


def _samples(served: Served, images: np.ndarray, batch: int) -> Iterator[Arrays]:
    for start in range(0, len(images), batch):
        index = np.minimum(np.arange(start, start + batch), len(images) - 1)
        inputs = {"image": images[index], "focal": np.full(batch, served.focal, np.float32)}
        yield {name: inputs[name] for name in served.inputs}


def open_file(path: str, *, threads: int | None = None) -> Runner:
    """Loads what `write` wrote; any B is run in parts of the file's own."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    interpreter.allocate_tensors()
    call = interpreter.get_signature_runner("serving_default")
    batch = int(call.get_input_details()["image"]["shape"][0])

    def run(inputs: Arrays) -> Arrays:
        count = len(inputs["image"])
        parts = []
        for start in range(0, count, batch):
            index = np.minimum(np.arange(start, start + batch), count - 1)
            parts.append(call(**{name: value[index] for name, value in inputs.items()}))
        return {name: np.concatenate([part[name] for part in parts])[:count] for name in parts[0]}

    return run
