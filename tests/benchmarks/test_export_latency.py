"""The benchmark of exports runs, at a size that says nothing, and writes what it promises."""

import json
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "export_latency.py"
RUNTIMES = ["Keras, float32", "LiteRT", "LiteRT, 8 bits", "ONNX Runtime", "SavedModel"]


def test_all_runtimes_are_measured(tmp_path):
    for package in ("tensorflow", "ai_edge_litert", "onnxruntime", "tf2onnx"):
        pytest.importorskip(package)
    arguments = ["--quick", f"--out={tmp_path}"]
    page = tmp_path / "page.md"
    command = [sys.executable, str(SCRIPT), *arguments, f"--page={page}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=500)
    assert done.returncode == 0, done.stderr[-3000:]
    (path,) = tmp_path.glob("export_latency_*.json")
    report = json.loads(path.read_text())
    # Where the processor has bfloat16, Keras is measured in that, too.
    assert sorted(set(report["cases"]) - {"Keras, mixed_bfloat16"}) == RUNTIMES
    for case in report["cases"].values():
        assert case["bytes"] > 1000 and case["seconds"] > 0 and case["cpu_seconds"] > 0
    assert report["cases"]["ONNX Runtime"]["deviation"]["uv"]["max"] < 1e-4
    assert report["command"] in page.read_text() and "| LiteRT, 8 bits " in page.read_text()
