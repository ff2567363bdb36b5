"""A trained model as files for other runtimes: SavedModel, LiteRT, ONNX.

Each file holds the whole way from image to 3D keypoints, the left/right decision included, in
float32 with batch normalisation folded into the convolutions, and is run and compared with Keras
before it gets its name. `export.json` beside them tells what goes in and what comes out.
Letters: B images, K keypoints, S pixels of a side.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
from collections.abc import Iterator

import keras
import numpy as np

from keypointnet_tf.discovery.exporting import formats
from keypointnet_tf.discovery.exporting.checks import check, check_images, deviations
from keypointnet_tf.discovery.exporting.config import LITERT_INT8, ExportConfig
from keypointnet_tf.discovery.exporting.description import OUTPUTS, describe
from keypointnet_tf.discovery.exporting.formats import Served
from keypointnet_tf.discovery.exporting.networks import InferenceModel
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.prediction import prediction_function
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.run_folder import write_json

DESCRIPTION = "export.json"
TOLERANCE = 1e-4


def export_model(
    model: PairModel,
    out: str | os.PathLike,
    config: ExportConfig | None = None,
    *,
    images: np.ndarray | None = None,
    source: str = "",
) -> dict:
    """Writes the files and `export.json`, all of them or none.

    Args:
      model: a trained model.
      out: folder; files of the same names in it are replaced.
      config: what is exported; None: the defaults.
      images: float32 `[N, S, S, 3]` in [0, 1] over black, on which files are compared with Keras
        and int8 is calibrated; None renders some of the model's category.
      source: where the model came from, for `export.json`.

    Returns:
      What `export.json` holds.

    Raises:
      ValueError: a package is missing, the backend is not TensorFlow, images are needed or have
        another shape, a converter fails, or a file deviates from Keras by more than `TOLERANCE`;
        nothing is written then.
    """
    config = config or ExportConfig()
    _check_request(model, config, images)
    images = check_images(model) if images is None else np.asarray(images, np.float32)
    predictor = Predictor(model, averaging=config.averaging)
    reference, folded = (
        prediction_function(InferenceModel.of(model, fold=fold), config.averaging)
        for fold in (False, True)
    )
    served = _served(folded, predictor, config)
    inputs = {"image": images, "focal": np.full(len(images), served.focal, np.float32)}
    truth = _kept(reference, served, inputs)
    report = describe(predictor, served, tolerance=TOLERANCE)
    report |= {"model": source, "checked_images": len(images), "litert_batch": config.litert_batch}
    report["batch_norm_folding"] = {"deviation": deviations(_kept(folded, served, inputs), truth)}
    report["trained_precision"] = {
        "policy": model.keypoint_net.config["dtype"],
        "deviation": _of_trained(predictor, images, truth),
    }
    inputs = {name: inputs[name] for name in served.inputs}
    with _staged(pathlib.Path(out)) as folder:
        report["files"] = {
            kind: _write_checked(served, kind, folder, inputs, truth, config)
            for kind in config.kinds
        }
        write_json(folder / DESCRIPTION, report)
    return report


def _check_request(model: PairModel, config: ExportConfig, images: np.ndarray | None) -> None:
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"the backend is {keras.backend.backend()}; exports need KERAS_BACKEND=tensorflow"
        )
    missing = {name for kind in config.kinds for name in formats.missing_packages(kind)}
    if missing:
        raise ValueError(
            f"{', '.join(sorted(missing))} cannot be imported; these formats need "
            "pip install 'keypointnet-tf[export]'"
        )
    if config.int8 and images is None:
        raise ValueError("int8 is asked for; expected images like those it will be used on")
    size = model.train_config.model.size
    if images is not None and (images.ndim != 4 or images.shape[1:] != (size, size, 3)):
        raise ValueError(f"images have shape {images.shape}; expected [N, {size}, {size}, 3]")


def _served(function: keras.Model, predictor: Predictor, config: ExportConfig) -> Served:
    wanted = (name for name in OUTPUTS if config.heatmap or name != "heatmap")
    outputs = tuple(name for name in wanted if name in function.output)
    return Served(function, predictor.size, predictor.focal, config.focal_input, outputs)


def _kept(function: keras.Model, served: Served, inputs: dict) -> dict[str, np.ndarray]:
    """The outputs of a Keras function that are exported, the bit as bool."""
    found = function.predict(inputs, batch_size=16, verbose=0)
    found = {name: np.asarray(found[name]) for name in served.outputs}
    return found | {"faces_right": found["faces_right"] > 0.5}


def _of_trained(predictor: Predictor, images: np.ndarray, truth: dict) -> dict:
    """Deviations from float32 of the model as it was trained, in bfloat16 say."""
    found = predictor(images, heatmap="heatmap" in truth)
    return deviations({name: getattr(found, name) for name in truth}, truth)


def _write_checked(
    served: Served,
    kind: str,
    folder: pathlib.Path,
    inputs: dict,
    truth: dict,
    config: ExportConfig,
) -> dict:
    """Writes a file, runs it, and tells about it; 8-bit files may deviate."""
    path = folder / formats.FILES[kind]
    formats.write(served, kind, path, images=inputs["image"], batch=config.litert_batch)
    found = formats.open_runner(kind, path)(inputs)
    try:
        if set(found) != set(truth):
            raise ValueError(f"outputs are {sorted(found)}; expected {sorted(truth)}")
        compared = deviations if kind == LITERT_INT8 else _within_tolerance
        deviation = compared(found, truth)
    except ValueError as error:
        raise ValueError(f"{kind} differs from Keras: {error}") from error
    return {"file": path.name, "bytes": size_of(path), "deviation": deviation}


def _within_tolerance(found: dict, truth: dict) -> dict:
    return check(found, truth, tolerance=TOLERANCE)


def size_of(path: pathlib.Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


@contextlib.contextmanager
def _staged(out: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder beside `out` whose entries move into it when the block ends without an error."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; expected a folder for the exports")
    out.parent.mkdir(parents=True, exist_ok=True)
    stage = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    try:
        yield stage
        out.mkdir(exist_ok=True)
        # The description last: where it is, so are the files that it names.
        for path in sorted(stage.iterdir(), key=lambda path: path.name == DESCRIPTION):
            _replace(path, out / path.name)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _replace(path: pathlib.Path, target: pathlib.Path) -> None:
    """Renames; a folder cannot take the name of one that holds something, which moves first."""
    if target.is_dir():
        os.replace(target, path.with_name(f"old-{target.name}"))
    os.replace(path, target)
