"""The whole score: named averages, and files that repeat byte for byte."""

import csv
import dataclasses
import json
import tracemalloc

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.summary import score, write_scores
from keypointnet_tf.metrics.tables import plain
from keypointnet_tf.metrics.viewpoints import view_angles

KEYS = """angular_error_mean_deg angular_error_median_deg accuracy_10deg accuracy_15deg
accuracy_30deg orientation_accuracy three_d_se three_d_se_rms on_object_share consistency coverage
least_distance landmark_error landmark_floor landmark_error_ratio pairs objects steps""".split()


def read(folder):
    with open(folder / "per_example.csv", newline="") as file:
        return json.loads((folder / "summary.json").read_text()), list(csv.DictReader(file))


def test_perfect_predictions(perfect):
    summary = score(perfect).summary
    assert set(KEYS) <= set(summary)
    for key in ("angular_error_mean_deg", "three_d_se", "three_d_se_rms", "consistency"):
        np.testing.assert_allclose(summary[key], 0, atol=1e-6, err_msg=key)
    for key in ("accuracy_10deg", "orientation_accuracy", "on_object_share"):
        assert summary[key] == 1, key
    assert (summary["pairs"], summary["objects"], summary["steps"]) == (4, 2, 7)


def test_only_test_pairs_are_scored(linear):
    """Ruined training pairs change only what is fitted on them: maps, template and mean pose."""
    ruined = linear.uv.copy()
    ruined[:24] += np.random.default_rng(0).normal(size=ruined[:24].shape)
    both = [score(linear), score(dataclasses.replace(linear, uv=ruined))]
    before, after = (plain(scores.summary) for scores in both)
    changed = {k for k in before if before[k] != after[k]}
    fitted = ("landmark_error", "absolute", "pck", "floors", "intervals")
    assert changed and all(k.startswith(fitted) for k in changed)
    assert before["pairs"] == 8 and before["objects"] == 4


def test_figures_average_the_table(linear):
    noisy = linear.uv + np.random.default_rng(1).normal(size=linear.uv.shape) * 0.1
    scores = score(dataclasses.replace(linear, uv=noisy))
    errors = scores.per_example["angular_error_deg"]
    assert errors.shape == (8,) and errors.std() > 0
    np.testing.assert_allclose(scores.summary["angular_error_mean_deg"], errors.mean())
    np.testing.assert_allclose(scores.summary["angular_error_median_deg"], np.median(errors))
    assert scores.summary["accuracy_15deg"] == np.mean(errors < 15)
    np.testing.assert_array_equal(scores.per_example["pair"], np.arange(24, 32))


def test_files_are_valid_and_repeat(perfect, linear, tmp_path):
    for name, data in (("a", perfect), ("b", linear), ("c", linear)):
        write_scores(score(data), tmp_path / name)
    for file in ("summary.json", "per_example.csv", "conditions.csv"):
        assert (tmp_path / "b" / file).read_bytes() == (tmp_path / "c" / file).read_bytes()
    summary, rows = read(tmp_path / "a")
    assert summary["landmark_error"] is None and summary["landmark_reason"]
    assert [row["object_id"] for row in rows] == ["a", "a", "b", "b"]
    assert rows[0]["orientation_ok0"] == "1" and rows[3]["pair"] == "3"
    summary, rows = read(tmp_path / "b")
    assert 0 <= summary["landmark_error_ratio"] < 0.05
    assert set(summary["landmark_floor_per_landmark"]) == {"0", "1", "2"}
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == [
        "conditions.csv",
        "per_example.csv",
        "summary.json",
    ]


def test_names_of_landmarks_and_kinds_reach_the_files(linear, tmp_path):
    named = dataclasses.replace(
        linear, landmark_names=np.array(["nose", "tail", "tip"]), kind=np.array(["jet, old"] * 32)
    )
    write_scores(score(named), tmp_path)
    summary, rows = read(tmp_path)
    assert list(summary["landmark_error_per_landmark"]) == ["nose", "tail", "tip"]
    assert summary["landmark_objects"] == {"nose": 4, "tail": 4, "tip": 4}
    assert rows[0]["kind"] == "jet, old"


def test_one_keypoint_is_scored_without_a_crash(make, tmp_path):
    scores = score(make(np.zeros((2, 2, 1, 3)), ["a", "b"], ["test", "test"]))
    assert scores.summary["angular_error_mean_deg"] == 180
    assert scores.summary["undetermined_rotation_share"] == 1
    write_scores(scores, tmp_path)
    assert read(tmp_path)[0]["least_distance"] is None


def test_pictures_are_looked_at_a_few_at_a_time(linear):
    """Scoring needs less memory than one more copy of the pictures would."""
    many = linear.take(np.r_[0:24, np.resize(np.arange(24, 32), 600)])
    images = np.full((624, 2, 96, 96, 4), 200, np.uint8)
    data = dataclasses.replace(many, images=images, on_object=None)
    tracemalloc.start()
    try:
        score(data, Resampling(resamples=50))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.5 * images.nbytes


def test_every_figure_is_its_estimate_and_inside_its_interval(linear):
    noisy = linear.uv + np.random.default_rng(1).normal(size=linear.uv.shape) * 0.05
    scores = score(dataclasses.replace(linear, uv=noisy))
    assert set(scores.summary["intervals"]) == set(scores.estimates)
    assert scores.objects.tolist() == ["o12", "o13", "o14", "o15"]
    for name in ("angular_error_mean_deg", "orientation_accuracy", "landmark_error", "coverage"):
        low, high = scores.summary["intervals"][name]
        assert low <= scores.summary[name] <= high, name


def test_an_object_with_many_pairs_outweighs_in_pairs_but_not_in_objects(linear):
    """Objects o12 (100 pairs, ruined) and o13 (2 pairs, right)."""
    data = linear.take(np.r_[0:24, np.full(100, 24), [26, 27]])
    uv = data.uv.copy()
    uv[24:124] += np.random.default_rng(0).normal(size=uv[24:124].shape)
    scores = score(dataclasses.replace(data, uv=uv), Resampling(resamples=0))
    bad = scores.angular_error[:100].mean()
    np.testing.assert_allclose(scores.summary["angular_error_mean_deg"], bad * 100 / 102, atol=1e-4)
    np.testing.assert_allclose(
        scores.summary["angular_error_mean_deg_per_object"], bad / 2, atol=1e-4
    )


def test_no_test_pairs_is_an_error(linear):
    with pytest.raises(ValueError, match=r"'split' holds \['train'\].*'test'"):
        score(linear.select("train"))


def test_view_angles_of_known_cameras():
    poses = np.stack([placement.look_at(eye) for eye in [(30, 0, 0), (0, 30, 0), (0, -3, 3)]])
    elevation, azimuth = view_angles(poses)
    np.testing.assert_allclose(elevation, [0, 0, 45], atol=1e-9)
    np.testing.assert_allclose(azimuth, [0, 90, -90], atol=1e-9)
