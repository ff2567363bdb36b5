"""Previews: what is written and what is not, which objects, and what is said of them."""

import csv
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from keypointnet_tf.data import preview
from keypointnet_tf.data.preview import COLUMNS, run_preview
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.shapes.sources import file_sources, read_overrides

RENDER = pathlib.Path(__file__).resolve().parents[2] / "render.py"
CORNERS = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij")).reshape(3, -1).T
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def write_boxes(path, *boxes):
    """An OBJ file of boxes, each `(size, centre)`."""
    lines = []
    for number, (size, centre) in enumerate(boxes):
        corners = CORNERS * np.array(size) / 2 + centre
        lines += ["v {} {} {}".format(*corner) for corner in corners]
        lines += ["f " + " ".join(str(8 * number + i + 1) for i in quad) for quad in QUADS]
    path.write_text("\n".join(lines) + "\n")


def write_truck(path):
    """A truck of boxes in our frame, its cabin in front."""
    wheels = [((0.3, 0.2, 0.4), (x, y, 0.2)) for x in (-0.7, 0.7) for y in (-0.3, 0.3)]
    write_boxes(path, ((2, 0.8, 0.3), (0, 0, 0.4)), ((0.5, 0.7, 0.5), (0.6, 0, 0.8)), *wheels)


@pytest.fixture
def folder(tmp_path):
    meshes = tmp_path / "meshes"
    meshes.mkdir()
    for name in ("a", "b", "c"):
        write_truck(meshes / f"{name}.obj")
    return meshes


class Pages:
    """Stands in for the drawing of sheets."""

    def __init__(self):
        self.pages = []

    def __call__(self, objects, path):
        self.pages.append([item.object_id for item in objects])
        assert all(item.views or item.failure for item in objects)
        path.write_text("sheet")


def run(sources, out, **options):
    pages = Pages()
    job = RenderJob(meshes=tuple(sources), dev_share=0, test_share=0)
    return run_preview(job, out, pages, progress=False, **options), pages.pages


def table(out):
    with open(out / "preview.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_sheet_and_table_and_nothing_else(folder, tmp_path):
    report, pages = run(file_sources([folder], up="z", front="-x"), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"preview.png", "preview.csv"}
    assert pages == [["a", "b", "c"]] and report.total == 3
    rows = table(tmp_path / "out")
    assert tuple(rows[0]) == COLUMNS and COLUMNS[0] == "object"
    assert [row["object"] for row in rows] == ["a", "b", "c"]
    assert rows[1] | {"file": ""} == {
        "object": "b",
        "file": "",
        "up": "z",
        "front": "-x",
        "faces": str(6 * 6 * 2),
        "hints": "",
    }
    assert rows[1]["file"] == str(folder / "b.obj")


def test_objects_are_spread_evenly_and_sheets_are_full(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(preview, "PER_SHEET", 2)
    for number in range(9):
        shutil.copy(folder / "a.obj", folder / f"n{number}.obj")
    sources = file_sources([str(folder / "n*.obj")])
    report, pages = run(sources, tmp_path / "out", count=5)
    assert pages == [["n0", "n2"], ["n4", "n6"], ["n8"]]
    names = ["preview.png", "preview_2.png", "preview_3.png"]
    assert [path.name for path in report.sheets] == names and report.total == 9
    (tmp_path / "out" / "preview_notes.png").write_text("mine")
    report, pages = run(sources, tmp_path / "out", count=1)
    assert pages == [["n0"]]
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"preview.png", "preview.csv", "preview_notes.png"}


def test_a_wrong_frame_is_told_with_its_flags(folder, tmp_path):
    report, _ = run(file_sources([folder], up="z", front="y"), tmp_path / "out")
    assert all(len(item.hints) == 1 and "--front=x" in item.hints[0] for item in report.objects)
    assert table(tmp_path / "out")[0]["hints"] == report.objects[0].hints[0]
    text = report.text()
    assert text.count("  ! symmetric about x") == 3 and "3 of 3 objects: symmetric" in text
    assert "3 of 3 objects shown, 3 with hints, 0 failed" in text


def test_an_object_that_fails_shows_why_and_the_rest_is_shown(folder, tmp_path):
    (folder / "b.obj").write_text("v 0 0 0\n")
    report, pages = run(file_sources([folder]), tmp_path / "out")
    assert pages == [["a", "b", "c"]]
    failed = report.objects[1]
    assert "b.obj" in failed.failure and failed.warnings == (f"failed: {failed.failure}",)
    row = table(tmp_path / "out")[1]
    assert row["faces"] == "" and row["hints"].startswith("failed: ") and row["up"] == "z"
    assert "1 failed" in report.text()


def test_captions_tell_where_the_camera_stands_and_the_axis_of_the_file(folder):
    job = RenderJob(meshes=file_sources([folder], up="y", front="-z"))
    (task, *_) = preview.object_tasks(job)
    shown = preview.preview_object(job, task)
    assert [view.caption for view in shown.views] == [
        "from +x (front) = file -z",
        "from -x (back) = file +z",
        "from +y (left) = file -x",
        "from -y (right) = file +x",
        "from +z (top) = file +y",
        "from -z (bottom) = file -y",
        "from the front left, above",
    ]


def test_procedural_objects_have_no_file(tmp_path):
    pages = Pages()
    job = RenderJob(shapes="chair", objects=3)
    report = run_preview(job, tmp_path, pages, progress=False, count=2)
    assert pages.pages == [["chair_0_000000", "chair_0_000002"]]
    assert {(item.file, item.frame, item.failure) for item in report.objects} == {
        ("", ("z", "x"), "")
    }


def test_the_table_can_be_edited_and_given_back(folder, tmp_path):
    run(file_sources([folder], up="z", front="x"), tmp_path)
    text = (tmp_path / "preview.csv").read_text().replace("b.obj,z,x,", "b.obj,y,-z,")
    (tmp_path / "preview.csv").write_text(text)
    sources = file_sources([folder], overrides=read_overrides(tmp_path / "preview.csv"))
    assert [(s.up, s.front) for s in sources] == [("z", "x"), ("y", "-z"), ("z", "x")]


def test_a_count_below_one_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="count is 0; expected at least 1"):
        run(file_sources([folder]), tmp_path / "out", count=0)
    assert not (tmp_path / "out").exists()


def script(*arguments):
    command = [sys.executable, str(RENDER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_script_leaves_records_as_they_are(folder, tmp_path):
    out = tmp_path / "out"
    flags = ("--meshes", folder, "--pairs=1", "--size=16", "--workers=1", "--out", out)
    assert script(*flags).returncode == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    done = script(*flags, "--preview", "--preview_count=2")
    assert done.returncode == 0, done.stderr
    assert "2 of 3 objects shown, 0 with hints, 0 failed" in done.stdout
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert after.pop("preview.png").startswith(b"\x89PNG") and after.pop("preview.csv")
    assert after == before
    assert "0 objects written, 3 kept" in script(*flags).stdout
    (folder / "c.obj").write_text("nothing")
    assert script(*flags, "--preview").returncode == 1
