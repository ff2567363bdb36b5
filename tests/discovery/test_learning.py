"""A short training learns: unseen objects' turns are found far better than by guessing."""

import keras
import numpy as np
import pytest

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.discovery.collapse import diagnose
from keypointnet_tf.discovery.config import LossConfig, ModelConfig, OptimizerConfig, TrainConfig
from keypointnet_tf.discovery.logs import read_log
from keypointnet_tf.discovery.monitor import Monitor
from keypointnet_tf.discovery.schedules import constant
from keypointnet_tf.discovery.training import train
from keypointnet_tf.discovery.training_data import TrainingData, data_info, in_memory
from keypointnet_tf.geometry.placement import invert_pose
from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.parts import MeshBuilder, box

SIZE = 32
CONFIG = TrainConfig(
    model=ModelConfig(
        size=SIZE,
        num_keypoints=6,
        filters=8,
        orient_filters=8,
        dilations=(1, 1, 2, 4, 1),
        output_stride=2,
        orient_output_stride=4,
        batch_norm_momentum=0.9,
    ),
    loss=LossConfig(
        true_orientation=constant(1.0),
        template=constant(5.0),
        silhouette=constant(0.1),
        variance=constant(0.1),
        separation=constant(0.5),
        pose_noise=constant(0.02),
    ),
    optimizer=OptimizerConfig(learning_rate=5e-3, final_learning_rate=1e-4),
    steps=300,
    batch_size=8,
    steps_per_epoch=100,
    validation_pairs=32,
    zoom_jitter=0.0,
    precision="float32",
)


def two_boxes(number):
    """A red body with a blue box on its rear; the proportions are the object's own."""
    rng = np.random.default_rng(number)
    width, height, tail = rng.uniform([0.4, 0.3, 0.4], [0.7, 0.5, 0.8])
    builder = MeshBuilder()
    builder.add(box((1.4, width, height), (0.3, 0, 0)), Material("body", (0.9, 0.3, 0.2)))
    builder.add(
        box((0.6, 0.8 * width, tail), (-0.7, 0, tail / 2)), Material("rear", (0.2, 0.5, 0.9))
    )
    return builder.build(landmarks=None, object_id=f"boxes_{number}")


def pairs_of(objects, each):
    config, made = PairConfig(size=SIZE, supersample=1, lights=None), []
    for number in objects:
        scene = Scene(two_boxes(number))
        made += [render_pair(scene, pair_rng(0, number, index), config) for index in range(each)]
    return PairArrays.from_pairs(made, progress=False)


def mean_turn_degrees(arrays):
    """Mean true angle between the two views: the error of saying that nothing has turned."""
    turn = arrays.object_to_camera[:, 1] @ invert_pose(arrays.object_to_camera[:, 0])
    cosine = (np.trace(turn[:, :3, :3], axis1=1, axis2=2) - 1) / 2
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean()


@pytest.mark.slow
def test_a_short_training_beats_guessing(tmp_path):
    """Seen with four seeds and both backends: 19 to 22 degrees, where guessing is 101 off."""
    train_pairs, validation = pairs_of(range(8), 25), pairs_of(range(100, 104), 8)
    floor = mean_turn_degrees(validation)
    assert floor > 80
    keras.utils.set_random_seed(0)
    info = data_info(validation, "boxes")
    data = TrainingData(in_memory(train_pairs, CONFIG), validation, info, {"shapes": "boxes"})
    result = train(CONFIG, data, tmp_path / "run")
    assert result.best < 35 < floor / 2
    last = read_log(tmp_path / "run" / "log.csv")[-1]
    assert last["val_orientation_accuracy"] > 0.8
    assert last["val_consistency"] < 0.1
    observed = Monitor(validation, SIZE).observe(result.model)
    assert not diagnose(*observed).keys() & {"gathered", "depth", "camera_fixed"}
