"""The tests of geometry and discovery hold on JAX too, with TensorFlow absent."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
FOLDERS = ("tests/geometry", "tests/discovery")
# Reasons for which a test may be skipped there, and no other.
EXPECTED_SKIPS = ("tensorflow_graphics", "'tensorflow'", "exports need the TensorFlow backend")
LIMIT_SECONDS = 900

pytestmark = [
    pytest.mark.skipif(os.environ.get("KERAS_BACKEND") == "jax", reason="this is the JAX process"),
    pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="JAX is not installed"),
    pytest.mark.timeout(LIMIT_SECONDS + 60),
]


def environment():
    """KERAS_BACKEND=jax, with the plugin that hides TensorFlow on the path.

    Nearly all the time goes into compiling for the processor, so that is done without optimising.
    """
    path = [str(TESTS / "plugins"), os.environ.get("PYTHONPATH", "")]
    flags = [os.environ.get("XLA_FLAGS", ""), "--xla_backend_optimization_level=0"]
    return {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "XLA_FLAGS": " ".join(filter(None, flags)),
    }


def python(*arguments, limit=120):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=TESTS.parent,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=limit,
    )


def test_the_plugin_hides_tensorflow():
    script = "import without_tensorflow, keras; print(keras.backend.backend())\nimport tensorflow"
    done = python("-c", script)
    assert done.stdout.strip() == "jax"
    assert "ModuleNotFoundError: No module named 'tensorflow'" in done.stderr


def test_geometry_and_discovery_on_jax():
    done = python(
        "-m",
        "pytest",
        "-p",
        "without_tensorflow",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rs",
        "-m",
        "not slow",
        *FOLDERS,
        limit=LIMIT_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed and int(passed[1]) > 100, done.stdout[-2000:]
    skipped = re.findall(r"^SKIPPED \[\d+\] (.*)$", done.stdout, re.MULTILINE)
    unexpected = [line for line in skipped if not any(name in line for name in EXPECTED_SKIPS)]
    assert unexpected == []
