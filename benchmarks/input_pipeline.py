"""Times batches of pairs from each kind of storage against a model's training step.

python benchmarks/input_pipeline.py --out runs/input_pipeline.json
python benchmarks/input_pipeline.py --data_dir s3://bucket/planes --out runs/remote.json
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script, train_flags  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
SIZES = (64, 128)
WARM_UP = 5

Batches = Callable[[], Iterator[dict]]


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("data_dir", None, "Record set to read; by default sets are rendered for the purpose."),
        ("cache_dir", None, "Folder for copies of a remote --data_dir."),
        ("preset", str(REPOSITORY / "flags/presets/demo.flags"), "Flag file of the model."),
        ("out", None, "JSON file for the figures. Required."),
    )
    for name, default, text in strings:
        flags.DEFINE_string(name, default, text, flag_values=values)
    integers = (
        ("batch_size", 16, "Pairs of a batch."),
        ("batches", 60, "Batches that are timed for each kind of storage."),
        ("steps", 8, "Training steps that are timed."),
        ("objects", 40, "Objects of the rendered sets."),
        ("pairs", 20, "Pairs of each object."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_multi_integer("size", SIZES, "Sides of the images.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table and writes the figures."""
    if not values.out:
        raise ValueError("--out is missing; expected a JSON file for the figures")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from keypointnet_tf.atomic_file import write_atomic

    rows = []
    print(_line({name: name for name in _WIDTHS}))
    with tempfile.TemporaryDirectory() as scratch:
        for size in values.size:
            sources = dict(_sources(values, size, pathlib.Path(scratch) / str(size)))
            step = _time_step(values, size, next(sources["memory arrays"]()))
            for name, batches in sources.items():
                rows.append(_row(name, size, batches(), step, values.batches))
                print(_line(rows[-1]), flush=True)
    report = {"machine": _machine(), "batch_size": values.batch_size, "rows": rows}
    write_atomic(values.out, (json.dumps(report, indent=1) + "\n").encode())
    print(f"written to {values.out}")


def _sources(
    values: flags.FlagValues, size: int, scratch: pathlib.Path
) -> Iterator[tuple[str, Batches]]:
    """Name of each kind of storage, and a function that starts its batches."""
    from keypointnet_tf.data.batches import PairArrays
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.data.tf_pipeline import tf_dataset

    places = _given(values) if values.data_dir else _rendered(values, size, scratch)
    sets = {n: RecordSet(place, cache_dir=values.cache_dir) for n, place in places.items()}
    arrays = PairArrays.from_record_set(next(iter(sets.values())), "train")
    yield "memory arrays", lambda: _from_arrays(arrays, values.batch_size, size)
    for name, found in sets.items():

        def batches(found: RecordSet = found) -> Iterator[dict]:
            stream = tf_dataset(found, "train", batch_size=values.batch_size, size=size)
            return iter(stream.as_numpy_iterator())

        yield name, batches


def _from_arrays(arrays, batch_size: int, size: int) -> Iterator[dict]:
    from keypointnet_tf.data.array_dataset import ArrayDataset

    dataset = ArrayDataset(arrays, batch_size=batch_size, size=size)
    for step in range(sys.maxsize):
        yield dataset[step]


def _given(values: flags.FlagValues) -> dict[str, str]:
    return {"given set": values.data_dir}


def _rendered(
    values: flags.FlagValues, size: int, scratch: pathlib.Path
) -> dict[str, pathlib.Path]:
    """The same pairs in a file per object, in shards, and zipped in two ways."""
    from keypointnet_tf.data.render_job import run_job
    from keypointnet_tf.rendering.job import RenderJob
    from keypointnet_tf.rendering.pairs import PairConfig

    job = RenderJob(
        shapes="plane",
        objects=values.objects,
        pairs=values.pairs,
        views=PairConfig(size=size),
        dev_count=0,
        test_count=0,
    )
    files, shards = scratch / "files", scratch / "shards"
    run_job(job, files, workers=1)
    run_job(dataclasses.replace(job, shard_mb=4), shards, workers=1)
    return {
        "file per object": files,
        "shards": shards,
        "zip, deflated": _zipped(files, scratch / "deflated.zip", zipfile.ZIP_DEFLATED),
        "zip, stored": _zipped(files, scratch / "stored.zip", zipfile.ZIP_STORED),
    }


def _zipped(folder: pathlib.Path, path: pathlib.Path, method: int) -> pathlib.Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"planes/{file.name}")
    return path


def _time_step(values: flags.FlagValues, size: int, batch: dict) -> tuple[float, float]:
    """Median seconds, by the clock and of processor time, of a step on one constant batch."""
    import keras

    from keypointnet_tf.discovery.training import new_model

    settings = flags.FlagValues()
    train_flags.define(settings)
    settings(["preset", f"--flagfile={values.preset}", f"--size={size}"])
    keras.utils.set_random_seed(0)
    info = {"category": "plane", "object_share": 0.7, "focal": 22.9, "distance": 30.0}
    model = new_model(train_flags.config_from_flags(settings), info)
    seconds = []
    for _ in range(values.steps + 2):
        start = time.perf_counter(), time.process_time()
        model.train_on_batch(batch)
        seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    clock, cpu = zip(*seconds[2:], strict=True)
    return statistics.median(clock), statistics.median(cpu)


def _row(
    name: str, size: int, batches: Iterator[dict], step: tuple[float, float], count: int
) -> dict:
    """Milliseconds of a batch by the clock and of processor time, and their ratios to a step's.

    On a machine that others use the ratio of processor times is the one to trust, with an
    accelerator that of the clock.
    """
    for _ in range(WARM_UP):
        next(batches)
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        next(batches)
    clock, cpu = (time.perf_counter() - clock) / count, (time.process_time() - cpu) / count
    return {
        "storage": name,
        "pixels": size,
        "batch_ms": round(1e3 * clock, 2),
        "batch_cpu_ms": round(1e3 * cpu, 2),
        "step_ms": round(1e3 * step[0], 1),
        "step_cpu_ms": round(1e3 * step[1], 1),
        "to_step": round(clock / step[0], 4),
        "cpu_to_step": round(cpu / step[1], 4),
    }


_WIDTHS = {
    "storage": 18,
    "pixels": 8,
    "batch_ms": 11,
    "batch_cpu_ms": 14,
    "step_ms": 10,
    "step_cpu_ms": 13,
    "to_step": 10,
    "cpu_to_step": 13,
}


def _line(row: dict) -> str:
    """A line of the table."""
    return "".join(f"{row[name]:>{width}}" for name, width in _WIDTHS.items())


def _machine() -> dict:
    import tensorflow as tf

    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "accelerators": [device.name for device in tf.config.list_physical_devices("GPU")],
        "tensorflow": tf.__version__,
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(run_script("input_pipeline.py", __doc__, define, main))
