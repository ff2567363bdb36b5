"""ONNX: a file for ONNX Runtime and what else reads the exchange format."""

from __future__ import annotations

import logging
import pathlib

from keypointnet_tf.discovery.exporting.served import Runner, Served, signature

OPSET = 18


def write(served: Served, path: pathlib.Path) -> None:
    """Writes the file; B is any number."""
    import onnx
    import tensorflow as tf
    import tf2onnx

    serve, specs = signature(served, None)
    function = tf.function(serve, input_signature=specs, autograph=False)
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        model, _ = tf2onnx.convert.from_function(function, input_signature=specs, opset=OPSET)
    finally:
        logger.setLevel(level)
    _name_dimensions(model.graph, served.shapes())
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _name_dimensions(graph, shapes: dict[str, tuple[int | None, ...]]) -> None:
    """Writes the known sizes into the inputs and outputs; the first is `batch`."""
    for value in (*graph.input, *graph.output):
        dims = value.type.tensor_type.shape.dim
        if value.name not in shapes or len(dims) != len(shapes[value.name]):
            raise ValueError(f"got {value.name!r} of {len(dims)} axes; expected one of {shapes}")
        for dim, size in zip(dims, shapes[value.name], strict=True):
            dim.Clear()
            if size is None:
                dim.dim_param = "batch"
            else:
                dim.dim_value = size


def open_file(path: str, *, threads: int | None = None) -> Runner:
    """Loads what `write` wrote, on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))
