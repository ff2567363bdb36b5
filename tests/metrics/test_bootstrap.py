"""Intervals over objects: repeatable, and wide when an object's pairs say the same."""

import numpy as np
import pytest

from keypointnet_tf.metrics.bootstrap import Resampling, intervals
from keypointnet_tf.metrics.estimates import Mean


def interval_of(values, group, **settings):
    objects = int(group.max()) + 1
    estimates = {"mean": Mean.of(values, group, objects)}
    return intervals(estimates, objects, Resampling(**settings))["mean"]


def test_two_objects_by_hand():
    """Values 0 and 1: a resample's mean is 0, 1/2 or 1 with chances 1/4, 1/2, 1/4."""
    values, group = np.array([0.0, 1]), np.array([0, 1])
    assert interval_of(values, group) == (0, 1)
    assert interval_of(values, group, confidence=0.4) == (0.5, 0.5)


def test_constant_figure_has_no_width():
    assert interval_of(np.full(6, 3.0), np.arange(6)) == (3, 3)


def test_half_width_is_about_two_standard_errors():
    values = np.random.default_rng(0).normal(size=400)
    low, high = interval_of(values, np.arange(400), resamples=4000)
    error = values.std() / np.sqrt(400)
    np.testing.assert_allclose(high - low, 2 * 1.96 * error, rtol=0.06)
    np.testing.assert_allclose((low + high) / 2, values.mean(), atol=0.1 * error)


def test_views_of_an_object_are_not_counted_as_independent():
    """Ten equal pairs of each object tell no more than one; naive resampling claims sqrt 10."""
    values = np.random.default_rng(1).normal(size=40)
    once = interval_of(values, np.arange(40))
    often = interval_of(np.repeat(values, 10), np.repeat(np.arange(40), 10))
    np.testing.assert_allclose(once, often)
    naive = interval_of(np.repeat(values, 10), np.arange(400))
    assert naive[1] - naive[0] < 0.4 * (once[1] - once[0])


def test_seed_decides():
    values, group = np.random.default_rng(2).normal(size=30), np.arange(30)
    assert interval_of(values, group, seed=1) == interval_of(values, group, seed=1)
    assert interval_of(values, group, seed=1) != interval_of(values, group, seed=2)


def test_no_interval_for_one_object_or_no_resamples():
    assert np.isnan(interval_of(np.array([1.0, 2]), np.array([0, 0]))).all()
    assert np.isnan(interval_of(np.array([1.0, 2]), np.array([0, 1]), resamples=0)).all()


def test_figure_that_most_resamples_lack_has_no_interval():
    """Only one of 20 objects has a value: it is missing from a third of the resamples."""
    values = np.full(20, np.nan)
    values[3] = 1
    assert interval_of(values, np.arange(20)) == (1, 1)
    settings = Resampling(resamples=4)
    assert np.isnan(settings.interval(np.array([1.0, np.nan, np.nan, np.nan]))).all()
    assert np.isnan(settings.interval(np.full(4, np.nan))).all()


@pytest.mark.parametrize("change", [{"resamples": -1}, {"seed": -1}, {"confidence": 1.0}])
def test_settings_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match="expected resamples and seed of at least 0"):
        Resampling(**change)
