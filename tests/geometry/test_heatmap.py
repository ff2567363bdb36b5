"""Moments of heatmaps whose values are known by hand."""

import keras
import numpy as np
import pytest

from keypointnet_tf.geometry import heatmap


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def map_of(cells, height=4, width=8):
    """`[1, height, width, 1]` with the given shares: `{(row, column): share}`."""
    values = np.zeros((1, height, width, 1), np.float32)
    for (row, column), share in cells.items():
        values[0, row, column, 0] = share
    return values


def test_softmax_sums_to_one_and_keeps_the_order():
    logits = np.random.default_rng(0).normal(size=(2, 3, 5, 4)).astype(np.float32)
    found = to_numpy(heatmap.spatial_softmax(logits))
    assert found.shape == (2, 3, 5, 4) and found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=(1, 2)), 1, rtol=1e-5)
    expected = np.exp(logits) / np.exp(logits).sum(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_softmax_survives_large_logits_and_half_precision():
    logits = np.full((1, 2, 2, 1), 1e4, np.float32)
    np.testing.assert_allclose(to_numpy(heatmap.spatial_softmax(logits)), 0.25)
    half = keras.ops.cast(logits, "bfloat16")
    assert keras.backend.standardize_dtype(heatmap.spatial_softmax(half).dtype) == "float32"


@pytest.mark.parametrize("row, column", [(0, 0), (3, 7), (2, 5)])
def test_a_single_cell(row, column):
    single = map_of({(row, column): 1.0})
    centre = [(column + 0.5) / 4 - 1, 1 - (row + 0.5) / 2]
    np.testing.assert_allclose(to_numpy(heatmap.expected_uv(single))[0, 0], centre, atol=1e-6)
    np.testing.assert_allclose(to_numpy(heatmap.spatial_variance(single)), 0, atol=1e-6)
    np.testing.assert_allclose(to_numpy(heatmap.confidence(single)), 1, atol=1e-4)


def test_two_cells_by_hand():
    """Cells 0.5 NDC apart with shares 1/4 and 3/4: variance 1/4 * 3/4 * 0.25."""
    two = map_of({(1, 2): 0.25, (1, 4): 0.75})
    np.testing.assert_allclose(to_numpy(heatmap.expected_uv(two)), [[[0, 0.25]]], atol=1e-6)
    np.testing.assert_allclose(to_numpy(heatmap.spatial_variance(two)), [[0.046875]], atol=1e-6)


def test_variance_adds_both_directions():
    """Four corners of a square of side 0.5 by 1: 0.25**2 + 0.5**2 about the mean."""
    corners = map_of(dict.fromkeys([(0, 2), (0, 4), (2, 2), (2, 4)], 0.25))
    np.testing.assert_allclose(to_numpy(heatmap.spatial_variance(corners)), [[0.3125]], atol=1e-6)


def test_expected_value_by_hand():
    two = map_of({(1, 2): 0.25, (1, 4): 0.75})
    values = map_of({(1, 2): 8.0, (1, 4): -4.0, (0, 0): 99.0})
    np.testing.assert_allclose(to_numpy(heatmap.expected_value(two, values)), [[-1.0]])


def test_a_coarser_grid_has_the_same_mean():
    """Cells in the middle of four pixels: no half-cell bias between the two grids."""
    coarse = map_of({(1, 2): 0.25, (0, 3): 0.75})
    fine = np.repeat(np.repeat(coarse, 2, axis=1), 2, axis=2) / 4
    np.testing.assert_allclose(
        to_numpy(heatmap.expected_uv(fine)), to_numpy(heatmap.expected_uv(coarse)), atol=1e-6
    )


def test_confidence_is_half_where_it_says():
    """Two cells 0.25 either side of their mean: standard deviation 0.25."""
    two = map_of({(1, 2): 0.5, (1, 4): 0.5})
    np.testing.assert_allclose(to_numpy(heatmap.confidence(two, half_at=0.25)), 0.5, atol=1e-5)
    assert to_numpy(heatmap.confidence(two, half_at=0.1))[0, 0] < 0.5
