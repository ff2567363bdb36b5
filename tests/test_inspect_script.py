"""`inspect_records.py` as a user runs it: files, printed report, exit codes."""

import json
import pathlib
import subprocess
import sys

import pytest
from PIL import Image

from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def script(*arguments, code=0, cwd=None):
    command = [sys.executable, str(REPOSITORY / "inspect_records.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=600)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    views = PairConfig(size=32)
    job = RenderJob(shapes="plane", objects=3, pairs=2, views=views, dev_count=1, test_count=1)
    run_job(job, folder, workers=1, progress=False)
    return folder


def test_a_sound_set(folder, tmp_path):
    text = script(f"--data_dir={folder}", f"--out={tmp_path}/out", cwd=tmp_path)
    assert "all is well" in text and "plane, 3 objects, 6 pairs" in text
    report = json.loads((tmp_path / "out" / "inspection.json").read_text())
    assert report["passed"] and report["holds"]["objects"] == 3
    with Image.open(tmp_path / "out" / "grid.png") as picture:
        assert picture.width > 3 * 2 * 192
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"inspection.json", "grid.png"}


def test_damage_gives_code_1_and_still_a_report(folder, tmp_path):
    path = folder / "0001.tfrecord"
    sound = path.read_bytes()
    try:
        path.write_bytes(sound[:-5])
        text = script(f"--data_dir={folder}", f"--out={tmp_path}", code=1)
    finally:
        path.write_bytes(sound)
    assert "FAILED" in text and "0001.tfrecord: record 1: data is cut short" in text
    assert not json.loads((tmp_path / "inspection.json").read_text())["passed"]


def test_warnings_fail_only_where_strict(folder, tmp_path):
    job = folder / "projection.txt"
    sound = job.read_text()
    try:
        job.write_text(sound.replace(sound.split()[0], "23.5", 1).replace(sound.split()[5], "23.5"))
        arguments = [f"--data_dir={folder}", f"--out={tmp_path}", "--grid_pairs=0"]
        assert "warning focal" in script(*arguments)
        assert "FAILED" in script(*arguments, "--strict", code=1)
    finally:
        job.write_text(sound)
    assert not (tmp_path / "grid.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out=o"], "--data_dir is missing"),
        (["--data_dir=/nowhere"], "--out is missing"),
        (["--data_dir=/nowhere", "--out=o"], "/nowhere is not a folder"),
        (["--data_dir=.", "--out=o", "--limit=0"], "--limit"),
        (["--data_dir=nosuch://x", "--out=o"], "nosuch://x: Protocol not known"),
    ],
)
def test_bad_calls_give_code_2_and_one_line(arguments, message, tmp_path):
    text = script(*arguments, code=2, cwd=tmp_path)
    assert message in text and "Traceback" not in text
    assert not list(tmp_path.iterdir())
