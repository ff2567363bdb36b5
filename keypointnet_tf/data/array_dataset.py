"""Pairs in memory as Keras data sets: endless and shuffled for training, one sweep for validation.

Letters: B batch, N pairs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import keras
import numpy as np

from keypointnet_tf.data.batches import Batch, PairArrays
from keypointnet_tf.data.order import indices_at_step
from keypointnet_tf.data.step_dataset import StepDataset

Change = Callable[[Batch, int], Batch]


class ArrayDataset(StepDataset):
    """Endless batches of pairs in memory, a pure function of (seed, global step).

    Give `fit` this data set and `steps_per_epoch`; see `StepDataset` on resuming.

    Args:
      arrays: the pairs.
      batch_size: B.
      size: side of the images in pixels; None keeps that of the arrays.
      seed: of the order; pass after pass is a permutation from `default_rng([seed, pass])`.
      first_step: global step of the first batch.
      shuffle: False for the arrays' own order, over and over.
      workers: threads that work ahead.
      landmarks: whether batches hold the pairs' landmarks, for supervised training.
      change: what is done to a batch with alpha at its step, or None.

    Raises:
      ValueError: no pairs, or a batch size below 1.
    """

    def __init__(
        self,
        arrays: PairArrays,
        *,
        batch_size: int,
        size: int | None = None,
        seed: int = 0,
        first_step: int = 0,
        shuffle: bool = True,
        workers: int = 0,
        landmarks: bool = False,
        change: Change | None = None,
    ):
        order = functools.partial(
            indices_at_step, count=len(arrays), batch_size=batch_size, seed=seed, shuffle=shuffle
        )
        order(first_step)
        source = functools.partial(_batch_at, arrays, order, size, landmarks, change)
        super().__init__(source, first_step=first_step, workers=workers)


class ArraySweep(keras.utils.PyDataset):
    """Every pair once and in order, for validation; the last batch may be smaller.

    Args:
      arrays: the pairs.
      batch_size: B.
      size: side of the images in pixels; None keeps that of the arrays.
      landmarks: whether batches hold the pairs' landmarks, for supervised training.
      change: what is done to a batch with alpha, given the batch's number, or None.

    Raises:
      ValueError: a batch size below 1.
    """

    def __init__(
        self,
        arrays: PairArrays,
        *,
        batch_size: int,
        size: int | None = None,
        landmarks: bool = False,
        change: Change | None = None,
    ):
        super().__init__()
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; expected at least 1")
        self._arrays, self._batch_size, self._size = arrays, batch_size, size
        self._landmarks, self._change = landmarks, change

    @property
    def num_batches(self) -> int:
        """Batches of one sweep, `ceil(N / B)`."""
        return -(-len(self._arrays) // self._batch_size)

    def __getitem__(self, index: int) -> Batch:
        low = index * self._batch_size
        high = min(low + self._batch_size, len(self._arrays))
        return _batch_at(
            self._arrays,
            lambda _: np.arange(low, high),
            self._size,
            self._landmarks,
            self._change,
            index,
        )


def _batch_at(
    arrays: PairArrays,
    order: Callable[[int], np.ndarray],
    size: int | None,
    landmarks: bool,
    change: Change | None,
    step: int,
) -> Batch:
    batch = arrays.batch(order(step), size, landmarks=landmarks, alpha=change is not None)
    return batch if change is None else change(batch, step)
