"""Parts of whole batches: for gradients that are accumulated, and for several processes."""

from __future__ import annotations

import keras

from keypointnet_tf.data.batches import Batch


class BatchParts(keras.utils.PyDataset):
    """Every batch of a data set in equal parts, one after the other.

    The batches stay what they are, whatever they are cut into: the same pairs with the same random
    changes. Item `i` is part `i % parts` of batch `i // parts`, or of that the share of one of
    several processes, each of which makes the whole batch and takes its rows.

    Args:
      dataset: endless or not, of batches whose size divides by `parts * processes`.
      parts: items per batch.
      processes: processes that share each item.
      process: number of this one, from 0.
    """

    def __init__(
        self,
        dataset: keras.utils.PyDataset,
        parts: int,
        *,
        processes: int = 1,
        process: int = 0,
    ):
        super().__init__(workers=1)
        self._dataset, self._parts = dataset, parts
        self._processes, self._process = processes, process
        self._last: tuple[int, Batch] | None = None

    @property
    def num_batches(self) -> int | None:
        """Items of one sweep, None where it is endless."""
        batches = self._dataset.num_batches
        return None if batches is None else batches * self._parts

    def __getitem__(self, index: int) -> Batch:
        whole, part = divmod(index, self._parts)
        if self._last is None or self._last[0] != whole:
            self._last = (whole, self._dataset[whole])
        share = part * self._processes + self._process
        return rows(self._last[1], share, self._parts * self._processes)

    def close(self) -> None:
        """Stops the workers of the data set."""
        self._dataset.close()


def rows(batch: Batch, part: int, parts: int) -> Batch:
    """One of equal parts of a batch, in order.

    Raises:
      ValueError: the batch does not divide.
    """
    count = len(batch["focal0"])
    if count % parts:
        raise ValueError(f"a batch of {count} pairs does not divide by {parts}")
    low, high = part * count // parts, (part + 1) * count // parts
    return {name: values[low:high] for name, values in batch.items()}
