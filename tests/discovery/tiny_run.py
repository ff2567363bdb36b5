"""A training that takes seconds: 16 pixels, 4 keypoints, pairs of drawn blobs.

The tests take its functions by the `tiny` fixture; as a script it trains the folder it is given,
for a test that kills it.
"""

import sys

import keras
import numpy as np

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.training import train
from keypointnet_tf.discovery.training_data import TrainingData, data_info, in_memory
from keypointnet_tf.geometry import placement

SIZE, FOCAL = 16, 22.9


def set_seed() -> None:
    """The same initial weights in every run."""
    keras.utils.set_random_seed(0)


def model_config(**changes) -> ModelConfig:
    """Two layers of four channels."""
    values = dict(size=SIZE, num_keypoints=4, filters=4, orient_filters=4, dilations=(1, 2))
    return ModelConfig(**{**values, **changes})


def config(*, model=None, **changes) -> TrainConfig:
    """Seven steps in epochs of two, so that the last epoch is shorter."""
    values = dict(steps=7, batch_size=2, steps_per_epoch=2, validation_pairs=3, precision="float32")
    return TrainConfig(model=model or model_config(), **{**values, **changes})


def pairs(count: int, *, seed: int = 0, size: int = SIZE) -> PairArrays:
    """Discs of random colours where a ball of radius 0.6 about the origin would be seen."""
    rng = np.random.default_rng(seed)
    sampling = placement.CameraSampling()
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in range(count)])
    centre, _ = placement.project_points(np.zeros((count, 2, 1, 3)), poses, FOCAL)
    place = (np.arange(size) + 0.5) * 2 / size - 1
    u, v = place - centre[..., 0, 0, None], -place - centre[..., 0, 1, None]
    disc = u[:, :, None, :] ** 2 + v[..., None] ** 2 < 0.45**2
    images = np.zeros((count, 2, size, size, 4), np.uint8)
    images[..., :3] = rng.integers(50, 256, (count, 2, size, size, 3))
    images[..., 3] = 255 * disc
    return PairArrays(
        images=images,
        object_to_camera=poses.astype(np.float32),
        focal=np.full((count, 2), FOCAL, np.float32),
        landmarks=None,
        object_ids=np.array([f"ball_{n}" for n in range(count)]),
        kinds=np.full(count, ""),
    )


def data(settings: TrainConfig) -> TrainingData:
    """Seven training pairs and the validation pairs of a configuration."""
    validation = pairs(settings.validation_pairs, seed=1)
    batches = in_memory(pairs(7), settings)
    return TrainingData(batches, validation, data_info(validation, "ball"), {"shapes": "ball"})


if __name__ == "__main__":
    set_seed()
    settings = config(steps=int(sys.argv[2]))
    train(settings, data(settings), sys.argv[1])
