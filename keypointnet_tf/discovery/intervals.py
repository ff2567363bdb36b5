"""Confidence intervals of a figure by drawing objects anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

# The figure for the objects `[D]` that were drawn: numbers from 0 on that may repeat.
Statistic = Callable[[np.ndarray], float]
# From a figure and the number of objects to the lower and upper end.
Interval = Callable[[Statistic, int], tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class PercentileInterval:
    """Percentile bootstrap over objects, each drawn with all of its pairs.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Attributes:
      resamples: how often the objects are drawn with replacement.
      confidence: share of the resampled figures inside the interval.
      seed: of the draws.
    """

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __call__(self, statistic: Statistic, objects: int) -> tuple[float, float]:
        """Lower and upper end; NaN where the figure cannot be had for some draw."""
        rng = np.random.default_rng(self.seed)
        drawn = rng.integers(objects, size=(self.resamples, objects))
        outside = (1 - self.confidence) / 2
        low, high = np.quantile([statistic(row) for row in drawn], [outside, 1 - outside])
        return float(low), float(high)
