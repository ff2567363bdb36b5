"""What a training writes down: event files, a CSV, a progress bar, and the stop on NaN.

All of it works alike on every Keras backend; event files are written by tensorboard itself.
"""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Callable

import keras
import numpy as np
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tqdm import tqdm

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.discovery.run_folder import RunFolder


class TrainingDiverged(ArithmeticError):
    """A loss became NaN or infinite; the message names it and the checkpoint that is left."""


class EventLog(keras.callbacks.Callback):
    """TensorBoard curves and pictures, one point per epoch.

    Scalars: every loss and metric of training and validation (`train/`, `validation/`), the
    losses' weights (`weight/`), `learning_rate`, and `steps_per_second`. Pictures come from
    `draw`.

    Args:
      folder: the run's files.
      draw: `draw(model) -> {tag: PIL image}`, called after each epoch; None for no pictures.
    """

    def __init__(self, folder: RunFolder, draw: Callable | None = None):
        super().__init__()
        self._folder = folder
        self._draw = draw
        self._writer = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Opens the file; curves of steps that will be done again are cut off."""
        self._writer = EventFileWriter(str(self._folder.tensorboard))
        self._last = (time.monotonic(), self.model.steps_done)
        start = Event(step=self._last[1] + 1, wall_time=time.time())
        start.session_log.status = SessionLog.START
        self._writer.add_event(start)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Writes one point of every curve, and the pictures."""
        scalars = {_tag(name): value for name, value in (logs or {}).items()}
        scalars.update(training_state(self.model))
        now, step = time.monotonic(), self.model.steps_done
        scalars["steps_per_second"] = (step - self._last[1]) / max(now - self._last[0], 1e-9)
        self._last = (now, step)
        values = [Summary.Value(tag=t, simple_value=float(v)) for t, v in scalars.items()]
        for tag, picture in (self._draw(self.model) if self._draw else {}).items():
            values.append(Summary.Value(tag=tag, image=_encoded(picture)))
        event = Event(step=step, wall_time=time.time(), summary=Summary(value=values))
        self._writer.add_event(event)
        self._writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the file."""
        self._writer.close()


class CsvLog(keras.callbacks.Callback):
    """`log.csv`: one row per epoch, `step` first; rows after the restored step are dropped.

    Args:
      folder: the run's files.
    """

    def __init__(self, folder: RunFolder):
        super().__init__()
        self._path = folder.log

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Rewrites the file with the new row, under a temporary name first."""
        step = self.model.steps_done
        state = training_state(self.model)
        row = {"step": float(step), **state, **{k: float(v) for k, v in (logs or {}).items()}}
        rows = [old for old in read_log(self._path) if old["step"] < step] + [row]
        names = list(dict.fromkeys(name for r in rows for name in r))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomic(self._path, text.getvalue().encode())


class StopOnNaN(keras.callbacks.Callback):
    """Ends the training when a loss is NaN or infinite.

    Args:
      folder: the run's files, for the message.
      every: batches between looks; a look waits for the device.
    """

    def __init__(self, folder: RunFolder, every: int = 10):
        super().__init__()
        self._folder = folder
        self._every = every

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Looks at the running means, which stay NaN once a batch was."""
        if batch % self._every == 0:
            self._check(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Looks before anything is saved."""
        self._check(logs or {})

    def _check(self, logs: dict) -> None:
        bad = [k for k, v in logs.items() if k != "loss" and not math.isfinite(float(v))]
        if not bad and math.isfinite(float(logs.get("loss", 0.0))):
            return
        names = ", ".join(bad) or "the total (all terms are finite: weights may be)"
        raise TrainingDiverged(
            f"loss became NaN or infinite: {names}. The last good checkpoint is kept in "
            f"{self._folder.path}. Start again in another --model_dir with a lower learning rate "
            "or --precision=float32."
        )


class ProgressBar(keras.callbacks.Callback):
    """One bar over the whole training, with rate, time left and the latest figures.

    Args:
      steps: of the whole training.
      done: steps already done by an earlier process.
      batches_per_step: parts in which the pairs of a step are run.
    """

    def __init__(self, steps: int, done: int = 0, *, batches_per_step: int = 1):
        super().__init__()
        self._batches_per_step = batches_per_step
        self._bar = tqdm(total=steps, initial=done, unit="step", desc="train", mininterval=1.0)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Moves on by one, after the last part of a step."""
        if (batch + 1) % self._batches_per_step == 0:
            self._bar.update(1)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Shows the latest validation."""
        logs = logs or {}
        shown = {"loss": "loss", "val_angular_error_deg": "val_deg"}
        figures = {short: f"{float(logs[k]):.3g}" for k, short in shown.items() if k in logs}
        self._bar.set_postfix(figures)

    def close(self) -> None:
        """Leaves the bar as it stands."""
        self._bar.close()


def training_state(model) -> dict[str, float]:
    """Learning rate, loss weights and other scheduled values at the model's step."""
    progress = float(keras.ops.convert_to_numpy(model.progress))
    loss = model.train_config.loss
    state = {f"weight/{n}": getattr(loss, n).at(progress) for n in model.active_losses}
    state["schedule/pose_noise"] = loss.pose_noise.at(progress)
    state["schedule/true_orientation"] = loss.true_orientation.at(progress)
    state["schedule/max_angle"] = model.train_config.max_angle.at(progress)
    state["learning_rate"] = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    return state


def read_log(path) -> list[dict[str, float]]:
    """The rows of a `log.csv`, empty when there is none; empty cells are left out."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]


def _tag(name: str) -> str:
    return f"validation/{name.removeprefix('val_')}" if name.startswith("val_") else f"train/{name}"


def _encoded(picture: Image.Image) -> Summary.Image:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "PNG")
    width, height = picture.size
    return Summary.Image(
        encoded_image_string=buffer.getvalue(), height=height, width=width, colorspace=3
    )


def as_numpy(batch: dict) -> dict[str, np.ndarray]:
    """Tensors of any backend as NumPy arrays."""
    return {key: np.asarray(keras.ops.convert_to_numpy(value)) for key, value in batch.items()}
