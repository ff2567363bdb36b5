"""Made-up predictions with a known truth."""

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics.predictions import Predictions

FOCAL = placement.focal_length()


def make_predictions(xyz_object, object_id, split, *, seed=0, **optional):
    """Predictions whose keypoints are exactly `xyz_object [N, 2, K, 3]`, from random cameras."""
    rng = np.random.default_rng(seed)
    sampling = placement.CameraSampling()
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in xyz_object])
    focal = np.full((len(poses), 2), FOCAL)
    uv, depth = placement.project_points(np.asarray(xyz_object, float), poses, focal)
    axis = np.array([[1.0, 0, 0], [-1.0, 0, 0]])
    fields = {
        "uv": uv,
        "depth": depth,
        "object_to_camera": poses,
        "focal": focal,
        "object_id": np.array(object_id),
        "split": np.array(split),
        "orient_uv": placement.project_points(axis, poses, focal)[0],
        "on_object": np.ones(depth.shape, bool),
        "steps": 7,
    }
    return Predictions(**{**fields, **optional})


@pytest.fixture
def make():
    """The function `make_predictions`."""
    return make_predictions


@pytest.fixture
def perfect():
    """Four pairs of two test objects, the same five keypoints predicted from every view."""
    points = np.random.default_rng(3).normal(size=(5, 3)) * 0.4
    xyz = np.broadcast_to(points, (4, 2, 5, 3))
    return make_predictions(xyz, ["a", "a", "b", "b"], ["test"] * 4)


@pytest.fixture
def linear():
    """Objects whose landmarks are a linear function of their keypoints: 12 train, 4 test, twice."""
    rng = np.random.default_rng(5)
    names = np.repeat([f"o{i:02d}" for i in range(16)], 2)
    split = np.repeat(["train"] * 12 + ["test"] * 4, 2)
    size = np.repeat(rng.uniform(0.5, 1.5, 16), 2)
    shape = rng.normal(size=(4, 3))
    xyz = np.broadcast_to((size[:, None, None] * shape)[:, None], (32, 2, 4, 3))
    landmarks = size[:, None, None] * rng.normal(size=(3, 3)) + [0.1, 0.2, 0.3]
    return make_predictions(xyz, names, split, landmarks=landmarks)
