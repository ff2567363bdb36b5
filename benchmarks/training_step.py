"""Times the training step against the published one, and against what the machine can do.

python benchmarks/training_step.py
KERAS_BACKEND=jax python benchmarks/training_step.py --pairs=256 --precision=mixed_bfloat16

One step trains KeypointNet on a constant batch and runs OrientNet forward. The published step
(benchmarks/reference_step.py) needs TensorFlow; without it, and where it is slower than 45 % of the
float32 matrix rate, no ratio is printed.
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
REFERENCE = "published"
# A slower reference would flatter whatever is compared with it.
LEAST_REFERENCE_SHARE = 0.45
QUICK = {"size": 16, "filters": 4, "orient_filters": 4, "pairs": 2, "matrix": 64}
DTYPES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("size", 128, "Image side in pixels."),
        ("filters", 64, "Filters of KeypointNet."),
        ("orient_filters", 32, "Filters of OrientNet."),
        ("keypoints", 10, "Keypoints."),
        ("pairs", 16, "Pairs of the batch."),
        ("matrix", 3072, "Side of the matrices whose product is the machine's rate."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    strides = flags.DEFINE_multi_integer
    strides("stride", [1, 2, 4], "Output strides, largest last.", flag_values=values)
    flags.DEFINE_multi_enum(
        "precision", list(DTYPES), list(DTYPES), "Precisions of the networks.", flag_values=values
    )
    flags.DEFINE_boolean("reference", True, "Time the published step, too.", flag_values=values)
    flags.DEFINE_boolean("memory", True, "Measure peaks of memory, too.", flag_values=values)
    harness.define_common(values, repeats=5)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes a JSON file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if values.quick:
        for name, value in QUICK.items():
            values[name].value = value
    import keras

    report: dict[str, Any] = harness.description(PACKAGES)
    report["backend"] = keras.backend.backend()
    names = ("size", "filters", "orient_filters", "keypoints", "pairs", "matrix")
    report["settings"] = {name: values[name].value for name in names}
    with_reference = values.reference and report["backend"] == "tensorflow"
    if with_reference:
        report["losses"] = harness.in_fresh_process(loss_differences, report["settings"])
        print(_loss_lines(report["losses"]), flush=True)
    cases = [(p, s) for p in values.precision for s in values.stride] + [None] * with_reference
    if values.memory:  # First: this process grows to the largest peak, and stays there.
        report["peak_bytes"] = {
            step_name(case): harness.in_fresh_process(peak_of_step, report["settings"], case)
            for case in cases
            if case is None or case[1] == 1
        }
    found = _timed(report["settings"], cases, repeats=values.repeats)
    report["steps"], report["machine_rates"] = found
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'training_step')}")


def step_name(case: tuple[str, int] | None) -> str:
    """Name of a step in the report; None is the published one."""
    return REFERENCE if case is None else f"{case[0]}, stride {case[1]}"


def model_of(settings: dict[str, int], case: tuple[str, int]):
    """The product's model of a precision and an output stride, both networks alike."""
    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig

    precision, stride = case
    config = ModelConfig(
        size=settings["size"],
        filters=settings["filters"],
        orient_filters=settings["orient_filters"],
        num_keypoints=settings["keypoints"],
        output_stride=stride,
        orient_output_stride=stride,
    )
    return samples.compiled_model(
        samples.published_config(
            config, pairs=settings["pairs"], precision=precision, train="keypoints"
        )
    )


def step_task(settings: dict[str, int], case: tuple[str, int] | None):
    """`(task, work)` of a step."""
    from benchmarks import samples, work
    from benchmarks.reference_step import ReferenceStep

    batch = samples.pair_batch(settings["pairs"], settings["size"])
    model = model_of(settings, case or ("float32", 1))
    done = work.training_step(model, pairs=settings["pairs"])
    if case is None:
        reference = ReferenceStep(model)
        return lambda: reference(batch), done
    return lambda: model.train_on_batch(batch), done


def peak_of_step(settings: dict[str, int], case: tuple[str, int] | None) -> int:
    """Peak of memory of two steps, on the accelerator where there is one; for a fresh process."""
    from benchmarks import machine

    task, _ = step_task(settings, case)
    task(), task()
    return machine.device_peak_bytes() or harness.peak_bytes()


def loss_differences(settings: dict[str, int]) -> dict[str, dict[str, list[float]]]:
    """`{mode: {loss: [published, ours]}}`, batch normalisation in both modes, float32."""
    from benchmarks import samples
    from benchmarks.reference_step import ReferenceStep

    batch = samples.pair_batch(settings["pairs"], settings["size"], seed=1)
    model = model_of(settings, ("float32", 1))
    samples.settle(model, batch)
    reference = ReferenceStep(model)
    found = {}
    for mode, training in (("inference", False), ("training", True)):
        published = reference.losses(batch, training=training)
        ours = model.loss_terms(model(batch, training=training), training=training)
        found[mode] = {
            name: [float(value), float(ours[name].numpy().mean())]
            for name, value in published.items()
        }
    return found


def _timed(settings: dict[str, int], cases: list, *, repeats: int) -> tuple[dict, dict]:
    """Entries of the steps, and of what the machine can do in their types, measured in turn."""
    rates = _machine_rates(settings, {DTYPES[case[0]] for case in cases if case})
    steps = {step_name(case): step_task(settings, case) for case in cases}
    tasks = {name: rate.task for name, rate in rates.items()}
    tasks |= {name: task for name, (task, _) in steps.items()}
    for name, task in tasks.items():
        print(f"first runs of {name}", flush=True)
        task(), task()
        harness.release_memory()
    timings = harness.interleaved(tasks, repeats=repeats)
    found = {
        name: harness.measured(timings[name], flops=done.flops, moved=done.bytes)
        for name, (_, done) in steps.items()
    }
    return found, {
        name: harness.measured(timings[name], flops=rate.flops) for name, rate in rates.items()
    }


def _machine_rates(settings: dict[str, int], dtypes: set[str]) -> dict:
    from benchmarks import machine

    size, filters, views = settings["size"], settings["filters"], 2 * settings["pairs"]
    found = {}
    for dtype in sorted(dtypes):
        found[f"matrix product, {dtype}"] = machine.matrix_product(dtype, settings["matrix"])
        found[f"convolution, {dtype}"] = machine.convolution(
            dtype, views=views, size=size, filters=filters
        )
    return found


def shares(report: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """For each step its share of the matrix and convolution rates, and its rate to the published.

    The last is None where no reference ran, or one that was too slow to count.
    """
    rates = {name: entry["flops_per_second"] for name, entry in report["machine_rates"].items()}
    steps, result = report["steps"], {}
    reference = steps.get(REFERENCE)
    matrix = rates.get("matrix product, float32")
    counts = reference and matrix
    counts = counts and reference["flops_per_second"] / matrix >= LEAST_REFERENCE_SHARE
    for name, entry in steps.items():
        dtype = DTYPES.get(name.partition(",")[0], "float32")
        share = {
            kind: entry["flops_per_second"] / rates[f"{kind}, {dtype}"]
            for kind in ("matrix product", "convolution")
            if f"{kind}, {dtype}" in rates
        }
        ratio = reference["seconds"] / entry["seconds"] if counts else None
        result[name] = {**share, "times as fast": ratio}
    return result


def table(report: dict[str, Any]) -> str:
    """Markdown tables of the machine's rates and of the steps."""
    giga = 1e-9
    rates = [
        (name, f"{entry['flops'] * giga:.0f}", f"{entry['flops_per_second'] * giga:.0f}")
        for name, entry in report["machine_rates"].items()
    ]
    header = ("step", "GFLOP", "GB", "s", "pairs/s", "of matrix", "of conv.", "of published")
    rows, found = [], shares(report)
    for name, entry in report["steps"].items():
        share = found[name]
        ratio = share["times as fast"]
        of_machine = (share.get(kind) for kind in ("matrix product", "convolution"))
        rows.append(
            (
                name,
                f"{entry['flops'] * giga:.0f}",
                f"{entry['bytes'] * giga:.1f}",
                f"{entry['seconds']:.3g}",
                f"{report['settings']['pairs'] / entry['seconds']:.3g}",
                *("" if value is None else f"{value:.0%}" for value in of_machine),
                "no ratio" if ratio is None else f"{ratio:.2f} x",
            )
        )
    parts = [
        harness.markdown_table(("machine", "GFLOP", "GFLOP/s"), rates),
        harness.markdown_table(header, rows),
    ]
    if "peak_bytes" in report:
        peaks = [(name, f"{peak / 1e9:.2f}") for name, peak in report["peak_bytes"].items()]
        parts.append(harness.markdown_table(("step", "peak memory, GB"), peaks))
    if "losses" in report:
        parts.append(_loss_lines(report["losses"]))
    return "\n\n".join(parts)


def _loss_lines(losses: dict[str, dict[str, list[float]]]) -> str:
    """Largest difference of any loss from the published step, by batch normalisation's mode."""
    worst = {
        mode: max(abs(ours - published) for published, ours in found.values())
        for mode, found in losses.items()
    }
    text = ", ".join(f"{value:.1e} in {mode} mode" for mode, value in worst.items())
    return f"Largest difference of a loss from the published step's: {text} (float32)."


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/training_step.py", __doc__, define, main))
