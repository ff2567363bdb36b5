"""Sizes of a model's exports, and how long each takes for one image on one core.

python benchmarks/export_latency.py
python benchmarks/export_latency.py --model runs/demo/model --averaging full
python benchmarks/export_latency.py --model new --size 128 --filters 64

All runtimes take turns in one process that is kept on one core. Needs the extra [export].
"""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402
from flags.predict_flags import define_averaging  # noqa: E402

PACKAGES = ("keypointnet-tf", "keras", "tensorflow", "ai-edge-litert", "onnxruntime", "numpy")
NAMES = {
    "saved_model": "SavedModel",
    "litert": "LiteRT",
    "litert_int8": "LiteRT, 8 bits",
    "onnx": "ONNX Runtime",
}
WARM_UP = 5
NEW = "new"
QUICK = {"model": NEW, "size": 16, "filters": 4, "orient_filters": 4, "stride": 2, "repeats": 2}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_string(
        "model",
        "car",
        f"Run folder, .keras file, a model of the package, or {NEW}: an untrained one.",
        flag_values=values,
    )
    integers = (
        ("size", 128, "Image side in pixels of a new model."),
        ("filters", 64, "Filters of its KeypointNet."),
        ("orient_filters", 32, "Filters of its OrientNet."),
        ("stride", 1, "Output stride of both."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=1, flag_values=values)
    flags.DEFINE_string(
        "page", None, "Markdown page that is replaced; none for none.", flag_values=values
    )
    define_averaging(values, default="none")
    harness.define_common(values, repeats=100)


def main(values: flags.FlagValues) -> None:
    """Measures, prints a table, and writes a JSON file and, if asked for, a page."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    report: dict[str, Any] = harness.description(PACKAGES)
    report["settings"] = {name: values[name].value for name in ("averaging", *QUICK)}
    if values.quick:
        report["settings"] |= QUICK
    report |= harness.in_fresh_process(measure, report["settings"])
    print(table(report))
    print(f"written to {harness.write_json(report, values.out, 'export_latency')}")
    if values.page:
        harness.write_markdown(_page(report), values.page)
        print(f"and to {values.page}")


def measure(settings: dict[str, Any]) -> dict[str, Any]:
    """Entry of all cases; for a fresh process."""
    with harness.one_core(), tempfile.TemporaryDirectory() as folder:
        return _measure(settings, pathlib.Path(folder))


def _measure(settings: dict[str, Any], folder: pathlib.Path) -> dict[str, Any]:
    from keypointnet_tf.discovery.exporting import formats
    from keypointnet_tf.discovery.exporting.checks import check_images
    from keypointnet_tf.discovery.exporting.config import ExportConfig
    from keypointnet_tf.discovery.exporting.export import export_model

    model = _model(settings)
    config = ExportConfig(averaging=settings["averaging"], int8=True)
    images = check_images(model, objects=2 if settings["size"] < 32 else 50)
    report = export_model(model, folder / "out", config, images=images)
    inputs = {"image": images[:1]}
    cases, tasks = _keras_cases(model, settings["averaging"], folder, images[:1])
    for kind, entry in report["files"].items():
        run = formats.open_runner(kind, folder / "out" / entry["file"], threads=1)
        tasks[NAMES[kind]] = lambda run=run: run(inputs)
        cases[NAMES[kind]] = {"bytes": entry["bytes"], "deviation": entry["deviation"]}
    for task in tasks.values():
        for _ in range(WARM_UP):
            task()
    timings = harness.interleaved(tasks, repeats=settings["repeats"])
    for name, case in cases.items():
        middle = harness.median(timings[name])
        case |= {"seconds": middle.wall, "cpu_seconds": middle.cpu}
    sizes = model.train_config.model
    return {
        "cases": cases,
        "trained_precision": report["trained_precision"],
        "pixels": sizes.size,
        "keypoints": sizes.num_keypoints,
        "parameters": model.count_params(),
        "calibrated_images": len(images),
    }


def _keras_cases(
    model, averaging: str, folder: pathlib.Path, image
) -> tuple[dict[str, dict], dict[str, Callable]]:
    """What `predict.py` runs, as trained and in float32."""
    import dataclasses

    from keypointnet_tf.discovery.pair_model import PairModel
    from keypointnet_tf.discovery.predictor import Predictor

    exact = PairModel(dataclasses.replace(model.train_config, precision="float32"), info=model.info)
    exact.set_weights(model.get_weights())
    model.save(folder / "model.keras")
    cases, tasks = {}, {}
    for shown in (exact, model):
        policy = shown.keypoint_net.config["dtype"]
        predictor = Predictor(shown, averaging=averaging)
        cases[f"Keras, {policy}"] = {"bytes": (folder / "model.keras").stat().st_size}
        tasks[f"Keras, {policy}"] = lambda predictor=predictor: predictor(image, batch_size=1)
    return cases, tasks


def _model(settings: dict[str, Any]):
    from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
    from keypointnet_tf.discovery.pair_model import PairModel
    from keypointnet_tf.discovery.presets import load_preset

    if settings["model"] != NEW:
        return load_preset(settings["model"])
    config = ModelConfig(
        size=settings["size"],
        filters=settings["filters"],
        orient_filters=settings["orient_filters"],
        output_stride=settings["stride"],
        orient_output_stride=settings["stride"],
    )
    return PairModel(TrainConfig(model=config), info={"category": "car"})


def table(report: dict[str, Any]) -> str:
    """A Markdown table."""
    header = ("runtime", "MB", "ms", "CPU ms", "uv, largest", "uv, median")
    rows = []
    for name, case in report["cases"].items():
        deviation = case.get("deviation", {}).get("uv")
        if name == f"Keras, {report['trained_precision']['policy']}":
            deviation = report["trained_precision"]["deviation"]["uv"]
        shown = [f"{deviation[key]:.1e}" for key in ("max", "median")] if deviation else ["", ""]
        times = [f"{1e3 * case[key]:.2f}" for key in ("seconds", "cpu_seconds")]
        rows.append((name, f"{case['bytes'] / 1e6:.2f}", *times, *shown))
    return harness.markdown_table(header, rows)


def _page(report: dict[str, Any]) -> list[str]:
    """The sections of the Markdown page."""
    text = (
        f"One image of {report['pixels']} px on one core, {report['keypoints']} keypoints, model "
        f"`{report['settings']['model']}`, {report['parameters']:,} weights, averaging "
        f"`{report['settings']['averaging']}`. Medians of {report['settings']['repeats']} calls, "
        "the runtimes taking turns. Deviations of `uv` "
        "from Keras in float32 are in NDC (the image is 2 wide) on "
        f"{report['calibrated_images']} images, those on which the 8 bits were calibrated."
    )
    return ["# Exports: sizes and latency", harness.made_by(report), text, table(report)]


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/export_latency.py", __doc__, define, main))
