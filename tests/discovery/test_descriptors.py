"""Descriptors: the head, its loss, what it leaves alone, and how they reach the user."""

import dataclasses
import json
import types

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery import training
from keypointnet_tf.discovery.config import LossConfig, TrainConfig, from_json, to_json
from keypointnet_tf.discovery.descriptors import HEAD, contrastive_loss
from keypointnet_tf.discovery.evaluation import export
from keypointnet_tf.discovery.exporting.networks import InferenceModel
from keypointnet_tf.discovery.keypoint_net import KeypointNet
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.photo_json import photo_json
from keypointnet_tf.discovery.photo_matching import match_keypoints
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.schedules import constant

D = 6


def loss_of(vectors, temperature=0.1):
    found = contrastive_loss(keras.ops.convert_to_tensor(np.float32(vectors)), temperature)
    return np.asarray(keras.ops.convert_to_numpy(found))


def inputs(count=3):
    images = np.random.default_rng(0).uniform(size=(count, 16, 16, 3)).astype("f4")
    return {"image": images, "faces_right": np.float32([0, 1, 1][:count])}


def answer(network, **given):
    return {k: np.asarray(keras.ops.convert_to_numpy(v)) for k, v in network(given).items()}


def network(**changes):
    values = dict(size=16, num_keypoints=4, filters=4, dilations=(1, 1, 2), dtype="float32", seed=3)
    return KeypointNet(**{**values, **changes})


@pytest.fixture(scope="module")
def with_head(tiny, finished_run, tmp_path_factory):
    """A head trained on the finished run, and its folder."""
    model = tiny.model_config(descriptor=D)
    settings = tiny.config(model=model, train="descriptor", steps=4)
    folder = tmp_path_factory.mktemp("runs") / "descriptor"
    result = training.train(settings, tiny.data(settings), folder, keypoint_weights=finished_run[0])
    return result.model, folder


# === The loss ===


def test_loss_by_hand():
    """Two views, two keypoints: positives cosine 1, two negatives cosine 0, temperature 1."""
    vectors = np.broadcast_to(np.eye(2), (2, 2, 2))
    expected = -np.log(np.e / (np.e + 2))
    np.testing.assert_allclose(loss_of(vectors, 1.0), [expected], rtol=1e-5)


def test_loss_is_near_zero_for_distinct_and_high_for_equal_descriptors():
    distinct = np.broadcast_to(np.eye(4), (6, 4, 4))
    assert loss_of(distinct).shape == (3,) and loss_of(distinct).max() < 1e-2
    equal = np.broadcast_to(np.eye(4)[:1], (6, 4, 4))
    np.testing.assert_allclose(loss_of(equal), np.log(1 + 6 * 3), rtol=1e-5)


def test_a_view_with_exchanged_descriptors_is_the_worst():
    vectors = np.broadcast_to(np.eye(4), (6, 4, 4)).copy()
    vectors[0, [0, 1]] = vectors[0, [1, 0]]
    found = loss_of(vectors)
    assert found[0] > found[1] == pytest.approx(found[2])


# === The head ===


def test_descriptors_are_unit_vectors_in_float32():
    for dtype in ("float32", "mixed_bfloat16"):
        found = answer(network(descriptor=D, dtype=dtype), **inputs())["descriptors"]
        assert found.shape == (3, 4, D) and found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1, rtol=1e-4)


def test_without_the_head_nothing_changes():
    """Same layers, weights, configuration, and the same numbers as beside a head."""
    plain, described = network(), network(descriptor=D)
    assert "descriptor" not in plain.get_config()
    assert not [layer.name for layer in plain.layers if "descriptor" in layer.name]
    assert len(described.weights) == len(plain.weights) + 4
    first, second = answer(plain, **inputs()), answer(described, **inputs())
    assert set(second) - set(first) == {"descriptors"}
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, rtol=1e-6, atol=1e-6)


def test_a_configuration_without_descriptors_is_as_before():
    plain = to_json(TrainConfig())
    assert not [name for part in (plain["model"], plain["loss"]) for name in part if "desc" in name]
    changed = TrainConfig(
        model=dataclasses.replace(TrainConfig().model, descriptor=8),
        loss=LossConfig(descriptor=constant(0.5), descriptor_temperature=0.2),
    )
    assert from_json(TrainConfig, json.loads(json.dumps(to_json(changed)))) == changed


@pytest.mark.parametrize("size", [-1, 1])
def test_descriptors_that_cannot_tell_are_refused(size):
    with pytest.raises(ValueError, match=f"descriptor is {size}; expected 0 for none"):
        network(descriptor=size)


def test_bad_configurations_are_refused(tiny):
    with pytest.raises(ValueError, match="train is 'descriptor' and the model's descriptor is 0"):
        tiny.config(train="descriptor")
    with pytest.raises(ValueError, match="descriptor_temperature is 0; expected above 0"):
        LossConfig(descriptor_temperature=0)
    settings = tiny.config(train="descriptor", model=tiny.model_config(descriptor=D))
    with pytest.raises(ValueError, match="freezes both networks; expected keypoint_weights"):
        training.new_model(settings, {})


# === Training ===


def test_keypoints_get_no_gradient_from_it(tiny, pair_batch):
    """Trained with its loss alone, every weight but the head's stays (gradients are 0)."""
    off = {name: constant(0.0) for name in ("consistency", "pose", "separation", "silhouette")}
    off |= {name: constant(0.0) for name in ("variance", "orientation", "template")}
    settings = tiny.config(model=tiny.model_config(descriptor=D), loss=LossConfig(**off))
    model = PairModel(settings)
    assert "descriptor" in model.active_losses
    before = [np.array(w) for w in model.trainable_weights]
    model.compile(optimizer="sgd")
    model.fit(pair_batch(3), batch_size=3, verbose=0)
    pairs = zip(before, model.trainable_weights, strict=True)
    changed = [w.path for old, w in pairs if not np.array_equal(old, np.array(w))]
    assert len(changed) == 4 and all(path.split("/")[-2] in HEAD for path in changed)


def test_the_head_alone_learns_on_a_finished_run(with_head, finished_run):
    model, folder = with_head
    old = finished_run[0]
    source = training.load_model(old)
    assert model.active_losses == ("descriptor",)
    assert {w.path.split("/")[-2] for w in model.trainable_weights} == set(HEAD)
    for name in ("orient_net", "keypoint_net"):
        trained = getattr(model, name)
        for layer in getattr(source, name).layers:
            kept = trained.get_layer(layer.name).get_weights()
            for weight, old_weight in zip(kept, layer.get_weights(), strict=True):
                np.testing.assert_array_equal(weight, old_weight)
    header = (folder / "log.csv").read_text().splitlines()[0].split(",")
    assert {"descriptor", "val_descriptor", "weight/descriptor"} <= set(header)


def test_heads_are_taken_over_where_they_fit(tiny, with_head):
    _, folder = with_head
    trained = training.load_model(folder)
    for size, same in ((D, True), (D + 1, False)):
        settings = tiny.config(model=tiny.model_config(descriptor=size))
        model = training.new_model(settings, {}, keypoint_weights=folder)
        name = HEAD[0]
        old, new = (m.keypoint_net.get_layer(name).get_weights()[0] for m in (trained, model))
        assert np.array_equal(old, new) == same
    plain = training.new_model(tiny.config(), {}, keypoint_weights=folder)
    assert "descriptors" not in plain.keypoint_net.output


# === Use ===


@pytest.mark.parametrize("averaging", ["none", "full"])
def test_predictor_gives_them(tiny, with_head, finished_run, averaging):
    predictor = Predictor.load(with_head[1], averaging=averaging)
    found = predictor(inputs()["image"])
    assert found.descriptors.shape == (3, 4, D)
    without = Predictor.load(finished_run[0], averaging=averaging)(inputs()["image"])
    assert without.descriptors is None
    np.testing.assert_allclose(found.uv, without.uv, atol=1e-5)
    predictions = export(predictor, tiny.pairs(3))
    assert predictions.descriptors.shape == (3, 2, 4, D)


def test_photos_are_matched_and_written(with_head, finished_run):
    images = list(inputs(2)["image"])
    first, second = Predictor.load(with_head[1]).predict_photos(images)
    matches = match_keypoints(first, first)
    assert sorted(matches.index0) == [0, 1, 2, 3]
    np.testing.assert_array_equal(matches.index0, matches.index1)
    np.testing.assert_allclose(matches.similarity, 1, rtol=1e-5)
    written = photo_json(second, {})["keypoints"]
    np.testing.assert_allclose([k["descriptor"] for k in written], second.descriptors)
    plain = Predictor.load(finished_run[0]).predict_photos(images[:1])[0]
    assert "descriptor" not in photo_json(plain, {})["keypoints"][0]
    with pytest.raises(ValueError, match="image 0: its keypoints have no descriptors"):
        match_keypoints(plain, first)


def test_the_exported_network_gives_them(with_head):
    model, _ = with_head
    folded = InferenceModel.of(model).keypoint_net
    expected = answer(model.keypoint_net, **inputs())["descriptors"]
    np.testing.assert_allclose(answer(folded, **inputs())["descriptors"], expected, atol=1e-4)


def test_lengths_that_differ_are_refused():
    photos = [types.SimpleNamespace(file="a", descriptors=np.eye(n)[:2]) for n in (2, 3)]
    with pytest.raises(ValueError, match=r"shapes \(2, 2\) and \(2, 3\)"):
        match_keypoints(*photos)
