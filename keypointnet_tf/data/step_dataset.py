"""The Keras end of batches that are functions of the global step."""

from __future__ import annotations

import keras

from keypointnet_tf.data.prefetch import Prefetcher, Source


class StepDataset(keras.utils.PyDataset):
    """An endless data set for `fit(..., steps_per_epoch=..., shuffle=False)`.

    Item `i` is the batch at global step `first_step + i`. Having no length, it is iterated by
    Keras without a restart between epochs, so a resumed run that passes its first step goes on
    precisely where the run before it stopped. Keras' own `workers` stays at 1.

    Args:
      source: global step to batch dictionary; picklable where `use_multiprocessing` is set.
      first_step: global step of item 0.
      workers: threads or processes that work ahead; 0 for none.
      use_multiprocessing: spawned processes instead of threads.
    """

    def __init__(
        self,
        source: Source,
        *,
        first_step: int = 0,
        workers: int = 0,
        use_multiprocessing: bool = False,
    ):
        super().__init__(workers=1)
        self.first_step = first_step
        self._prefetcher = Prefetcher(
            source, workers=workers, use_multiprocessing=use_multiprocessing
        )

    @property
    def num_batches(self) -> None:
        """None: endless."""
        return None

    def __getitem__(self, index: int) -> dict:
        return self._prefetcher(self.first_step + index)

    def close(self) -> None:
        """Stops the workers."""
        self._prefetcher.close()
