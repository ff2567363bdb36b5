"""Angles between rotations: three other formulas, and gradients where the paper's has none."""

import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.geometry.rotation import angle_between


def angles(rotation, other):
    return np.asarray(keras.ops.convert_to_numpy(angle_between(rotation, other)))


def turned(degrees, axis=(1, 2, -3)):
    """`[3, 3]` float32 rotation about an axis."""
    axis = np.asarray(axis) / np.linalg.norm(axis)
    return Rotation.from_rotvec(np.radians(degrees) * axis).as_matrix().astype(np.float32)


@pytest.fixture
def rotations():
    drawn = Rotation.random(100, rng=np.random.default_rng(0)).as_matrix().astype(np.float32)
    return drawn[:50], drawn[50:]


def test_known_angles():
    degrees = np.array([0.1, 1, 30, 90, 135, 179, 179.9])
    base = turned(40, (0, 1, 1))
    found = angles(np.stack([turned(d) @ base for d in degrees]), base[None])
    np.testing.assert_allclose(np.degrees(found), degrees, atol=1e-4)


def test_zero_and_half_turn():
    base = turned(40, (0, 1, 1))
    np.testing.assert_allclose(angles(base, base), 0, atol=1e-5)
    np.testing.assert_allclose(angles(turned(180) @ base, base), np.pi, atol=1e-5)


def test_agrees_with_the_papers_form(rotations):
    a, b = rotations
    norm = np.linalg.norm(a.astype(float) - b, axis=(1, 2))
    np.testing.assert_allclose(angles(a, b), 2 * np.arcsin(norm / (2 * np.sqrt(2))), atol=1e-5)


def test_agrees_with_scipy(rotations):
    a, b = rotations
    expected = (Rotation.from_matrix(a) * Rotation.from_matrix(b).inv()).magnitude()
    np.testing.assert_allclose(angles(a, b), expected, atol=1e-5)


def test_agrees_with_tensorflow_graphics(rotations):
    quaternion = pytest.importorskip("tensorflow_graphics.geometry.transformation.quaternion")
    a, b = (Rotation.from_matrix(r).as_quat().astype(np.float32) for r in rotations)
    np.testing.assert_allclose(
        angles(*rotations), quaternion.relative_angle(a, b), atol=1e-4
    )  # its arc cosine loses digits near 0


def test_order_does_not_matter(rotations):
    a, b = rotations
    np.testing.assert_allclose(angles(a, b), angles(b, a), atol=1e-6)


@pytest.mark.parametrize("degrees", [0, 1e-3, 179.999, 180])
def test_gradient_is_finite_at_the_ends(gradient_of, degrees):
    base = turned(40, (0, 1, 1))
    gradient = gradient_of(lambda r: angle_between(r, base), turned(degrees) @ base)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() < 10


@pytest.mark.parametrize("degrees", [1, 60, 170])
def test_gradient_turns_the_angle_back(gradient_of, degrees):
    """Along the rotation itself the angle grows by one radian per radian."""
    axis = np.array([1, 2, -3]) / np.sqrt(14)
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation = turned(degrees)
    gradient = gradient_of(lambda r: angle_between(r, np.eye(3, dtype=np.float32)), rotation)
    np.testing.assert_allclose((gradient * (cross @ rotation)).sum(), 1, atol=1e-3)
