"""Runs side by side: paired over shared objects, and exactly nothing against oneself."""

import csv
import dataclasses
import json

import numpy as np
import pytest

from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.compare import compare, distinct_labels
from keypointnet_tf.metrics.compare_files import write_comparison
from keypointnet_tf.metrics.summary import score

RESAMPLING = Resampling(resamples=300)


def noisy(predictions, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(size=predictions.uv.shape) * sigma
    return dataclasses.replace(predictions, uv=predictions.uv + noise)


def compared(*predictions, labels=None):
    scores = [score(each, RESAMPLING) for each in predictions]
    labels = labels or [f"run{i}" for i in range(len(scores))]
    return compare(labels, [f"{name}.npz" for name in labels], scores, RESAMPLING)


@pytest.fixture
def runs(linear):
    """The test pairs of `linear` with a little and with more noise."""
    return noisy(linear, 0.01), noisy(linear, 0.05, seed=1)


def test_a_run_against_itself_is_exactly_equal(runs, tmp_path):
    """Through a file, so that no array is shared."""
    runs[1].save(tmp_path / "p.npz")
    copy = type(runs[1]).load(tmp_path / "p.npz")
    found = compared(runs[1], copy).runs[1].differences
    assert {"angular_error_mean_deg", "angular_error_median_deg", "three_d_se", "das"} <= set(found)
    for name, each in found.items():
        assert each.difference == 0 and not each.clear, name
        # One object in a resample agrees with nobody, so DAS may have no interval here.
        assert each.interval == (0, 0) or np.isnan(each.interval).all(), name


def test_more_noise_is_told_apart(runs):
    run = compared(*runs).runs[1]
    worse = run.differences["angular_error_mean_deg"]
    assert worse.difference > 0 and worse.clear and run.shared == 4
    np.testing.assert_allclose(worse.difference, worse.other - worse.first)
    assert run.value("angular_error_mean_deg") == worse.other


def test_difference_is_taken_over_shared_objects_only(linear):
    """The second run lacks the first run's worst object; both are then compared without it."""
    test = linear.select("test")
    ruined = test.uv.copy()
    ruined[:2] += np.random.default_rng(0).normal(size=ruined[:2].shape)
    first = dataclasses.replace(test, uv=ruined)
    comparison = compared(first, test.take(np.arange(2, 8)))
    run = comparison.runs[1]
    assert run.shared == 3
    apart = run.differences["angular_error_mean_deg"]
    np.testing.assert_allclose([apart.first, apart.other, apart.difference], 0, atol=1e-5)
    assert comparison.runs[0].value("angular_error_mean_deg") > 5


def test_an_object_with_many_pairs_is_one_object(linear):
    """Of four objects one has 60 more pairs, and the second run is bad on it alone.

    Resampling pairs would be sure of the difference; over objects, a third of the resamples
    lack that object and show none.
    """
    test = linear.select("test")
    many = test.take(np.r_[np.zeros(60, int), np.arange(8)])
    bad = many.uv.copy()
    mine = many.object_id == many.object_id[0]
    bad[mine] += np.random.default_rng(0).normal(size=bad[mine].shape) * 0.1
    apart = compared(many, dataclasses.replace(many, uv=bad)).runs[1].differences
    apart = apart["angular_error_mean_deg"]
    assert apart.difference > 5 and apart.interval[0] < 1e-4 and not apart.clear


def test_pairing_narrows_the_interval(linear):
    """Objects differ much and both runs alike: the difference is known far better than either."""
    test = linear.select("test")
    scale = np.repeat([0.01, 0.05, 0.1, 0.2], 2)[:, None, None, None]
    noise = np.random.default_rng(3).normal(size=test.uv.shape) * scale
    first = dataclasses.replace(test, uv=test.uv + noise)
    second = dataclasses.replace(test, uv=test.uv + noise * 1.02)
    run = compared(first, second).runs[1]
    low, high = run.differences["angular_error_mean_deg"].interval
    own = run.interval("angular_error_mean_deg")
    assert high - low < 0.2 * (own[1] - own[0])


def test_runs_without_shared_objects_have_no_difference(linear, tmp_path):
    test = linear.select("test")
    renamed = dataclasses.replace(test, object_id=np.char.add("x", test.object_id))
    comparison = compared(test, renamed)
    assert comparison.runs[1].shared == 0 and comparison.runs[1].differences == {}
    write_comparison(comparison, tmp_path)
    assert "no object in common" in (tmp_path / "compare.md").read_text()


def test_other_pairs_of_the_same_objects_are_said_to_be_others(linear, make, tmp_path):
    test = linear.select("test")
    other = make(test.xyz_object, test.object_id, ["test"] * 8, seed=9)
    assert compared(test, noisy(test, 0.1)).runs[1].same_pairs
    comparison = compared(test, other)
    assert not comparison.runs[1].same_pairs and comparison.runs[1].shared == 4
    write_comparison(comparison, tmp_path)
    assert "not the same in both" in (tmp_path / "compare.md").read_text()


def test_runs_may_differ_in_keypoints(linear, make):
    test = linear.select("test")
    fewer = dataclasses.replace(
        test, uv=test.uv[:, :, :3], depth=test.depth[:, :, :3], on_object=test.on_object[:, :, :3]
    )
    run = compared(test, fewer).runs[1]
    assert run.shared == 4 and "angular_error_mean_deg" in run.differences


def test_files_hold_the_same_figures_and_repeat(runs, tmp_path):
    for name in ("a", "b"):
        write_comparison(compared(*runs, labels=["plain", "with | noise"]), tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["compare.csv", "compare.json", "compare.md"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    values = json.loads((tmp_path / "a" / "compare.json").read_text())
    assert values["first"] == "plain" and values["interval_settings"]["resamples"] == 300
    with open(tmp_path / "a" / "compare.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["figure"] == "three_d_se"]
    assert [row["run"] for row in rows] == ["plain", "with | noise"]
    told = values["runs"][1]["differences"]["three_d_se"]
    assert float(rows[1]["difference"]) == told["difference"] and rows[0]["difference"] == ""
    text = (tmp_path / "a" / "compare.md").read_text()
    assert "## with | noise against plain" in text and "with \\| noise" in text
    assert "| worse |" in text and "**+" in text and "not the same in both" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") in (4, 6, 7) for line in tables)


def test_no_run_is_an_error():
    with pytest.raises(ValueError, match="got no runs"):
        compare([], [], [], RESAMPLING)


@pytest.mark.parametrize(
    ("paths", "labels"),
    [
        (["runs/a/eval/predictions.npz", "runs/b/eval/predictions.npz"], ["a", "b"]),
        (["runs/a/eval/predictions.npz"], ["a"]),
        (["runs/a/eval/predictions.npz"] * 3, ["a", "a (2)", "a (3)"]),
        (["/x/a/one.npz", "/x/b/one.npz"], ["a", "b"]),
        (["a.npz", "b.npz"], ["a.npz", "b.npz"]),
        (["runs/a/x/predictions.npz", "runs/a/y/z/predictions.npz"], ["x", "z"]),
        (["predictions.npz"] * 2, ["predictions.npz", "predictions.npz (2)"]),
        (["runs/a/eval/predictions.npz", "runs/a/eval_dev/predictions.npz"], ["a", "eval_dev"]),
        (["x/car/m", "y/chair/m", "x/chair/m"], ["x/car", "y/chair", "x/chair"]),
        (["here/a", "there/far/b", "here/a"], ["a", "b", "a (2)"]),
    ],
)
def test_labels_leave_out_what_all_paths_share(paths, labels):
    found = distinct_labels(paths)
    assert found == labels and len(set(found)) == len(found)
