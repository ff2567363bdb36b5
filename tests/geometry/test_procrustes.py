"""Procrustes: SciPy's answer, proper rotations always, and a gradient that finite differences of
a float64 NumPy implementation confirm, equal singular values included.
"""

import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.geometry.procrustes import nearest_rotation, procrustes_rotation


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def nearest64(matrix):
    u, _, vt = np.linalg.svd(np.asarray(matrix, np.float64))
    sign = np.sign(np.linalg.det(u @ vt))
    return u @ np.diag([1, 1, sign]) @ vt


def procrustes64(points0, points1):
    points0, points1 = (np.asarray(p, np.float64) for p in (points0, points1))
    centred0, centred1 = points0 - points0.mean(axis=0), points1 - points1.mean(axis=0)
    return nearest64(centred1.T @ centred0)


def differences(function, x, step=1e-5):
    """Gradient of a scalar function by central differences, in float64."""
    x = np.asarray(x, np.float64)
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        gradient[place] = (function(moved[0]) - function(moved[1])) / (2 * step)
    return gradient


def with_singular_values(values, seed=0, mirrored=False):
    """A matrix of these singular values whose orthogonal part is a rotation, or is not."""
    u, v = Rotation.random(2, rng=np.random.default_rng(seed)).as_matrix()
    return (u * [1, 1, -1 if mirrored else 1]) @ np.diag(values) @ v


@pytest.fixture
def point_sets():
    """Two sets `[20, 8, 3]`, one a turned, moved and disturbed copy of the other."""
    rng = np.random.default_rng(0)
    points0 = rng.normal(size=(20, 8, 3))
    turns = Rotation.random(20, rng=rng).as_matrix()
    points1 = points0 @ np.swapaxes(turns, 1, 2) + rng.normal(size=(20, 1, 3))
    points1 += 0.1 * rng.normal(size=points1.shape)
    return points0.astype(np.float32), points1.astype(np.float32)


def test_agrees_with_scipy(point_sets):
    found = to_numpy(procrustes_rotation(*point_sets))
    centred = [p - p.mean(axis=1, keepdims=True) for p in point_sets]
    for rotation, points0, points1 in zip(found, *centred, strict=True):
        expected = Rotation.align_vectors(points1, points0)[0].as_matrix()
        np.testing.assert_allclose(rotation, expected, atol=1e-5)


def test_finds_the_exact_turn_whatever_the_offset():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, 5, 3))
    turns = Rotation.random(6, rng=rng).as_matrix()
    moved = points @ np.swapaxes(turns, 1, 2) + 30
    np.testing.assert_allclose(to_numpy(procrustes_rotation(points, moved)), turns, atol=1e-5)


def test_no_other_rotation_is_closer(point_sets):
    points0, points1 = (p[0] - p[0].mean(axis=0) for p in point_sets)
    best = to_numpy(procrustes_rotation(points0[None], points1[None]))[0]
    others = Rotation.random(200, rng=np.random.default_rng(2)).as_matrix()
    near = Rotation.from_rotvec(0.01 * np.eye(3)).as_matrix() @ best

    def distance(rotation):
        return np.square(points0 @ rotation.T - points1).sum()

    assert all(distance(best) < distance(r) for r in [*others, *near])


@pytest.mark.parametrize(
    "scale", [(1, 1, -1), (1, 1, 0), (1, 0, 0), (0, 0, 0)], ids=["mirror", "flat", "line", "point"]
)
def test_a_proper_rotation_for_any_points(scale):
    points = np.random.default_rng(3).normal(size=(4, 6, 3)).astype(np.float32)
    rotation = to_numpy(procrustes_rotation(points, points * np.array(scale, np.float32)))
    np.testing.assert_allclose(np.linalg.det(rotation), 1, atol=1e-5)
    unit = np.broadcast_to(np.eye(3), (4, 3, 3))
    np.testing.assert_allclose(rotation @ np.swapaxes(rotation, 1, 2), unit, atol=1e-5)


MATRICES = {
    "distinct": with_singular_values([1.5, 0.8, 0.2]),
    "near": with_singular_values([1.0, 1.0 - 1e-5, 0.4]),
    "three near": with_singular_values([1.0, 1.0 - 1e-6, 1.0 - 2e-6]),
    "equal": np.diag([1.0, 1.0, 0.5]),
    "three equal": np.eye(3),
    "three equal, turned": with_singular_values([2.0, 2.0, 2.0], seed=4),
    "rank two": with_singular_values([1.0, 0.7, 0.0]),
    "mirrored": with_singular_values([1.5, 0.8, 0.2], mirrored=True),
    "mirrored, near": with_singular_values([1.0, 1.0 - 1e-5, 0.4], mirrored=True),
    "mirrored, equal": np.diag([1.0, 1.0, -0.5]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_gradient_agrees_with_finite_differences(gradient_of, name):
    matrix = MATRICES[name]
    weights = np.random.default_rng(5).normal(size=(3, 3))
    expected = differences(lambda m: (weights * nearest64(m)).sum(), matrix)
    found = gradient_of(lambda m: nearest_rotation(m) * weights.astype("float32"), matrix)
    np.testing.assert_allclose(found, expected, atol=1e-4 * max(1, np.abs(expected).max()))


def test_gradient_by_points_agrees_with_finite_differences(gradient_of, point_sets):
    points0, points1 = (p[0] for p in point_sets)
    weights = np.random.default_rng(6).normal(size=(3, 3))
    for moving in (0, 1):

        def reference(points, moving=moving):
            pair = [points0, points1]
            pair[moving] = points
            return (weights * procrustes64(*pair)).sum()

        def rotation(points, moving=moving):
            pair = [points0[None], points1[None]]
            pair[moving] = points[None]
            return procrustes_rotation(*pair) * weights.astype("float32")

        moved = (points0, points1)[moving]
        found = gradient_of(rotation, moved)
        np.testing.assert_allclose(found, differences(reference, moved), atol=1e-4)


@pytest.mark.parametrize("values", [(1, 0.5, 0.5), (1, 1, 1), (1, 0, 0), (1, 0.5, 0.499)])
def test_gradient_of_reflections_and_lines_is_bounded(gradient_of, values):
    """Sums of singular values vanish there; the floor of 1e-4 bounds the gradient."""
    matrix = with_singular_values(values, mirrored=True)
    weights = np.random.default_rng(7).normal(size=(3, 3)).astype(np.float32)
    gradient = gradient_of(lambda m: nearest_rotation(m) * weights, matrix)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() <= 2e4 * np.linalg.norm(weights)


def test_gradient_is_finite_for_coinciding_points(gradient_of):
    points = np.ones((1, 4, 3), np.float32)
    other = np.random.default_rng(8).normal(size=(1, 4, 3)).astype(np.float32)
    for first, second in ((points, points), (points, other), (other, points)):
        gradient = gradient_of(lambda p, second=second: procrustes_rotation(p, second), first)
        assert np.isfinite(gradient).all()
