"""The four scripts in a row, as a user runs them, at debug size."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PRESET = REPOSITORY / "flags" / "presets" / "debug.flags"
SUMMARY_KEYS = {
    "angular_error_mean_deg",
    "angular_error_median_deg",
    "accuracy_10deg",
    "accuracy_30deg",
    "orientation_accuracy",
    "three_d_se",
    "three_d_se_rms",
    "on_object_share",
    "consistency",
    "coverage",
    "landmark_error",
    "landmark_floor",
    "pairs",
    "steps",
}
SECTIONS = {
    *("summary", "errors", "keypoints", "landmarks", "turntables"),
    *("pairs", "failures", "conditions", "training", "origin"),
}


def script(name, *arguments, code=0, cwd=None):
    """Runs a script from another folder and returns what it printed."""
    command = [sys.executable, str(REPOSITORY / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=600)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A folder with records, a trained debug model and its evaluation."""
    folder = tmp_path_factory.mktemp("run")
    script(
        "render.py",
        "--shapes=plane",
        "--objects=10",
        "--pairs=3",
        "--size=32",
        "--dev_count=2",
        "--test_count=2",
        f"--out={folder}/data",
        "--workers=1",
        cwd=folder,
    )
    script("train.py", *train_arguments(folder), cwd=folder)
    script("eval.py", *eval_arguments(folder), cwd=folder)
    return folder


def train_arguments(folder, steps=40):
    return [
        f"--flagfile={PRESET}",
        f"--data_dir={folder}/data",
        f"--model_dir={folder}/model",
        f"--steps={steps}",
    ]


def eval_arguments(folder):
    return [
        f"--model_dir={folder}/model",
        f"--data_dir={folder}/data",
        "--split=test",
        f"--out={folder}/eval",
    ]


def test_run_folder_holds_what_is_promised(run):
    found = {path.name for path in (run / "model").iterdir()}
    assert found == {"config.json", "log.csv", "tensorboard", "backup", "best.keras", "last.keras"}


def test_summary_has_every_figure(run):
    summary = json.loads((run / "eval" / "summary.json").read_text())
    assert set(summary) >= SUMMARY_KEYS
    assert summary["pairs"] == 6 and summary["steps"] in (20, 40)
    assert all(0 <= summary[k] <= 1 for k in summary if k.endswith(("share", "accuracy")))
    assert summary["landmark_error"] is not None and summary["landmark_floor"] > 0
    # Planes are their own mirror images, which the records tell; training pairs give the template.
    for name in ("accuracy_30deg_sym", "absolute_error_mean_deg_sym", "pck_box_0.1_sym"):
        assert summary[name] is not None, name
    for picture in ("pairs.png", "instances.png"):
        assert (run / "eval" / picture).stat().st_size > 1000


def test_scoring_again_gives_the_same_bytes_without_a_model(run, tmp_path):
    text = script(
        "eval.py", f"--predictions={run}/eval/predictions.npz", f"--out={tmp_path}", cwd=tmp_path
    )
    assert "angular_error_median_deg" in text
    names = ("summary.json", "per_example.csv", "conditions.csv", "pairs.png", "report.html")
    for name in names:
        assert (tmp_path / name).read_bytes() == (run / "eval" / name).read_bytes()


def test_a_run_compared_with_itself_is_equal(run, tmp_path):
    text = script("eval.py", "--compare", run, run / "eval", f"--out={tmp_path}/out", cwd=tmp_path)
    assert "| equal |" in text and "| worse |" not in text and "| better |" not in text
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"compare.json", "compare.csv", "compare.md", "compare.png"}


def test_report_tells_what_made_it(run):
    """The command, the run's configuration and its curves, and all sections."""
    html = (run / "eval" / "report.html").read_text(encoding="utf-8")
    for part in ("--split=test", "loss.separation_delta", "loss over the steps", "median error"):
        assert part in html
    sections = set(re.findall(r'<section id="(\w+)"', html))
    assert sections >= SECTIONS


def preset(name):
    return f"--flagfile={REPOSITORY}/flags/presets/eval_{name}.flags"


def test_fresh_deformed_objects_are_rendered_and_scored_by_a_preset(run, tmp_path):
    sizes = ["--objects=3", "--pairs=2", "--fit_objects=3", "--deform=taper"]
    model = f"--model_dir={run}/model"
    text = script(
        "eval.py", preset("deformed"), "--shapes=plane", model, *sizes, f"--out={tmp_path}"
    )
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["protocol"] == "deformed" and summary["pairs"] == 6 and "coverage" in text
    deformation = {"kind": "taper", "strength": 0.66, "seed": 0}
    assert summary["protocol_settings"]["deformation"] == deformation


def test_too_few_objects_are_noted_and_the_note_outlives_the_model(run, tmp_path):
    arguments = [f"--model_dir={run}/model", f"--data_dir={run}/data", f"--out={tmp_path}/first"]
    note = "test objects: 2, where protocol human wants at least 50"
    assert note in script("eval.py", preset("human"), *arguments)
    again = [f"--predictions={tmp_path}/first/predictions.npz", f"--out={tmp_path}/second"]
    assert note in script("eval.py", *again)
    first, second = (tmp_path / name / "summary.json" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


def test_photos_are_looked_at_without_truth(run, tmp_path):
    script("examples/sample_images.py", "--shapes=plane", "--size=48", f"--out={tmp_path}/in")
    arguments = [f"--photos={tmp_path}/in", f"--model_dir={run}/model", f"--out={tmp_path}/out"]
    assert "confidence_mean" in script("eval.py", preset("photos"), *arguments)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["photos"] == summary["masked_photos"] == 6 and summary["notes"] == []


def test_the_curve_of_deformations(run, tmp_path):
    sizes = ["--objects=2", "--pairs=1", "--fit_objects=2", "--kinds=bend,taper", "--strengths=0,1"]
    arguments = [f"--model_dir={run}/model", "--shapes=plane", f"--out={tmp_path}", *sizes]
    text = script("examples/deformation_curve.py", *arguments)
    assert "4/4" in text and "angular_error_mean_deg" in text
    assert {path.name for path in tmp_path.iterdir()} == {"curve.csv", "curve.json", "curve.png"}


def test_finished_run_says_so_and_does_nothing(run):
    before = (run / "model" / "log.csv").read_bytes()
    assert "finished" in script("train.py", *train_arguments(run))
    assert (run / "model" / "log.csv").read_bytes() == before


def test_more_steps_of_a_finished_run_are_refused_with_advice(run):
    text = script("train.py", *train_arguments(run, steps=80), code=2)
    assert "steps" in text and "--model_dir" in text and "Traceback" not in text


def test_prediction_on_rendered_pictures(run, tmp_path):
    script("examples/sample_images.py", "--shapes=plane", "--size=64", f"--out={tmp_path}/in")
    script(
        "predict.py", f"--model_dir={run}/model", f"--input={tmp_path}/in", f"--out={tmp_path}/out"
    )
    entries = json.loads((tmp_path / "out" / "keypoints.json").read_text())["images"]
    assert len(entries) == 6
    for entry in entries:
        assert (entry["width"], entry["height"]) == (64, 64)
        assert [point["index"] for point in entry["keypoints"]] == list(range(6))
        for point in entry["keypoints"]:
            assert point["depth"] < 0 and 0 < point["confidence"] <= 1
            assert point["camera"][2] == pytest.approx(point["depth"])
    assert len(list((tmp_path / "out").glob("*.png"))) == 6


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("train.py", ["--shapes=plane"], "--model_dir is missing"),
        ("train.py", ["--model_dir=m", "--data_dir=/nowhere"], "/nowhere is not a folder"),
        ("eval.py", ["--out=o", "--model_dir=/nowhere", "--data_dir=d"], "d is not a folder"),
        ("eval.py", ["--out=o", "--predictions=/nowhere.npz"], "/nowhere.npz"),
        ("eval.py", ["--out=o", "--compare", "/nowhere", "/else"], "/nowhere is no file"),
        ("predict.py", ["--model_dir=/nowhere", "--input=.", "--out=o"], "no photo"),
    ],
)
def test_bad_calls_end_with_one_line(name, arguments, message, tmp_path):
    text = script(name, *arguments, code=2, cwd=tmp_path)
    assert message in text and "Traceback" not in text
    assert not list(tmp_path.iterdir())
