"""The benchmark of renderers, at sizes at which only its form can be judged."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "benchmarks" / "rendering.py"


def loaded(name):
    path = SCRIPT.with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tasks_take_turns():
    harness, calls = loaded("harness"), []
    tasks = {name: lambda name=name: calls.append(name) for name in "ab"}
    timings = harness.interleaved(tasks, repeats=3)
    assert calls == list("ababab")
    assert [len(found) for found in timings.values()] == [3, 3]


def test_medians_are_of_walls_and_cpus_apart():
    harness = loaded("harness")
    timings = [harness.Timing(*pair) for pair in ((1.0, 9.0), (5.0, 2.0), (3.0, 4.0))]
    assert harness.median(timings) == (3.0, 4.0)


def test_tables_are_aligned():
    text = loaded("harness").markdown_table(("a", "long name"), [(10, "x")])
    assert text == "| a  | long name |\n| -- | --------- |\n| 10 | x         |"


@pytest.mark.parametrize("count", [500, 2000])
def test_bumpy_meshes_have_the_faces_asked_for(count):
    mesh = loaded("rendering").bumpy_mesh(count)
    assert len(mesh.faces) == pytest.approx(count, rel=0.1)
    np.testing.assert_allclose(np.abs(mesh.bounds()).max(), 1, atol=1e-6)
    centres = mesh.vertices[mesh.faces].mean(axis=1)
    outward = (mesh.normals.mean(axis=1) * centres).sum(axis=1)
    assert (outward > -1e-6).mean() > 0.99


def test_fine_chairs_have_at_least_the_faces_asked_for():
    few, many = (loaded("rendering").fine_chair(count) for count in (100, 4000))
    assert 100 <= len(few.faces) < 4000 <= len(many.faces) < 16_000
    np.testing.assert_allclose(few.bounds(), many.bounds(), atol=1e-6)


def test_a_run_writes_a_file_and_a_page(tmp_path):
    flags = ["--size=16", "--faces=200", "--repeats=1", "--pairs=1", "--blender_pairs=1"]
    flags += ["--job_objects=2", "--job_pairs=4", "--workers=1", f"--out={tmp_path / 'json'}"]
    done = subprocess.run(
        [sys.executable, SCRIPT, *flags, f"--page={tmp_path / 'page.md'}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "json").iterdir()
    report = json.loads(path.read_text())
    chair, ball = report["renderers"]
    assert (chair["shape"], ball["shape"]) == ("chair", "ball")
    assert ball["faces"] == 196 and 0 < chair["covered"] < ball["covered"] < 1
    for row in (chair, ball):
        assert row["built-in"]["views_per_second"] > 0
        assert ("blender" in row) != bool(report["blender_problem"])
    assert report["scaling"][0]["pairs_per_second"] > 0
    page = (tmp_path / "page.md").read_text()
    assert report["command"] in page and "| 196 " in page
