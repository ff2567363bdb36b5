"""The benchmarks run, at a size that says nothing, and write what they promise."""

import json
import pathlib
import subprocess
import sys

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def test_input_pipeline(tmp_path):
    pytest.importorskip("tensorflow")
    command = [
        sys.executable,
        str(REPOSITORY / "benchmarks" / "input_pipeline.py"),
        f"--preset={REPOSITORY}/flags/presets/debug.flags",
        f"--out={tmp_path}/figures.json",
        *("--size=32", "--objects=3", "--pairs=2", "--batch_size=2", "--batches=2", "--steps=1"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "figures.json").read_text())
    assert [row["storage"] for row in report["rows"]] == [
        "memory arrays",
        "file per object",
        "shards",
        "zip, deflated",
        "zip, stored",
    ]
    for row in report["rows"]:
        assert row["pixels"] == 32 and min(row["batch_ms"], row["step_ms"], row["to_step"]) > 0
    assert report["machine"]["cores"] >= 1
    assert {path.name for path in tmp_path.iterdir()} == {"figures.json"}
