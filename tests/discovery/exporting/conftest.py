"""A tiny model whose weights and statistics are all of some consequence."""

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel

SIZE = 32
INFO = {"object_share": 0.6, "focal": 22.9, "distance": 30.0, "category": "plane"}


@pytest.fixture(scope="session")
def small_model():
    """`small_model(precision)`: 32 pixels, 4 keypoints, dilations up to 4."""
    return build


def build(precision="float32"):
    config = ModelConfig(
        size=SIZE,
        filters=8,
        orient_filters=8,
        dilations=(1, 2, 4, 1),
        output_stride=2,
        num_keypoints=4,
    )
    keras.utils.set_random_seed(0)
    model = PairModel(TrainConfig(model=config, precision=precision), info=INFO)
    rng = np.random.default_rng(0)
    for network, factor in ((model.orient_net, 20), (model.keypoint_net, 20)):
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
        head = network.get_layer("heatmap_logits")  # flat heatmaps put all points in the middle
        head.kernel.assign(head.kernel * factor)
    return model


@pytest.fixture(scope="session")
def pictures():
    """`pictures(count)`: float32 images of blobs."""

    def draw(count, seed=0):
        rng = np.random.default_rng(seed)
        coarse = rng.uniform(0, 1, (count, SIZE // 8, SIZE // 8, 3))
        return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)

    return draw
