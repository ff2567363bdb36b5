"""A tiny training on several logical processors, for the tests that start it as a process.

    python distributed_run.py FOLDER KIND DEVICES STEPS [--die_at=STEP] [--accumulate=N] [--noise]

Prints the losses, and the sums of all weights and of Adam's moments, as one line of JSON. It starts
from weights whose keypoints lie apart, or rounding would decide what Procrustes finds. Nothing is
drawn at random unless `--noise`; with `--die_at` the process kills itself at that step of an epoch
other than the first.
"""

import importlib.util
import json
import os
import pathlib
import signal
import sys
import tempfile

KIND, COUNT = sys.argv[2], int(sys.argv[3])
if os.environ.get("KERAS_BACKEND") == "jax":
    flags = [os.environ.get("XLA_FLAGS", ""), f"--xla_force_host_platform_device_count={COUNT}"]
    os.environ["XLA_FLAGS"] = " ".join([*flags, "--xla_backend_optimization_level=0"])
else:
    import tensorflow as tf

    logical = [tf.config.LogicalDeviceConfiguration()] * COUNT
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], logical)

import keras  # noqa: E402

from keypointnet_tf.discovery.config import LossConfig, OptimizerConfig  # noqa: E402
from keypointnet_tf.discovery.distribution import join_processes  # noqa: E402
from keypointnet_tf.discovery.logs import read_log  # noqa: E402
from keypointnet_tf.discovery.schedules import constant  # noqa: E402
from keypointnet_tf.discovery.training import new_model, train  # noqa: E402

# Adam makes steps of this size of whatever gradient, rounding included; the moments tell the rest.
RATE = 1e-5


def tiny_run():
    path = pathlib.Path(__file__).parent / "discovery" / "tiny_run.py"
    spec = importlib.util.spec_from_file_location("tiny_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Death(keras.callbacks.Callback):
    """Ends the process as a crash does."""

    def on_train_batch_end(self, batch, logs=None):
        if f"--die_at={batch}" in sys.argv and self.model.steps_done > batch + 1:
            os.kill(os.getpid(), signal.SIGKILL)


def starting_weights(tiny, settings, path):
    """Saves a model with sharp heatmaps whose moving averages are those of a batch."""
    model = new_model(settings, {})
    for network in (model.orient_net, model.keypoint_net):
        kernel = network.get_layer("heatmap_logits").kernel
        kernel.assign(kernel * 5)
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.0
    model(tiny.pairs(8, seed=2).batch(range(8)), training=True)
    model.save(path)


def main():
    if KIND == "data_parallel":
        join_processes()
    tiny = tiny_run()
    noise = {} if "--noise" in sys.argv else {"zoom_jitter": 0.0}
    quiet = LossConfig(pose_noise=constant(0.0), true_orientation=constant(1.0))
    settings = tiny.config(
        steps=int(sys.argv[4]),
        batch_size=4,
        validation_pairs=8,
        optimizer=OptimizerConfig(learning_rate=RATE, final_learning_rate=RATE, warmup=0.0),
        accumulate=next((int(a[13:]) for a in sys.argv if a.startswith("--accumulate=")), 1),
        **noise,
        **({} if "--noise" in sys.argv else {"loss": quiet}),
    )
    tiny.set_seed()
    folder = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        start = pathlib.Path(scratch) / "start.keras"
        starting_weights(tiny, settings, start)
        result = train(
            settings,
            tiny.data(settings),
            folder,
            orient_weights=start,
            keypoint_weights=start,
            distribute=KIND,
            callbacks=[Death()],
        )
    rows = read_log(folder / "log.csv") if (folder / "log.csv").exists() else []
    variables = [*result.model.weights, *result.model.optimizer.variables]
    sums = {
        f"{number} {variable.path}": float(keras.ops.sum(keras.ops.abs(variable)))
        for number, variable in enumerate(variables)
    }
    losses = [
        {k: v for k, v in row.items() if "loss" in k or "pose" in k or "deg" in k} for row in rows
    ]
    print(json.dumps({"steps": result.steps_done, "losses": losses, "weights": sums}))


if __name__ == "__main__":
    main()
