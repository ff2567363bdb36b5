"""The trunk's layers give what Keras' own give, forward, backward and in their averages."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keypointnet_tf.discovery import trunk_layers
from keypointnet_tf.discovery.keypoint_net import KeypointNet

RNG = np.random.default_rng(0)
X = (3 * RNG.standard_normal((2, 9, 9, 4)) + 2).astype(np.float32)
UPSTREAM = RNG.standard_normal((2, 9, 9, 4)).astype(np.float32)
LAYERS = {
    "norm": ("BatchNormalization", {"momentum": 0.7}),
    "frozen norm": ("BatchNormalization", {"trainable": False}),
    "act": ("LeakyReLU", {"negative_slope": 0.1}),
    "conv": ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}),
    "dilated": (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "padding": "same", "dilation_rate": 2},
    ),
    "valid": ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": (1, 3)}),
}


def built_pair(name, dtype="float32"):
    """Our layer and Keras' with the same random weights."""
    kind, arguments = LAYERS[name]
    made = [getattr(place, kind)(dtype=dtype, **arguments) for place in (trunk_layers, layers)]
    rng = np.random.default_rng(1)
    for layer in made:
        layer.build(X.shape)
    weights = [rng.uniform(0.5, 1.5, w.shape).astype(np.float32) for w in made[0].weights]
    for layer in made:
        layer.set_weights(weights)
    return made


def called(layer, x, training):
    options = {"training": training} if isinstance(layer, layers.BatchNormalization) else {}
    return layer(x, **options)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_averages_are_those_of_keras(name, training):
    ours, theirs = built_pair(name)
    outputs = [np.array(called(layer, X, training)) for layer in (ours, theirs)]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-4)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_those_of_keras(name, training, gradient_of):
    found = []
    for layer in built_pair(name):
        out = np.array(called(layer, X, training)).shape

        def weighted(x, layer=layer, out=out):
            return called(layer, x, training) * UPSTREAM[:, : out[1], : out[2]]

        found.append(gradient_of(weighted, X))
    assert np.abs(found[1]).max() > 0.1
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["norm", "act", "dilated"])
def test_bfloat16_differs_by_its_rounding_alone(name):
    ours, theirs = built_pair(name, "mixed_bfloat16")
    outputs = [called(layer, X, True) for layer in (ours, theirs)]
    assert {keras.backend.standardize_dtype(out.dtype) for out in outputs} == {"bfloat16"}
    exact = np.array(called(built_pair(name)[1], X, True))
    errors = [np.abs(np.array(ops.cast(out, "float32")) - exact).max() for out in outputs]
    assert errors[0] <= 1.5 * errors[1] + 1e-6
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-2, atol=1e-2)


def test_the_leaky_gradient_at_both_signs(gradient_of):
    layer = trunk_layers.LeakyReLU(negative_slope=0.1)
    x = np.array([-2.0, -1e-3, 3.0], np.float32).reshape(1, 1, 1, 3)
    np.testing.assert_allclose(gradient_of(layer, x).ravel(), [0.1, 0.1, 1.0], rtol=1e-6)


def test_a_file_of_plain_keras_layers_is_read(tmp_path):
    """Files of before the layers were our own: weights are found by class and order."""
    image, bit = keras.Input((8, 8, 3)), keras.Input(())
    x = layers.Concatenate()(
        [image, ops.ones_like(image[..., :1]) * ops.reshape(bit, (-1, 1, 1, 1))]
    )
    for dilation in (1, 2):
        x = layers.Conv2D(4, 3, padding="same", dilation_rate=dilation, use_bias=False)(x)
        x = layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization()(x))
    heads = [layers.Conv2D(3, 3, padding="same")(x) for _ in range(2)]
    plain = keras.Model([image, bit], heads)
    plain.set_weights([RNG.standard_normal(w.shape) for w in plain.get_weights()])
    plain.save_weights(tmp_path / "plain.weights.h5")
    ours = KeypointNet(size=8, num_keypoints=3, filters=4, dilations=(1, 2))
    ours.load_weights(tmp_path / "plain.weights.h5")
    for a, b in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
