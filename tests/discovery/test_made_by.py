"""What made a predictions file is kept beside it and comes back as it was."""

import json
import math

import pytest

from keypointnet_tf.discovery.made_by import describe, load_made_by, save_made_by
from keypointnet_tf.viz.report_data import MadeBy


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text('{"config": {"steps": 2}, "git_commit": null}')
    (folder / "log.csv").write_text("step,loss,val_loss\n1.0,0.123456789,\n2.0,nan,3e-05\n")
    return folder


def test_a_run_is_described_by_folder_or_model(run):
    for model in (run, run / "best.keras"):
        found = describe(model, command="c", date="d")
        assert (found.command, found.date) == ("c", "d")
        assert found.run == {"config": {"steps": 2}, "git_commit": None}
        assert found.log["step"] == [1.0, 2.0] and found.log["val_loss"][1] == 3e-5
        assert math.isnan(found.log["val_loss"][0]) and math.isnan(found.log["loss"][1])


def test_round_trip(run, tmp_path):
    save_made_by(describe(run, command="c", date="d"), tmp_path / "new")
    found = load_made_by(tmp_path / "new")
    assert found.command == "c" and found.run["config"] == {"steps": 2}
    assert found.log["loss"][0] == 0.123457 and math.isnan(found.log["loss"][1])
    before = (tmp_path / "new" / "made_by.json").read_bytes()
    save_made_by(found, tmp_path / "new")
    assert (tmp_path / "new" / "made_by.json").read_bytes() == before


def test_nothing_known_is_nothing_said(tmp_path):
    assert load_made_by(tmp_path) == describe(tmp_path) == MadeBy()
    save_made_by(MadeBy(), tmp_path)
    assert load_made_by(tmp_path) == MadeBy()


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("config.json", "{", "config.json: not JSON"),
        ("config.json", "[1]", "config.json holds list; expected an object"),
        ("log.csv", "step,loss\n1,x\n", "log.csv, line 2, column 'loss' is 'x'; expected a number"),
    ],
)
def test_damaged_run_files_are_named(run, name, text, message):
    (run / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        describe(run)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"log": {"step": ["x"]}}, "field 'log' is not columns of numbers"),
        ({"log": [1]}, "field 'log' is not columns of numbers"),
        ({"run": 3}, "field 'run' is 3; expected an object"),
    ],
)
def test_damaged_made_by_is_named(tmp_path, fields, message):
    (tmp_path / "made_by.json").write_text(json.dumps(fields))
    with pytest.raises(ValueError, match=f"made_by.json: {message}"):
        load_made_by(tmp_path)
