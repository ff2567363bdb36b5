"""Rendering jobs with Blender: the same records as the built-in renderer's, made by workers."""

import json
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from keypointnet_tf.data import records, schema
from keypointnet_tf.rendering import scenes
from keypointnet_tf.shapes.sources import file_sources

RENDER = pathlib.Path(__file__).resolve().parents[2] / "render.py"
SAMPLES = 4


@pytest.fixture
def job_of(boxes, tmp_path):
    """`job_of(renderer, **changes)`: a job of three boxes."""
    meshes = file_sources([boxes.write_boxes(tmp_path / "meshes", 3)])
    return lambda renderer, **changes: boxes.make_job(
        meshes, renderer=renderer, blender_samples=SAMPLES, **changes
    )


def pairs_in(folder):
    return [
        schema.decode_pair(features, path=path, index=index)
        for path in sorted(pathlib.Path(folder).glob("*.tfrecord"))
        for index, features in enumerate(records.read_records(path))
    ]


def test_records_differ_from_the_built_in_renderers_in_pixels_alone(
    blender, boxes, job_of, tmp_path
):
    folders = {name: tmp_path / name for name in scenes.RENDERERS}
    for name, folder in folders.items():
        assert boxes.run(job_of(name), folder) == (3, 0, [])
    assert "bpy" not in sys.modules
    files = {name: boxes.contents(folder) for name, folder in folders.items()}
    assert set(files["embree"]) == set(files["blender"])
    for name in ("job.txt", "train.txt", "dev.txt", "test.txt", "projection.txt"):
        assert files["embree"][name] == files["blender"][name]
    meta = json.loads(files["blender"]["meta.json"])
    assert (meta["config"]["renderer"], meta["config"]["blender_samples"]) == ("blender", SAMPLES)
    own, other = (pairs_in(folders[name]) for name in scenes.RENDERERS)
    assert len(own) == len(other) == 6
    for one, two in zip(own, other, strict=True):
        for field in ("object_to_camera0", "object_to_camera1", "focal0", "focal1"):
            np.testing.assert_array_equal(getattr(one, field), getattr(two, field))
        assert one.object_id == two.object_id
        covered = [pair.image0[..., 3].mean() for pair in (one, two)]
        assert covered[0] == pytest.approx(covered[1], rel=0.15)
        assert not np.array_equal(one.image0, two.image0)


def test_the_same_command_gives_the_same_bytes(blender, boxes, job_of, tmp_path):
    for workers in (1, 2):
        boxes.run(job_of("blender"), tmp_path / f"{workers}", workers=workers)
    assert boxes.contents(tmp_path / "1") == boxes.contents(tmp_path / "2")
    assert not multiprocessing.active_children()


@pytest.mark.skipif(os.name != "posix", reason="sends signals to processes")
def test_a_worker_that_dies_does_not_harm_the_job(blender, boxes, job_of, tmp_path):
    job, folder, killed = job_of("blender", pairs=20), tmp_path / "killed", []

    def kill_a_worker_at_work():
        while not list(folder.rglob(".*.tfrecord*.tmp")):
            time.sleep(0.02)
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGKILL)
            killed.append(child.pid)

    thread = threading.Thread(target=kill_a_worker_at_work, daemon=True)
    thread.start()
    assert boxes.run(job, folder) == (3, 0, [])
    thread.join(timeout=5)
    assert killed
    boxes.run(job, tmp_path / "whole")
    assert boxes.contents(folder) == boxes.contents(tmp_path / "whole")


def test_the_script_prints_nothing_of_blender(blender, boxes, tmp_path):
    meshes = boxes.write_boxes(tmp_path / "meshes", 2)
    arguments = ["--meshes", meshes, "--out", tmp_path / "out", "--pairs=2", "--size=16"]
    done = subprocess.run(
        [sys.executable, RENDER, *map(str, arguments), "--renderer=blender", "--workers=1"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'out'}: 2 objects written, 0 kept from before\n"
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if line]
    assert lines and all("pair" in line for line in lines)


def test_without_blender_the_job_ends_before_any_work(boxes, job_of, tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "blender_problem", lambda: "No module named 'bpy'")
    text = r"needs the package bpy: pip install 'keypointnet-tf\[blender\]' \(Python 3.11\)"
    with pytest.raises(ValueError, match=text):
        boxes.run(job_of("blender"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_problem_is_what_the_import_says(tmp_path, monkeypatch):
    (tmp_path / "bpy.py").write_text("raise ImportError('libSM.so.6: cannot open')\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert scenes.blender_problem() == "ImportError: libSM.so.6: cannot open"


def test_an_unknown_renderer_is_refused(job_of):
    with pytest.raises(ValueError, match="renderer is 'povray'; expected one of embree, blender"):
        job_of("povray")
