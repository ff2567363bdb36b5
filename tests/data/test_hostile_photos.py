"""Hostile and odd image files: each is refused by name or read, in bounded memory.

`predict.py` also goes over the folder of them all, in a process whose peak is measured.
"""

import csv
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from keypointnet_tf.data import photos

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MOST_KILOBYTES = 2 << 20


def _module():
    path = pathlib.Path(__file__).with_name("hostile_photos.py")
    spec = importlib.util.spec_from_file_location("hostile_photos", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hostile = _module()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    try:
        hostile.write_all(folder)
    except OSError as error:
        pytest.skip(f"this file system has no such names or links: {error}")
    return folder


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_each_is_refused_by_name(folder, name):
    with pytest.raises(ValueError, match=hostile.REFUSED[name]) as caught:
        photos.read_photo(folder / name)
    assert str(caught.value).startswith(f"{folder / name}: ")


@pytest.mark.parametrize("name", sorted(set(hostile.READ) - {"largest.png"}))
def test_each_is_read(folder, name):
    width, height = hostile.READ[name]
    assert photos.read_photo(folder / name).shape == (height, width, 4)


def test_folders_and_pipes_are_refused(folder, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (folder / "folder.png", tmp_path / "pipe.png"):
        with pytest.raises(ValueError, match=re.escape(f"{path}: ") + ".*a folder, a pipe"):
            photos.read_photo(path)
    with pytest.raises(ValueError, match="finds no photo"):
        photos.find_photos(tmp_path)


def test_a_search_tells_of_links_to_nothing(folder):
    found = {os.fsencode(path.name) for path in photos.find_photos(folder)}
    names = {os.fsencode(name) for name in {*hostile.REFUSED, *hostile.READ}}
    assert found == names | {hostile.NOT_UTF8}


def test_the_script_survives_them_all(folder, tmp_path):
    script = [REPOSITORY / "tests" / "peak_memory.py", REPOSITORY / "predict.py"]
    flags = ["--model_dir=car", "--averaging=none", f"--input={folder}", f"--out={tmp_path}"]
    done = subprocess.run(
        [sys.executable, *map(str, script), *flags],
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        timeout=500,
    )
    errors = done.stderr.decode()
    assert done.returncode == 1 and "Traceback" not in errors, errors
    report = json.loads((tmp_path / "keypoints.json").read_text())
    failed = {pathlib.Path(failure["file"]).name for failure in report["failures"]}
    assert failed == set(hostile.REFUSED) and report["complete"]
    for failure in report["failures"]:
        assert failure["file"] in failure["reason"] and failure["reason"] in errors
    done_names = {os.fsencode(pathlib.Path(image["file"]).name) for image in report["images"]}
    assert done_names == {os.fsencode(name) for name in hostile.READ} | {hostile.NOT_UTF8}
    with open(tmp_path / "keypoints.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(report["images"])
    assert all((tmp_path / image["picture"]).is_file() for image in report["images"])
    peak = json.loads(errors.splitlines()[-1])["peak_kilobytes"]
    assert peak < MOST_KILOBYTES
