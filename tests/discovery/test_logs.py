"""Event files and CSV of a training, read back; and the stop on NaN."""

import io
import math

import keras
import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keypointnet_tf.discovery import logs
from keypointnet_tf.discovery.config import DISCOVERY_LOSSES
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.run_folder import RunFolder

METRICS = ("angular_error_deg", "orientation_accuracy")
CURVES = ("loss", *DISCOVERY_LOSSES, *METRICS)
STEPS = [2, 4, 6, 7]


def events_of(folder):
    events = EventAccumulator(
        str(folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0}
    )
    return events.Reload()


@pytest.fixture(scope="module")
def run(finished_run):
    """Folder, events and CSV rows of a finished training."""
    folder, _, config = finished_run
    return folder, events_of(folder), logs.read_log(folder / "log.csv"), config


@pytest.fixture
def model(tiny):
    """A compiled model whose step the test sets."""
    model = PairModel(tiny.config(steps=10))
    model.compile(optimizer="adam")
    return model


def test_event_file_holds_every_curve(run):
    _, events, _, _ = run
    expected = {f"{part}/{name}" for part in ("train", "validation") for name in CURVES}
    expected |= {f"weight/{name}" for name in DISCOVERY_LOSSES}
    expected |= {"learning_rate", "steps_per_second"}
    expected |= {"schedule/pose_noise", "schedule/true_orientation", "schedule/max_angle"}
    assert set(events.Tags()["scalars"]) == expected
    for tag in expected:
        points = events.Scalars(tag)
        assert [point.step for point in points] == STEPS, tag
        assert all(math.isfinite(point.value) for point in points), tag


def test_event_file_holds_pictures(run):
    _, events, _, config = run
    assert set(events.Tags()["images"]) == {"keypoints", "heatmaps"}
    for tag in ("keypoints", "heatmaps"):
        assert [picture.step for picture in events.Images(tag)] == STEPS
        last = events.Images(tag)[-1]
        image = Image.open(io.BytesIO(last.encoded_image_string))
        assert image.size == (last.width, last.height)
        assert min(image.size) >= config.model.size and np.ptp(np.asarray(image)) > 0


def test_csv_holds_the_same_numbers(run):
    _, events, rows, _ = run
    assert [row["step"] for row in rows] == STEPS
    for index, row in enumerate(rows):
        for name in CURVES:
            for tag, column in ((f"train/{name}", name), (f"validation/{name}", f"val_{name}")):
                assert row[column] == pytest.approx(events.Scalars(tag)[index].value, rel=1e-5)


def test_scheduled_values_are_those_of_the_step(run):
    _, _, rows, config = run
    for row in rows:
        progress = row["step"] / config.steps
        for name in DISCOVERY_LOSSES:
            assert row[f"weight/{name}"] == pytest.approx(
                getattr(config.loss, name).at(progress), abs=1e-6
            )
        assert row["schedule/pose_noise"] == pytest.approx(config.loss.pose_noise.at(progress))
    rates = [row["learning_rate"] for row in rows]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(config.optimizer.final_learning_rate, rel=1e-3)


def epochs(callback, model, steps, value):
    """Epochs that end at the given steps, with one made-up loss."""
    callback.set_model(model)
    callback.on_train_begin()
    for step in steps:
        model.step.assign(step)
        callback.on_epoch_end(0, {"loss": value + step})
    callback.on_train_end()


def test_csv_drops_rows_of_steps_done_again(model, tmp_path):
    folder = RunFolder(tmp_path)
    epochs(logs.CsvLog(folder), model, [2, 4, 6], 0.0)
    epochs(logs.CsvLog(folder), model, [4, 6, 8], 100.0)
    rows = logs.read_log(folder.log)
    assert [(row["step"], row["loss"]) for row in rows] == [(2, 2), (4, 104), (6, 106), (8, 108)]


def test_events_drop_points_of_steps_done_again(model, tmp_path):
    folder = RunFolder(tmp_path)
    epochs(logs.EventLog(folder), model, [2, 4, 6], 0.0)
    model.step.assign(2)
    epochs(logs.EventLog(folder), model, [4, 6, 8], 100.0)
    points = events_of(tmp_path).Scalars("train/loss")
    assert [(p.step, p.value) for p in points] == [(2, 2), (4, 104), (6, 106), (8, 108)]


def test_csv_is_written_whole_or_not_at_all(model, tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    epochs(logs.CsvLog(folder), model, [2], 0.0)

    def fail(*_):
        raise OSError("disk is full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError):
        epochs(logs.CsvLog(folder), model, [4], 0.0)
    assert [row["step"] for row in logs.read_log(folder.log)] == [2]


def test_read_log_of_a_new_run(tmp_path):
    assert logs.read_log(tmp_path / "log.csv") == []


# === Stop on NaN ===


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_stop_names_the_loss_and_what_is_left(tmp_path, value):
    stop = logs.StopOnNaN(RunFolder(tmp_path))
    with pytest.raises(logs.TrainingDiverged) as caught:
        stop.on_epoch_end(0, {"loss": value, "pose": value, "variance": 0.5})
    message = str(caught.value)
    assert "infinite: pose. The last good checkpoint" in message and str(tmp_path) in message
    assert "variance" not in message


def test_stop_when_only_the_total_is_bad(tmp_path):
    with pytest.raises(logs.TrainingDiverged, match="the total"):
        logs.StopOnNaN(RunFolder(tmp_path)).on_epoch_end(0, {"loss": math.nan, "pose": 0.5})


def test_stop_looks_at_every_tenth_batch(tmp_path):
    stop, bad = logs.StopOnNaN(RunFolder(tmp_path), every=10), {"loss": math.nan}
    stop.on_train_batch_end(9, bad)
    stop.on_train_batch_end(10, {"loss": 1.0})
    with pytest.raises(logs.TrainingDiverged):
        stop.on_train_batch_end(20, bad)


def test_progress_bar_counts_from_where_the_run_was(capsys):
    bar = logs.ProgressBar(10, done=4)
    for batch in range(3):
        bar.on_train_batch_end(batch)
    bar.on_epoch_end(0, {"loss": 1.23456, "val_angular_error_deg": 34.5})
    bar.close()
    shown = capsys.readouterr().err
    assert "7/10" in shown and "loss=1.23" in shown and "val_deg=34.5" in shown


def test_as_numpy():
    batch = logs.as_numpy({"a": keras.ops.ones((2,)), "b": np.zeros(1)})
    assert all(isinstance(value, np.ndarray) for value in batch.values())
