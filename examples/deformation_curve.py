"""Draws a model's errors against the strength of non-rigid deformations.

  python examples/deformation_curve.py --model_dir RUN --shapes plane --out runs/demo/curve

Unseen objects are rendered in memory under each deformation at each strength, always with the same
cameras and lights. Writes curve.csv, curve.json and curve.png, with intervals by a bootstrap over
objects. Stopped at any time, the same command goes on with the next row."""

from __future__ import annotations

import os
import pathlib
import sys

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script  # noqa: E402
from keypointnet_tf.shapes.deformation import KINDS  # noqa: E402


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", "Run folder, whose best.keras is taken, or a .keras file. Required."),
        ("out", "Folder of the results. Required."),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_enum(
        "shapes", None, ["plane", "car", "chair"], "Category. Required.", flag_values=values
    )
    integers = (
        ("objects", 60, 1, "Test objects, the same in every row."),
        ("pairs", 5, 1, "View pairs of each."),
        ("fit_objects", 100, 1, "Undeformed objects on which the map to landmarks is fitted."),
        ("seed", 0, 0, "Of objects, cameras, lights and deformations."),
        ("batch_size", 32, 1, "Pairs predicted at a time."),
    )
    for name, default, least, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=least, flag_values=values)
    flags.DEFINE_list("kinds", list(KINDS), "Deformations.", flag_values=values)
    flags.DEFINE_list("strengths", ["0", "0.33", "0.66", "1"], "In [0, 1].", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Computes and prints the rows."""
    for name in ("model_dir", "shapes", "out"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    from keypointnet_tf.discovery.checkpoints import model_file
    from keypointnet_tf.discovery.deformation_curve import CHART, Curve, run_curve
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.rendered_evaluation import RenderedTest

    test = RenderedTest(
        values.shapes,
        objects=values.objects,
        pairs=values.pairs,
        fit_objects=values.fit_objects,
        seed=values.seed,
    )
    try:
        strengths = tuple(float(text) for text in values.strengths)
    except ValueError as error:
        raise ValueError(f"--strengths: {error}") from error
    curve = Curve(test, tuple(values.kinds), strengths, batch_size=values.batch_size)
    file = model_file(values.model_dir)
    count = len(curve.rows())
    for number, row in enumerate(run_curve(Predictor.load(file), file, curve, values.out), 1):
        print(f"{number:>3}/{count} {as_line(row)}", flush=True)
    print(f"written to {pathlib.Path(values.out)}; look at {CHART}")


def as_line(row: dict) -> str:
    """The row's first figures with their intervals."""
    shown = ("angular_error_mean_deg", "orientation_accuracy", "landmark_error")
    texts = []
    for name in shown:
        value, low, high = (float("nan") if x is None else x for x in row["figures"][name])
        texts.append(f"{name} {value:.3g} [{low:.3g}, {high:.3g}]")
    return f"{row['kind']:>8} {row['strength']:<5g} " + "  ".join(texts)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(run_script("deformation_curve.py", __doc__, define, main))
