"""Figures as functions of object weights: equal to the plain figure on the repeated data."""

import numpy as np
import pytest

from keypointnet_tf.metrics import consistency
from keypointnet_tf.metrics.estimates import (
    Agreement,
    Average,
    Mean,
    Median,
    Ratio,
    Spread,
    value_of,
)

GROUP = np.array([0, 0, 0, 1, 2, 2])
WEIGHTS = np.array([[1, 1, 1], [2, 0, 1], [0, 3, 0], [0, 1, 2]])


def repeated(values, group, weights):
    """The data set in which object o is there `weights[o]` times."""
    return np.concatenate(
        [values[group == o] for o, count in enumerate(weights) for _ in range(count)]
    )


def test_mean_by_hand():
    """Object 0 has 1, 2, 3, object 1 has 10: the mean of pairs is 4, that of objects 6."""
    values, group = np.array([1.0, 2, 3, 10]), np.array([0, 0, 0, 1])
    assert value_of(Mean.of(values, group, 2), 2) == 4
    assert value_of(Mean.of_objects(values, group, 2), 2) == 6
    np.testing.assert_allclose(Mean.of(values, group, 2)(np.array([[2, 1]])), [22 / 7])


def test_nan_does_not_count():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [5, 3]])
    mean = Mean.of(values, np.array([0, 1, 2]), 3)
    assert value_of(mean, 3) == 3
    assert value_of(Mean.of_objects(values, np.array([0, 1, 2]), 3), 3) == 2.5
    assert value_of(Median.of(values, np.array([0, 1, 2])), 3) == 3
    assert np.isnan(mean(np.array([[0, 4, 0]]))[0])


def test_object_that_is_not_counted_gives_nothing():
    values = np.arange(6.0)
    for estimate in (Mean.of(values, GROUP, 3), Median.of(values, GROUP)):
        assert np.isnan(estimate(np.zeros((1, 3), int)))
    assert np.isnan(Spread(np.ones((6, 1, 3)), GROUP)(np.zeros((1, 3), int)))
    assert np.isnan(value_of(Median.of(np.full(6, np.nan), GROUP), 3))


@pytest.mark.parametrize("seed", range(4))
def test_weights_are_repetitions(seed):
    rng = np.random.default_rng(seed)
    values, points = rng.normal(size=6), rng.normal(size=(6, 4, 3))
    estimates = {
        "mean": (Mean.of(values, GROUP, 3), values, np.mean),
        "median": (Median.of(values, GROUP), values, np.median),
        "spread": (
            Spread(points, GROUP),
            points,
            lambda x: consistency.three_d_se(x[:, None]).mean(),
        ),
        "rms": (
            Spread(points, GROUP, power=2),
            points,
            lambda x: consistency.three_d_se_rms(x[:, None]).mean(),
        ),
    }
    for name, (estimate, data, plain) in estimates.items():
        expected = [plain(repeated(data, GROUP, w)) for w in WEIGHTS]
        np.testing.assert_allclose(estimate(WEIGHTS), expected, atol=1e-12, err_msg=name)


def test_median_of_an_even_number_is_between_the_middle_two():
    assert value_of(Median.of(np.array([4.0, 1, 2, 10]), np.arange(4)), 4) == 3


def test_agreement_by_hand():
    """One question; three objects answer a, a, b: one of three pairs agrees."""
    shares = np.zeros((3, 1, 2))
    shares[[0, 1], 0, 0] = 1
    shares[2, 0, 1] = 1
    agreement = Agreement(shares)
    np.testing.assert_allclose(value_of(agreement, 3), 1 / 3)
    # Copies of one object are not compared: only object 0 against 2 is left.
    np.testing.assert_allclose(agreement(np.array([[3, 0, 1]])), [0])
    assert np.isnan(agreement(np.array([[3, 0, 0]]))[0])


def test_agreement_is_brute_force():
    rng = np.random.default_rng(0)
    shares = rng.random((5, 3, 4))
    shares /= shares.sum(axis=2, keepdims=True)
    shares[1, 2] = 0  # object 1 does not answer question 2
    weights = np.array([1, 2, 0, 1, 3])
    each = []
    for q in range(3):
        agree = total = 0.0
        for i in range(5):
            for j in range(5):
                if i != j and shares[i, q].any() and shares[j, q].any():
                    agree += weights[i] * weights[j] * (shares[i, q] * shares[j, q]).sum()
                    total += weights[i] * weights[j]
        each.append(agree / total)
    np.testing.assert_allclose(Agreement(shares)(weights[None]), [np.mean(each)])


def test_ratio_and_average():
    first = Mean.of(np.array([2.0, 4]), np.array([0, 1]), 2)
    second = Mean.of(np.array([1.0, 0]), np.array([0, 1]), 2)
    assert value_of(Ratio(first, second), 2) == 6
    assert np.isnan(Ratio(first, second)(np.array([[0, 2]]))[0])
    assert value_of(Average([first, second]), 2) == 1.75
