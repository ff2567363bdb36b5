"""Figures as functions of how often each object is counted.

The views of an object are not independent; its objects are. So a figure is written here as a
function of object weights: all ones give the figure itself, the counts of a resample with
replacement give its value on that resample. That makes thousands of resamples a matrix product.
Letters: R resamples, O objects, M values (of pairs, views, landmarks, ...), V views, K keypoints,
Q questions, C answers. Weights are `[R, O]`, whole numbers of at least 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

CHUNK_VALUES = 2_000_000


class Estimate(Protocol):
    """A figure as a function of object weights."""

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """`[R]` values for weights `[R, O]`; NaN where nothing is counted."""


def value_of(estimate: Estimate, objects: int) -> float:
    """The figure itself: every object counted once."""
    return float(estimate(np.ones((1, objects), np.int64))[0])


@dataclasses.dataclass(frozen=True, eq=False)
class Mean:
    """`sum_m w_o(m) x_m / sum_m w_o(m)`: the mean of all values of all objects counted.

    An object with more values weighs more, as in a plain mean over pairs.

    Attributes:
      sums: `[O]` sum of each object's values.
      counts: `[O]` number of them.
    """

    sums: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, group: np.ndarray, objects: int) -> Mean:
        """From `values [M, ...]` of objects number `group [M]`; NaN values do not count."""
        flat = np.asarray(values, float).reshape(len(group), -1)
        counted = ~np.isnan(flat)
        sums = np.bincount(group, np.where(counted, flat, 0).sum(axis=1), minlength=objects)
        return cls(sums, np.bincount(group, counted.sum(axis=1), minlength=objects))

    @classmethod
    def of_objects(cls, values: np.ndarray, group: np.ndarray, objects: int) -> Mean:
        """The mean over objects of each one's own mean: an object counts once, however often shown.

        Arguments as for `of`.
        """
        each = cls.of(values, group, objects)
        has = each.counts > 0
        return cls(np.where(has, each.sums / np.maximum(each.counts, 1), 0), has.astype(float))

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        return _ratio(weights @ self.sums, weights @ self.counts)


@dataclasses.dataclass(frozen=True, eq=False)
class Median:
    """The median of all values of all objects counted: the mean of the middle two if even.

    Attributes:
      values: `[M]` ascending, without NaN.
      group: `[M]` the object of each.
    """

    values: np.ndarray
    group: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, group: np.ndarray) -> Median:
        """From `values [M, ...]` in any order of objects number `group [M]`; NaN do not count."""
        values = np.asarray(values, float)
        owner = np.broadcast_to(group.reshape(-1, *[1] * (values.ndim - 1)), values.shape).ravel()
        order = np.argsort(values.ravel(), kind="stable")[: int((~np.isnan(values)).sum())]
        return cls(values.ravel()[order], owner[order])

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        if not len(self.values):
            return np.full(len(weights), np.nan)
        return np.concatenate([self._middle(part) for part in _chunks(weights, len(self.values))])

    def _middle(self, weights: np.ndarray) -> np.ndarray:
        reached = np.cumsum(weights[:, self.group], axis=1)
        total = reached[:, -1:]
        middle = [(reached <= place).sum(axis=1) for place in ((total - 1) // 2, total // 2)]
        low, high = (self.values[np.minimum(m, len(self.values) - 1)] for m in middle)
        return np.where(total[:, 0] > 0, (low + high) / 2, np.nan)


@dataclasses.dataclass(frozen=True, eq=False)
class Spread:
    """How far points lie from their own mean, which moves with the objects counted.

    `mean_k (sum_v w_v |x_vk - m_k|^p / sum_v w_v)^(1/p)` with `m_k = sum_v w_v x_vk / sum_v w_v`.

    Attributes:
      points: `[V, K, 3]`.
      group: `[V]` the object of each.
      power: p: 1 or 2.
    """

    points: np.ndarray
    group: np.ndarray
    power: int = 1

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        # Coordinates apart, so that every step below runs over adjoining numbers.
        axes = np.ascontiguousarray(np.moveaxis(self.points, -1, 0), float)
        values = np.full(len(weights), np.nan)
        for row, counts in enumerate(weights):
            share = counts[self.group].astype(float)
            if total := share.sum():
                share /= total
                apart = axes - (share @ axes)[:, None]
                np.square(apart, out=apart)
                square = apart[0] + apart[1] + apart[2]
                if self.power == 1:
                    values[row] = (share @ np.sqrt(square, out=square)).mean()
                else:
                    values[row] = np.sqrt(share @ square).mean()
        return values


@dataclasses.dataclass(frozen=True, eq=False)
class Agreement:
    """Probability that two different objects give the same answer, averaged over questions.

    `mean_q sum_{i != j} w_i w_j [answer_iq = answer_jq] / sum_{i != j} w_i w_j`, over the objects
    that answer q. An object is never compared with itself, not with its own copies in a resample
    either: those agree always.

    Attributes:
      shares: `[O, Q, C]` how often each object gives each answer; rows of 0 where it gives none.
    """

    shares: np.ndarray

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        objects, questions, answers = self.shares.shape
        if not self.shares.size:
            return np.full(len(weights), np.nan)
        results = []
        asked = self.shares.any(axis=2).astype(float)
        alone = (self.shares**2).sum(axis=2)
        for part in _chunks(weights.astype(float), questions * answers):
            total = (part @ self.shares.reshape(objects, -1)).reshape(-1, questions, answers)
            same = (total**2).sum(axis=2) - part**2 @ alone
            possible = (part @ asked) ** 2 - part**2 @ asked
            each = _ratio(same, np.where(possible > 0.5, possible, 0))
            results.append(_mean_of_finite(each))
        return np.concatenate(results)


@dataclasses.dataclass(frozen=True, eq=False)
class Ratio:
    """One figure over another."""

    above: Estimate
    below: Estimate

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        return _ratio(self.above(weights), self.below(weights))


@dataclasses.dataclass(frozen=True, eq=False)
class Average:
    """The plain mean of several figures."""

    parts: Sequence[Estimate]

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        return np.mean([part(weights) for part in self.parts], axis=0)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the divisor is not above 0."""
    return np.where(below > 0, above / np.where(below > 0, below, 1), np.nan)


def _mean_of_finite(values: np.ndarray) -> np.ndarray:
    """`[R]` mean over the second axis without NaN; NaN where all are."""
    counted = ~np.isnan(values)
    return _ratio(np.where(counted, values, 0).sum(axis=1), counted.sum(axis=1))


def _chunks(weights: np.ndarray, values: int) -> Iterator[np.ndarray]:
    """Rows of the weights, as many at a time as keep `rows x values` bounded; at least one part."""
    rows = max(1, CHUNK_VALUES // max(values, 1))
    for start in range(0, max(len(weights), 1), rows):
        yield weights[start : start + rows]
