"""Which pair comes at which step, as a pure function of seed and step.

The pairs of a split form an endless stream: permutation after permutation, each drawn from
`default_rng([seed, epoch])`. Batch `s` is the stream's positions `s B` to `s B + B - 1`, so that
a resumed run goes on with precisely the batches that it would have got, and a batch may straddle
two passes.
"""

from __future__ import annotations

import functools

import numpy as np


def indices_at_step(
    step: int, *, count: int, batch_size: int, seed: int = 0, shuffle: bool = True
) -> np.ndarray:
    """`[batch_size]` int64 pair indices in [0, count) of the batch at a global step.

    Raises:
      ValueError: no pairs, a batch size below 1, or a negative step.
    """
    if batch_size < 1 or step < 0:
        raise ValueError(f"got batch_size {batch_size} and step {step}; expected at least 1 and 0")
    positions = range(step * batch_size, (step + 1) * batch_size)
    indices = [index_at(p, count=count, seed=seed, shuffle=shuffle) for p in positions]
    return np.array(indices, np.int64)


def index_at(position: int, *, count: int, seed: int = 0, shuffle: bool = True) -> int:
    """Pair index in [0, count) at a position of the stream, counted from 0.

    Raises:
      ValueError: no pairs.
    """
    if count < 1:
        raise ValueError(f"got {count} pairs; expected at least 1")
    epoch, place = divmod(int(position), count)
    return int(_permutation(seed, epoch, count)[place]) if shuffle else place


# Eight bytes per pair each: 50 MB for six million pairs.
@functools.lru_cache(maxsize=4)
def _permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)
