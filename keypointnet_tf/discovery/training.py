"""Training of a run folder, from its first step or from where it was stopped."""

from __future__ import annotations

import dataclasses
import logging
import os
import pathlib

import keras

from keypointnet_tf.data.array_dataset import ArraySweep
from keypointnet_tf.discovery.checkpoints import Checkpoints, load_model, restore_backup
from keypointnet_tf.discovery.collapse import CollapseWatch
from keypointnet_tf.discovery.config import OptimizerConfig, TrainConfig
from keypointnet_tf.discovery.logs import CsvLog, EventLog, ProgressBar, StopOnNaN
from keypointnet_tf.discovery.monitor import Monitor
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.precision import has_accelerator
from keypointnet_tf.discovery.run_folder import RunFolder
from keypointnet_tf.discovery.training_data import TrainingData, close


@dataclasses.dataclass(frozen=True)
class TrainResult:
    """How a call of `train` ended.

    Attributes:
      model: at the last step.
      steps_done: optimiser steps of the run in all.
      steps_now: of them, those that this call did; 0 when the run was finished before.
      best: lowest validation angular error in degrees.
    """

    model: PairModel
    steps_done: int
    steps_now: int
    best: float


def train(
    config: TrainConfig, data: TrainingData, model_dir: str | os.PathLike, *,
    orient_weights: str | os.PathLike | None = None,
) -> TrainResult:  # fmt: skip
    """Trains to `config.steps`, resuming a run that this configuration began in `model_dir`.

    Args:
      config: the run's configuration.
      data: the run's data.
      model_dir: the run's folder; made when it is absent.
      orient_weights: a `.keras` model or a run folder whose OrientNet a new run starts from.

    Raises:
      ValueError: the folder holds another run, or weights do not fit.
      TrainingDiverged: a loss became NaN.
    """
    folder = RunFolder(pathlib.Path(model_dir))
    folder.claim(config, data.description)
    model, best = restore_backup(folder.backup) or (None, float("inf"))
    if model is None:
        model = new_model(config, data.info, orient_weights=orient_weights)
    first = int(model.step)
    if first >= config.steps:
        return TrainResult(model, first, 0, best)
    if first:
        logging.getLogger(__name__).info("resuming %s at step %d", folder.path, first)
    checkpoints = Checkpoints(folder, best=best)
    progress = ProgressBar(config.steps, first)
    try:
        _fit(model, data, [*_callbacks(folder, model, data), checkpoints, progress])
    finally:
        progress.close()
    done = int(model.step)
    return TrainResult(model, done, done - first, checkpoints.best)


def new_model(
    config: TrainConfig, info: dict, *, orient_weights: str | os.PathLike | None = None
) -> PairModel:
    """A compiled model at step 0."""
    model = PairModel(config, info=info)
    if orient_weights is not None:
        copy_orient_net(orient_weights, model)
    model.compile(
        optimizer=adam(config.optimizer, config.steps), jit_compile=compiles_with_xla()
    )
    return model


def adam(config: OptimizerConfig, steps: int) -> keras.optimizers.Adam:
    """Adam with warm-up, cosine decay and a clipped global gradient norm."""
    rate = config.learning_rate
    warmup = round(config.warmup * steps)
    if warmup or config.final_learning_rate != rate:
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate,
            decay_steps=max(steps - warmup, 1),
            alpha=config.final_learning_rate / config.learning_rate,
            warmup_target=config.learning_rate if warmup else None,
            warmup_steps=warmup,
        )
    return keras.optimizers.Adam(rate, global_clipnorm=config.clip_norm)


def compiles_with_xla() -> bool:
    """JAX always; TensorFlow only on an accelerator: its own kernels are faster on processors."""
    return keras.backend.backend() == "jax" or has_accelerator()


def copy_orient_net(source: str | os.PathLike, model: PairModel) -> None:
    """Takes over the OrientNet of a saved `PairModel`.

    Raises:
      ValueError: no model is there, or its OrientNet has another shape.
    """
    other = load_model(source).orient_net
    if other.config["size"] != model.orient_net.config["size"] or [
        w.shape for w in other.weights
    ] != [w.shape for w in model.orient_net.weights]:
        raise ValueError(
            f"{source}: OrientNet is {other.config}; expected {model.orient_net.config}"
        )
    model.orient_net.set_weights(other.get_weights())


def _callbacks(folder: RunFolder, model: PairModel, data: TrainingData) -> list:
    monitor = Monitor(data.validation, model.train_config.model.size)
    callbacks = [StopOnNaN(folder), EventLog(folder, monitor.draw), CsvLog(folder)]
    if model.train_config.train != "orient":
        callbacks.append(CollapseWatch(monitor.observe, model.active_losses))
    return callbacks


def _fit(model: PairModel, data: TrainingData, callbacks: list) -> None:
    """Runs whole epochs, then one shorter one when the steps do not divide."""
    config = model.train_config
    sweep = ArraySweep(data.validation, batch_size=config.batch_size, size=config.model.size)
    while (first := int(model.step)) < config.steps:
        left = config.steps - first
        per_epoch = min(config.steps_per_epoch, left)
        batches = data.batches(first)
        try:
            model.fit(
                batches, epochs=left // per_epoch, steps_per_epoch=per_epoch, shuffle=False,
                validation_data=sweep, callbacks=callbacks, verbose=0,
            )  # fmt: skip
        finally:
            close(batches)
