"""The fixed views through which a training is watched."""

import numpy as np
import pytest

from keypointnet_tf.discovery.monitor import Monitor, on_mask
from keypointnet_tf.discovery.pair_model import PairModel


@pytest.fixture(scope="module")
def watched(tiny):
    return Monitor(tiny.pairs(4), tiny.SIZE), PairModel(tiny.config())


def test_on_mask_by_hand():
    """Pixel (row 1, column 2) of four by four covers u in [0, 0.5], v in [0, 0.5]."""
    mask = np.zeros((1, 4, 4))
    mask[0, 1, 2] = 1
    uv = [[0.25, 0.25], [0.01, 0.49], [-0.01, 0.25], [0.25, -0.01], [0.51, 0.25], [1.5, 0.25]]
    np.testing.assert_array_equal(on_mask(np.array([uv]), mask), [[1, 1, 0, 0, 0, 0]])
    everywhere = np.ones((1, 4, 4))
    outside = np.array([[[1.01, 0], [-1.01, 0], [0, 1.01], [0, -1.01], [-1, 1]]])
    np.testing.assert_array_equal(on_mask(outside, everywhere), [[0, 0, 0, 0, 1]])


def test_observes_both_views_of_every_pair(watched):
    monitor, model = watched
    xyz_camera, object_to_camera, on_object = monitor.observe(model)
    assert xyz_camera.shape == (8, 4, 3) and object_to_camera.shape == (8, 4, 4)
    assert on_object.shape == (8, 4) and on_object.dtype == bool


def test_outputs_are_computed_once_per_step(watched):
    monitor, model = watched
    first = monitor.outputs(model)
    assert monitor.outputs(model) is first
    model.step.assign_add(1)
    assert monitor.outputs(model) is not first


def test_draws_pairs_and_heatmaps(watched):
    pictures = watched[0].draw(watched[1])
    assert set(pictures) == {"keypoints", "heatmaps"}
    assert all(np.ptp(np.asarray(picture)) > 0 for picture in pictures.values())
