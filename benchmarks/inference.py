"""Times prediction: latency of one image on one core and on all, throughput of batches.

python benchmarks/inference.py
python benchmarks/inference.py --model runs/demo/model

Each case runs in a process of its own, so that one core means one core from the start.
"""

from __future__ import annotations

import os
import pathlib
import sys
import time
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "jax", "numpy")
QUICK = {"size": 16, "filters": 4, "orient_filters": 4, "matrix": 64}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("size", 128, "Image side in pixels of a new model."),
        ("filters", 64, "Filters of its KeypointNet."),
        ("orient_filters", 32, "Filters of its OrientNet."),
        ("stride", 1, "Output stride of both."),
        ("matrix", 3072, "Side of the matrices whose product is the machine's rate."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_multi_integer("batch", [1, 16], "Images at a time.", flag_values=values)
    flags.DEFINE_string(
        "model", None, "Run folder or .keras file; by default a new model.", flag_values=values
    )
    flags.DEFINE_multi_enum(
        "precision",
        ["float32", "mixed_bfloat16"],
        ["float32", "mixed_bfloat16"],
        "Precisions of a new model.",
        flag_values=values,
    )
    harness.define_common(values, repeats=20)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes a JSON file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if values.quick:
        for name, value in QUICK.items():
            values[name].value = value
    report: dict[str, Any] = harness.description(PACKAGES)
    names = ("size", "filters", "orient_filters", "stride", "matrix", "model")
    report["settings"] = {name: values[name].value for name in names}
    report["cases"] = []
    for precision in ["as saved"] if values.model else values.precision:
        for batch in values.batch:
            for one_core in (True, False) if batch == 1 else (False,):
                case = {"precision": precision, "images": batch, "one_core": one_core}
                found = harness.in_fresh_process(measure, report["settings"], case, values.repeats)
                report["cases"].append(case | found)
                print(table({"cases": report["cases"][-1:]}).splitlines()[-1], flush=True)
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'inference')}")


def measure(settings: dict[str, Any], case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Entry of one case; for a fresh process."""
    if case["one_core"]:
        with harness.one_core():
            return _measure(settings, case, repeats)
    return _measure(settings, case, repeats)


def _measure(settings: dict[str, Any], case: dict[str, Any], repeats: int) -> dict[str, Any]:
    import numpy as np

    from benchmarks import machine, work

    start = time.perf_counter()
    predictor = _predictor(settings, case["precision"])
    loaded = time.perf_counter() - start
    size, images = predictor.size, case["images"]
    batch = np.random.default_rng(0).random((images, size, size, 3), np.float32)
    networks = (predictor.model.orient_net, predictor.model.keypoint_net)
    done = work.forward(networks[0]).plus(work.forward(networks[1])).times(images)
    start = time.perf_counter()
    predictor(batch, batch_size=images)
    first = time.perf_counter() - start
    dtype = networks[1].get_layer("conv0").compute_dtype
    rate = machine.matrix_product(dtype, settings["matrix"])
    tasks = {"predict": lambda: predictor(batch, batch_size=images), "matrix": rate.task}
    for task in tasks.values():
        task(), task()
    timings = harness.interleaved(tasks, repeats=repeats)
    entry = harness.measured(timings["predict"], flops=done.flops, moved=done.bytes)
    matrix = harness.measured(timings["matrix"], flops=rate.flops)
    return entry | {
        "load_seconds": loaded,
        "first_seconds": first,
        "matrix_flops_per_second": matrix["flops_per_second"],
        "peak_bytes": machine.device_peak_bytes() or harness.peak_bytes(),
    }


def _predictor(settings: dict[str, Any], precision: str):
    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig
    from keypointnet_tf.discovery.predictor import Predictor

    if settings["model"]:
        return Predictor.load(settings["model"])
    config = ModelConfig(
        size=settings["size"],
        filters=settings["filters"],
        orient_filters=settings["orient_filters"],
        output_stride=settings["stride"],
        orient_output_stride=settings["stride"],
    )
    config = samples.published_config(config, pairs=1, precision=precision)
    return Predictor(samples.compiled_model(config))


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    header = ("precision", "images", "cores", "ms", "images/s", "GFLOP", "of matrix", "first, s")
    rows = []
    for case in report["cases"]:
        share = case["flops_per_second"] / case["matrix_flops_per_second"]
        rows.append(
            (
                case["precision"],
                case["images"],
                "one" if case["one_core"] else "all",
                f"{1e3 * case['seconds']:.3g}",
                f"{case['images'] / case['seconds']:.3g}",
                f"{case['flops'] / 1e9:.3g}",
                f"{share:.0%}",
                f"{case['first_seconds']:.2g}",
            )
        )
    return harness.markdown_table(header, rows)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/inference.py", __doc__, define, main))
