"""The rotation between two views: hand-made turns are found again, degenerate ones are told."""

import numpy as np
import pytest

from keypointnet_tf.metrics.relative_rotation import relative_rotation

CORNERS = np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 3], [-1, 1, 0.5]])
# A quarter turn about y takes z to x and x to -z.
QUARTER = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])


def test_a_quarter_turn_is_found_wherever_the_object_stands():
    found = relative_rotation(CORNERS, CORNERS @ QUARTER.T + [5, -3, -30])
    np.testing.assert_allclose(found.matrix, QUARTER, atol=1e-12)
    np.testing.assert_allclose(found.axis, [0, 1, 0], atol=1e-12)
    assert found.degrees == pytest.approx(90) and found.residual == pytest.approx(0, abs=1e-12)
    assert found.determined


def test_the_way_back_is_the_inverse():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2, 6, 3))
    there, back = relative_rotation(*points), relative_rotation(*points[::-1])
    np.testing.assert_allclose(back.matrix, there.matrix.T, atol=1e-9)
    np.testing.assert_allclose(back.axis, -there.axis, atol=1e-9)
    assert back.degrees == pytest.approx(there.degrees)
    assert back.residual == pytest.approx(there.residual)


def test_axis_and_angle_are_the_matrix():
    """Rodrigues: R = I + sin K + (1 - cos) K^2."""
    found = relative_rotation(*np.random.default_rng(1).normal(size=(2, 5, 3)))
    x, y, z = found.axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(found.degrees)
    again = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    np.testing.assert_allclose(again, found.matrix, atol=1e-9)


def test_the_residual_is_in_object_units():
    """Two of four points moved by 2 in opposite ways along x, which no turn mends by symmetry."""
    square = np.array([[0.0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    moved = square + [[2, 0, 0], [2, 0, 0], [-2, 0, 0], [-2, 0, 0]]
    found = relative_rotation(square, moved)
    assert found.degrees == pytest.approx(0, abs=1e-6)
    assert found.residual == pytest.approx(2)


def test_no_turn_and_no_certainty():
    same = relative_rotation(CORNERS, CORNERS)
    assert same.degrees == pytest.approx(0, abs=1e-5) and np.linalg.norm(same.axis) == 1
    line = np.outer(np.arange(4.0), [1, 2, 3])
    assert not relative_rotation(line, line).determined


@pytest.mark.parametrize("shape", [(4, 2), (3,), (0, 3), (2, 4, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="expected"):
        relative_rotation(np.zeros(shape), np.zeros(shape))
