"""Backups that are complete or absent, and the best model."""

import json
import math
import os

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery.checkpoints import (
    Checkpoints,
    load_model,
    restore_backup,
    save_backup,
    save_model,
)
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.run_folder import RunFolder


@pytest.fixture(scope="module")
def model(tiny):
    model = PairModel(tiny.config(steps=10))
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture
def no_replace(monkeypatch):
    """Every rename fails, as on a full disk or a kill just before it."""

    def fail(*_):
        raise OSError("disk is full")

    return lambda: monkeypatch.setattr("os.replace", fail)


def weights_of(model):
    return [np.array(w) for w in model.get_weights()]


def assert_same_weights(model, other):
    for found, expected in zip(weights_of(model), weights_of(other), strict=True):
        np.testing.assert_array_equal(found, expected)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_backup_and_back(model, tmp_path):
    model.step.assign(4)
    model.optimizer.iterations.assign(4)
    model.noise_seeds.next()
    moment = model.optimizer.variables[2]
    moment.assign(np.full(moment.shape, 0.25, np.float32))
    save_backup(model, tmp_path, best=12.5)
    restored, best = restore_backup(tmp_path)
    assert best == 12.5 and int(restored.step) == 4
    assert_same_weights(restored, model)
    assert int(restored.optimizer.iterations) == 4
    np.testing.assert_array_equal(np.array(restored.optimizer.variables[2]), np.array(moment))
    np.testing.assert_array_equal(
        np.array(restored.noise_seeds.state), np.array(model.noise_seeds.state)
    )


def test_only_the_newest_backup_is_kept(model, tmp_path):
    for step in (2, 4):
        model.step.assign(step)
        save_backup(model, tmp_path, best=1.0)
    assert names(tmp_path) == ["step-00000004"]
    assert json.loads((tmp_path / "step-00000004" / "state.json").read_text())["step"] == 4


def test_a_killed_save_leaves_the_older_backup(model, tmp_path, no_replace, monkeypatch):
    model.step.assign(2)
    save_backup(model, tmp_path, best=1.0)
    model.step.assign(4)
    no_replace()
    with pytest.raises(OSError):
        save_backup(model, tmp_path, best=0.5)
    monkeypatch.undo()
    restored, best = restore_backup(tmp_path)
    assert (int(restored.step), best) == (2, 1.0)
    save_backup(model, tmp_path, best=0.5)
    assert names(tmp_path) == ["step-00000004"]


def test_what_a_killed_save_left_does_not_hinder_the_next(model, tmp_path):
    """In a container, the next process may have the same number."""
    model.step.assign(2)
    left = tmp_path / f"tmp-{os.getpid()}-step-00000002"
    left.mkdir()
    (left / "model.keras").write_text("half of it")
    assert restore_backup(tmp_path) is None
    save_backup(model, tmp_path, best=1.0)
    assert names(tmp_path) == ["step-00000002"]


def test_no_backup(tmp_path):
    assert restore_backup(tmp_path / "absent") is None


def test_damaged_backup_is_named(model, tmp_path):
    model.step.assign(2)
    save_backup(model, tmp_path, best=1.0)
    file = tmp_path / "step-00000002" / "model.keras"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match="step-00000002: the backup cannot be read"):
        restore_backup(tmp_path)


def test_save_model_is_whole_or_not_at_all(model, tmp_path, no_replace):
    path = tmp_path / "last.keras"
    path.write_text("the older model")
    no_replace()
    with pytest.raises(OSError):
        save_model(model, path)
    assert path.read_text() == "the older model"


def test_a_model_is_loaded_from_its_file_or_its_run(model, tmp_path):
    save_model(model, tmp_path / "best.keras")
    for path in (tmp_path, str(tmp_path / "best.keras")):
        assert_same_weights(load_model(path), model)


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"best\.keras: no model.*expected a run folder"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match="absent: no model.*expected a run folder"):
        load_model(tmp_path / "absent")
    file = tmp_path / "best.keras"
    file.write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"best\.keras: the model cannot be read.*PairModel"):
        load_model(tmp_path)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(file)
    with pytest.raises(ValueError, match=r"best\.keras holds a Sequential; expected a PairModel"):
        load_model(file)


def test_best_is_saved_when_the_validation_improves(model, tmp_path, monkeypatch):
    saved = []
    module = "keypointnet_tf.discovery.checkpoints"
    monkeypatch.setattr(f"{module}.save_model", lambda _, path: saved.append(path.name))
    monkeypatch.setattr(f"{module}.save_backup", lambda *_, best: saved.append(best))
    callback = Checkpoints(RunFolder(tmp_path), best=30.0)
    callback.set_model(model)
    for value in (40.0, 20.0, 25.0, math.nan, 10.0):
        callback.on_epoch_end(0, {"val_angular_error_deg": value})
    callback.on_epoch_end(0, {})
    bests = [30.0, "best.keras", 20.0, 20.0, 20.0, "best.keras", 10.0, 10.0]
    assert [item for item in saved if item != "last.keras"] == bests
    assert saved.count("last.keras") == 6


def test_orientation_alone_is_watched_by_its_loss(tiny, tmp_path, monkeypatch):
    saved = []
    module = "keypointnet_tf.discovery.checkpoints"
    monkeypatch.setattr(f"{module}.save_model", lambda _, path: saved.append(path.name))
    monkeypatch.setattr(f"{module}.save_backup", lambda *_, best: saved.append(best))
    callback = Checkpoints(RunFolder(tmp_path))
    callback.set_model(PairModel(tiny.config(train="orient")))
    callback.on_epoch_end(0, {"val_orientation": 0.5, "val_angular_error_deg": 0.1})
    assert saved == ["best.keras", "last.keras", 0.5]
