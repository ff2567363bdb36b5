"""Trains OrientNet and KeypointNet on view pairs."""

import os
import sys

import flags
from flags import train_flags

DESCRIPTION = """\
Trains OrientNet and KeypointNet on view pairs, from records, rendered on the fly, or from photos.

  python train.py --flagfile=flags/presets/demo.flags --data_dir data/planes --model_dir runs/planes
  python train.py --flagfile=flags/presets/demo.flags --shapes plane --model_dir runs/planes
  python train.py --flagfile=flags/presets/photo_pairs.flags --photo_pairs photos/ \
    --orient_weights runs/cars --keypoint_weights runs/cars --model_dir runs/my_cars

The same command resumes an interrupted run. TensorBoard: tensorboard --logdir runs.
The backend is Keras': KERAS_BACKEND=tensorflow (default) or jax."""


def main(values) -> int:
    """Trains; 1 when a loss became NaN, or another process of the training is gone."""
    train_flags.check(values)
    config = train_flags.config_from_flags(values)

    from keypointnet_tf.discovery.checkpoints import MONITORED
    from keypointnet_tf.discovery.logs import TrainingDiverged
    from keypointnet_tf.discovery.training import finished_steps, train

    processes = 1
    if values.distribute == "data_parallel":
        from keypointnet_tf.discovery.distribution import join_processes

        processes = join_processes()
    done = finished_steps(config, values.model_dir)
    if done is not None:
        print(f"{values.model_dir} is finished: {done} steps are done")
        return 0
    try:
        result = train(
            config,
            load_data(values, config),
            values.model_dir,
            orient_weights=values.orient_weights,
            keypoint_weights=values.keypoint_weights,
            distribute=values.distribute,
        )
    except TrainingDiverged as error:
        print(f"train.py: error: {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        if processes == 1:
            raise
        _leave_others(error)
    name = MONITORED[config.train]
    print(f"best {name} {result.best:.4g}: {values.model_dir}/best.keras")
    return 0


def _leave_others(error: RuntimeError) -> None:
    """Ends this process of several at once: JAX would wait for the lost one, and then abort."""
    print(
        f"train.py: error: another process is gone, or the training failed: {error}\n"
        "The same commands go on from the last save.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(1)


def load_data(values, config):
    """The data that the flags name."""
    from keypointnet_tf.discovery import training_data

    if values.data_dir:
        return training_data.from_records(
            values.data_dir,
            config,
            records_up=values.records_up,
            reading=values.reading,
            cache_dir=values.cache_dir,
        )
    if values.photo_pairs:
        from keypointnet_tf.discovery.photo_training import from_posed_photos

        return from_posed_photos(values.photo_pairs, config)
    from keypointnet_tf.rendering.pairs import PairConfig

    return training_data.rendered(
        values.shapes,
        config,
        pair_config=PairConfig(random_materials=values.random_materials),
        objects=values.objects,
        workers=values.workers,
    )


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(flags.run_script("train.py", DESCRIPTION, train_flags.define, main))
