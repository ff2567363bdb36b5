"""Networks in float32, their batch normalisation folded away."""

import keras
import numpy as np
from keras import layers

from keypointnet_tf.discovery.exporting.networks import InferenceModel, float32_network


def normalises(network):
    return any(isinstance(layer, layers.BatchNormalization) for layer in network.layers)


def values(network, inputs):
    outputs = network(inputs, training=False)
    outputs = outputs if isinstance(outputs, dict) else {"only": outputs}
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}


def test_folding_by_hand():
    x = keras.Input((1, 1, 1))
    y = layers.Conv2D(1, 1, use_bias=True, name="conv0")(x)
    network = keras.Model(x, layers.BatchNormalization(epsilon=0.0, name="norm0")(y))
    network.get_layer("conv0").set_weights([np.full((1, 1, 1, 1), 2.0), np.ones(1)])
    gamma, beta, mean, variance = (np.full(1, value) for value in (3.0, 5.0, 1.5, 4.0))
    network.get_layer("norm0").set_weights([gamma, beta, mean, variance])
    folded = float32_network(network)
    kernel, bias = folded.get_layer("conv0").get_weights()
    assert kernel.item() == 2.0 * 3.0 / 2.0
    assert bias.item() == (1.0 - 1.5) * 3.0 / 2.0 + 5.0
    assert values(folded, np.full((1, 1, 1, 1), 7.0))["only"].item() == 3.0 * 7.0 + 4.25


def test_folded_networks_say_the_same(small_model, pictures):
    model, images = small_model(), pictures(3)
    folded = InferenceModel.of(model)
    bits = np.array([0.0, 1.0, 1.0], np.float32)
    for name, inputs in (
        ("orient_net", images),
        ("keypoint_net", {"image": images, "faces_right": bits}),
    ):
        before, after = getattr(model, name), getattr(folded, name)
        assert normalises(before) and not normalises(after)
        assert all(type(layer).__module__.startswith("keras.") for layer in after.layers)
        expected, found = values(before, inputs), values(after, inputs)
        for key in expected:
            assert np.std(expected[key]) > 1e-3
            np.testing.assert_allclose(found[key], expected[key], atol=2e-5)


def test_all_computes_in_float32_with_the_same_weights(small_model, pictures):
    mixed, plain = small_model("mixed_bfloat16"), small_model("float32")
    assert mixed.orient_net.get_layer("conv0").compute_dtype == "bfloat16"
    images = pictures(2)
    for fold in (False, True):
        network = InferenceModel.of(mixed, fold=fold).orient_net
        assert all(layer.compute_dtype == "float32" for layer in network.layers)
        expected = values(plain.orient_net, images)["only"]
        np.testing.assert_allclose(values(network, images)["only"], expected, atol=2e-5)
    rounded = values(mixed.orient_net, images)["only"]
    assert np.abs(rounded - expected).max() > 1e-4


def test_what_others_use_too_is_not_folded():
    x = keras.Input((4, 4, 2))
    shared = layers.Conv2D(2, 1, use_bias=False, name="conv0")(x)
    y = layers.BatchNormalization(name="norm0")(shared) + shared
    network = keras.Model(x, y)
    network.get_layer("norm0").set_weights([np.full(2, value) for value in (2.0, 1.0, 0.5, 3.0)])
    copy = float32_network(network)
    assert normalises(copy)
    image = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype(np.float32)
    np.testing.assert_allclose(
        values(copy, image)["only"], values(network, image)["only"], atol=1e-6
    )
