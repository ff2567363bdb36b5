"""Turntables: where things stand, and the shape that silhouettes leave."""

import json

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz import hull, report_turntable
from keypointnet_tf.viz.report_scene import look_from, scene_of


def test_front_comes_towards_the_viewer_and_left_goes_right():
    """Seen level from the front, the object's left (`+y`) is on the right, its top is up."""
    np.testing.assert_allclose(look_from(np.eye(3), 0, 0), [[0, 0, 1], [1, 0, 0], [0, -1, 0]],
                               atol=1e-12)  # fmt: skip
    np.testing.assert_allclose(look_from([0, 1, 0], 90, 0), [0, 0, 1], atol=1e-12)


def test_turning_keeps_distances():
    points = np.random.default_rng(0).normal(size=(7, 3))
    for azimuth, elevation in ((0, 0), (33, 18), (250, -40)):
        seen = look_from(points, azimuth, elevation)
        np.testing.assert_allclose(seen @ seen.T, points @ points.T, atol=1e-12)


def test_turntable_agrees_with_the_cameras():
    """A camera at the same azimuth and elevation sees points at the same places, up to scale."""
    a, e = np.radians([70, 25])
    eye = 1e4 * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    points = np.random.default_rng(1).normal(size=(5, 3))
    uv, _ = placement.project_points(points, placement.look_at(eye), 1e4)
    np.testing.assert_allclose(look_from(points, 70, 25)[:, :2], uv * [1, -1], atol=1e-3)


def test_hull_of_a_ball_is_near_its_surface(silhouettes):
    """And the more views, the nearer: no point is far inside, few are far outside."""
    rng = np.random.default_rng(0)
    sampling = placement.CameraSampling(min_elevation_degrees=-90)
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in range(15)]).reshape(-1, 4, 4)
    masks, focal = silhouettes(poses), np.full(30, placement.focal_length())
    points = hull.visual_hull(masks, poses, focal, points=500)
    radius = np.linalg.norm(points, axis=-1)
    cell = 2 * hull.HALF_SIDE / hull.CELLS
    assert len(points) == 500
    assert radius.min() > 0.5 - 3 * cell and np.median(radius) < 0.5 + 1.5 * cell
    few = hull.visual_hull(masks[:6], poses[:6], focal[:6], points=500)
    assert np.linalg.norm(few, axis=-1).mean() > radius.mean()


def test_hull_repeats_and_needs_views(silhouettes, predictions_of):
    data = predictions_of()
    poses, focal = data.object_to_camera[:4].reshape(-1, 4, 4), data.focal[:4].reshape(-1)
    masks = silhouettes(poses)
    first, again = (hull.visual_hull(masks, poses, focal) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(first) > 100
    assert len(hull.visual_hull(masks[:5], poses[:5], focal[:5])) == 0
    assert len(hull.visual_hull(np.zeros_like(masks), poses, focal)) == 0


def test_what_no_view_sees_is_not_ruled_out(predictions_of):
    """Frames so narrow that they show the middle only leave the rest possible."""
    poses = predictions_of().object_to_camera[:4].reshape(-1, 4, 4)
    points = hull.visual_hull(np.zeros((8, 4, 4), bool), poses, np.full(8, 1e3), points=10**6)
    assert len(points) and np.linalg.norm(points, axis=-1).max() > 1


def test_scene_by_hand(predictions_of):
    data = predictions_of(objects=2, pairs=3, keypoints=4)
    scene = scene_of(data, "ball_1")
    own = data.xyz_object[3:].reshape(6, 4, 3)
    np.testing.assert_allclose(scene.keypoints, own.mean(axis=0))
    np.testing.assert_allclose(scene.single[2], own[:, 2])
    assert scene.names == ("nose", "left ear")
    assert scene.floor <= own.mean(axis=0)[:, 2].min()


def test_scene_without_landmarks_and_pictures(predictions_of):
    bare = predictions_of(landmarks=None, landmark_names=None, images=None)
    scene = scene_of(bare, "ball_0")
    assert scene.landmarks.shape == scene.shape.shape == (0, 3) and scene.names == ()


def test_absent_landmarks_do_not_stand_there(predictions_of):
    landmarks = np.full((20, 2, 3), np.nan)
    landmarks[:, 1] = 0.25
    scene = scene_of(predictions_of(landmarks=landmarks), "ball_0")
    assert scene.names == ("left ear",) and scene.landmarks.tolist() == [[0.25] * 3]


def test_turntables_from_best_to_worst(report_data, predictions_of):
    data = report_data(predictions_of(objects=12, pairs=2))
    names, medians = report_turntable.ranked_objects(data)
    assert medians == sorted(medians) and sorted(names) == sorted(set(data.pairs.object_id))
    shown = report_turntable.turntables(data, 3)
    captions = ["".join(c.itertext()) for c in shown.iter("figcaption")]
    assert [c.split(" ·")[0] for c in captions] == [names[0], names[6], names[11]]


def test_script_gets_the_scene_in_hundredths(report_data):
    data = report_data()
    shown = report_turntable.turntables(data, 1)
    (script,) = shown.iter("script")
    points = json.loads(script.text)
    scene = scene_of(data.pairs, report_turntable.ranked_objects(data)[0][0])
    kept = np.reshape(points["keypoints"], (-1, 3)) / 100
    np.testing.assert_allclose(kept, scene.keypoints, atol=0.0051)
    assert len(points["cloud"]) == 4 and len(points["shape"]) == 3 * len(scene.shape)
    assert points["floor"] == pytest.approx(100 * scene.floor, abs=0.51)
