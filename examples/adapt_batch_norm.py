"""Adapts a model's batch normalisation to unlabelled photos and saves it as a model of its own.

python examples/adapt_batch_norm.py --model_dir car --input 'photos/*.jpg' --out adapted/car.keras
python predict.py --model_dir adapted/car.keras --input street.jpg --out found

Photos are framed as predict.py frames them: give masks here if they are given there. To measure
what it is worth, --data_dir takes the images of a record set instead, over --backgrounds, without
looking at their poses or masks:

python examples/adapt_batch_norm.py --model_dir car --data_dir runs/demo_car/data \\
  --backgrounds procedural --out adapted/car.keras

docs/photos.md tells what was measured.
"""

from __future__ import annotations

import os
import pathlib
import sys

from absl import flags

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flags import run_script  # noqa: E402
from flags.eval_flags import backgrounds  # noqa: E402
from flags.predict_flags import define_averaging  # noqa: E402
from keypointnet_tf.discovery.config import ADAPTATION_ALPHA  # noqa: E402

# Other backgrounds than those of a training and of eval.py.
BACKGROUND_SEED = 2**21


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    strings = (
        ("model_dir", "Run folder, .keras file, or a model of the package. Required."),
        ("out", "The .keras file to write. Required."),
        ("input", "Photos: an image file, a folder of images, or a glob pattern."),
        ("mask", "With --input: folder of masks, each with its photo's stem."),
        ("data_dir", "In place of --input: a record set."),
        ("backgrounds", "With --data_dir: 'procedural', a folder or glob of photos; none: black."),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)
    flags.DEFINE_enum("split", "train", ["train", "dev"], "With --data_dir.", flag_values=values)
    flags.DEFINE_integer(
        "pairs", 100, "With --data_dir: how many pairs, two images each.", 1, flag_values=values
    )
    flags.DEFINE_float(
        "alpha",
        ADAPTATION_ALPHA,
        "Weight of the photos' statistics against the training's, 0 to 1.",
        flag_values=values,
    )
    define_averaging(values)


def main(values: flags.FlagValues) -> int:
    """Adapts and saves; 1 when photos could not be used."""
    check(values)
    from keypointnet_tf.discovery.checkpoints import save_model
    from keypointnet_tf.discovery.predictor import Predictor

    predictor = Predictor.from_preset(values.model_dir, averaging=values.averaging)
    failures: list[str] = []
    model = (
        _to_records(values, predictor)
        if values.data_dir
        else _to_photos(values, predictor, failures)
    )
    out = pathlib.Path(values.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, out)
    told = model.info["adapted_to"]
    print(f"{out}: adapted to {told['photos']} images with alpha {told['alpha']:g}")
    for failure in failures:
        print(f"adapt_batch_norm.py: error: {failure}", file=sys.stderr)
    return 1 if failures else 0


def check(values: flags.FlagValues) -> None:
    """Raises ValueError for flags that are missing or contradict each other."""
    for name in ("model_dir", "out"):
        if not values[name].value:
            raise ValueError(f"--{name} is missing; see --help")
    if not values.out.endswith(".keras"):
        raise ValueError(f"--out={values.out}; expected the name of a .keras file")
    if bool(values.input) == bool(values.data_dir):
        raise ValueError("expected one of --input and --data_dir")
    for name, other in (("mask", "input"), ("backgrounds", "data_dir")):
        if values[name].value and not values[other].value:
            raise ValueError(f"--{name} is given; expected --{other} with it")
    if not 0 <= values.alpha <= 1:
        raise ValueError(f"--alpha={values.alpha:g}; expected a number from 0 to 1")


def _to_photos(values: flags.FlagValues, predictor, failures: list[str]):
    """The model adapted to `--input`; reasons of photos that cannot be used are added."""
    from keypointnet_tf.data.photos import find_photos, match_masks

    photos, masks, unmatched = match_masks(find_photos(values.input), values.mask)
    failures += [failure["reason"] for failure in unmatched]
    return predictor.adapted(
        photos,
        masks=masks,
        alpha=values.alpha,
        on_failure=lambda file, error: failures.append(str(error)),
        progress=True,
    ).model


def _to_records(values: flags.FlagValues, predictor):
    """The model adapted to images of `--data_dir`, spread over the split."""
    import numpy as np

    from keypointnet_tf.data.batches import PairArrays
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.discovery.batch_norm_adaptation import adapt_batch_norm
    from keypointnet_tf.discovery.training_data import spread

    records = RecordSet(values.data_dir)
    chosen = spread(records.count(values.split), values.pairs)
    arrays = PairArrays.from_record_set(records, values.split, indices=chosen)
    change = backgrounds(values.backgrounds, predictor.size, seed=BACKGROUND_SEED)
    batch = arrays.batch(np.arange(len(arrays)), predictor.size, alpha=change is not None)
    batch = batch if change is None else change(batch, 0)
    return adapt_batch_norm(
        predictor.model,
        np.concatenate([batch["image0"], batch["image1"]]),
        alpha=values.alpha,
        averaging=values.averaging,
        progress=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(run_script("adapt_batch_norm.py", __doc__, define, main))
