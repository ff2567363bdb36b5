"""From predictions files to a comparison: where they are found, and what is said of bad ones."""

import json

import numpy as np
import pytest

from keypointnet_tf.discovery.comparison import find_predictions, report_comparison
from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.predictions import Predictions

FEW = Resampling(resamples=50)


def predictions(noise=0.0, **change):
    """Six pairs of three objects, the same five keypoints from every view, more or less."""
    rng = np.random.default_rng(0)
    poses = np.stack([placement.sample_pair(rng, placement.CameraSampling()) for _ in range(6)])
    points = rng.normal(size=(5, 3)) * 0.4 + rng.normal(size=(6, 2, 5, 3)) * noise
    focal = np.full((6, 2), 22.9)
    uv, depth = placement.project_points(points, poses, focal)
    fields = {"uv": uv, "depth": depth, "object_to_camera": poses, "focal": focal}
    return Predictions(**{**fields, "object_id": np.repeat(["a", "b", "c"], 2), **change})


@pytest.fixture
def folder(tmp_path):
    predictions().save(tmp_path / "right" / "eval" / "predictions.npz")
    predictions(0.05).save(tmp_path / "noisy" / "predictions.npz")
    return tmp_path


def test_files_and_folders_are_found(folder):
    for run in ("right", "right/eval", "right/eval/predictions.npz"):
        assert find_predictions(folder / run) == folder / "right/eval/predictions.npz"
    with pytest.raises(FileNotFoundError, match=r"neither predictions\.npz nor eval/pred"):
        find_predictions(folder)


def test_all_files_are_written_and_say_who_is_worse(folder):
    found = report_comparison([folder / "right", folder / "noisy"], folder / "out", FEW)
    assert [run.label for run in found.runs] == ["right", "noisy"]
    names = sorted(path.name for path in (folder / "out").iterdir())
    assert names == ["compare.csv", "compare.json", "compare.md", "compare.png"]
    values = json.loads((folder / "out" / "compare.json").read_text())
    told = values["runs"][1]["differences"]["angular_error_mean_deg"]
    assert told["clear"] and told["difference"] > 0


def test_symmetry_may_be_said_of_all(folder):
    plain = report_comparison([folder / "noisy"], folder / "out", FEW).runs[0]
    told = report_comparison([folder / "noisy"], folder / "out", FEW, fold=0).runs[0]
    assert np.isnan(plain.value("angular_error_mean_deg_sym"))
    assert told.value("angular_error_mean_deg_sym") <= told.value("angular_error_mean_deg")


def test_a_bad_run_is_named_and_nothing_is_written(folder):
    predictions(split=np.full(6, "train")).save(folder / "train_only.npz")
    (folder / "broken.npz").write_bytes(b"no archive")
    for name, message in (("train_only", "at least one pair in 'test'"), ("broken", "not an .npz")):
        with pytest.raises(ValueError, match=f"{name}.npz: .*{message}"):
            report_comparison([folder / "right", folder / f"{name}.npz"], folder / "out", FEW)
    assert not (folder / "out").exists()
