"""A turned camera sees the same points at other places, and its picture shows them there."""

import numpy as np
import pytest

from keypointnet_tf.data import view_warp
from keypointnet_tf.geometry import placement

SIZE, FOCAL = 48, 22.9


def dots(uv, sigma=2.0):
    """`[V, SIZE, SIZE, 1]` smooth dots at NDC positions `[V, 2]`."""
    x, y = placement.ndc_to_pixels(np.asarray(uv), SIZE, SIZE).T
    place = np.arange(SIZE) + 0.5
    square = (place - x[:, None, None]) ** 2 + (place[:, None] - y[:, None, None]) ** 2
    return np.exp(-square / (2 * sigma**2))[..., None].astype(np.float32)


def centroids(images):
    """`[V, 2]` NDC centres of mass."""
    place = np.arange(SIZE) + 0.5
    shares = images[..., 0] / images[..., 0].sum((1, 2), keepdims=True)
    xy = np.stack([(shares.sum(axis) * place).sum(-1) for axis in (1, 2)], axis=-1)
    return placement.pixels_to_ndc(xy, SIZE, SIZE)


def test_dots_are_where_the_turned_cameras_see_them():
    rng = np.random.default_rng(0)
    point = np.array([[0.3, -0.2, 0.25]])
    poses = np.concatenate(
        [placement.sample_pair(rng, placement.CameraSampling()) for _ in range(3)]
    )
    focal = np.linspace(20, 25, 6)
    uv, _ = placement.project_points(np.tile(point, (6, 1, 1)), poses, focal)
    shift, roll = rng.uniform(-0.15, 0.15, (6, 2)), rng.uniform(-0.5, 0.5, 6)
    rotation = view_warp.turning(shift, roll, focal)
    images, turned = view_warp.turn_views(dots(uv[:, 0]), poses, focal, rotation)
    expected, _ = placement.project_points(np.tile(point, (6, 1, 1)), turned, focal)
    assert np.abs(expected - uv).max() > 0.1
    np.testing.assert_allclose(centroids(images), expected[:, 0], atol=0.1 * 2 / SIZE)


def test_the_centre_moves_by_the_shift_and_roll_is_counter_clockwise():
    focal = np.array([FOCAL, FOCAL])
    pose = np.tile(np.eye(4), (2, 1, 1))
    pose[:, 2, 3] = -30
    still, turned_left = np.array([[0.1, -0.05], [0, 0]]), np.array([0, np.pi / 2])
    rotation = view_warp.turning(still, turned_left, focal)
    pose[:, :3, :3] = rotation @ pose[:, :3, :3]
    pose[:, :3, 3] = (rotation @ pose[:, :3, 3:])[..., 0]
    centre, right = (
        placement.project_points(np.tile([[p]], (2, 1, 1)), pose, focal)[0][:, 0]
        for p in ([0.0, 0, 0], [1.0, 0, 0])
    )
    np.testing.assert_allclose(centre, still, atol=1e-4)
    np.testing.assert_allclose(right[1], [0, FOCAL / 30], atol=1e-9)


def test_no_turn_changes_nothing():
    images = np.random.default_rng(0).random((2, 9, 9, 3)).astype(np.float32)
    poses = np.tile(np.eye(4, dtype=np.float32), (2, 1, 1))
    focal = np.array([FOCAL, 10.0])
    rotation = view_warp.turning(np.zeros((2, 2)), np.zeros(2), focal)
    same, kept = view_warp.turn_views(images, poses, focal, rotation)
    np.testing.assert_allclose(same, images, atol=1e-5)
    np.testing.assert_array_equal(kept, poses)


def test_rotations_are_proper_and_poses_stay_rigid():
    rng = np.random.default_rng(1)
    rotation = view_warp.turning(rng.normal(0, 0.2, (5, 2)), rng.normal(0, 1, 5), np.full(5, FOCAL))
    np.testing.assert_allclose(
        rotation @ rotation.swapaxes(1, 2), np.tile(np.eye(3), (5, 1, 1)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1)


@pytest.mark.parametrize(
    ("column", "row", "expected"),
    [(0, 0, 1.0), (0.5, 0, 1.5), (0, 0.5, 2.0), (0.5, 0.5, 2.5), (-0.5, 0, 0.5), (-2, 1, 0)],
)
def test_bilinear_by_hand(column, row, expected):
    image = np.array([[1, 2], [3, 4]], np.float32)[None, ..., None]
    found = view_warp.sample_bilinear(image, np.array([[column]]), np.array([[row]]))
    assert found.shape == (1, 1, 1) and found[0, 0, 0] == pytest.approx(expected)
