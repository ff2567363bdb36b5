"""Looks for leaks: memory after many training steps and predictions against that after warm-up.

python benchmarks/leaks.py

Trains a network of debug size by the trainer itself, validations, logs and checkpoints included,
and predicts with batches of changing size. Each in a process of its own; resident memory, Linux.
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

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "jax", "numpy")
# Growth beyond this share of the memory after warm-up counts as a leak.
TOLERANCE = 0.05
SIZE, PAIRS = 32, 4


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("steps", 2_000, "Training steps."),
        ("predictions", 5_000, "Predictions."),
        ("warm_up", 10, "Percent of either that count as warm-up."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_string("out", "runs/benchmarks", "Folder for the JSON.", flag_values=values)
    flags.DEFINE_boolean("quick", False, "40 steps, 80 predictions.", flag_values=values)


def main(values: flags.FlagValues) -> int:
    """Measures, prints a table, writes a JSON file; 1 where memory has grown."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if values.quick:
        values.steps, values.predictions = 40, 80
    report: dict[str, Any] = harness.description(PACKAGES)
    report["tolerance"] = TOLERANCE
    report["memory"] = {
        "training steps": harness.in_fresh_process(training, values.steps, values.warm_up),
        "predictions": harness.in_fresh_process(predicting, values.predictions, values.warm_up),
    }
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'leaks')}")
    grown = [name for name, found in report["memory"].items() if growth(found) > TOLERANCE]
    if grown:
        print(f"memory grew by more than {TOLERANCE:.0%}: {', '.join(grown)}", file=sys.stderr)
    return 1 if grown else 0


def training(steps: int, warm_up: int) -> list[tuple[int, int]]:
    """`(step, bytes)` after the warm-up and after each later tenth of a training."""
    import keras

    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
    from keypointnet_tf.discovery.training import train
    from keypointnet_tf.discovery.training_data import TrainingData, data_info, in_memory

    model = ModelConfig(size=SIZE, filters=8, orient_filters=8, output_stride=2, num_keypoints=6)
    every = max(1, steps * warm_up // 100)
    config = TrainConfig(
        model=model, steps=steps, batch_size=PAIRS, steps_per_epoch=every, validation_pairs=16
    )
    validation = samples.pair_arrays(16, SIZE, seed=1)
    batches = in_memory(samples.pair_arrays(200, SIZE), config)
    data = TrainingData(batches, validation, data_info(validation, "disc"), {"shapes": "disc"})
    found: list[tuple[int, int]] = []

    class Watch(keras.callbacks.Callback):
        """Notes the memory after each epoch."""

        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            found.append(((len(found) + 1) * every, harness.resident_bytes()))

    with tempfile.TemporaryDirectory() as folder:
        train(config, data, pathlib.Path(folder) / "run", callbacks=[Watch()])
    return found


def predicting(predictions: int, warm_up: int) -> list[tuple[int, int]]:
    """`(prediction, bytes)` after the warm-up and after each later tenth."""
    import numpy as np

    from benchmarks import samples
    from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
    from keypointnet_tf.discovery.predictor import Predictor

    model = ModelConfig(size=SIZE, filters=8, orient_filters=8, output_stride=2, num_keypoints=6)
    predictor = Predictor(samples.compiled_model(TrainConfig(model=model)))
    images = np.random.default_rng(0).random((8, SIZE, SIZE, 3), np.float32)
    every, found = max(1, predictions * warm_up // 100), []
    for number in range(1, predictions + 1):
        predictor(images[: 1 + number % len(images)])
        if number % every == 0:
            found.append((number, harness.resident_bytes()))
    return found


def growth(found: list[tuple[int, int]]) -> float:
    """Memory at the end over that after warm-up, less 1."""
    return found[-1][1] / found[0][1] - 1


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    rows = []
    for name, found in report["memory"].items():
        first, last = (f"{size / 1e6:.0f}" for _, size in (found[0], found[-1]))
        counts = (found[0][0], found[-1][0])
        rows.append((name, *counts, first, last, f"{growth(found):+.1%}"))
    header = ("task", "warm-up", "in all", "MB after warm-up", "MB at the end", "growth")
    return harness.markdown_table(header, rows)


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/leaks.py", __doc__, define, main))
