"""The benchmarks of the networks: their counts, their ratios, their pages, and that they run."""

import importlib
import json
import pathlib
import subprocess
import sys

import pytest

keras = pytest.importorskip("keras")
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIZES = {"size": 16, "filters": 4, "orient_filters": 4, "keypoints": 5, "pairs": 2, "matrix": 32}


def benchmark(name):
    """A module of `benchmarks/`, which is no part of the installed package."""
    if str(REPOSITORY) not in sys.path:
        sys.path.insert(0, str(REPOSITORY))
    return importlib.import_module(f"benchmarks.{name}")


def run(name, folder, *arguments):
    """Runs a script and returns its report."""
    script = REPOSITORY / "benchmarks" / f"{name}.py"
    command = [sys.executable, str(script), "--quick", f"--out={folder}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=500)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (path,) = folder.glob(f"{name}_*.json")
    report = json.loads(path.read_text())
    assert benchmark(name).table(report) in done.stdout
    return report


# === Work ===


def test_work_of_a_small_network_by_hand():
    """Two convolutions of 3 x 3 on 8 x 8 cells: 4 to 5 channels, then two heads of 3."""
    from keypointnet_tf.discovery.keypoint_net import KeypointNet

    work = benchmark("work")
    network = KeypointNet(size=8, num_keypoints=3, filters=5, dilations=(1, 2), dtype="float32")
    first, second, head = (2 * 64 * 9 * a * b for a, b in ((4, 5), (5, 5), (5, 3)))
    assert work.forward(network).flops == first + second + 2 * head
    assert work.training(network).flops == 2 * first + 3 * second + 6 * head
    values = 64 * (4 + 5) + 9 * 20 + 64 * 10 + 9 * 25 + 2 * (64 * 8 + 9 * 15)
    assert work.forward(network).bytes == 4 * values


def test_the_published_step_is_as_much_work_as_on_paper():
    """13.7 GFLOP forward for KeypointNet and 3.4 for OrientNet at 128 px, by hand."""
    training_step = benchmark("training_step")
    sizes = {"size": 128, "filters": 64, "orient_filters": 32, "keypoints": 10, "pairs": 16}
    model = training_step.model_of(sizes, ("float32", 1))
    done = benchmark("work").training_step(model, pairs=16)
    layer = 2 * 9 * 128**2 / 1e9
    keypoints = layer * (2 * 4 * 64 + 3 * (11 * 64 * 64 + 64 * 20))
    orient = layer * (3 * 32 + 11 * 32 * 32 + 32 * 2)
    assert done.flops / 1e9 == pytest.approx(32 * (keypoints + orient), rel=1e-6)
    assert 1.41e12 < done.flops < 1.44e12


# === The published step ===


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the published step is eager")
def test_losses_are_those_of_the_published_step():
    differences = benchmark("training_step").loss_differences(SIZES)
    assert set(differences["inference"]) == {
        *("consistency", "pose", "separation", "silhouette", "variance")
    }
    for name, (published, ours) in differences["inference"].items():
        assert published > 1e-3, name
        assert ours == pytest.approx(published, rel=1e-3, abs=1e-3), name


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the published step is eager")
def test_the_published_step_learns():
    samples, reference = benchmark("samples"), benchmark("reference_step")
    model = benchmark("training_step").model_of(SIZES, ("float32", 1))
    batch = samples.pair_batch(2, SIZES["size"])
    samples.settle(model, batch)
    step = reference.ReferenceStep(model)
    found = [step(batch) for _ in range(12)]
    assert min(found[-3:]) < 0.9 * found[0]


def test_the_published_step_refuses_strides():
    model = benchmark("training_step").model_of(SIZES, ("float32", 2))
    with pytest.raises(ValueError, match="expects 1"):
        benchmark("reference_step").ReferenceStep(model)


# === Ratios ===


def report_of(reference_seconds):
    """A report whose float32 matrix rate is 100 FLOP/s, each step 400 FLOP."""

    def entry(seconds):
        return {"seconds": seconds, "flops": 400.0, "flops_per_second": 400 / seconds}

    rates = {"matrix product, float32": 100.0, "convolution, float32": 80.0}
    return {
        "steps": {"float32, stride 1": entry(5.0), "published": entry(reference_seconds)},
        "machine_rates": {name: {"flops_per_second": rate} for name, rate in rates.items()},
    }


def test_ratios_and_shares():
    found = benchmark("training_step").shares(report_of(8.0))["float32, stride 1"]
    assert found["matrix product"] == pytest.approx(0.8)
    assert found["convolution"] == pytest.approx(1.0)
    assert found["times as fast"] == pytest.approx(1.6)


def test_a_slow_reference_gives_no_ratio():
    """At 44 % of the matrix rate it would flatter whatever is compared with it."""
    found = benchmark("training_step").shares(report_of(4 / 0.44))
    assert found["float32, stride 1"]["times as fast"] is None


# === Pages ===


def test_a_section_is_replaced_and_the_rest_stays():
    tables = benchmark("tables")
    page = "a\n<!-- leaks -->\nold\n<!-- end leaks -->\nb\n"
    new = tables.replaced(page, "leaks", "new")
    assert new == "a\n<!-- leaks -->\n\nnew\n\n<!-- end leaks -->\nb\n"
    with pytest.raises(ValueError, match="<!-- growth -->"):
        tables.replaced(page, "growth", "new")


def test_the_page_has_a_place_for_every_benchmark():
    page = (REPOSITORY / "docs" / "performance.md").read_text(encoding="utf-8")
    for name in benchmark("tables").TABLES:
        assert benchmark("tables").replaced(page, name, "") != page


def test_the_newest_report_counts(tmp_path):
    for stamp, value in (("20260102_000000", 2), ("20251231_235959", 1)):
        (tmp_path / f"leaks_{stamp}.json").write_text(json.dumps({"value": value}))
    (tmp_path / "leaks_notes.json").write_text("{}")
    assert benchmark("tables").newest(tmp_path, "leaks") == {"value": 2}
    assert benchmark("tables").newest(tmp_path, "growth") is None


# === The scripts ===


def test_growth_of_memory_is_relative_to_the_warm_up():
    assert benchmark("leaks").growth([(1, 100), (2, 150), (3, 104)]) == pytest.approx(0.04)


def test_an_answer_of_a_fresh_process_and_none():
    harness = benchmark("harness")
    assert harness.in_fresh_process(divmod, 7, 2) == (3, 1)
    with pytest.raises(RuntimeError, match="left with code 3"):
        harness.in_fresh_process(sys.exit, 3)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the published step is eager")
def test_training_step(tmp_path):
    report = run("training_step", tmp_path, "--repeats=2", "--stride=1", "--precision=float32")
    assert set(report["steps"]) == {"float32, stride 1", "published"}
    assert all(entry["seconds"] > 0 for entry in report["steps"].values())
    assert set(report["peak_bytes"]) == set(report["steps"])
    assert min(report["peak_bytes"].values()) > 1e8


def test_inference(tmp_path):
    report = run("inference", tmp_path, "--repeats=2", "--batch=1", "--precision=float32")
    assert [case["one_core"] for case in report["cases"]] == [True, False]
    assert all(case["seconds"] > 0 and case["flops"] > 0 for case in report["cases"])


def test_evaluation(tmp_path):
    report = run("evaluation", tmp_path)
    assert set(report["tasks"]) == {"predict", "save", "score, draw and report"}


def test_fed_step(tmp_path):
    found = run("fed_step", tmp_path)["inputs"]
    assert {"constant batch", "records, memory", "rendered by 1 workers"} <= set(found)


def test_growth(tmp_path):
    found = run("growth", tmp_path, "--axis=batch", "--axis=objects")["axes"]
    assert [entry["value"] for entry in found["batch"]] == [2, 4]
    assert found["batch"][1]["flops"] == 2 * found["batch"][0]["flops"]
    assert found["objects"][0]["seconds"] > 0


def test_startup_and_leaks(tmp_path):
    """At forty steps memory still settles, so that the verdict on leaks may be either."""
    starts = run("startup", tmp_path)["starts"]
    assert {"import keras", "train.py --help", "render.py --help"} <= set(starts)
    for measure in (benchmark("leaks").training, benchmark("leaks").predicting):
        found = benchmark("harness").in_fresh_process(measure, 10, 20)
        assert [count for count, _ in found] == [2, 4, 6, 8, 10]
        assert all(size > 1e8 for _, size in found)
