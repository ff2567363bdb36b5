"""The formats: the file that each one is, the packages it needs, who writes it and runs it."""

from __future__ import annotations

import importlib
import os
import pathlib

import numpy as np

from keypointnet_tf.discovery.exporting import litert, onnx, saved_model
from keypointnet_tf.discovery.exporting.config import LITERT, LITERT_INT8, ONNX, SAVED_MODEL
from keypointnet_tf.discovery.exporting.served import Runner, Served

# Name of each format's file, and the packages that write and run it.
FILES = {
    SAVED_MODEL: "saved_model",
    LITERT: "model.tflite",
    LITERT_INT8: "model_int8.tflite",
    ONNX: "model.onnx",
}
PACKAGES = {
    SAVED_MODEL: ("tensorflow",),
    LITERT: ("tensorflow", "ai_edge_litert"),
    LITERT_INT8: ("tensorflow", "ai_edge_litert"),
    ONNX: ("tensorflow", "onnx", "onnxruntime", "tf2onnx"),
}


def missing_packages(kind: str) -> list[str]:
    """Which packages of a format cannot be imported."""
    missing = []
    for name in PACKAGES[kind]:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    return missing


def write(served: Served, kind: str, path: pathlib.Path, *, images: np.ndarray, batch: int) -> None:
    """Writes one format.

    Args:
      served: what is written.
      kind: a key of `FILES`.
      path: file, or folder of a SavedModel.
      images: float32 `[B, S, S, 3]` from which int8 takes the ranges of its numbers.
      batch: B of LiteRT files, which is fixed; the other formats take any.

    Raises:
      ValueError: the converter cannot write it.
    """
    writers = {
        SAVED_MODEL: lambda: saved_model.write(served, path, batch=None),
        LITERT: lambda: litert.write(served, path, batch=batch),
        LITERT_INT8: lambda: litert.write(served, path, batch=batch, images=images),
        ONNX: lambda: onnx.write(served, path),
    }
    try:
        writers[kind]()
    except Exception as error:  # Converters raise errors of their own, pages long.
        reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else repr(error)
        raise ValueError(f"{kind} cannot be written ({type(error).__name__}: {reason})") from error


def open_runner(kind: str, path: str | os.PathLike, *, threads: int | None = None) -> Runner:
    """Loads an exported file as a function of the inputs by name, with any B.

    Args:
      kind: a key of `FILES`.
      path: file, or folder of a SavedModel.
      threads: of LiteRT and ONNX Runtime; None leaves it to them.
    """
    opener = {SAVED_MODEL: saved_model, ONNX: onnx}.get(kind, litert)
    return opener.open_file(os.fspath(path), threads=threads)
