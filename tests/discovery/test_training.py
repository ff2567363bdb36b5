"""Trainings that are stopped go on where they were and end as if they had not been stopped."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery import training
from keypointnet_tf.discovery.config import OptimizerConfig
from keypointnet_tf.discovery.logs import ProgressBar, TrainingDiverged, read_log
from keypointnet_tf.discovery.pair_model import PairModel


def numbers(variables):
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def assert_same_model(found, expected, tolerance=1e-5):
    """Weights, moving averages, step, noise, and the optimiser's state."""
    for part in ("weights", "optimizer.variables"):
        pairs = [numbers(value_at(model, part)) for model in (found, expected)]
        for a, b in zip(*pairs, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
    seeds = [np.array(model.noise_seeds.state) for model in (found, expected)]
    np.testing.assert_array_equal(*seeds)


def value_at(model, path):
    for name in path.split("."):
        model = getattr(model, name)
    return model


def interrupt_at_batch(monkeypatch, count):
    """Ctrl-C at the end of the given batch of the training to come."""
    calls = []

    def stop(self, batch, logs=None):
        calls.append(batch)
        if len(calls) == count:
            raise KeyboardInterrupt

    monkeypatch.setattr(ProgressBar, "on_train_batch_end", stop)


def interrupt_save_of(monkeypatch, name):
    """Ctrl-C when the backup of this name is complete but not yet renamed."""
    replace = os.replace

    def stop(source, target):
        if pathlib.Path(target).name == name:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr("os.replace", stop)


@pytest.fixture(scope="module")
def stopped_twice(tiny, finished_run, tmp_path_factory):
    """The run of `finished_run`, stopped in the middle of an epoch and while it was saved."""
    _, _, settings = finished_run
    folder = tmp_path_factory.mktemp("runs") / "stopped"
    tiny.set_seed()
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at_batch(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            training.train(settings, tiny.data(settings), folder)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_save_of(patch, "step-00000006")
        with pytest.raises(KeyboardInterrupt):
            training.train(settings, tiny.data(settings), folder)
    return folder, training.train(settings, tiny.data(settings), folder)


def test_result_of_a_whole_training(finished_run):
    folder, result, settings = finished_run
    assert (result.steps_done, result.steps_now) == (7, 7)
    assert int(result.model.step) == 7 and int(result.model.optimizer.iterations) == 7
    errors = [row["val_angular_error_deg"] for row in read_log(folder / "log.csv")]
    assert result.best == pytest.approx(min(errors))
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "log.csv",
        "tensorboard",
        "backup",
        "best.keras",
        "last.keras",
    }
    assert [path.name for path in (folder / "backup").iterdir()] == ["step-00000007"]


def test_a_stopped_training_ends_as_one_that_was_not(stopped_twice, finished_run):
    _, result = stopped_twice
    _, whole, _ = finished_run
    assert (result.steps_done, result.steps_now) == (7, 3)
    assert result.best == pytest.approx(whole.best, rel=1e-4)
    assert_same_model(result.model, whole.model)


def test_a_stopped_training_logs_each_step_once(stopped_twice, finished_run):
    rows, expected = (
        read_log(folder / "log.csv") for folder in (stopped_twice[0], finished_run[0])
    )
    assert [row["step"] for row in rows] == [2, 4, 6, 7]
    for found, row in zip(rows, expected, strict=True):
        assert found.keys() == row.keys()
        np.testing.assert_allclose(list(found.values()), list(row.values()), rtol=1e-3, atol=1e-5)


def test_a_stopped_training_leaves_nothing_behind(stopped_twice):
    folder, _ = stopped_twice
    assert [path.name for path in (folder / "backup").iterdir()] == ["step-00000007"]
    assert not list(folder.glob("*tmp*")) + list(folder.glob(".*tmp*"))


def test_a_finished_training_does_nothing(tiny, finished_run):
    folder, whole, settings = finished_run
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = training.train(settings, tiny.data(settings), folder)
    assert (again.steps_done, again.steps_now) == (7, 0)
    assert again.best == pytest.approx(whole.best)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"batch_size": 3}, "config.batch_size is 3, the run's is 2"),
        ({"steps": 9}, "holds a run of config.steps 7; got 9.*start a new run"),
    ],
)
def test_a_folder_of_another_run_is_refused(tiny, finished_run, changes, message):
    folder, _, settings = finished_run
    other = dataclasses.replace(settings, **changes)
    with pytest.raises(ValueError, match=message):
        training.train(other, tiny.data(other), folder)


def test_nothing_is_saved_after_nan(tiny, tmp_path):
    settings = tiny.config(steps=2)
    damaged = tiny.pairs(7)
    damaged.focal[:, 0] = np.nan
    data = dataclasses.replace(tiny.data(settings), batches=tiny.in_memory(damaged, settings))
    with pytest.raises(TrainingDiverged, match="consistency"):
        training.train(settings, data, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"config.json", "tensorboard"}


# === Parts ===


def rate_at(optimizer, step):
    optimizer.iterations.assign(step)
    return float(optimizer.learning_rate)


def test_learning_rate_rises_and_decays():
    config = OptimizerConfig(learning_rate=1e-3, final_learning_rate=1e-5, warmup=0.1, clip_norm=5)
    optimizer = training.adam(config, steps=1000)
    assert optimizer.global_clipnorm == 5
    found = {step: rate_at(optimizer, step) for step in (0, 50, 100, 550, 1000, 1200)}
    assert found[0] == 0 and found[50] == pytest.approx(5e-4, rel=1e-4)
    assert found[100] == pytest.approx(1e-3, rel=1e-4)
    assert found[550] == pytest.approx((1e-3 + 1e-5) / 2, rel=1e-3)
    assert found[1000] == found[1200] == pytest.approx(1e-5, rel=1e-3)


def test_learning_rate_may_be_constant():
    config = OptimizerConfig(learning_rate=2e-4, final_learning_rate=2e-4, warmup=0.0)
    optimizer = training.adam(config, steps=1000)
    assert rate_at(optimizer, 0) == rate_at(optimizer, 999) == pytest.approx(2e-4)


def test_orient_net_of_another_run(tiny, finished_run):
    folder, _, settings = finished_run
    source = keras.saving.load_model(folder / "best.keras", compile=False)
    model = training.new_model(settings, {}, orient_weights=folder)
    taken, given = (numbers(m.orient_net.weights) for m in (model, source))
    for a, b in zip(taken, given, strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(model.step) == 0
    wider = PairModel(tiny.config(model=tiny.model_config(orient_filters=5)))
    with pytest.raises(ValueError, match="OrientNet is .*'filters': 4.*expected .*'filters': 5"):
        training.copy_weights(folder / "best.keras", wider, "orient_net")
    with pytest.raises(ValueError, match="absent.*no model"):
        training.copy_weights(folder / "absent.keras", wider, "orient_net")


# === A real kill ===


def start(folder, steps):
    script = pathlib.Path(__file__).with_name("tiny_run.py")
    command = [sys.executable, str(script), str(folder), str(steps)]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)


def kill_after_rows(process, folder, rows, timeout=240):
    """SIGKILL as soon as the log has so many rows."""
    end = time.monotonic() + timeout
    while len(read_log(folder / "log.csv")) < rows:
        assert process.poll() is None and time.monotonic() < end, "the training did not get there"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_a_killed_process_goes_on(tiny, tmp_path):
    """Killed without warning around a save, twice; the third process ends like a whole run."""
    steps = 40
    settings, folder = tiny.config(steps=steps), tmp_path / "killed"
    for rows in (2, 6):
        kill_after_rows(start(folder, steps), folder, rows)
    process = start(folder, steps)
    assert process.wait(240) == 0
    assert [row["step"] for row in read_log(folder / "log.csv")] == list(range(2, steps + 1, 2))
    tiny.set_seed()
    whole = training.train(settings, tiny.data(settings), tmp_path / "whole")
    killed = training.train(settings, tiny.data(settings), folder)
    assert killed.steps_now == 0
    assert_same_model(killed.model, whole.model, tolerance=1e-3)


def test_finished_steps_are_known_without_data(tiny, finished_run, tmp_path):
    folder, _, settings = finished_run
    assert training.finished_steps(settings, folder) == settings.steps
    other = dataclasses.replace(settings, seed=settings.seed + 1)
    assert training.finished_steps(other, folder) is None
    assert training.finished_steps(settings, tmp_path) is None


def test_keypoints_alone_want_a_trained_orient_net(tiny, tmp_path):
    settings = tiny.config(train="keypoints")
    with pytest.raises(ValueError, match="expected orient_weights"):
        training.train(settings, tiny.data(settings), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_refused_call_does_not_claim_the_folder(tiny, tmp_path):
    bad = tiny.config(model=tiny.model_config(num_keypoints=2))
    with pytest.raises(ValueError, match="num_keypoints is 2"):
        training.train(bad, tiny.data(tiny.config()), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_orient_net_of_other_dilations_is_refused(tiny, finished_run):
    other = training.new_model(tiny.config(model=tiny.model_config(dilations=(2, 1))), {})
    with pytest.raises(ValueError, match="OrientNet is .*dilations"):
        training.copy_weights(finished_run[0], other, "orient_net")
