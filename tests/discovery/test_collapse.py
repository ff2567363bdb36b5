"""Each known failure is recognised on made-up keypoints, and a healthy set raises none."""

import logging
import types

import numpy as np
import pytest

from keypointnet_tf.discovery.collapse import CollapseWatch, camera_fixed_ratio, diagnose
from keypointnet_tf.geometry import placement

VIEWS, COUNT = 24, 8


@pytest.fixture
def poses():
    rng = np.random.default_rng(0)
    sampling = placement.CameraSampling()
    return np.concatenate([placement.sample_pair(rng, sampling) for _ in range(VIEWS // 2)])


@pytest.fixture
def points():
    return np.random.default_rng(1).uniform(-0.6, 0.6, (COUNT, 3))


def observed(points, poses):
    """Keypoints that turn with the object."""
    return placement.transform_points(np.broadcast_to(points, (VIEWS, COUNT, 3)), poses)


def fixed(pattern):
    """Keypoints that keep their place before the camera."""
    return np.broadcast_to(pattern + [0, 0, -30], (VIEWS, COUNT, 3))


ON = np.ones((VIEWS, COUNT), bool)


def test_healthy_keypoints(points, poses):
    disturbed = observed(points, poses) + np.random.default_rng(2).normal(
        0, 0.05, (VIEWS, COUNT, 3)
    )
    assert diagnose(disturbed, poses, ON) == {}


def test_gathered(points, poses):
    found = diagnose(observed(points * 0.1, poses), poses, ON)
    assert list(found) == ["gathered"]
    assert "raise the pose weight" in found["gathered"]


def test_strung_along_the_depth_axis(points, poses):
    found = diagnose(fixed(points * [0.1, 0.1, 1]), poses, ON)
    assert "depth" in found and "lower the separation weight" in found["depth"]


def test_a_pattern_fixed_to_the_camera(points, poses):
    found = diagnose(fixed(points * [1, 1, 0.5]), poses, ON)
    assert list(found) == ["camera_fixed"]
    assert "template warm start" in found["camera_fixed"]


def test_off_the_object(points, poses):
    on = ON.copy()
    on[:, ::2] = False
    found = diagnose(observed(points, poses), poses, on)
    assert list(found) == ["off_object"]
    assert "only 50%" in found["off_object"] and "silhouette" in found["off_object"]


def test_camera_fixed_ratio(points, poses):
    assert camera_fixed_ratio(fixed(points), poses) == pytest.approx(0, abs=1e-9)
    assert camera_fixed_ratio(observed(points, poses), poses) > 100


class Watched:
    """A watch over a model that is a namespace, and the keypoints to observe next."""

    def __init__(self, losses=("pose", "template")):
        self.model = types.SimpleNamespace(progress=0.5, steps_done=100)
        self.next = None
        self.watch = CollapseWatch(lambda model: self.next, losses)
        self.watch.set_model(self.model)

    def epoch(self, observed, logs=None):
        self.next = observed
        self.watch.on_epoch_end(0, logs)
        return set(self.watch.warnings)


def test_watch_warns_once_until_it_is_gone(points, poses, caplog):
    bad, good = (observed(points * 0.1, poses), poses, ON), (observed(points, poses), poses, ON)
    watched = Watched()
    with caplog.at_level(logging.WARNING):
        for now in (bad, bad, good, bad):
            watched.epoch(now)
    assert len(caplog.messages) == 2
    assert caplog.messages[0].startswith("step 100: keypoints gather")


def test_watch_is_silent_at_first(points, poses):
    watched = Watched()
    watched.model.progress = 0.05
    assert watched.epoch((observed(points * 0.1, poses), poses, ON)) == set()


def test_watch_notices_a_loss_that_runs_away(points, poses):
    good, watched = (observed(points, poses), poses, ON), Watched()
    assert watched.epoch(good, {"val_pose": 0.5, "val_template": 0.1}) == set()
    assert watched.epoch(good, {"val_pose": 1.0, "val_template": 9.0}) == set()
    assert watched.epoch(good, {"val_pose": 2.0}) == {"risen_pose"}
    assert "loss pose rose to 2 from its lowest 0.5" in watched.watch.warnings["risen_pose"]
    assert watched.epoch(good, {}) == set()
