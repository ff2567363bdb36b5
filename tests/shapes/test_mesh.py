"""Faces that lie on each other, and colours as shown and as light."""

import numpy as np
import pytest

from keypointnet_tf.shapes.color_space import linear_to_srgb, srgb_to_linear
from keypointnet_tf.shapes.normals import double_faces

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)


def test_repeated_and_opposed_faces_are_told_apart():
    # The second square's vertices lie on the first one's, under other numbers.
    vertices = np.concatenate([SQUARE, SQUARE])
    faces = np.array([[0, 1, 2], [0, 2, 3], [5, 6, 4], [6, 5, 4], [1, 0, 2]])
    repeated, opposed = double_faces(vertices, faces)
    # The third is the first turned on; the last two are its back, twice.
    assert repeated.tolist() == [False, False, True, False, True]
    assert opposed.tolist() == [True, False, False, True, False]


def test_faces_apart_are_not_double():
    repeated, opposed = double_faces(SQUARE, np.array([[0, 1, 2], [0, 2, 3], [0, 1, 3]]))
    assert not repeated.any() and not opposed.any()
    assert [part.shape for part in double_faces(SQUARE, np.zeros((0, 3), int))] == [(0,), (0,)]


def test_srgb_and_linear_light_are_inverse():
    values = np.linspace(0, 1.5, 151)
    np.testing.assert_allclose(srgb_to_linear(linear_to_srgb(values)), values, atol=1e-12)
    # Black, white, the end of the straight part, and mid grey.
    assert srgb_to_linear([0, 1, 0.04045]).tolist() == pytest.approx([0, 1, 0.04045 / 12.92])
    assert float(srgb_to_linear(0.5)) == pytest.approx(0.21404, abs=1e-5)
