"""Exported models agree with Keras when they are run; folding changes nothing."""

import json

import keras
import numpy as np
import pytest

pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("the backend is not 'tensorflow', which exports", allow_module_level=True)

from keypointnet_tf.discovery import exports
from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.folding import folded
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.predictor import Predictor

SIZE = 16
MODULES = {"saved_model": "tensorflow", "litert": "ai_edge_litert", "onnx": "tf2onnx"}


@pytest.fixture(scope="module", params=["float32", "mixed_bfloat16"])
def model(request):
    """A tiny model with moving averages and scales that are not those of its start."""
    config = ModelConfig(
        size=SIZE,
        filters=8,
        orient_filters=8,
        output_stride=2,
        num_keypoints=4,
        dilations=(1, 1, 2),
    )
    keras.utils.set_random_seed(0)
    model = PairModel(
        TrainConfig(model=config, precision=request.param),
        info={"focal": 20.0, "distance": 30.0, "category": "car", "object_share": 0.7},
    )
    rng = np.random.default_rng(0)
    for network in (model.orient_net, model.keypoint_net):
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                shape = layer.gamma.shape
                layer.gamma.assign(rng.uniform(0.5, 2, shape))
                layer.beta.assign(rng.normal(0, 0.3, shape))
                layer.moving_mean.assign(rng.normal(0, 0.3, shape))
                layer.moving_variance.assign(rng.uniform(0.3, 2, shape))
        head = network.get_layer("heatmap_logits")
        head.kernel.assign(head.kernel * 20)
    return model


def test_folding_changes_nothing_and_leaves_no_normalisation(model):
    exact = exports.float32_model(model)
    image = exports.dots(SIZE)
    bits = np.array([0, 1, 1, 0], np.float32)
    for network, inputs in (
        (exact.orient_net, image),
        (exact.keypoint_net, {"image": image, "faces_right": bits}),
    ):
        plain = folded(network)
        kinds = {type(layer).__name__ for layer in plain.layers}
        assert "BatchNormalization" not in kinds
        expected, found = (net(inputs, training=False) for net in (network, plain))
        expected, found = (
            value if isinstance(value, dict) else {"uv": value} for value in (expected, found)
        )
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], atol=2e-5)
    assert np.ptp(expected["uv"]) > 0.1


@pytest.mark.parametrize("name", exports.FORMATS)
def test_each_format_agrees_when_it_is_run(model, name, tmp_path):
    pytest.importorskip(MODULES[name])
    if name == "onnx":
        pytest.importorskip("onnxruntime")
    (result,) = exports.export(model, tmp_path, formats=(name,))
    assert result.path.exists() and result.deviation <= exports.TOLERANCE
    told = json.loads((tmp_path / "export.json").read_text())
    assert told["files"][0]["bytes"] == result.bytes > 1000
    assert told["virtual_camera"] == {"size": SIZE, "focal": 20.0, "distance": 30.0}
    assert {path.name for path in tmp_path.iterdir()} == {"export.json", result.path.name}
    # Other pictures than those of the check.
    images = np.random.default_rng(5).random((3, SIZE, SIZE, 3)).astype(np.float32)
    expected = Predictor(exports.float32_model(model), averaging="none")(images)
    found = exports.FORMATS[name].runner(result.path)(images)
    for output in exports.OUTPUTS:
        np.testing.assert_allclose(found[output], getattr(expected, output), atol=1e-4)


def test_averaging_may_be_exported(model, tmp_path):
    (result,) = exports.export(model, tmp_path, formats=("saved_model",), averaging="full")
    assert result.deviation <= exports.TOLERANCE


def test_a_file_that_disagrees_is_refused(model, tmp_path, monkeypatch):
    wrong = exports.Format(
        "wrong", lambda *_: (tmp_path / "wrong").write_bytes(b"x"), lambda _: lambda images: found
    )
    right = Predictor(exports.float32_model(model), averaging="none")(exports.dots(SIZE))
    found = {name: np.array(getattr(right, name), float) for name in exports.OUTPUTS}
    found["depth"][0, 0] += 2e-4
    monkeypatch.setitem(exports.FORMATS, "wrong", wrong)
    with pytest.raises(ValueError, match="wrong: output depth differs from Keras by 0.0002"):
        exports.export(model, tmp_path, formats=("wrong",))
    found["depth"][0, 0] = np.nan
    with pytest.raises(ValueError, match="differs from Keras by nan"):
        exports.export(model, tmp_path, formats=("wrong",))


def test_unknown_formats_are_refused(model, tmp_path):
    with pytest.raises(ValueError, match="expected some of saved_model, litert, onnx"):
        exports.export(model, tmp_path, formats=("coreml",))
