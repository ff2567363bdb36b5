"""Rendering jobs: the folder's layout, the same bytes however it is made, and refusals."""

import contextlib
import dataclasses
import functools
import json
import multiprocessing
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keypointnet_tf.data import records, render_folder, render_object, schema
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.shapes.sources import file_sources

RENDER = pathlib.Path(__file__).resolve().parents[2] / "render.py"


@pytest.fixture
def meshes(boxes, tmp_path):
    return file_sources([boxes.write_boxes(tmp_path / "meshes")])


def test_folder_has_the_published_layout(boxes, meshes, tmp_path):
    report = boxes.run(boxes.make_job(meshes), tmp_path / "out")
    assert report == (4, 0, [])
    files = boxes.contents(tmp_path / "out")
    lists = {"train.txt", "dev.txt", "test.txt", "job.txt", "projection.txt"}
    assert set(files) == lists | {"meta.json", "manifest.json"} | {
        f"{i:04d}.tfrecord" for i in range(4)
    }
    names = [files[f"{split}.txt"].decode().split() for split in ("train", "dev", "test")]
    assert [len(split) for split in names] == [2, 1, 1]
    assert sorted(sum(names, [])) == ["0000", "0001", "0002", "0003"]
    assert files["job.txt"].decode().split() == ["box0", "box1", "box2", "box3"]
    projection = np.array(files["projection.txt"].decode().split(), float).reshape(4, 4)
    assert projection[0, 0] == projection[1, 1] == placement.focal_length()
    meta = json.loads(files["meta.json"])
    assert (meta["records_up"], meta["size"], meta["camera"]["distance"]) == ("z", 16, 30)


def test_records_hold_the_pairs(boxes, meshes, tmp_path):
    boxes.run(boxes.make_job(meshes), tmp_path / "out")
    path = tmp_path / "out" / "0002.tfrecord"
    pairs = [
        schema.decode_pair(features, path=path, index=index)
        for index, features in enumerate(records.read_records(path))
    ]
    assert [pair.object_id for pair in pairs] == ["box2", "box2"]
    assert all(pair.image0.shape == (16, 16, 4) and pair.image0[..., 3].any() for pair in pairs)
    assert not np.array_equal(pairs[0].object_to_camera0, pairs[1].object_to_camera0)


def test_two_workers_write_what_one_writes(boxes, meshes, tmp_path):
    job = boxes.make_job(meshes)
    assert boxes.run(job, tmp_path / "two", workers=2).written == 4
    boxes.run(job, tmp_path / "one")
    assert boxes.contents(tmp_path / "one") == boxes.contents(tmp_path / "two")
    assert not multiprocessing.active_children()


def test_random_materials_change_colours_alone_on_any_number_of_workers(boxes, meshes, tmp_path):
    plain = boxes.make_job(meshes)
    job = dataclasses.replace(plain, views=PairConfig(size=16, random_materials=1.0))
    boxes.run(plain, tmp_path / "plain")
    boxes.run(job, tmp_path / "one")
    boxes.run(job, tmp_path / "two", workers=2)
    assert boxes.contents(tmp_path / "one") == boxes.contents(tmp_path / "two")
    described = [json.loads((tmp_path / n / "meta.json").read_text()) for n in ("plain", "one")]
    assert "random_materials" not in described[0]["views"]
    assert described[1]["views"]["random_materials"] == 1
    before, after = (
        [
            schema.decode_pair(features, path=path, index=index)
            for path in sorted((tmp_path / name).glob("*.tfrecord"))
            for index, features in enumerate(records.read_records(path))
        ]
        for name in ("plain", "one")
    )
    for first, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(first.object_to_camera0, second.object_to_camera0)
        np.testing.assert_array_equal(first.image1[..., 3], second.image1[..., 3])
        assert not np.array_equal(first.image0[..., :3], second.image0[..., :3])


def test_an_interrupted_run_can_be_resumed(boxes, meshes, tmp_path, monkeypatch):
    job, folder = boxes.make_job(meshes), tmp_path / "cut"
    encode, calls = render_object.encode_pair, []

    def interrupted(pair):
        calls.append(pair)
        if len(calls) == 4:  # The second pair of the second object.
            raise KeyboardInterrupt
        return encode(pair)

    monkeypatch.setattr(render_object, "encode_pair", interrupted)
    with pytest.raises(KeyboardInterrupt):
        boxes.run(job, folder)
    assert [name for name in boxes.contents(folder) if name.endswith(".tfrecord")] == [
        "0000.tfrecord"
    ]
    assert not [name for name in boxes.contents(folder) if name.endswith("tmp")]
    monkeypatch.undo()
    assert boxes.run(job, folder) == (3, 1, [])
    boxes.run(job, tmp_path / "whole")
    assert boxes.contents(folder) == boxes.contents(tmp_path / "whole")
    assert boxes.run(job, folder) == (0, 4, [])


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"seed": 1}, "seed is 0 and now 1"),
        ({"pairs": 3}, "pairs is 2 and now 3"),
        ({"views": PairConfig(size=24)}, "size is 16 and now 24"),
        (
            {"views": PairConfig(size=16, random_materials=0.5)},
            "views.random_materials is None and now 0.5",
        ),
        (
            {"views": PairConfig(size=16, sampling=placement.CameraSampling(max_angle_degrees=30))},
            "camera.max_angle_degrees is 180.0 and now 30",
        ),
    ],
)
def test_another_job_in_the_same_folder_is_refused(boxes, meshes, tmp_path, changes, field):
    boxes.run(boxes.make_job(meshes), tmp_path / "out")
    before = boxes.contents(tmp_path / "out")
    with pytest.raises(ValueError, match=field):
        boxes.run(boxes.make_job(meshes, **changes), tmp_path / "out")
    assert boxes.contents(tmp_path / "out") == before


def test_other_meshes_and_foreign_records_are_refused(boxes, meshes, tmp_path):
    boxes.run(boxes.make_job(meshes), tmp_path / "out")
    renamed = (*meshes[:3], dataclasses.replace(meshes[3], object_id="box9"))
    with pytest.raises(ValueError, match="job.txt: lists other objects"):
        boxes.run(boxes.make_job(renamed), tmp_path / "out")
    (tmp_path / "out" / "meta.json").unlink()
    with pytest.raises(ValueError, match="holds records but no meta.json"):
        boxes.run(boxes.make_job(meshes), tmp_path / "out")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_mesh_is_listed_and_the_rest_is_usable(boxes, meshes, tmp_path, workers):
    good = pathlib.Path(meshes[1].path).read_text()
    pathlib.Path(meshes[1].path).write_text("v 0 0 0\n")
    job, folder = boxes.make_job(meshes, dev_count=0, test_count=0), tmp_path / "out"
    report = boxes.run(job, folder, workers=workers)
    assert report.written == 3
    (failure,) = report.failures
    assert failure.record == "0001" and failure.object_id == "box1" and failure.reason
    files = boxes.contents(folder)
    assert "0001.tfrecord" not in files and files["failed.txt"].startswith(b"0001\tbox1\t")
    assert files["train.txt"].decode().split() == ["0000", "0002", "0003"]
    pathlib.Path(meshes[1].path).write_text(good)
    assert boxes.run(job, folder) == (1, 3, [])
    boxes.run(job, tmp_path / "good")
    assert boxes.contents(folder) == boxes.contents(tmp_path / "good")


def test_negative_workers_are_refused(boxes, meshes, tmp_path):
    with pytest.raises(ValueError, match="workers is -1"):
        boxes.run(boxes.make_job(meshes), tmp_path / "out", workers=-1)


def script(*arguments, cwd):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, RENDER, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores interrupts, and so do its children.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.skipif(os.name != "posix", reason="sends an interrupt")
def test_the_script_stops_on_ctrl_c_and_continues(boxes, meshes, tmp_path):
    flags = ("--meshes", tmp_path / "meshes", "--size=16", "--out", tmp_path / "out")
    process = script(*flags, "--pairs=400", "--workers=2", cwd=tmp_path)
    out = tmp_path / "out"
    deadline = time.monotonic() + 60
    while not list(out.glob(".*.tfrecord*.tmp")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    assert not list(out.glob("*.tmp")) and not list(out.glob(".*.tmp"))
    process = script(*flags, "--pairs=400", "--workers=1", cwd=tmp_path)
    process.communicate(timeout=60)
    assert process.returncode == 0 and len(list(out.glob("*.tfrecord"))) == 4
    job = RenderJob(meshes=meshes, pairs=400, views=PairConfig(size=16))
    boxes.run(job, tmp_path / "whole")
    assert boxes.contents(out) == boxes.contents(tmp_path / "whole")


def test_a_folder_in_use_is_refused(boxes, meshes, tmp_path):
    with render_folder.locked(tmp_path):
        with pytest.raises(ValueError, match="another process renders into it"):
            boxes.run(boxes.make_job(meshes), tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills processes")
@pytest.mark.parametrize("shard_mb", [0, 0.02])
def test_ten_kills_leave_no_trace(boxes, tmp_path, shard_mb):
    meshes = boxes.write_boxes(tmp_path / "meshes", 12)
    flags = ("--meshes", meshes, "--size=32", "--pairs=30", "--workers=2", f"--shard_mb={shard_mb}")
    started = time.monotonic()
    script(*flags, "--out", tmp_path / "whole", cwd=tmp_path).communicate(timeout=120)
    duration = time.monotonic() - started
    moments = np.random.default_rng(0).uniform(0.2, 1.0, 10) * duration
    for moment in moments:
        process = script(*flags, "--out", tmp_path / "cut", cwd=tmp_path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.kill()
        process.communicate()
    process = script(*flags, "--out", tmp_path / "cut", cwd=tmp_path)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert boxes.contents(tmp_path / "cut") == boxes.contents(tmp_path / "whole")
    assert len(list((tmp_path / "cut").glob("*.tfrecord"))) > 2
