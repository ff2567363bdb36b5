"""Tests rendered in memory: fixed by their seed, unseen by training, scored as records are."""

import dataclasses
import json

import numpy as np
import pytest

from keypointnet_tf.discovery.checkpoints import load_model
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.protocol import Protocol
from keypointnet_tf.discovery.rendered_evaluation import (
    RenderedTest,
    evaluate_rendered,
    pair_config_of,
    predict_rendered,
    render_fit_pairs,
    render_test_pairs,
)
from keypointnet_tf.discovery.training_data import TRAINING_SEED, VALIDATION_SEED
from keypointnet_tf.geometry.placement import focal_length
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.shapes.deformation import Deformation

TEST = RenderedTest("plane", objects=3, pairs=2, fit_objects=4)
CONFIG = PairConfig(size=16, supersample=1)


@pytest.fixture(scope="module")
def model(finished_run):
    return load_model(finished_run[0])


def test_pairs_are_seen_by_the_camera_of_the_training_data(model):
    config = pair_config_of(model)
    assert config.size == 16
    assert config.focal == pytest.approx(model.info["focal"], rel=1e-6)
    assert config.sampling.distance == pytest.approx(model.info["distance"])
    assert focal_length(config.field_of_view_degrees) == pytest.approx(22.9, rel=1e-3)


def test_a_test_is_a_function_of_its_seed():
    first, again = (render_test_pairs(TEST, CONFIG) for _ in range(2))
    other = render_test_pairs(dataclasses.replace(TEST, seed=1), CONFIG)
    np.testing.assert_array_equal(first.images, again.images)
    assert first.object_ids.tolist() == again.object_ids.tolist()
    assert not np.array_equal(first.object_to_camera, other.object_to_camera)


def test_pairs_come_object_by_object():
    names = render_test_pairs(TEST, CONFIG).object_ids
    assert len(names) == 6
    assert [names[i] == names[i + 1] for i in range(5)] == [True, False, True, False, True]


def test_no_object_is_in_training_or_in_both_sets():
    test, fit = render_test_pairs(TEST, CONFIG), render_fit_pairs(TEST, CONFIG)
    assert not set(test.object_ids) & set(fit.object_ids)
    seeds = {int(name.split("_")[1]) for name in [*test.object_ids, *fit.object_ids]}
    assert len(seeds) == 2
    for low in (0, TRAINING_SEED, VALIDATION_SEED):
        assert all(not low <= seed < low + 2**30 for seed in seeds)


def test_a_deformed_test_differs_in_the_objects_alone():
    plain = render_test_pairs(TEST, CONFIG)
    bent = dataclasses.replace(TEST, deformation=Deformation("bend", 1.0))
    deformed = render_test_pairs(bent, CONFIG)
    np.testing.assert_array_equal(plain.object_to_camera, deformed.object_to_camera)
    assert plain.object_ids.tolist() == deformed.object_ids.tolist()
    assert not np.array_equal(plain.images, deformed.images)
    assert np.nanmax(np.abs(plain.landmarks - deformed.landmarks)) > 0.05
    np.testing.assert_array_equal(
        render_fit_pairs(TEST, CONFIG).images, render_fit_pairs(bent, CONFIG).images
    )


def test_the_result_is_scored_and_told(model, tmp_path):
    scores = evaluate_rendered(
        Predictor(model), TEST, tmp_path, protocol=Protocol("synthetic", {}, 5)
    )
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["objects"] == scores.summary["objects"] == 3 and summary["pairs"] == 6
    assert summary["landmark_error"] > 0 and "nose" in summary["landmark_error_per_landmark"]
    assert summary["protocol"] == "synthetic"
    assert summary["protocol_settings"]["category"] == "plane"
    assert summary["notes"][0].startswith("test objects: 3, where protocol synthetic wants")
    assert "note  test objects: 3" in (tmp_path / "summary.txt").read_text()
    assert {"predictions.npz", "protocol.json", "pairs.png"} <= {p.name for p in tmp_path.iterdir()}


def test_unknown_categories_are_refused(model):
    with pytest.raises(ValueError, match="category is 'boat'; expected one of plane"):
        predict_rendered(Predictor(model), dataclasses.replace(TEST, category="boat"))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"objects": 0}, "objects is 0"),
        ({"fit_objects": 0}, "fit_objects is 0"),
        ({"seed": 2**30}, "seed is"),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(TEST, **change)
