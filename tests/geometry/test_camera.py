"""Projection, its inverse and rigid motion: by hand, by NumPy, and by tensorflow-graphics."""

import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.geometry import camera, placement


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


@pytest.fixture
def scene():
    """Object points `[5, 7, 3]`, sampled cameras `[5, 4, 4]`, their camera points, focals."""
    rng = np.random.default_rng(0)
    poses = [placement.sample_pair(rng, placement.CameraSampling())[0] for _ in range(5)]
    poses = np.array(poses, np.float32)
    points = rng.uniform(-1, 1, (5, 7, 3)).astype(np.float32)
    focal = rng.uniform(15, 25, 5).astype(np.float32)
    return points, poses, placement.transform_points(points, poses), focal


def test_project_by_hand():
    points = np.array([[[1.0, 2.0, -10.0], [0.0, 0.0, -3.0]]], np.float32)
    uv = camera.project(points, np.array([5.0], np.float32))
    np.testing.assert_allclose(to_numpy(uv), [[[0.5, 1.0], [0.0, 0.0]]])


def test_unproject_undoes_project(scene):
    _, _, points, focal = scene
    back = camera.unproject(camera.project(points, focal), points[..., 2], focal)
    np.testing.assert_allclose(to_numpy(back), points, atol=1e-5)


def test_project_undoes_unproject():
    rng = np.random.default_rng(1)
    uv = rng.uniform(-1, 1, (2, 6, 2)).astype(np.float32)
    depth = rng.uniform(-32, -28, (2, 6)).astype(np.float32)
    focal = np.array([22.9, 11.4], np.float32)
    points = camera.unproject(uv, depth, focal)
    np.testing.assert_allclose(to_numpy(points)[..., 2], depth)
    np.testing.assert_allclose(to_numpy(camera.project(points, focal)), uv, atol=1e-5)


def test_agrees_with_placement(scene):
    points, poses, _, focal = scene
    moved = camera.transform(points, poses)
    uv, depth = placement.project_points(points, poses, focal)
    np.testing.assert_allclose(to_numpy(camera.project(moved, focal)), uv, atol=1e-5)
    np.testing.assert_allclose(to_numpy(moved)[..., 2], depth, atol=1e-5)
    np.testing.assert_allclose(
        to_numpy(camera.invert(poses)), placement.invert_pose(poses), atol=1e-5
    )


def test_relative_pose_moves_camera_points(scene):
    points, poses, _, _ = scene
    other = np.roll(poses, 1, axis=0)
    pose_0to1 = camera.relative_pose(poses, other)
    moved = camera.transform(placement.transform_points(points, poses), pose_0to1)
    np.testing.assert_allclose(
        to_numpy(moved), placement.transform_points(points, other), atol=1e-4
    )
    same = np.broadcast_to(np.eye(4), (5, 4, 4))
    np.testing.assert_allclose(to_numpy(camera.relative_pose(poses, poses)), same, atol=1e-5)


def test_pixel_grid_by_hand():
    grid = camera.pixel_grid(2, 4)
    np.testing.assert_allclose(grid[0, :, 0], [-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_allclose(grid[:, 0, 1], [0.5, -0.5])
    assert grid.shape == (2, 4, 2)


def test_pixel_grid_agrees_with_placement():
    rows, columns = np.mgrid[:3, :5]
    centres = np.stack([columns, rows], axis=-1) + 0.5
    np.testing.assert_allclose(
        camera.pixel_grid(3, 5), placement.pixels_to_ndc(centres, 5, 3), atol=1e-6
    )


def test_project_agrees_with_tensorflow_graphics(scene):
    """Its camera looks along `+z`; the images agree when `z` changes its sign."""
    perspective = pytest.importorskip("tensorflow_graphics.rendering.camera.perspective")
    _, _, points, focal = scene
    forward = points * np.array([1, 1, -1], np.float32)
    focals = np.broadcast_to(focal[:, None, None], (5, 7, 2))
    expected = perspective.project(forward, focals, np.zeros((5, 7, 2), np.float32))
    uv = to_numpy(camera.project(points, focal))
    np.testing.assert_allclose(uv, expected, atol=1e-5)
    depth = points[..., 2]
    expected = perspective.unproject(uv, -depth[..., None], focals, np.zeros((5, 7, 2), np.float32))
    back = to_numpy(camera.unproject(uv, depth, focal))
    np.testing.assert_allclose(back * [1, 1, -1], expected, atol=1e-5)


def test_transform_agrees_with_tensorflow_graphics():
    rotations = pytest.importorskip(
        "tensorflow_graphics.geometry.transformation.rotation_matrix_3d"
    )
    rng = np.random.default_rng(2)
    pose = np.zeros((6, 4, 4), np.float32)
    pose[:, :3, :3] = Rotation.random(6, rng=rng).as_matrix()
    pose[:, :3, 3] = rng.normal(size=(6, 3))
    pose[:, 3, 3] = 1
    points = rng.normal(size=(6, 4, 3)).astype(np.float32)
    turned = rotations.rotate(points, np.repeat(pose[:, None, :3, :3], 4, axis=1))
    expected = np.asarray(turned) + pose[:, None, :3, 3]
    np.testing.assert_allclose(to_numpy(camera.transform(points, pose)), expected, atol=1e-5)
    back = camera.transform(expected, camera.invert(pose))
    np.testing.assert_allclose(to_numpy(back), points, atol=1e-5)
