"""SavedModel: a folder for TensorFlow and TensorFlow Serving."""

from __future__ import annotations

import os
import pathlib

import keras

from keypointnet_tf.discovery.exporting.served import Arrays, Runner, Served, signature


def write(served: Served, path: pathlib.Path, *, batch: int | None) -> None:
    """Writes the folder; B is any number where `batch` is None."""
    serve, specs = signature(served, batch)
    archive = keras.export.ExportArchive()
    archive.track(served.predict)
    archive.add_endpoint("serve", serve, input_signature=specs)
    archive.write_out(os.fspath(path), verbose=False)


def open_file(path: str, *, threads: int | None = None) -> Runner:
    """Loads what `write` wrote; TensorFlow's own settings decide about threads."""
    import tensorflow as tf

    # Kept by the function: the variables die with the loaded object.
    loaded = tf.saved_model.load(path)
    serve = loaded.signatures["serving_default"]

    def run(inputs: Arrays) -> Arrays:
        found = serve(**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in found.items()}

    run.loaded = loaded
    return run
