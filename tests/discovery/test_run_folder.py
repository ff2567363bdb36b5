"""A run's folder belongs to one configuration."""

import dataclasses
import json
import pathlib

import pytest

from keypointnet_tf.discovery.config import TrainConfig, from_json
from keypointnet_tf.discovery.run_folder import RunFolder, write_json

CONFIG = TrainConfig(steps=100)
DATA = {"shapes": "plane", "range": (1, 2)}


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.claim(CONFIG, DATA, {"data_dir": "there"})
    return folder


@pytest.fixture
def started(folder):
    """A folder whose run has saved something."""
    folder.log.write_text("step\n")
    return folder


def test_claim_writes_what_made_the_run(folder):
    written = json.loads(folder.config.read_text())
    assert from_json(TrainConfig, written["config"]) == CONFIG
    assert written["data"] == {"shapes": "plane", "range": [1, 2]}
    assert written["versions"].keys() >= {"keras", "numpy"} and "git_commit" in written
    assert written["notes"] == {"data_dir": "there"}
    assert [file.name for file in folder.path.iterdir()] == ["config.json"]


def test_the_same_run_may_claim_again_from_wherever_its_data_lie(started):
    before = started.config.read_bytes()
    started.claim(CONFIG, DATA, {"data_dir": "elsewhere"})
    assert started.config.read_bytes() == before


def test_a_run_of_before_a_field_existed_goes_on(started):
    """Its configuration lacks the field, whose default is how it was trained."""
    written = json.loads(started.config.read_text())
    del written["config"]["accumulate"], written["config"]["loss"]["pose_noise"]
    write_json(started.config, written)
    started.claim(CONFIG, DATA)
    with pytest.raises(ValueError, match="config.accumulate is 2, the run's is 1"):
        started.claim(dataclasses.replace(CONFIG, accumulate=2), DATA)


def test_a_folder_in_which_nothing_was_saved_may_be_claimed_anew(folder):
    other = dataclasses.replace(CONFIG, steps=7)
    folder.claim(other, DATA)
    assert from_json(TrainConfig, json.loads(folder.config.read_text())["config"]) == other


def test_another_configuration_is_refused_by_its_fields(started):
    loss = dataclasses.replace(CONFIG.loss, separation_delta=0.1)
    other = dataclasses.replace(CONFIG, batch_size=8, loss=loss)
    with pytest.raises(ValueError) as caught:
        started.claim(other, DATA)
    message = str(caught.value)
    assert str(started.path) in message and "another --model_dir" in message
    assert "config.batch_size is 8, the run's is 16" in message
    assert "config.loss.separation_delta is 0.1, the run's is 0.06" in message
    assert "seed" not in message


def test_other_data_are_refused(started):
    with pytest.raises(ValueError, match="data.shapes is 'car', the run's is 'plane'"):
        started.claim(CONFIG, {**DATA, "shapes": "car"})


def test_more_steps_are_refused_with_advice(started):
    with pytest.raises(ValueError) as caught:
        started.claim(dataclasses.replace(CONFIG, steps=200), DATA)
    message = str(caught.value)
    assert "holds a run of config.steps 100; got 200" in message
    assert "schedules" in message and "start a new run in another --model_dir" in message


def test_json_is_written_whole_or_not_at_all(folder, monkeypatch):
    def fail(*_):
        raise OSError("disk is full")

    before = folder.config.read_bytes()
    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError):
        write_json(folder.config, {"other": 1})
    assert folder.config.read_bytes() == before


def test_names_of_files():
    folder = RunFolder(pathlib.Path("run"))
    names = [folder.config, folder.log, folder.tensorboard, folder.backup, folder.best, folder.last]
    assert [path.name for path in names] == [
        "config.json",
        "log.csv",
        "tensorboard",
        "backup",
        "best.keras",
        "last.keras",
    ]
