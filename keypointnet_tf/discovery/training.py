"""Training of a run folder, from its first step or from where it was stopped."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import pathlib
import tempfile
from collections.abc import Sequence

import keras

from keypointnet_tf.data.array_dataset import ArraySweep
from keypointnet_tf.data.batch_parts import BatchParts
from keypointnet_tf.discovery.checkpoints import Checkpoints, load_model, restore_backup
from keypointnet_tf.discovery.collapse import CollapseWatch
from keypointnet_tf.discovery.config import TrainConfig, to_json
from keypointnet_tf.discovery.descriptors import HEAD
from keypointnet_tf.discovery.distribution import Devices, distributed
from keypointnet_tf.discovery.logs import CsvLog, EventLog, ProgressBar, StopOnNaN
from keypointnet_tf.discovery.monitor import KeepCanonical, Monitor
from keypointnet_tf.discovery.optimizers import adam
from keypointnet_tf.discovery.pair_model import PairModel, network_dtype
from keypointnet_tf.discovery.precision import has_accelerator
from keypointnet_tf.discovery.run_folder import RunFolder, completed
from keypointnet_tf.discovery.training_data import TrainingData, close, in_parts


@dataclasses.dataclass(frozen=True)
class TrainResult:
    """How a call of `train` ended.

    Attributes:
      model: at the last step.
      steps_done: optimiser steps of the run in all.
      steps_now: of them, those that this call did; 0 when the run was finished before.
      best: lowest value of the figure that `checkpoints.MONITORED` names for what is trained.
    """

    model: PairModel
    steps_done: int
    steps_now: int
    best: float


def train(
    config: TrainConfig,
    data: TrainingData,
    model_dir: str | os.PathLike,
    *,
    orient_weights: str | os.PathLike | None = None,
    keypoint_weights: str | os.PathLike | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    distribute: str = "none",
) -> TrainResult:
    """Trains to `config.steps`, resuming a run that this configuration began in `model_dir`.

    Args:
      config: the run's configuration.
      data: the run's data.
      model_dir: the run's folder; made when it is absent.
      orient_weights: a `.keras` model or a run folder whose OrientNet a new run starts from. Where
        the descriptor head alone is trained, by default `keypoint_weights`.
      keypoint_weights: the same for KeypointNet and the template.
      callbacks: further ones, called after the trainer's own.
      distribute: "none", "mirrored" or "data_parallel", see `distribution.distributed`. A run may
        go on with another than it began with.

    Raises:
      ValueError: the folder holds another run, weights do not fit, or batches do not divide among
        the devices.
      TrainingDiverged: a loss became NaN.
    """
    weights = {"orient_weights": orient_weights, "keypoint_weights": keypoint_weights}
    with distributed(distribute) as devices, contextlib.ExitStack() as stack:
        devices.check(config)
        folder = RunFolder(pathlib.Path(model_dir))
        model, best = _begin(config, data, folder, weights)
        if devices.process:
            # All processes do the same; what the others write is thrown away.
            scratch = stack.enter_context(tempfile.TemporaryDirectory())
            folder = RunFolder(pathlib.Path(scratch))
        folder.claim(config, data.description, data.notes)
        return _run(model, data, folder, devices, best=best, callbacks=callbacks)


def _begin(
    config: TrainConfig, data: TrainingData, folder: RunFolder, weights: dict
) -> tuple[PairModel, float]:
    """The model that a folder's run has come to, or a new one, and the best value."""
    if folder.started():
        folder.claim(config, data.description)
    model, best = restore_backup(folder.backup) or (None, float("inf"))
    if model is None:
        model = new_model(config, data.info, **weights)
    return model, best


def _run(
    model: PairModel,
    data: TrainingData,
    folder: RunFolder,
    devices: Devices,
    *,
    best: float,
    callbacks: Sequence[keras.callbacks.Callback],
) -> TrainResult:
    """Trains to the end, writing into the folder."""
    config, first = model.train_config, model.steps_done
    if first >= config.steps:
        return TrainResult(model, first, 0, best)
    if first:
        logging.getLogger(__name__).info("resuming %s at step %d", folder.path, first)
    checkpoints = Checkpoints(folder, best=best)
    progress = ProgressBar(config.steps, first, batches_per_step=config.accumulate)
    own = [*_callbacks(folder, model, data), checkpoints, progress]
    try:
        _fit(model, data, devices, [*own, *callbacks])
    finally:
        progress.close()
    done = model.steps_done
    return TrainResult(model, done, done - first, checkpoints.best)


def finished_steps(config: TrainConfig, model_dir: str | os.PathLike) -> int | None:
    """Steps of a run of this configuration that is finished, or None; reads no data."""
    folder = RunFolder(pathlib.Path(model_dir))
    if not folder.started():
        return None
    found = completed(json.loads(folder.config.read_text()).get("config"))
    steps = [int(path.name[5:]) for path in folder.backup.glob("step-*")]
    same = found == json.loads(json.dumps(to_json(config)))
    return max(steps) if same and steps and max(steps) >= config.steps else None


def new_model(
    config: TrainConfig,
    info: dict,
    *,
    orient_weights: str | os.PathLike | None = None,
    keypoint_weights: str | os.PathLike | None = None,
) -> PairModel:
    """A compiled model at step 0; "auto" precision becomes this machine's, for good.

    Raises:
      ValueError: a hyper-parameter cannot work, a network is to stay frozen at random weights, or
        weights do not fit.
    """
    if config.train == "descriptor":
        if keypoint_weights is None:
            raise ValueError(
                "train is 'descriptor', which freezes both networks; expected keypoint_weights"
            )
        orient_weights = orient_weights or keypoint_weights
    if config.train == "keypoints" and orient_weights is None:
        raise ValueError("train is 'keypoints', which freezes OrientNet; expected orient_weights")
    config = dataclasses.replace(config, precision=network_dtype(config.precision))
    model = PairModel(config, info=info)
    if orient_weights is not None:
        copy_weights(orient_weights, model, "orient_net")
    if keypoint_weights is not None:
        copy_weights(keypoint_weights, model, "keypoint_net")
    optimizer = adam(config.optimizer, config.steps, accumulate=config.accumulate)
    model.compile(optimizer=optimizer, jit_compile=compiles_with_xla())
    return model


def compiles_with_xla() -> bool:
    """JAX always; TensorFlow only on an accelerator: its own kernels are faster on processors."""
    return keras.backend.backend() == "jax" or has_accelerator()


# What may differ between networks whose weights are exchanged.
FREE_SETTINGS = ("dtype", "batch_norm_momentum", "distance", "descriptor")


def copy_weights(source: str | os.PathLike, model: PairModel, network: str) -> None:
    """Takes over a network of a saved `PairModel`, with KeypointNet the template.

    A descriptor head begins anew where the saved one has another dimension, or there is none.

    Args:
      source: a `.keras` model or a run folder.
      model: takes the weights.
      network: "orient_net" or "keypoint_net".

    Raises:
      ValueError: no model is there, or its network has another shape.
    """
    other = load_model(source)
    old, new = getattr(other, network), getattr(model, network)
    found, wanted = (
        {k: v for k, v in net.config.items() if k not in FREE_SETTINGS} for net in (old, new)
    )
    if found != wanted:
        raise ValueError(f"{source}: {type(old).__name__} is {found}; expected {wanted}")
    same_head = old.config.get("descriptor") == new.config.get("descriptor")
    for layer in new.layers:
        if layer.weights and (same_head or layer.name not in HEAD):
            layer.set_weights(old.get_layer(layer.name).get_weights())
    if network == "keypoint_net":
        model.template.assign(other.template)


def _callbacks(folder: RunFolder, model: PairModel, data: TrainingData) -> list:
    monitor = Monitor(data.validation, model.train_config.model.size, data.change)
    callbacks = [StopOnNaN(folder), EventLog(folder, monitor.draw), CsvLog(folder)]
    if model.train_config.train != "orient":
        callbacks.append(CollapseWatch(monitor.observe, model.active_losses))
        callbacks.append(KeepCanonical(monitor))
    return callbacks


def _fit(model: PairModel, data: TrainingData, devices: Devices, callbacks: list) -> None:
    """Runs whole epochs, then one shorter one when the steps do not divide."""
    config = model.train_config
    sweep = ArraySweep(
        data.validation,
        batch_size=config.pairs_at_once,
        size=config.model.size,
        landmarks=config.loss.supervised,
        change=data.change,
    )
    if devices.processes > 1:
        sweep = BatchParts(sweep, 1, processes=devices.processes, process=devices.process)
    while (first := model.steps_done) < config.steps:
        left = config.steps - first
        per_epoch = min(config.steps_per_epoch, left)
        batches = in_parts(data.batches(first), config, devices)
        try:
            model.fit(
                batches,
                epochs=left // per_epoch,
                steps_per_epoch=per_epoch * config.accumulate,
                shuffle=False,
                validation_data=sweep,
                callbacks=callbacks,
                verbose=0,
            )
        finally:
            close(batches)
