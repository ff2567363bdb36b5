"""Trains OrientNet and KeypointNet on view pairs."""

import logging
import os
import sys

import flags
from flags import train_flags

DESCRIPTION = """\
Trains OrientNet and KeypointNet on view pairs, from records or rendered on the fly.

  python train.py --flagfile=flags/presets/demo.flags --data_dir data/planes --model_dir runs/planes
  python train.py --flagfile=flags/presets/demo.flags --shapes plane --model_dir runs/planes

The same command resumes an interrupted run. TensorBoard: tensorboard --logdir runs.
The backend is Keras': KERAS_BACKEND=tensorflow (default) or jax."""


def main(values) -> int:
    """Trains; 1 when a loss became NaN."""
    train_flags.check(values)
    config = train_flags.config_from_flags(values)

    from keypointnet_tf.discovery.logs import TrainingDiverged
    from keypointnet_tf.discovery.training import train

    try:
        result = train(
            config, load_data(values, config), values.model_dir,
            orient_weights=values.orient_weights,
        )  # fmt: skip
    except TrainingDiverged as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 1
    if not result.steps_now:
        print(f"{values.model_dir} is finished: {result.steps_done} steps are done")
    print(f"best validation angular error {result.best:.2f} degrees: {values.model_dir}/best.keras")
    return 0


def load_data(values, config):
    """The data that the flags name."""
    import dataclasses

    from keypointnet_tf.discovery import training_data
    from keypointnet_tf.rendering.pairs import CameraSampling, PairConfig

    if values.data_dir:
        return training_data.from_records(
            values.data_dir, config, records_up=values.records_up, reading=values.reading
        )
    sampling = dataclasses.replace(CameraSampling(), max_angle_degrees=values.max_angle)
    return training_data.rendered(
        values.shapes, config, pair_config=PairConfig(sampling=sampling),
        objects=values.objects, workers=values.workers,
    )  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(flags.run_script("train.py", DESCRIPTION, train_flags.define, main))
