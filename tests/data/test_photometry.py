"""Each camera fault does what its name says, by hand-computed values."""

import numpy as np
import pytest

from keypointnet_tf.data import photometry


def grey(value, views=1):
    return np.full((views, 4, 4, 3), value, np.float32)


def test_exposure_and_warmth_by_hand():
    np.testing.assert_allclose(photometry.expose(grey(0.2, 2), np.array([1, -1])), [
        grey(0.4)[0], grey(0.1)[0]
    ])  # fmt: skip
    warm = photometry.warm(grey(0.5), np.array([0.2]))
    np.testing.assert_allclose(warm[0, 0, 0], [0.6, 0.5, 0.4], rtol=1e-6)


def test_contrast_keeps_the_mean():
    images = np.random.default_rng(0).random((2, 5, 5, 3)).astype(np.float32)
    flat = photometry.contrast(images, np.array([0.0, 0.5]))
    np.testing.assert_allclose(flat.mean((1, 2, 3)), images.mean((1, 2, 3)), rtol=1e-5)
    assert flat[0].std() == pytest.approx(0, abs=1e-6)
    assert flat[1].std() == pytest.approx(images[1].std() / 2, rel=1e-4)


def test_hue_keeps_luma_and_grey_and_a_whole_turn_changes_nothing():
    images = np.random.default_rng(0).random((3, 5, 5, 3)).astype(np.float32)
    one = np.ones(3)
    turned = photometry.turn_hue(images, np.array([0.7, 2.0, -1.0]), one)
    np.testing.assert_allclose(turned @ photometry.LUMA, images @ photometry.LUMA, atol=1e-5)
    assert np.abs(turned - images).max() > 0.1
    np.testing.assert_allclose(photometry.turn_hue(images, 2 * np.pi * one, one), images, atol=1e-5)
    np.testing.assert_allclose(photometry.turn_hue(grey(0.3, 3), one, one), grey(0.3, 3), atol=1e-6)
    colourless = photometry.turn_hue(images, one, 0 * one)
    np.testing.assert_allclose(colourless.std(-1), 0, atol=1e-6)


def test_blur_keeps_the_sum_and_spreads():
    images = np.zeros((2, 21, 21, 3), np.float32)
    images[:, 10, 10] = 1
    blurred = photometry.blur(images, np.array([0.0, 1.5]))
    np.testing.assert_array_equal(blurred[0], images[0])
    np.testing.assert_allclose(blurred[1].sum((0, 1)), 1, rtol=1e-4)
    assert blurred[1].max() < 0.1


def test_noise_has_the_deviation_asked_for():
    noisy = photometry.add_noise(
        np.full((2, 64, 64, 3), 0.5, np.float32), np.array([0.0, 0.1]), np.random.default_rng(0)
    )
    np.testing.assert_array_equal(noisy[0], 0.5)
    assert noisy[1].std() == pytest.approx(0.1, rel=0.05)


def test_jpeg_changes_little_at_high_and_more_at_low_quality():
    images = np.tile(np.random.default_rng(0).random((1, 16, 16, 3)), (3, 1, 1, 1)).astype("f4")
    found = photometry.compress(images, np.array([0, 95, 10]))
    np.testing.assert_array_equal(found[0], images[0])
    error = np.abs(found - images).mean((1, 2, 3))
    assert 0 < error[1] < error[2]
