"""Fixtures shared by all tests."""

import importlib.util
import os
import pathlib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def sample_data() -> pathlib.Path:
    """Folder of real meshes and photos beside the checkout; the test skips where it is absent."""
    folder = os.environ.get("KEYPOINTNET_SAMPLE_DATA") or REPOSITORY.parent / "shared" / "data"
    if not pathlib.Path(folder).is_dir():
        pytest.skip(f"sample data folder {folder} is absent")
    return pathlib.Path(folder)


@pytest.fixture(scope="session")
def blender() -> None:
    """Skips where Blender's package bpy cannot be loaded, as a child process finds."""
    from keypointnet_tf.rendering.scenes import blender_problem

    problem = blender_problem()
    if problem:
        pytest.skip(f"Blender cannot be loaded: {problem}")


@pytest.fixture(scope="session")
def gradient_of():
    """`gradient_of(function, x)`: derivative of `sum(function(x))` as NumPy, on any backend."""
    import keras
    import numpy as np

    def gradient(function, x):
        x = keras.ops.convert_to_tensor(x, "float32")
        if keras.backend.backend() == "jax":
            import jax

            return np.asarray(jax.grad(lambda value: function(value).sum())(x))
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x).numpy()

    return gradient


@pytest.fixture(scope="session")
def tab(tmp_path_factory):
    """A browser's tab; the test skips where no Chromium is installed."""
    path = pathlib.Path(__file__).with_name("chromium.py")
    spec = importlib.util.spec_from_file_location("chromium", path)
    chromium = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(chromium)
    if chromium.find() is None:
        pytest.skip("no Chromium is installed (looked for " + ", ".join(chromium.NAMES) + ")")
    page = chromium.Page(tmp_path_factory.mktemp("browser"))
    yield page
    page.close()
