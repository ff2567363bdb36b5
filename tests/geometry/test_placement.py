"""Camera placement: look-at by hand and by tensorflow-graphics, and the laws of sampling."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.geometry.placement import CameraSampling

AIMED = CameraSampling(shift=0.0)


def directions(poses):
    """Unit vectors from the object to cameras that were not shifted."""
    centres = -np.einsum("...ji,...j->...i", poses[..., :3, :3], poses[..., :3, 3])
    return centres / np.linalg.norm(centres, axis=-1, keepdims=True)


def pairs(sampling, count, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([placement.sample_pair(rng, sampling) for _ in range(count)])


def assert_rigid(pose):
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(pose[:3, :3]), 1)
    np.testing.assert_array_equal(pose[3], [0, 0, 0, 1])


def test_focal_length():
    assert placement.focal_length(90) == pytest.approx(1)
    assert placement.focal_length() == pytest.approx(22.9038, abs=1e-4)


def test_look_at_by_hand():
    """A camera on `+x` sees `+y` on the right and `+z` up, `+x` towards itself."""
    pose = placement.look_at((10, 0, 0))
    assert_rigid(pose)
    np.testing.assert_allclose(pose[:3, :3], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(pose[:3, 3], [0, 0, -10], atol=1e-12)


def test_look_at_centres_the_target():
    target = np.array([0.3, -0.2, 0.5])
    pose = placement.look_at((2.3, -0.2, 0.5), target)
    found = placement.transform_points(target[None], pose)
    np.testing.assert_allclose(found, [[0, 0, -2]], atol=1e-12)


@pytest.mark.parametrize("z", [5, -5])
def test_look_at_the_pole(z):
    pose = placement.look_at((0, 0, z))
    assert_rigid(pose)
    np.testing.assert_allclose(pose[:3, 0], [0, 1, 0], atol=1e-12)
    assert_rigid(placement.look_at((1e-7, 0, z)))


def test_look_at_agrees_with_tensorflow_graphics():
    look_at = pytest.importorskip("tensorflow_graphics.geometry.transformation.look_at")
    eyes = np.random.default_rng(0).normal(size=(10, 3)) * 5
    targets = np.random.default_rng(1).normal(size=(10, 3)) * 0.2
    up = np.broadcast_to([0.0, 0.0, 1.0], (10, 3))
    expected = look_at.right_handed(eyes, targets, up)
    found = [placement.look_at(eye, target) for eye, target in zip(eyes, targets, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_projection_matrix_agrees_with_tensorflow_graphics():
    perspective = pytest.importorskip("tensorflow_graphics.rendering.camera.perspective")
    expected = perspective.right_handed(
        np.radians([[5.0]]), np.array([[1.0]]), np.array([[1.0]]), np.array([[100.0]])
    )
    matrix = placement.projection_matrix(placement.focal_length(5))
    np.testing.assert_allclose(matrix, np.asarray(expected)[0], rtol=1e-5)


def test_project_points_by_hand():
    """Camera on `+x` at distance 10: the point's left side `+y` is on the right of the image."""
    uv, depth = placement.project_points(
        np.array([[0.0, 1.0, 2.0]]), placement.look_at((10, 0, 0)), 5.0
    )
    np.testing.assert_allclose(uv, [[0.5, 1.0]])
    np.testing.assert_allclose(depth, [-10])


def test_pixels_and_back():
    xy = placement.ndc_to_pixels(np.array([[-1.0, 1.0], [0.0, 0.0], [0.5, -0.5]]), 8, 4)
    np.testing.assert_allclose(xy, [[0, 0], [4, 2], [6, 3]])
    np.testing.assert_allclose(placement.pixels_to_ndc(xy, 8, 4), [[-1, 1], [0, 0], [0.5, -0.5]])


def test_invert_pose():
    pose = pairs(CameraSampling(), 3)
    unit = np.broadcast_to(np.eye(4), pose.shape)
    np.testing.assert_allclose(placement.invert_pose(pose) @ pose, unit, atol=1e-9)


def test_directions_are_uniform_in_area():
    """On the upper hemisphere `z` is uniform in [0, 1] (Archimedes) and the azimuth is free."""
    found = directions(pairs(AIMED, 2000).reshape(-1, 4, 4))
    z = found[:, 2]
    assert z.min() >= -1e-9
    np.testing.assert_allclose(z.mean(), 0.5, atol=0.02)
    np.testing.assert_allclose(z.var(), 1 / 12, atol=0.01)
    np.testing.assert_allclose(found[:, :2].mean(axis=0), 0, atol=0.04)
    np.testing.assert_allclose(np.square(found[:, :2]).mean(axis=0), 1 / 3, atol=0.02)


def test_elevations_stay_in_their_band():
    band = dataclasses.replace(AIMED, min_elevation_degrees=-10, max_elevation_degrees=20)
    z = directions(pairs(band, 200))[..., 2]
    low, high = np.sin(np.radians([-10, 20]))
    assert low - 1e-9 <= z.min() and z.max() <= high + 1e-9
    np.testing.assert_allclose(z.mean(), (low + high) / 2, atol=0.02)


def test_pairs_keep_their_largest_angle():
    found = directions(pairs(dataclasses.replace(AIMED, max_angle_degrees=30), 200))
    angle = np.degrees(np.arccos(np.clip((found[:, 0] * found[:, 1]).sum(axis=-1), -1, 1)))
    assert angle.max() <= 30 + 1e-6
    assert angle.max() > 25


def test_an_angle_that_cannot_be_met_is_refused():
    with pytest.raises(ValueError, match="max_angle_degrees is 0.01"):
        placement.sample_pair(np.random.default_rng(0), CameraSampling(max_angle_degrees=0.01))


def test_shift_moves_the_camera_without_turning_it():
    """Each axis is moved by up to the shift, in the object's frame."""
    aimed = placement.look_at((0, 30, 0))
    rng = np.random.default_rng(0)
    shifted = [
        placement.place_camera(rng, np.array([0.0, 1.0, 0.0]), CameraSampling(shift=0.2))
        for _ in range(300)
    ]
    shifted = np.stack(shifted)
    np.testing.assert_allclose(shifted[:, :3, :3], np.broadcast_to(aimed[:3, :3], (300, 3, 3)))
    centres = -np.einsum("nji,nj->ni", shifted[:, :3, :3], shifted[:, :3, 3])
    moved = centres - [0, 30, 0]
    assert np.abs(moved).max() <= 0.2 + 1e-9
    assert (np.abs(moved).max(axis=0) > 0.19).all()
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=0.03)


def test_roll_turns_about_the_viewing_axis():
    rng = np.random.default_rng(0)
    sampling = CameraSampling(shift=0.0, max_roll_degrees=20)
    aimed = placement.look_at((30, 0, 0))
    rolls = []
    for _ in range(100):
        pose = placement.place_camera(rng, np.array([1.0, 0.0, 0.0]), sampling)
        turn = pose @ placement.invert_pose(aimed)
        np.testing.assert_allclose(turn[2], [0, 0, 1, 0], atol=1e-9)
        rolls.append(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
    assert np.abs(rolls).max() <= 20 and np.min(rolls) < -15 and np.max(rolls) > 15


def test_the_same_generator_gives_the_same_cameras():
    np.testing.assert_array_equal(pairs(CameraSampling(), 3), pairs(CameraSampling(), 3))
