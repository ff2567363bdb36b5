"""Bootstrap intervals over objects.

Objects are drawn with replacement, each with all of its pairs (the cluster bootstrap: Davison and
Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8), and an interval holds the
middle share of the resampled values (the percentile method: Efron and Tibshirani, "An Introduction
to the Bootstrap", 1993, chapter 13). It tells what other test objects of the same kind might have
given; the model, the map to landmarks and the training set's means are taken as they are, so the
chance of the training itself is not in it. Letters: R resamples, O objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from keypointnet_tf.metrics.estimates import Estimate

LEAST_OBJECTS = 2
LEAST_VALID = 0.5
Interval = tuple[float, float]
UNKNOWN: Interval = (float("nan"), float("nan"))


@dataclasses.dataclass(frozen=True)
class Resampling:
    """How objects are resampled.

    Attributes:
      resamples: R; 0 makes no intervals.
      seed: any whole number of at least 0; the same one gives the same intervals.
      confidence: share of the resampled values inside an interval, between 0 and 1.
    """

    resamples: int = 2000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.resamples < 0 or self.seed < 0 or not 0 < self.confidence < 1:
            raise ValueError(
                f"got {self}; expected resamples and seed of at least 0 and a confidence between "
                "0 and 1"
            )

    def weights(self, objects: int) -> np.ndarray:
        """`[R, O]` how often each object is drawn; rows sum to O."""
        if objects < LEAST_OBJECTS:
            return np.zeros((0, objects), np.int64)
        rng = np.random.default_rng(self.seed)
        return rng.multinomial(objects, np.full(objects, 1 / objects), size=self.resamples)

    def interval(self, values: np.ndarray) -> Interval:
        """Lower and upper end for resampled values `[R]`; NaN if fewer than half can be had."""
        finite = values[np.isfinite(values)]
        if not len(finite) or len(finite) < LEAST_VALID * len(values):
            return UNKNOWN
        outside = (1 - self.confidence) / 2
        low, high = np.quantile(finite, [outside, 1 - outside])
        return float(low), float(high)


def intervals(
    estimates: Mapping[str, Estimate], objects: int, resampling: Resampling
) -> dict[str, Interval]:
    """The interval of each figure; NaN for fewer than two objects."""
    weights = resampling.weights(objects)
    return {name: resampling.interval(estimate(weights)) for name, estimate in estimates.items()}
