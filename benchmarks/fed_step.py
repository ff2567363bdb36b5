"""Times training steps that are fed from each kind of input.

python benchmarks/fed_step.py
python benchmarks/fed_step.py --workers=2 --filters=32 --stride=2 --size=64

Input starves a training where its step rate is below that on a constant batch. Kinds of input take
turns, in several rounds.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "jax", "numpy", "embreex")
CONSTANT = "constant batch"
QUICK = {"size": 16, "filters": 4, "pairs": 2, "steps": 2, "objects": 3}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("size", 128, "Image side in pixels."),
        ("filters", 64, "Filters of KeypointNet; OrientNet has half."),
        ("stride", 1, "Output stride of both."),
        ("pairs", 16, "Pairs of a batch."),
        ("steps", 10, "Steps of a measurement."),
        ("workers", 1, "Render processes of the pairs that are rendered on the fly."),
        ("objects", 20, "Procedural planes of the record set, 20 pairs each."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    harness.define_common(values, repeats=3)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes a JSON file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if values.quick:
        for name, value in QUICK.items():
            values[name].value = value
    report: dict[str, Any] = harness.description(PACKAGES)
    names = ("size", "filters", "stride", "pairs", "steps", "workers", "objects")
    report["settings"] = settings = {name: values[name].value for name in names}
    with tempfile.TemporaryDirectory() as scratch:
        config = _config(settings)
        inputs = dict(_inputs(settings, config, pathlib.Path(scratch)))
        tasks = _tasks(settings, config, inputs)
        for task in tasks.values():
            task()
        timings = harness.interleaved(tasks, repeats=1 if values.quick else values.repeats)
        _close(inputs)
    report["inputs"] = {
        name: harness.measured(found) | {"steps_per_second": settings["steps"] / seconds}
        for name, found in timings.items()
        for seconds in [harness.median(found).wall]
    }
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'fed_step')}")


def _config(settings: dict[str, int]):
    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig

    model = ModelConfig(
        size=settings["size"],
        filters=settings["filters"],
        orient_filters=max(1, settings["filters"] // 2),
        output_stride=settings["stride"],
        orient_output_stride=settings["stride"],
    )
    return samples.published_config(model, pairs=settings["pairs"], precision="auto")


def _inputs(settings: dict[str, int], config, scratch: pathlib.Path) -> Iterator[tuple[str, Any]]:
    """Name and endless data set of each kind of input."""
    import keras

    from benchmarks import samples
    from keypointnet_tf.data.render_job import run_job
    from keypointnet_tf.discovery import training_data
    from keypointnet_tf.rendering.job import RenderJob
    from keypointnet_tf.rendering.pairs import PairConfig

    yield CONSTANT, itertools.repeat(samples.pair_batch(settings["pairs"], settings["size"]))
    job = RenderJob(
        shapes="plane",
        objects=settings["objects"],
        pairs=20,
        views=PairConfig(size=settings["size"]),
        dev_count=1,
        test_count=0,
    )
    run_job(job, scratch / "records", workers=1)
    readings = ["memory", "stream"] if keras.backend.backend() == "tensorflow" else ["memory"]
    for reading in readings:
        data = training_data.from_records(scratch / "records", config, reading=reading)
        yield f"records, {reading}", data.batches(0)
    rendered = training_data.rendered("plane", config, workers=settings["workers"])
    yield f"rendered by {settings['workers']} workers", rendered.batches(0)


def _tasks(settings, config, inputs: dict[str, Any]) -> dict[str, Callable[[], None]]:
    """Steps of one model for each input; a measurement goes on where the last one stopped."""
    from benchmarks import samples

    model = samples.compiled_model(config)
    streams = {name: _iterator(dataset) for name, dataset in inputs.items()}

    def run(name: str) -> None:
        for _ in range(settings["steps"]):
            model.train_on_batch(next(streams[name]))

    return {name: lambda name=name: run(name) for name in inputs}


def _iterator(dataset: Any) -> Iterator[dict]:
    import keras

    if isinstance(dataset, keras.utils.PyDataset):
        return (dataset[step] for step in itertools.count())
    if hasattr(dataset, "as_numpy_iterator"):
        return iter(dataset.as_numpy_iterator())
    return iter(dataset)


def _close(inputs: dict[str, Any]) -> None:
    from keypointnet_tf.discovery.training_data import close

    for dataset in inputs.values():
        close(dataset)


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    base = report["inputs"][CONSTANT]["steps_per_second"]
    rows = [
        (name, f"{entry['steps_per_second']:.3g}", f"{entry['steps_per_second'] / base:.0%}")
        for name, entry in report["inputs"].items()
    ]
    return harness.markdown_table(("input", "steps/s", "of a constant batch"), rows)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/fed_step.py", __doc__, define, main))
