"""Deviations of an export from Keras: what counts, and what is refused."""

import numpy as np
import pytest

from keypointnet_tf.discovery.exporting.checks import check, check_images, deviations


def outputs(count=2, **changes):
    right = np.array([True, False])[:count]
    points = np.zeros((count, 2, 2), np.float32)
    points[:, 0, 0] = np.where(right, 0.3, -0.3)
    values = {
        "uv": np.zeros((count, 3, 2), np.float32),
        "orient_uv": points,
        "faces_right": right,
        "faces_confidence": np.ones(count, np.float32),
    }
    return {**values, **changes}


def test_the_largest_and_the_middle_deviation():
    uv = np.zeros((2, 3, 2), np.float32)
    uv[1, 2] = [0.5, -0.25]
    found = deviations(outputs(uv=uv), outputs())
    assert found["uv"] == {"max": 0.5, "median": 0.0}
    assert found["faces_right"] == {"share": 0.0, "margin": 0.0}


def test_keypoints_of_another_bit_are_another_answer():
    uv = np.zeros((2, 3, 2), np.float32)
    uv[1] = 0.7
    turned = outputs(uv=uv, faces_right=np.array([True, True]))
    found = deviations(turned, outputs())
    assert found["uv"]["max"] == 0
    assert found["faces_right"] == {"share": 0.5, "margin": pytest.approx(0.3)}
    with pytest.raises(ValueError, match="faces_right differs in 50% of the images"):
        check(turned, outputs(), tolerance=1e-4)


def test_a_tie_may_fall_either_way():
    close = outputs()["orient_uv"].copy()
    close[1, 0, 0] = -1e-5
    truth = outputs(orient_uv=close)
    other = close + np.float32(5e-5)
    found = check(
        outputs(orient_uv=other, faces_right=np.array([True, True])), truth, tolerance=1e-4
    )
    assert found["faces_right"]["share"] == 0.5
    none = outputs(1, orient_uv=close[1:], faces_right=np.array([False]))
    with pytest.raises(ValueError, match="differs in 100%"):
        check(none | {"faces_right": np.array([True])}, none, tolerance=1e-4)


def test_what_is_wrong_is_named():
    far = outputs(faces_confidence=np.array([1, 0.9], np.float32))
    with pytest.raises(ValueError, match="faces_confidence deviates by 0.1; expected at most"):
        check(far, outputs(), tolerance=1e-4)
    with pytest.raises(ValueError, match=r"uv has shape \(2, 3\)"):
        check(outputs(uv=np.zeros((2, 3))), outputs(), tolerance=1e-4)
    with pytest.raises(ValueError, match="uv .* 0% of it finite"):
        check(outputs(uv=np.full((2, 3, 2), np.nan)), outputs(), tolerance=1e-4)


def test_pictures_look_like_those_of_training(small_model):
    images = check_images(small_model(), objects=2)
    assert images.shape == (5, 32, 32, 3) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    background = (images[:-1] == 0).all(axis=-1).mean(axis=(1, 2))
    assert ((background > 0.1) & (background < 0.98)).all()
    assert (images[-1] > 0).mean() > 0.99  # the noise
