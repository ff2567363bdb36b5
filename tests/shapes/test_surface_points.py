"""Sampling is even by area, on the surface, and repeatable."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.shapes.parts import box, ellipsoid
from keypointnet_tf.shapes.surface_points import sample_surface, surface_centroid


def sampled(mesh, count=6000, seed=0):
    return sample_surface(mesh, count, np.random.default_rng(seed))


def test_points_of_a_box_are_on_its_sides_by_area(solid):
    mesh = solid(box((2.0, 1.0, 0.5)))
    points, normals = sampled(mesh)
    distance = np.abs(np.abs(points) - [1, 0.5, 0.25])
    assert distance.min(axis=1).max() < 1e-6
    side = np.abs(normals).argmax(axis=1)
    area = np.array([1 * 0.5, 2 * 0.5, 2 * 1])
    np.testing.assert_allclose(np.bincount(side) / len(side), area / area.sum(), atol=0.002)


def test_normals_point_outwards_where_faces_run_anticlockwise(solid):
    mesh = solid(ellipsoid((1, 0.7, 0.5)))
    points, normals = sampled(mesh)
    assert ((points * normals).sum(axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-9)
    flipped = dataclasses.replace(mesh, faces=mesh.faces[:, ::-1])
    points, normals = sampled(flipped)
    assert ((points * normals).sum(axis=1) < 0).all()


def test_points_fill_a_triangle_evenly(solid):
    mesh = solid(box((2.0, 2.0, 0.02)))
    points, normals = sampled(mesh, 20000)
    top = points[normals[:, 2] > 0.5]
    counts = np.histogram2d(top[:, 0], top[:, 1], bins=4, range=[[-1, 1], [-1, 1]])[0]
    assert counts.min() > 0.85 * counts.mean() and counts.max() < 1.15 * counts.mean()


def test_the_same_generator_gives_the_same_points(cart):
    np.testing.assert_array_equal(sampled(cart).positions, sampled(cart).positions)
    assert not np.array_equal(sampled(cart).positions, sampled(cart, seed=1).positions)


def test_centroid_weighs_by_area(solid):
    """Two boxes of one size, one of them split into many more triangles."""
    left, right = box((0.5, 0.5, 0.5), (-0.75, 0, 0)), ellipsoid((0.25, 0.25, 0.25), (0.75, 0, 0))
    mesh = solid(left, right)
    ball, cube = 4 * np.pi * 0.25**2, 6 * 0.5**2
    expected = 0.75 * (ball - cube) / (ball + cube)
    centroid = surface_centroid(mesh)
    np.testing.assert_allclose(centroid, [expected, 0, 0], atol=0.02)
    np.testing.assert_allclose(sampled(mesh).positions.mean(axis=0), centroid, atol=0.01)


def test_a_mesh_without_surface_is_refused(cart):
    empty = dataclasses.replace(cart, faces=np.zeros((1, 3), np.int32))
    with pytest.raises(ValueError, match="solid: no surface; expected a face with an area above 0"):
        sampled(empty)
