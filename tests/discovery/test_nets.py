"""One contract for OrientNet, KeypointNet and PairModel: shapes, saving, fit, precision."""

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery.keypoint_net import KeypointNet
from keypointnet_tf.discovery.orient_net import OrientNet
from keypointnet_tf.discovery.pair_model import PairModel

NAMES = ("OrientNet", "KeypointNet", "PairModel")
B, SIZE, K = 3, 16, 4


def build(tiny, name, *, dtype="float32", stride=1, **changes):
    shared = {"size": SIZE, "dilations": (1, 1, 2), "output_stride": stride, **changes}
    if name == "OrientNet":
        return OrientNet(**{"filters": 4, "dtype": dtype, **shared})
    if name == "KeypointNet":
        return KeypointNet(**{"filters": 4, "num_keypoints": K, "dtype": dtype, **shared})
    model = tiny.model_config(orient_output_stride=stride, **shared)
    return PairModel(tiny.config(model=model, precision=dtype))


def inputs_of(tiny, name):
    batch = tiny.pairs(B).batch(np.arange(B))
    return {
        "OrientNet": batch["image0"],
        "KeypointNet": {"image": batch["image0"], "faces_right": np.float32([0, 1, 1])},
        "PairModel": batch,
    }[name]


def outputs_of(name, outputs):
    """Named outputs of the networks as NumPy, whatever the model's form."""
    outputs = {"orient_uv": outputs} if name == "OrientNet" else outputs
    wanted = ("orient_uv", "uv", "depth", "xyz_camera", "heatmap")
    return {n: np.asarray(keras.ops.convert_to_numpy(v)) for n, v in outputs.items() if n in wanted}


def shapes_of(name, stride):
    cells, views = SIZE // stride, 2 * B if name == "PairModel" else B
    keypoints = {"uv": (K, 2), "depth": (K,), "heatmap": (cells, cells, K)}
    shapes = {
        "OrientNet": {"orient_uv": (2, 2)},
        "KeypointNet": keypoints,
        "PairModel": {"orient_uv": (2, 2), "xyz_camera": (K, 3), **keypoints},
    }[name]
    return {key: (views, *shape) for key, shape in shapes.items()}


def assert_close(found, expected, tolerance):
    assert found.keys() == expected.keys()
    for key in found:
        np.testing.assert_allclose(
            found[key], expected[key], rtol=tolerance, atol=tolerance, err_msg=key
        )


def fit_one_step(model, name, inputs):
    if name == "PairModel":
        model.compile(optimizer="adam")
        return model.fit(inputs, batch_size=B, verbose=0)
    model.compile(optimizer="adam", loss="mse")
    targets = keras.tree.map_structure(keras.ops.zeros_like, model(inputs))
    return model.fit(inputs, targets, batch_size=B, verbose=0)


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("name", NAMES)
def test_output_shapes_and_ranges(tiny, name, stride):
    outputs = outputs_of(name, build(tiny, name, stride=stride)(inputs_of(tiny, name)))
    assert {key: value.shape for key, value in outputs.items()} == shapes_of(name, stride)
    for key in {"uv", "orient_uv"} & outputs.keys():
        assert np.abs(outputs[key]).max() < 1
    if "depth" in outputs:
        assert (outputs["depth"] < -20).all()
        np.testing.assert_allclose(outputs["heatmap"].sum(axis=(1, 2)), 1, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_fit_save_load_and_compiled(tiny, tmp_path, name):
    """One step changes the weights; the saved model answers as the model, compiled or not."""
    model, inputs = build(tiny, name, stride=2), inputs_of(tiny, name)
    before = [np.array(w) for w in model.get_weights()]
    history = fit_one_step(model, name, inputs).history
    assert np.isfinite(history["loss"]).all()
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(changed) > 0.9
    eager = outputs_of(name, model(inputs, training=False))
    assert_close(outputs_of(name, model.predict_on_batch(inputs)), eager, 1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert_close(outputs_of(name, loaded(inputs, training=False)), eager, 1e-6)
    assert loaded.get_config() == model.get_config()


@pytest.mark.parametrize("name", NAMES)
def test_mixed_precision_leaves_outputs_float32(tiny, name):
    model = build(tiny, name, dtype="mixed_bfloat16", stride=2)
    outputs = model(inputs_of(tiny, name))
    tensors = {"orient_uv": outputs} if name == "OrientNet" else outputs
    dtypes = {key: keras.backend.standardize_dtype(v.dtype) for key, v in tensors.items()}
    assert set(dtypes.values()) == {"float32"}, dtypes
    network = model.keypoint_net if name == "PairModel" else model
    assert network.get_layer("conv1").compute_dtype == "bfloat16"
    assert network.get_layer("heatmap_logits").compute_dtype == "float32"
    assert {w.dtype for w in network.trainable_weights} == {"float32"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "changes, message",
    [
        ({"stride": 3}, "output_stride is 3; expected one of"),
        ({"size": 4}, "size is 4; expected at least 8"),
        ({"size": 18, "stride": 4}, "size is 18; expected at least 8 and a multiple of 4"),
        ({"filters": 0}, "filters is 0"),
        ({"dilations": (1,)}, "dilations is \\(1,\\)"),
        ({"dilations": (1, 0, 1)}, "dilations is \\(1, 0, 1\\)"),
    ],
)
def test_bad_hyper_parameters_are_refused(tiny, name, changes, message):
    with pytest.raises(ValueError, match=message):
        build(tiny, name, **changes)


@pytest.mark.parametrize("name", NAMES[1:])
def test_two_keypoints_are_refused(tiny, name):
    with pytest.raises(ValueError, match="num_keypoints is 2; a rotation needs at least 3"):
        build(tiny, name, num_keypoints=2)


def test_the_bit_changes_the_keypoints(tiny):
    network, images = build(tiny, "KeypointNet"), inputs_of(tiny, "OrientNet")
    left, right = (
        outputs_of("KeypointNet", network({"image": images, "faces_right": np.full(B, bit, "f4")}))
        for bit in (0, 1)
    )
    assert np.abs(left["depth"] - right["depth"]).max() > 1e-4


def test_depth_starts_at_the_camera_distance(tiny):
    near = build(tiny, "KeypointNet", distance=7.0)
    depth = outputs_of("KeypointNet", near(inputs_of(tiny, "KeypointNet")))["depth"]
    np.testing.assert_allclose(depth, -7, atol=2)


@pytest.mark.parametrize("name", ["OrientNet", "KeypointNet"])
def test_published_layers(name):
    """Twelve dilated 3 x 3 layers without bias, each normalised, then linear heads."""
    network = {"OrientNet": OrientNet, "KeypointNet": KeypointNet}[name](size=32)
    convolutions = [network.get_layer(f"conv{n}") for n in range(12)]
    assert [c.dilation_rate[0] for c in convolutions] == [1, 1, 2, 4, 8, 16, 1, 2, 4, 8, 16, 1]
    assert {c.filters for c in convolutions} == {32 if name == "OrientNet" else 64}
    assert {(c.kernel_size, c.strides, c.padding, c.use_bias) for c in convolutions} == {
        ((3, 3), (1, 1), "same", False)
    }
    assert network.get_layer("act0").negative_slope == pytest.approx(0.1)
