"""Averages over copies of an image: exact for networks that see each copy exactly."""

import keras
import numpy as np
import pytest
from scipy.stats import norm

from keypointnet_tf.discovery import averaging

SIZE = 32


def numpy(value):
    return np.asarray(keras.ops.convert_to_numpy(value))


def dot_image(u, v, sigma=2.5):
    place = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    square = (place - u) ** 2 + (-place[:, None] - v) ** 2
    dot = np.exp(-square / (2 * (sigma * 2 / SIZE) ** 2)).astype(np.float32)
    return np.repeat(dot[None, ..., None], 3, axis=-1)


def centre_of_mass(image):
    """A network that says where the light is: its place as `+x`, the middle as `-x`."""
    place = ((np.arange(SIZE) + 0.5) / SIZE * 2 - 1).astype(np.float32)
    light = keras.ops.convert_to_tensor(image)[..., 0]
    light = light / keras.ops.sum(light, axis=(1, 2), keepdims=True)
    u = keras.ops.sum(light * place, axis=(1, 2))
    v = keras.ops.sum(light * -place[:, None], axis=(1, 2))
    there = keras.ops.stack([u, v], axis=-1)
    return keras.ops.stack([there, 0 * there], axis=1)


def test_every_copy_is_mapped_back_onto_the_image():
    image = dot_image(0.3, -0.2)
    copies = numpy(averaging.orientations(centre_of_mass, image, "full"))
    assert copies.shape == (1, 6, 2, 2)
    np.testing.assert_allclose(copies[0, :, 0], np.tile([0.3, -0.2], (6, 1)), atol=0.005)
    single = numpy(averaging.orientations(centre_of_mass, image, "none"))
    np.testing.assert_allclose(single, numpy(centre_of_mass(image))[:, None])


def test_the_mean_of_copies_mirrors_with_the_image():
    """A network that always says "right" is undecided over an image and its mirror image."""

    def stubborn(image):
        right = np.array([[[0.4, 0.1], [-0.4, 0.1]]], np.float32)
        return keras.ops.ones((len(image), 2, 2)) * right

    copies = averaging.orientations(stubborn, dot_image(0, 0), "orientation")
    mean = numpy(copies).mean(1)
    np.testing.assert_allclose(mean[0, :, 0], 0, atol=1e-6)
    assert numpy(averaging.decision_confidence(copies))[0] == pytest.approx(0.5, abs=1e-5)


def test_confidence_by_hand():
    sure = np.zeros((1, 6, 2, 2), np.float32)
    sure[:, :, 0, 0] = 0.05
    # One common deviation from 0: the normal distribution's 84 %.
    assert numpy(averaging.decision_confidence(sure))[0] == pytest.approx(0.8413, abs=1e-3)
    sure[:, :, 0, 0] = 1.0
    assert numpy(averaging.decision_confidence(sure))[0] == pytest.approx(1.0, abs=1e-6)
    torn = sure.copy()
    torn[:, ::2, 0, 0] = -0.8
    # Mean 0.1, deviation 0.9 and the common one: Phi(0.1 / 0.9014) = 0.544.
    assert numpy(averaging.decision_confidence(torn))[0] == pytest.approx(0.5442, abs=1e-3)


def test_the_normal_share_is_that_of_scipy():
    x = np.linspace(0, 6, 50).astype(np.float32)
    np.testing.assert_allclose(numpy(averaging._normal_share(x)), norm.cdf(x), atol=2e-7)


def test_partners_by_hand():
    canonical = np.array([[1, 0.5, 0], [0, 0, 1], [1, -0.45, 0.05], [-1, 0.02, 0]])
    np.testing.assert_array_equal(averaging.mirror_partners(canonical), [2, 1, 0, 3])


def mirrored_pair(inputs):
    """A network of two keypoints, left and right of the light by the image's own sides, whose
    answer to a mirrored image is the mirrored answer with the two exchanged."""
    image = keras.ops.convert_to_tensor(inputs["image"])
    heat = image[..., :1] / keras.ops.sum(image[..., :1], axis=(1, 2), keepdims=True)
    left, right = keras.ops.roll(heat, -3, axis=2), keras.ops.roll(heat, 3, axis=2)
    depth = keras.ops.ones((len(image), 1)) * np.array([[-29.0, -31.0]], np.float32)
    heatmap = keras.ops.concatenate([left, right], axis=-1)
    return {"uv": averaging.expected_uv(heatmap), "depth": depth, "heatmap": heatmap}


def test_an_equivariant_network_gains_nothing_from_its_mirror_image():
    image = dot_image(0.2, 0.1)
    inputs = {"image": image, "faces_right": np.ones(1, np.float32)}
    plain = {k: numpy(v) for k, v in mirrored_pair(inputs).items()}
    both = averaging.keypoints(mirrored_pair, image, inputs["faces_right"], np.array([1, 0]))
    np.testing.assert_allclose(numpy(both["uv"]), plain["uv"], atol=1e-5)
    np.testing.assert_allclose(numpy(both["heatmap"]), plain["heatmap"], atol=1e-6)
    # Depths are exchanged with the keypoints.
    np.testing.assert_allclose(numpy(both["depth"]), [[-30, -30]], atol=1e-5)


def test_without_partners_one_pass_is_made():
    image, bit = dot_image(0, 0), np.ones(1, np.float32)
    plain = mirrored_pair({"image": image, "faces_right": bit})
    single = averaging.keypoints(mirrored_pair, image, bit, None)
    np.testing.assert_array_equal(numpy(single["uv"]), numpy(plain["uv"]))
