"""Bootstrap intervals against the normal law."""

import numpy as np
import pytest

from keypointnet_tf.discovery.intervals import PercentileInterval


def test_intervals_of_a_mean_are_those_of_the_normal_law():
    """For many objects the bootstrap of a mean is normal: 1.96 standard errors either way."""
    values = np.random.default_rng(0).normal(5, 2, 400)
    low, high = PercentileInterval(resamples=4000)(lambda drawn: values[drawn].mean(), 400)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_intervals_repeat_and_shrink_to_a_point_without_spread():
    interval = PercentileInterval(resamples=100)
    values = np.random.default_rng(1).normal(size=9)
    assert interval(lambda d: values[d].mean(), 9) == interval(lambda d: values[d].mean(), 9)
    assert interval(lambda drawn: 3.0, 9) == (3.0, 3.0)
