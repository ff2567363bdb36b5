"""The values that the figures of a predictions file are made of.

Letters: N test pairs, O test objects.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from keypointnet_tf.metrics.estimates import Estimate, Mean
from keypointnet_tf.metrics.examples import example_table
from keypointnet_tf.metrics.landmarks import LandmarkScores, landmark_scores
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.references import References, fit_references

Estimates = dict[str, Estimate]


@dataclasses.dataclass(frozen=True, eq=False)
class Measured:
    """What the figures of one file are made of.

    Attributes:
      predictions: both splits.
      test: the scored pairs.
      references: of the training pairs.
      table: columns of the scored pairs, as `examples.example_table` makes them.
      names: `[O]` sorted names of the test objects.
      group: `[N]` number of each pair's object among them.
    """

    predictions: Predictions
    test: Predictions
    references: References
    table: dict[str, np.ndarray]
    names: np.ndarray
    group: np.ndarray

    @property
    def objects(self) -> int:
        """O."""
        return len(self.names)

    @functools.cached_property
    def object_scores(self) -> LandmarkScores:
        """Landmark errors of the test objects."""
        return landmark_scores(self.predictions)

    @functools.cached_property
    def view_scores(self) -> LandmarkScores:
        """Landmark errors of the test views."""
        return landmark_scores(self.predictions, single_view=True)

    def mean(self, values: np.ndarray) -> Mean:
        """Mean over all values `[N, ...]` of the pairs."""
        return Mean.of(values, self.group, self.objects)


def measure(predictions: Predictions) -> Measured:
    """Measures the "test" pairs.

    Raises:
      ValueError: there are no test pairs, or pairs of one object disagree on its landmarks.
    """
    test = predictions.select("test")
    if not len(test):
        raise ValueError(
            f"field 'split' holds {sorted(set(predictions.split.tolist()))}; expected at least "
            "one pair in 'test'"
        )
    references = fit_references(predictions)
    table = example_table(test, np.flatnonzero(predictions.split == "test"), references)
    names, group = np.unique(test.object_id, return_inverse=True)
    return Measured(predictions, test, references, table, names, group.reshape(-1))
