"""The single-image predictor for other runtimes: SavedModel, LiteRT and ONNX.

All take `image`, float32 `[B, S, S, 3]` in [0, 1] over black, with the focal length of the training
data folded in, and give what `Prediction` holds but the heatmaps. Each is run on pictures after it
is written, and must agree with Keras to 1e-4. Exporting needs TensorFlow's backend; ONNX also
tf2onnx, running them LiteRT's interpreter or onnxruntime (extra `[export]`).
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.discovery.folding import folded
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.predictor import Predictor, prediction_function
from keypointnet_tf.discovery.run_folder import write_json

TOLERANCE = 1e-4
CHECKED_IMAGES = 4
OUTPUTS = {
    "uv": "[B, K, 2] NDC, u right, v up",
    "depth": "[B, K] camera-frame z, negative, object units",
    "xyz_camera": "[B, K, 3] camera frame, object units",
    "confidence": "[B, K] in (0, 1]",
    "orient_uv": "[B, 2, 2] NDC of the object's +x and -x axis points",
    "faces_right": "[B] float, 1 where the object faces right",
    "faces_confidence": "[B] in [0.5, 1]",
}
Outputs = dict[str, np.ndarray]
Runner = Callable[[np.ndarray], Outputs]


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model written for another runtime.

    Attributes:
      format: of `FORMATS`.
      path: the file, or of a SavedModel the folder.
      deviation: largest difference of any output from Keras' on the checked pictures.
      bytes: its size.
    """

    format: str
    path: pathlib.Path
    deviation: float
    bytes: int


def export(
    model: PairModel,
    out_dir: str | os.PathLike,
    *,
    formats: tuple[str, ...] = ("saved_model", "litert", "onnx"),
    averaging: str = "none",
    images: np.ndarray | None = None,
) -> list[Exported]:
    """Writes a model for other runtimes, runs each file and compares it with Keras.

    Weights become float32 and batch normalisation is folded into the convolutions, whatever the
    precision of the training. `export.json` tells inputs, outputs and camera.

    Args:
      model: a trained model.
      out_dir: folder of the files; existing ones are replaced when the new ones are complete.
      formats: of `FORMATS`.
      averaging: see `Predictor`; "none" is the fastest.
      images: float32 `[N, S, S, 3]` to compare on; None for dots on black.

    Raises:
      ValueError: a format is unknown, a library is missing, the backend is not TensorFlow, or a
        file disagrees with Keras.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ValueError(f"formats are {formats}; expected some of {', '.join(FORMATS)}")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"backend is {keras.backend.backend()}; exporting expects tensorflow")
    out = pathlib.Path(out_dir)
    out.mkdir(parents=True, exist_ok=True)
    function = single_image_function(model, averaging)
    size = model.train_config.model.size
    images = dots(size) if images is None else images
    expected = Predictor(float32_model(model), averaging=averaging)(images)
    results = []
    for name in formats:
        path = out / FORMATS[name].file
        FORMATS[name].write(function, size, path)
        found = FORMATS[name].runner(path)(images)
        results.append(Exported(name, path, deviation(found, expected, path), _bytes(path)))
    write_json(out / "export.json", description(model, averaging, results))
    return results


def float32_model(model: PairModel) -> PairModel:
    """The same model computing in float32."""
    config = dataclasses.replace(model.train_config, precision="float32")
    exact = PairModel(config, info=model.info)
    exact.set_weights(model.get_weights())
    return exact


def single_image_function(model: PairModel, averaging: str) -> keras.Model:
    """`image` to the outputs of `OUTPUTS`, float32, folded, with the training's focal length."""
    networks = _Networks(
        folded(model.orient_net),
        folded(model.keypoint_net),
        model.template,
        model.train_config,
        model.info,
    )
    function = prediction_function(networks, averaging)
    size = model.train_config.model.size
    image = keras.Input((size, size, 3), name="image")
    focal = ops.ones_like(image[:, 0, 0, 0]) * Predictor(model).focal
    outputs = function({"image": image, "focal": focal})
    return keras.Model(image, {name: outputs[name] for name in OUTPUTS})


@dataclasses.dataclass(frozen=True, eq=False)
class _Networks:
    """What `prediction_function` takes of a model."""

    orient_net: keras.Model
    keypoint_net: keras.Model
    template: object
    train_config: object
    info: dict


def deviation(found: Outputs, expected, path: pathlib.Path) -> float:
    """Largest difference of any output.

    Raises:
      ValueError: it is above `TOLERANCE`; names file and output.
    """
    worst = 0.0
    for name in OUTPUTS:
        difference = np.abs(found[name].astype(float) - getattr(expected, name).astype(float)).max()
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{path}: output {name} differs from Keras by {difference:.2g}; expected at most "
                f"{TOLERANCE:g}"
            )
        worst = max(worst, float(difference))
    return worst


def description(model: PairModel, averaging: str, results: list[Exported]) -> dict:
    """Plain JSON values for whoever runs the files."""
    size = model.train_config.model.size
    return {
        "category": model.info.get("category", ""),
        "input": {"image": f"float32 [B, {size}, {size}, 3] in [0, 1] over black"},
        "outputs": OUTPUTS,
        "keypoints": model.train_config.model.num_keypoints,
        "averaging": averaging,
        "virtual_camera": Predictor(model).virtual_camera,
        "object_share": model.info.get("object_share"),
        "canonical": model.info.get("canonical"),
        "files": [
            {
                "format": result.format,
                "file": result.path.name,
                "bytes": result.bytes,
                "deviation": result.deviation,
            }
            for result in results
        ],
    }


def dots(size: int) -> np.ndarray:
    """float32 `[CHECKED_IMAGES, S, S, 3]` soft coloured dots on black, for checking."""
    rng = np.random.default_rng(0)
    place = (np.arange(size) + 0.5) / size * 2 - 1
    images = np.zeros((CHECKED_IMAGES, size, size, 3), np.float32)
    for image in images:
        for _ in range(6):
            x, y = rng.uniform(-0.6, 0.6, 2)
            square = (place - x) ** 2 + (place[:, None] - y) ** 2
            image += np.exp(-square / 0.02)[..., None] * rng.random(3)
    return np.clip(images, 0, 1)


# === Formats ===


def write_saved_model(function: keras.Model, size: int, path: pathlib.Path) -> None:
    """A SavedModel with the endpoint `serve`, any batch size."""
    temporary = path.with_name(f"tmp-{os.getpid()}-{path.name}")
    _archive(function, [None, size, size, 3], temporary)
    shutil.rmtree(path, ignore_errors=True)
    os.replace(temporary, path)


def _archive(function: keras.Model, shape: list[int | None], folder: pathlib.Path) -> None:
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(function)
    signature = tf.TensorSpec(shape, tf.float32, name="image")
    archive.add_endpoint("serve", lambda image: function(image, training=False), [signature])
    archive.write_out(folder, verbose=False)


def run_saved_model(path: pathlib.Path) -> Runner:
    """Runs a SavedModel with TensorFlow."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return lambda images: {name: value.numpy() for name, value in loaded.serve(images).items()}


def write_litert(function: keras.Model, size: int, path: pathlib.Path) -> None:
    """A LiteRT (TensorFlow Lite) flatbuffer for one image at a time."""
    import tensorflow as tf

    # By way of a SavedModel: converted from a function, variables stay variables, and are NaN.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="tmp-") as folder:
        _archive(function, [1, size, size, 3], pathlib.Path(folder) / "one")
        converter = tf.lite.TFLiteConverter.from_saved_model(f"{folder}/one")
        write_atomic(path, converter.convert())


def run_litert(path: pathlib.Path) -> Runner:
    """Runs a LiteRT file on one core, image by image."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ValueError(f"{path}: running it needs ai-edge-litert ({error})") from error
    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    runner = interpreter.get_signature_runner()

    def run(images: np.ndarray) -> Outputs:
        found = [runner(image=image[None]) for image in images]
        return {name: np.concatenate([one[name] for one in found]) for name in OUTPUTS}

    return run


def write_onnx(function: keras.Model, size: int, path: pathlib.Path) -> None:
    """An ONNX file, opset 18, any batch size."""
    try:
        import tf2onnx
    except ImportError as error:
        raise ValueError(f"{path}: writing it needs tf2onnx ({error})") from error
    import tensorflow as tf

    signature = (tf.TensorSpec([None, size, size, 3], tf.float32, name="image"),)
    serve = tf.function(lambda image: function(image, training=False), input_signature=signature)
    graph, _ = tf2onnx.convert.from_function(serve, input_signature=signature, opset=18)
    write_atomic(path, graph.SerializeToString())


def run_onnx(path: pathlib.Path) -> Runner:
    """Runs an ONNX file with onnxruntime on one core."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ValueError(f"{path}: running it needs onnxruntime ({error})") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options)
    names = [output.name for output in session.get_outputs()]
    return lambda images: dict(zip(names, session.run(None, {"image": images}), strict=True))


@dataclasses.dataclass(frozen=True)
class Format:
    """How a format is written and run."""

    file: str
    write: Callable[[keras.Model, int, pathlib.Path], None]
    runner: Callable[[pathlib.Path], Runner]


FORMATS = {
    "saved_model": Format("saved_model", write_saved_model, run_saved_model),
    "litert": Format("model.tflite", write_litert, run_litert),
    "onnx": Format("model.onnx", write_onnx, run_onnx),
}


def _bytes(path: pathlib.Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)
