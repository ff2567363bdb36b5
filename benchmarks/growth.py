"""Measures how a training step grows: time and memory against each size, the others held.

python benchmarks/growth.py
python benchmarks/growth.py --axis=size --axis=batch

Each point runs in a process of its own, which also measures the machine's convolution rate. A last
axis, objects, is that of the data: pairs in memory, and the time of a shuffled batch of them.
"""

from __future__ import annotations

import os
import pathlib
import sys
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "jax", "numpy")
AXES = {
    "size": (32, 48, 64, 96, 128),
    "filters": (16, 32, 64, 128),
    "keypoints": (5, 10, 20, 40),
    "batch": (2, 4, 8, 16),
    "objects": (100, 400, 1_600, 6_400),
}
QUICK = {"size": (16, 32), "filters": (4, 8), "keypoints": (5, 10), "batch": (2, 4)}
PAIRS_PER_OBJECT = 20


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("size", 64, "Image side where it is held."),
        ("filters", 64, "Filters of KeypointNet where they are held; OrientNet has half."),
        ("keypoints", 10, "Keypoints where they are held."),
        ("batch", 4, "Pairs where they are held."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_multi_enum("axis", list(AXES), list(AXES), "What grows.", flag_values=values)
    flags.DEFINE_enum(
        "precision",
        "mixed_bfloat16",
        ["float32", "mixed_bfloat16"],
        "Precision of the networks.",
        flag_values=values,
    )
    harness.define_common(values, repeats=5)


def main(values: flags.FlagValues) -> None:
    """Measures, prints tables and writes a JSON file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    held = {name: values[name].value for name in ("size", "filters", "keypoints", "batch")}
    points, repeats = AXES, values.repeats
    if values.quick:
        held, repeats = {"size": 16, "filters": 4, "keypoints": 5, "batch": 2}, 1
        points = QUICK | {"objects": (2, 4)}
    report: dict[str, Any] = harness.description(PACKAGES)
    report["settings"] = held | {"precision": values.precision}
    report["axes"] = {}
    for axis in values.axis:
        measure = measure_objects if axis == "objects" else measure_step
        report["axes"][axis] = [
            harness.in_fresh_process(measure, report["settings"], axis, value, repeats)
            for value in points[axis]
        ]
        print(table({"axes": {axis: report["axes"][axis]}}) + "\n", flush=True)
    print(f"written to {harness.write_json(report, values.out, 'growth')}")


def measure_step(settings: dict[str, Any], axis: str, value: int, repeats: int) -> dict[str, Any]:
    """Entry of a training step of both networks; for a fresh process."""
    from benchmarks import machine, samples, work
    from keypointnet_tf.discovery.config import ModelConfig

    chosen = {**settings, axis: value}
    model = ModelConfig(
        size=chosen["size"],
        filters=chosen["filters"],
        orient_filters=max(1, chosen["filters"] // 2),
        num_keypoints=chosen["keypoints"],
    )
    config = samples.published_config(
        model, pairs=chosen["batch"], precision=chosen["precision"], train="both"
    )
    model = samples.compiled_model(config)
    batch = samples.pair_batch(chosen["batch"], chosen["size"])
    done = work.training_step(model, pairs=chosen["batch"])
    dtype = model.keypoint_net.get_layer("conv0").compute_dtype
    rate = machine.convolution(dtype, views=8, size=settings["size"], filters=settings["filters"])
    tasks = {"step": lambda: model.train_on_batch(batch), "convolution": rate.task}
    for task in tasks.values():
        task(), task()
    timings = harness.interleaved(tasks, repeats=repeats)
    entry = harness.measured(timings["step"], flops=done.flops, moved=done.bytes)
    convolution = harness.measured(timings["convolution"], flops=rate.flops)
    return entry | {
        "value": value,
        "of_convolution": entry["flops_per_second"] / convolution["flops_per_second"],
        "peak_bytes": machine.device_peak_bytes() or harness.peak_bytes(),
    }


def measure_objects(
    settings: dict[str, Any], axis: str, value: int, repeats: int
) -> dict[str, Any]:
    """Entry of shuffled batches of so many objects' pairs in memory; for a fresh process."""
    from benchmarks import samples
    from keypointnet_tf.data.array_dataset import ArrayDataset

    arrays = samples.pair_arrays(value * PAIRS_PER_OBJECT, settings["size"])
    dataset = ArrayDataset(arrays, batch_size=settings["batch"])
    dataset[0]
    tasks = {"batch": lambda: [dataset[step] for step in range(20)]}
    entry = harness.measured(harness.interleaved(tasks, repeats=repeats)["batch"])
    entry["seconds"] /= 20
    return entry | {"value": value, "peak_bytes": harness.peak_bytes()}


def table(report: dict[str, Any]) -> str:
    """A Markdown table for each axis; growth is that of the time over that of the size."""
    tables = []
    for axis, found in report["axes"].items():
        first, rows = found[0], []
        for entry in found:
            ratio = entry["seconds"] / first["seconds"]
            share = entry.get("of_convolution")
            rows.append(
                (
                    entry["value"],
                    f"{entry['flops'] / 1e9:.3g}",
                    f"{1e3 * entry['seconds']:.3g}",
                    f"{ratio:.3g}",
                    "" if share is None else f"{share:.0%}",
                    f"{entry['peak_bytes'] / 1e6:.0f}",
                )
            )
        header = (axis, "GFLOP", "ms", "times the first", "of conv.", "peak MB")
        tables.append(harness.markdown_table(header, rows))
    return "\n\n".join(tables)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/growth.py", __doc__, define, main))
