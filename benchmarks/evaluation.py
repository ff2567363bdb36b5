"""Times an evaluation: predictions of rendered pairs, their scores, and the report.

python benchmarks/evaluation.py
python benchmarks/evaluation.py --model runs/demo/model --objects 120 --pairs 10
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "numpy", "matplotlib")
QUICK = {"objects": 2, "pairs": 2, "size": 16}
REPORTING = "score, draw and report"


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("objects", 40, "Procedural planes to score on; the landmark map is fitted on as many."),
        ("pairs", 10, "Pairs of each."),
        ("size", 64, "Image side in pixels."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_string(
        "model",
        None,
        "Run folder or .keras file of that size; by default a new model of the demo's size.",
        flag_values=values,
    )
    harness.define_common(values, repeats=3)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes a JSON file."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if values.quick:
        for name, value in QUICK.items():
            values[name].value = value
    report: dict[str, Any] = harness.description(PACKAGES)
    names = ("objects", "pairs", "size", "model")
    report["settings"] = {name: values[name].value for name in names}
    with tempfile.TemporaryDirectory() as scratch:
        tasks = dict(_tasks(report["settings"], pathlib.Path(scratch)))
        for task in tasks.values():
            task()
        timings = harness.interleaved(tasks, repeats=1 if values.quick else values.repeats)
    report["tasks"] = {name: harness.measured(found) for name, found in timings.items()}
    report["peak_bytes"] = harness.peak_bytes()
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'evaluation')}")


def _tasks(settings: dict[str, Any], scratch: pathlib.Path):
    """Name and function of each stage of one evaluation."""
    from keypointnet_tf.discovery.evaluation import export
    from keypointnet_tf.discovery.scoring import report_scores

    test, fit = (_pairs(settings, seed) for seed in (0, 1))
    predictor = _predictor(settings)
    predictions = export(predictor, test, fit)
    yield "predict", lambda: export(predictor, test)
    yield "save", lambda: predictions.save(scratch / "predictions.npz")
    yield REPORTING, lambda: report_scores(predictions, scratch / "out")


def _pairs(settings: dict[str, Any], seed: int):
    """Rendered pairs in memory."""
    from keypointnet_tf.data.batches import PairArrays
    from keypointnet_tf.data.pair_source import PairSource, ProceduralObjects
    from keypointnet_tf.rendering.pairs import PairConfig

    source = PairSource(
        ProceduralObjects("plane", seed),
        batch_size=settings["objects"],
        steps_per_object=settings["pairs"],
        config=PairConfig(size=settings["size"]),
    )
    pairs = (pair for step in range(settings["pairs"]) for pair in source.pairs(step))
    return PairArrays.from_pairs(pairs, count=settings["objects"] * settings["pairs"])


def _predictor(settings: dict[str, Any]):
    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
    from keypointnet_tf.discovery.predictor import Predictor

    if settings["model"]:
        return Predictor.load(settings["model"])
    model = ModelConfig(
        size=settings["size"],
        filters=32,
        orient_filters=16,
        output_stride=2,
        orient_output_stride=2,
    )
    return Predictor(samples.compiled_model(TrainConfig(model=model)))


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    pairs = report["settings"]["objects"] * report["settings"]["pairs"]
    rows = [
        (name, pairs, f"{entry['seconds']:.2f}", f"{1e3 * entry['seconds'] / pairs:.2f}")
        for name, entry in report["tasks"].items()
    ]
    return harness.markdown_table(("stage", "pairs", "s", "ms per pair"), rows)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/evaluation.py", __doc__, define, main))
