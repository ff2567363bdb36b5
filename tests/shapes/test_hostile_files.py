"""Hostile mesh files: each is refused or mended by name, in bounded memory, and nothing is written.

All are read by one child process with 4 GiB of address space, so that one that crashed, hung or
grew would take the child with it.
"""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import keypointnet_tf
from keypointnet_tf.shapes.mesh_file import find_meshes, load_mesh

pytest.importorskip("resource", reason="limits on memory are those of POSIX")

HERE = pathlib.Path(__file__).parent
SECONDS = 400
MOST_KILOBYTES = 1_500_000


def _hostile_files():
    path = HERE / "hostile_files.py"
    spec = importlib.util.spec_from_file_location("hostile_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hostile_files = _hostile_files()


def tree(folder):
    """Every path below a folder with what would change if it were written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(folder))] = status.st_mode, status.st_size, status.st_mtime_ns
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What the child process printed, and the folders before and after."""
    root = tmp_path_factory.mktemp("hostile")
    folder, elsewhere = root / "meshes", root / "elsewhere"
    folder.mkdir()
    (elsewhere / "temporary").mkdir(parents=True)
    hostile_files.write_all(folder)
    before = tree(root)
    environment = os.environ | {
        "PYTHONPATH": str(pathlib.Path(keypointnet_tf.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(elsewhere / "temporary"),
        "HOME": str(elsewhere),
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, str(HERE / "read_hostile.py"), str(folder)],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout) | {"before": before, "after": tree(root), "errors": done.stderr}


def test_there_are_many(report):
    assert len(report["files"]) == len(hostile_files.FILES) >= 40


@pytest.mark.parametrize("name", hostile_files.FILES)
def test_each_is_refused_or_mended_by_name(report, name):
    hostile, found = hostile_files.FILES[name], report["files"][name]
    assert "crash" not in found, found
    assert ("faces" in found) == hostile.mended, found
    if not hostile.mended:
        assert f"/{name}: " in found["error"] and "expected" in found["error"]
        assert len(found["error"]) < 1000 and "\n" not in found["error"]
        assert re.search(hostile.says, found["error"]), found["error"]
    elif hostile.says:
        assert any(re.search(hostile.says, text) for text in found["warnings"]), found
        assert len(found["warnings"]) <= 6
    else:
        assert not found["warnings"]


def test_memory_stays_bounded(report):
    assert report["peak_kilobytes"] < MOST_KILOBYTES


def test_nothing_is_written(report):
    assert report["after"] == report["before"]


def test_nothing_but_our_warnings_is_said(report):
    lines = report["errors"].splitlines()
    assert not [line for line in lines if "Traceback" in line or "Warning" in line], lines


def test_a_search_passes_over_what_is_no_file(report, tmp_path):
    for name in ("pipe.obj", "zero.obj", "folder.obj", "dangling.obj"):
        hostile_files.FILES[name].make(tmp_path / name)
    (tmp_path / "good.obj").write_bytes(hostile_files.obj())
    (tmp_path / "slip.zip").write_bytes(hostile_files.archive("../../evil.obj"))
    assert find_meshes(tmp_path) == [tmp_path / "good.obj"]
    with pytest.raises(ValueError, match="slip.zip: suffix is '.zip'; expected one of .obj"):
        load_mesh(tmp_path / "slip.zip")
