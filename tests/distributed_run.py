"""A tiny training on several logical processors, for the tests that start it as a process.

    python distributed_run.py FOLDER KIND DEVICES STEPS [--mixed] [--die_at=STEP] [--noise]

Prints the losses, the weights' sums and the devices as one line of JSON. Nothing is drawn at random
unless `--noise`; with `--die_at` the process kills itself at that step.
"""

import importlib.util
import json
import os
import pathlib
import signal
import sys

KIND, COUNT = sys.argv[2], int(sys.argv[3])
if os.environ.get("KERAS_BACKEND") == "jax":
    flags = [os.environ.get("XLA_FLAGS", ""), f"--xla_force_host_platform_device_count={COUNT}"]
    os.environ["XLA_FLAGS"] = " ".join([*flags, "--xla_backend_optimization_level=0"])
else:
    import tensorflow as tf

    logical = [tf.config.LogicalDeviceConfiguration()] * COUNT
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], logical)

import keras  # noqa: E402

from keypointnet_tf.discovery.config import LossConfig  # noqa: E402
from keypointnet_tf.discovery.logs import read_log  # noqa: E402
from keypointnet_tf.discovery.schedules import constant  # noqa: E402
from keypointnet_tf.discovery.training import train  # noqa: E402


def tiny_run():
    path = pathlib.Path(__file__).parent / "discovery" / "tiny_run.py"
    spec = importlib.util.spec_from_file_location("tiny_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Death(keras.callbacks.Callback):
    """Ends the process as a crash does."""

    def on_train_batch_end(self, batch, logs=None):
        print(f"batch {batch}", file=sys.stderr, flush=True)
        if f"--die_at={batch}" in sys.argv:
            os.kill(os.getpid(), signal.SIGKILL)


def main():
    tiny = tiny_run()
    noise = {} if "--noise" in sys.argv else {"zoom_jitter": 0.0}
    quiet = LossConfig(pose_noise=constant(0.0), true_orientation=constant(1.0))
    settings = tiny.config(
        steps=int(sys.argv[4]),
        batch_size=4,
        validation_pairs=8,
        accumulate=next((int(a[13:]) for a in sys.argv if a.startswith("--accumulate=")), 1),
        **noise,
        **({} if "--noise" in sys.argv else {"loss": quiet}),
    )
    tiny.set_seed()
    folder = pathlib.Path(sys.argv[1])
    result = train(settings, tiny.data(settings), folder, distribute=KIND, callbacks=[Death()])
    rows = read_log(folder / "log.csv") if (folder / "log.csv").exists() else []
    sums = {
        f"{number} {weight.name}": float(keras.ops.sum(keras.ops.abs(weight)))
        for number, weight in enumerate(result.model.weights)
    }
    losses = [
        {k: v for k, v in row.items() if "loss" in k or "pose" in k or "deg" in k} for row in rows
    ]
    print(json.dumps({"steps": result.steps_done, "losses": losses, "weights": sums}))


if __name__ == "__main__":
    main()
