"""Data-parallel training by the engines behind Keras: several devices, or several processes.

The batch of a configuration is the global one: every device gets an equal part of it, batch
normalisation sees all of it, and losses and gradients are those of one device with the same batch.
Steps, learning rate and schedules thus stay as they are. Raw `tf` is named for `tf.distribute`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Iterator

import keras

from keypointnet_tf.discovery.config import TrainConfig

PROCESSES_VARIABLE = "KERAS_DISTRIBUTION_NUM_PROCESSES"


@dataclasses.dataclass(frozen=True)
class Devices:
    """What a training runs on.

    Attributes:
      count: devices in all, each with a copy of the model.
      processes: processes that share them.
      process: number of this one; process 0 writes the run folder.
      accumulates: whether gradients may be accumulated.
    """

    count: int = 1
    processes: int = 1
    process: int = 0
    accumulates: bool = True

    def check(self, config: TrainConfig) -> None:
        """Raises ValueError where a batch does not divide among the devices, or cannot in parts."""
        if config.accumulate > 1 and not self.accumulates:
            raise ValueError(
                f"accumulate is {config.accumulate}; Keras' optimisers cannot accumulate under "
                "tf.distribute: expected 1, or data_parallel on JAX"
            )
        sizes = {"batch_size / accumulate": config.pairs_at_once}
        sizes["validation_pairs"] = config.validation_pairs
        for name, size in sizes.items():
            if size % self.count:
                raise ValueError(
                    f"{name} is {size}; expected a multiple of the {self.count} devices"
                )


@contextlib.contextmanager
def distributed(kind: str) -> Iterator[Devices]:
    """Within it, models are made and trained on all devices.

    Args:
      kind: "none"; "mirrored", `tf.distribute.MirroredStrategy` over all GPUs, or over TensorFlow's
        logical processors where there is none; "data_parallel", `keras.distribution.DataParallel`
        over all devices of JAX, in several processes where `KERAS_DISTRIBUTION_NUM_PROCESSES`,
        `KERAS_DISTRIBUTION_JOB_ADDRESSES` and `KERAS_DISTRIBUTION_PROCESS_ID` tell of them.

    Raises:
      ValueError: the backend has no such engine, or `kind` is unknown.
    """
    if kind not in _ENGINES:
        raise ValueError(f"distribute is {kind!r}; expected one of {', '.join(_ENGINES)}")
    backend, engine = _ENGINES[kind]
    found = keras.backend.backend()
    if backend not in (None, found):
        raise ValueError(
            f"distribute is {kind!r} on the {found} backend; expected KERAS_BACKEND={backend}"
        )
    with engine() as devices:
        yield devices


@functools.cache
def join_processes() -> int:
    """Meets the other processes of a training on JAX, once; returns how many there are.

    JAX must do so before it computes anything: call this first where weights or data are made
    before `distributed`. It waits for all processes.
    """
    processes = int(os.environ.get(PROCESSES_VARIABLE, "1"))
    if processes > 1:
        keras.distribution.initialize()
    return processes


@contextlib.contextmanager
def _none() -> Iterator[Devices]:
    yield Devices()


@contextlib.contextmanager
def _mirrored() -> Iterator[Devices]:
    import tensorflow as tf

    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    names = [device.name for device in tf.config.list_logical_devices(kind)]
    strategy = tf.distribute.MirroredStrategy(names)
    with strategy.scope():
        yield Devices(strategy.num_replicas_in_sync, accumulates=False)


@contextlib.contextmanager
def _data_parallel() -> Iterator[Devices]:
    processes = join_processes()
    # Each process is given its rows of every batch by ourselves: Keras shards tf.data alone.
    engine = keras.distribution.DataParallel(
        devices=keras.distribution.list_devices(), auto_shard_dataset=False
    )
    devices = Devices(engine.num_model_replicas, engine.num_processes, engine.data_shard_id)
    if devices.processes != processes:
        raise ValueError(f"found {devices.processes} processes; {PROCESSES_VARIABLE}={processes}")
    with engine.scope():
        yield devices


_ENGINES = {
    "none": (None, _none),
    "mirrored": ("tensorflow", _mirrored),
    "data_parallel": ("jax", _data_parallel),
}


def summed_replicas() -> int:
    """How many replicas' losses are summed to the global one: Keras leaves it to a model with a
    loss of its own to divide. 1 on JAX, where one program sees the global batch.
    """
    if keras.backend.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(tensors: list) -> list:
    """The sums of every replica's tensors, in each of TensorFlow's replicas; else themselves."""
    if summed_replicas() == 1:
        return tensors
    import tensorflow as tf

    return tf.distribute.get_replica_context().all_reduce("SUM", tensors)
