"""The configuration: its JSON form and what it refuses."""

import dataclasses
import json

import pytest

from keypointnet_tf.discovery.config import (
    LossConfig,
    ModelConfig,
    OptimizerConfig,
    TrainConfig,
    from_json,
    to_json,
)
from keypointnet_tf.discovery.schedules import constant, ramp

CHANGED = TrainConfig(
    model=ModelConfig(size=64, num_keypoints=5, dilations=(1, 2, 4), output_stride=2),
    loss=LossConfig(
        pose=ramp(0.1, 0.7, 0.2, 1 / 3),
        template=constant(0),
        orientation_bit="round",
        template_radii=(0.6, 0.2, 0.1),
    ),
    optimizer=OptimizerConfig(learning_rate=2e-4, final_learning_rate=2e-4),
    steps=77,
    train="keypoints",
    precision="float32",
    seed=5,
)


@pytest.mark.parametrize("config", [TrainConfig(), CHANGED], ids=["default", "changed"])
def test_json_and_back(config):
    text = json.dumps(to_json(config))
    assert from_json(TrainConfig, json.loads(text)) == config


def test_json_is_plain_and_readable():
    plain = to_json(CHANGED)
    assert plain["model"]["dilations"] == [1, 2, 4]
    assert plain["loss"]["template"] == "0:0"
    assert set(plain) == {field.name for field in dataclasses.fields(TrainConfig)}


def test_absent_fields_take_their_defaults():
    config = from_json(TrainConfig, {"steps": 5, "model": {"size": 32}, "loss": {"pose": 2}})
    assert config.steps == 5 and config.model == ModelConfig(size=32)
    assert config.loss == LossConfig(pose=constant(2.0))


@pytest.mark.parametrize("data", [{"stepz": 5}, {"model": {"stepz": 5}}, {"loss": {"stepz": 5}}])
def test_unknown_fields_are_refused(data):
    with pytest.raises(ValueError, match="has no field \\['stepz'\\]; it has"):
        from_json(TrainConfig, data)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"train": "all"}, "train is 'all'; expected one of both, keypoints, orient"),
        ({"precision": "float64"}, "precision is 'float64'"),
        ({"loss": {"orientation_bit": "flip"}}, "orientation_bit is 'flip'; expected one of draw"),
        ({"loss": {"pose": "much"}}, "schedule is 'much'"),
        ({"steps": 0}, "steps is 0; expected at least 1"),
        ({"batch_size": -2}, "batch_size is -2"),
        ({"steps_per_epoch": 0}, "steps_per_epoch is 0"),
        ({"validation_pairs": 0}, "validation_pairs is 0"),
        ({"mirror": 1.5}, "mirror is 1.5; expected a share"),
        (
            {"mirror": 0.5, "loss": {"landmarks": "1"}},
            "mirror is 0.5 with a weight for landmarks",
        ),
        ({"zoom_jitter": 1.0}, "zoom_jitter is 1.0; expected in \\[0, 1\\)"),
        ({"zoom_jitter": -0.1}, "zoom_jitter is -0.1"),
    ],
)
def test_bad_values_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        from_json(TrainConfig, changes)


def test_configurations_are_values():
    assert TrainConfig() == TrainConfig() and hash(TrainConfig()) == hash(TrainConfig())
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().steps = 3
