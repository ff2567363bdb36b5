"""Training on several devices, and in several processes, is training on one with the same batch.

Every training is a process of its own, since the number of logical processors is settled before
the backend starts.
"""

import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = pathlib.Path(__file__).with_name("distributed_run.py")
LIMIT_SECONDS = 500
STEPS = 4

pytestmark = pytest.mark.timeout(4 * LIMIT_SECONDS)
jax_only = pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="JAX is not installed")
tensorflow_only = pytest.mark.skipif(
    not importlib.util.find_spec("tensorflow"), reason="TensorFlow is not installed"
)


def start(folder, kind, devices, *options, backend, steps=STEPS, **environment):
    """The process of a training."""
    command = [sys.executable, str(SCRIPT), str(folder), kind, str(devices), str(steps), *options]
    paths = [str(SCRIPT.parents[1]), os.environ.get("PYTHONPATH", "")]
    variables = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen(
        command,
        env={**variables, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process, code=0):
    """What a training printed."""
    try:
        output, errors = process.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == code, errors[-4000:]
    return json.loads(output.splitlines()[-1])


def start_two(folder, *options, first=(), second=(), steps=STEPS):
    """Two processes of two devices each, on loopback; the folder's writer first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    return [
        start(
            folder,
            "data_parallel",
            2,
            *options,
            *more,
            backend="jax",
            steps=steps,
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(number),
        )
        for number, more in enumerate((first, second))
    ]


def assert_same(found, expected):
    """Losses of every epoch, of training and validation, all weights, averages and moments.

    Adam's moments are made of the gradients; its steps alone would not tell their scale.
    """
    assert found["steps"] == expected["steps"] == STEPS
    assert len(found["losses"]) == len(expected["losses"]) == 2
    for row, other in zip(found["losses"], expected["losses"], strict=True):
        assert row.keys() == other.keys() and {"loss", "val_loss", "pose"} <= row.keys()
        for name, value in other.items():
            assert row[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name
    assert len(found["weights"]) == len(expected["weights"])
    for (name, value), other in zip(
        expected["weights"].items(), found["weights"].values(), strict=True
    ):
        # The bias of heatmap logits changes no softmax, so that its gradient is rounding.
        assert other == pytest.approx(value, rel=1e-2, abs=1e-3), name


@pytest.fixture(scope="module")
def on_one(tmp_path_factory):
    """`on_one(backend)`: the training on one device."""
    done = {}

    def run(backend):
        if backend not in done:
            folder = tmp_path_factory.mktemp(backend) / "run"
            done[backend] = result(start(folder, "none", 1, backend=backend))
        return done[backend]

    return run


@tensorflow_only
def test_two_tensorflow_replicas(on_one, tmp_path):
    found = result(start(tmp_path / "run", "mirrored", 2, backend="tensorflow"))
    assert_same(found, on_one("tensorflow"))


@tensorflow_only
def test_two_tensorflow_replicas_draw_noise(tmp_path):
    found = result(start(tmp_path / "run", "mirrored", 2, "--noise", backend="tensorflow"))
    assert found["steps"] == STEPS and np.isfinite(found["losses"][-1]["loss"])


@jax_only
def test_four_jax_devices(on_one, tmp_path):
    found = result(start(tmp_path / "run", "data_parallel", 4, backend="jax"))
    assert_same(found, on_one("jax"))


@jax_only
def test_two_jax_processes_on_loopback(on_one, tmp_path):
    """Both have the same result; the first alone writes."""
    folder = tmp_path / "run"
    one, two = start_two(folder)
    found, other = result(one), result(two)
    assert_same(found, on_one("jax"))
    assert other["weights"] == pytest.approx(found["weights"], rel=1e-5)
    assert {path.name for path in folder.iterdir()} == {
        *("config.json", "log.csv", "tensorboard", "backup", "best.keras", "last.keras")
    }


@jax_only
def test_a_process_that_dies_ends_the_job_which_then_goes_on(on_one, tmp_path):
    """The second is killed in the second epoch: the first ends, with the first epoch saved."""
    folder = tmp_path / "run"
    survivor, dying = start_two(folder, second=["--die_at=1"])
    assert dying.wait(LIMIT_SECONDS) != 0
    survivor.communicate(timeout=LIMIT_SECONDS)
    assert survivor.returncode not in (0, None)
    assert [path.name for path in (folder / "backup").iterdir()] in ([], ["step-00000002"])
    one, two = start_two(folder)
    found = result(one)
    result(two)
    assert_same(found, on_one("jax"))


@pytest.mark.parametrize(
    "kind, message",
    [("mirrored", "KERAS_BACKEND=tensorflow"), ("data_parallel", "KERAS_BACKEND=jax")],
)
def test_an_engine_of_another_backend_is_refused(kind, message):
    keras = pytest.importorskip("keras")
    from keypointnet_tf.discovery.distribution import distributed

    if keras.backend.backend() in message:
        pytest.skip(f"{kind} runs on this backend")
    with pytest.raises(ValueError, match=message), distributed(kind):
        pass


def test_unknown_engines_and_batches_that_do_not_divide_are_refused():
    pytest.importorskip("keras")
    from keypointnet_tf.discovery.config import TrainConfig
    from keypointnet_tf.discovery.distribution import Devices, distributed

    with pytest.raises(ValueError, match="distribute is 'many'"), distributed("many"):
        pass
    with pytest.raises(ValueError, match="batch_size / accumulate is 6; .*multiple of the 4"):
        Devices(4).check(TrainConfig(batch_size=12, accumulate=2))
    with pytest.raises(ValueError, match="validation_pairs is 10"):
        Devices(4).check(TrainConfig(validation_pairs=10))
    with pytest.raises(ValueError, match="accumulate is 2; .* data_parallel on JAX"):
        Devices(2, accumulates=False).check(TrainConfig(accumulate=2))
    Devices(4).check(TrainConfig(accumulate=2))
