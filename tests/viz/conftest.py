"""Made-up evaluations to report."""

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import score
from keypointnet_tf.viz.report_data import MadeBy, ReportData

FOCAL = placement.focal_length()
SIZE = 48
LOG = {
    "step": [1.0, 2.0, 3.0],
    "loss": [3.0, 2.0, 1.0],
    "val_loss": [3.5, 2.5, float("nan")],
    "learning_rate": [1e-3, 1e-4, 1e-5],
}


def ball_masks(poses, radius=0.5):
    """`[..., S, S]` bool silhouettes of a ball about the origin."""
    uv = placement.pixels_to_ndc(
        np.indices((SIZE, SIZE))[::-1].transpose(1, 2, 0) + 0.5, SIZE, SIZE
    )
    rays = np.concatenate([uv / FOCAL, -np.ones((SIZE, SIZE, 1))], axis=-1)
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    centre = poses[..., None, None, :3, 3]
    along = (rays * centre).sum(-1)
    return (centre**2).sum(-1) - along**2 < radius**2


def make_predictions(objects=4, pairs=5, keypoints=4, *, noise=0.05, seed=0, **change):
    """Predictions for balls: noisy keypoints, two landmarks, pictures."""
    rng = np.random.default_rng(seed)
    count = objects * pairs
    sampling = placement.CameraSampling()
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in range(count)])
    points = rng.normal(size=(keypoints, 3)) * 0.3
    xyz = points + rng.normal(size=(count, 2, keypoints, 3)) * noise
    focal = np.full((count, 2), FOCAL)
    uv, depth = placement.project_points(xyz, poses, focal)
    images = np.zeros((count, 2, SIZE, SIZE, 4), np.uint8)
    images[ball_masks(poses)] = (200, 120, 60, 255)
    fields = {
        "uv": uv,
        "depth": depth,
        "object_to_camera": poses,
        "focal": focal,
        "object_id": np.repeat([f"ball_{i}" for i in range(objects)], pairs),
        "split": np.full(count, "test"),
        "orient_uv": placement.project_points(np.eye(3)[:1] * [[1.0], [-1]], poses, focal)[0],
        "on_object": rng.random(depth.shape) < 0.9,
        "confidence": rng.random(depth.shape),
        "landmarks": np.broadcast_to([[0.5, 0, 0], [0, 0, 0.5]], (count, 2, 3)),
        "landmark_names": np.array(["nose", "left_ear"]),
        "kind": np.repeat([["red", "blue"][i % 2] for i in range(objects)], pairs),
        "images": images,
        "steps": 7,
    }
    return Predictions(**{**fields, **change})


def make_report_data(predictions=None, made_by=None):
    """The report's data of predictions, with a run of three steps behind them."""
    predictions = predictions or make_predictions()
    scores = score(predictions, Resampling(resamples=50))
    run = {"config": {"steps": 3, "loss": {"pose": "0:1"}}, "versions": {"keras": "3.15"}}
    made_by = made_by or MadeBy("python eval.py --out=e", "2001-02-03", run, LOG)
    return ReportData(predictions, scores.per_example, scores.summary, scores.conditions, made_by)


@pytest.fixture(scope="session")
def predictions_of():
    """The function `make_predictions`."""
    return make_predictions


@pytest.fixture(scope="session")
def report_data():
    """The function `make_report_data`."""
    return make_report_data


@pytest.fixture(scope="session")
def silhouettes():
    """The function `ball_masks`."""
    return ball_masks
