"""Stacking, zooming and pooling of views; zoomed images obey the zoomed camera."""

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery import views
from keypointnet_tf.geometry import placement

SIZE = 48


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def blob(uv, sigma=2.0):
    """`[SIZE, SIZE, 1]` smooth dot at an NDC position."""
    x, y = placement.ndc_to_pixels(np.asarray(uv), SIZE, SIZE)
    place = np.arange(SIZE) + 0.5
    square = (place - x) ** 2 + (place[:, None] - y) ** 2
    return np.exp(-square / (2 * sigma**2))[..., None].astype(np.float32)


def centroid(image):
    """NDC position of a dot's centre of mass."""
    place = np.arange(SIZE) + 0.5
    shares = image / image.sum()
    x, y = (shares.sum(axis=0) * place).sum(), (shares.sum(axis=1) * place).sum()
    return placement.pixels_to_ndc(np.array([x, y]), SIZE, SIZE)


@pytest.fixture
def dots():
    """View batch with a dot where each view's camera sees one object point, and that point."""
    rng = np.random.default_rng(0)
    point = np.array([[0.3, -0.2, 0.25]])
    poses = placement.sample_pair(rng, placement.CameraSampling())
    focal = np.array([20.0, 24.0])
    uv, _ = placement.project_points(np.stack([point, point]), poses, focal)
    masks = np.stack([blob(position[0]) for position in uv])
    batch = {
        "image": np.repeat(masks, 3, axis=-1),
        "mask": masks,
        "object_to_camera": poses.astype(np.float32),
        "focal": focal.astype(np.float32),
    }
    return batch, point


@pytest.mark.parametrize("factors", [(1.3, 0.8), (0.9, 1.1), (1.0, 1.0)])
def test_dots_are_where_the_zoomed_camera_sees_them(dots, factors):
    batch, point = dots
    zoomed = {k: to_numpy(v) for k, v in views.zoom(batch, np.array(factors, "f4")).items()}
    np.testing.assert_allclose(zoomed["focal"], batch["focal"] * factors, rtol=1e-6)
    np.testing.assert_array_equal(zoomed["object_to_camera"], batch["object_to_camera"])
    expected, _ = placement.project_points(
        np.stack([point, point]), zoomed["object_to_camera"], zoomed["focal"]
    )
    tenth_of_a_pixel = 0.1 * 2 / SIZE
    for view in (0, 1):
        for image in (zoomed["mask"][view, ..., 0], zoomed["image"][view, ..., 1]):
            np.testing.assert_allclose(centroid(image), expected[view, 0], atol=tenth_of_a_pixel)


def test_zoom_by_one_changes_nothing(dots):
    batch, _ = dots
    zoomed = views.zoom(batch, np.ones(2, np.float32))
    for key in batch:
        np.testing.assert_allclose(to_numpy(zoomed[key]), batch[key], atol=1e-6)


@pytest.mark.parametrize("mirrored", [(1, 1), (0, 0), (1, 0)])
def test_mirrored_dots_are_where_the_cameras_see_the_mirrored_object(dots, mirrored):
    batch, point = dots
    flipped = views.mirror(batch, np.array(mirrored, "f4"))
    flipped = {k: to_numpy(v) for k, v in flipped.items()}
    points = np.stack([point * [1, -1, 1] if yes else point for yes in mirrored])
    expected, _ = placement.project_points(points, flipped["object_to_camera"], batch["focal"])
    for view, yes in enumerate(mirrored):
        found = centroid(flipped["mask"][view, ..., 0])
        np.testing.assert_allclose(found, expected[view, 0], atol=0.1 * 2 / SIZE)
        before = centroid(batch["mask"][view, ..., 0])
        np.testing.assert_allclose(found, before * [-1 if yes else 1, 1], atol=1e-5)
    rotations = flipped["object_to_camera"][:, :3, :3]
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-5)


def test_magnify_is_zoom_by_one_factor(dots):
    batch, _ = dots
    zoomed = views.zoom(batch, np.full(2, 1.1, np.float32))
    magnified = views.magnify(batch["image"], 1.1)
    np.testing.assert_allclose(to_numpy(magnified), to_numpy(zoomed["image"]), atol=1e-6)


def test_zooming_out_leaves_black_around(dots):
    batch, _ = dots
    white = {**batch, "image": np.ones_like(batch["image"]), "mask": np.ones_like(batch["mask"])}
    zoomed = views.zoom(white, np.array([0.5, 2.0], np.float32))
    half = to_numpy(zoomed["mask"])[0, ..., 0]
    assert half[:11].max() == 0 and half[:, -11:].max() == 0
    np.testing.assert_allclose(half[13:-13, 13:-13], 1, atol=1e-5)
    np.testing.assert_allclose(to_numpy(zoomed["image"])[1], 1, atol=1e-5)


def test_stack_puts_view_0_first_and_split_undoes_it(pair_batch):
    batch = pair_batch(3)
    stacked = views.stack(batch)
    assert set(stacked) == set(views.PAIR_KEYS)
    for key, value in stacked.items():
        for half, view in zip(views.split(value), (0, 1), strict=True):
            np.testing.assert_array_equal(to_numpy(half), batch[f"{key}{view}"])


def test_pool_mask_by_hand():
    mask = np.zeros((1, 4, 4, 1), np.float32)
    mask[0, :2, :2, 0] = [[1, 1], [1, 0]]
    mask[0, 3, 3, 0] = 1
    pooled = to_numpy(views.pool_mask(mask, 2))
    np.testing.assert_allclose(pooled[0, ..., 0], [[0.75, 0], [0, 0.25]])
    np.testing.assert_array_equal(to_numpy(views.pool_mask(mask, 4)), mask)
