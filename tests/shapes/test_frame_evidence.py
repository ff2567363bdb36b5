"""Symmetry and steadiness of shapes for which both are known."""

import numpy as np
import pytest

from keypointnet_tf.shapes.frame_evidence import measure_frame
from keypointnet_tf.shapes.parts import box, ellipsoid, tube

TEN = np.radians(10)


def test_a_box_is_its_own_mirror_image(solid):
    evidence = measure_frame(solid(box((2.0, 1.0, 0.5))))
    assert np.abs(evidence.asymmetry).max() < 0.05


def test_only_the_odd_axis_is_asymmetric(solid):
    mesh = solid(box((2.0, 0.6, 0.3)), box((0.4, 0.4, 0.4), (0.8, 0, 0.3)))
    x, y, z = measure_frame(mesh).asymmetry
    assert x > 0.5 and z > 0.5 and abs(y) < 0.05


def test_a_thin_stray_part_does_not_hide_the_symmetry(solid):
    """It moves the centre of the box by a third of the width, the centroid hardly."""
    parts = [box((2.0, 0.6, 0.3)), box((0.4, 0.4, 0.4), (0.8, 0, 0.3))]
    stray = solid(*parts, box((0.01, 0.4, 0.01), (0, 0.5, 0)))
    assert measure_frame(stray).asymmetry[1] < 0.1


def test_steadiness_of_a_block_by_hand(solid):
    """Tilted by a, a block of half width w and half height h rises by w sin a - h (1 - cos a)."""
    mesh = solid(box((2.0, 1.0, 0.6)))
    low = 0.5 * np.sin(TEN) - 0.3 * (1 - np.cos(TEN))
    tall = 0.3 * np.sin(TEN) - 1.0 * (1 - np.cos(TEN))
    evidence = measure_frame(mesh)
    np.testing.assert_allclose(evidence.steadiness[2], low, atol=0.002)
    np.testing.assert_allclose(evidence.steadiness[0], tall, atol=0.002)
    np.testing.assert_allclose(evidence.breadth, [[0.6] * 2, [1.2] * 2, [2.0] * 2], rtol=1e-4)


def test_a_ball_neither_falls_nor_stands_and_a_pin_falls(solid):
    ball = measure_frame(solid(ellipsoid((1, 1, 1), n=64)))
    np.testing.assert_allclose(ball.steadiness, 0, atol=0.01)
    pin = measure_frame(solid(tube((0, 0, -1), (0, 0, 1), 0.05)))
    assert (pin.steadiness[2] < -0.005).all()


def test_a_cone_stands_on_its_base_alone(solid):
    cone = measure_frame(solid(tube((0, 0, -0.5), (0, 0, 0.5), 0.6, 0.02)))
    stands, falls = cone.steadiness[2]
    assert stands > 0.05 and falls < 0
    assert cone.breadth[2, 0] > 10 * cone.breadth[2, 1]


@pytest.mark.parametrize("up, front", [("y", "-z"), ("-x", "y"), ("-z", "x")])
def test_measures_turn_with_the_mesh(cart, read_as, up, front):
    plain, turned = measure_frame(cart), measure_frame(read_as(cart, up, front))
    for axis, name in ((2, up), (0, front)):
        own, sign = "xyz".index(name[-1]), int(name.startswith("-"))
        order = [sign, 1 - sign]
        np.testing.assert_allclose(turned.steadiness[axis], plain.steadiness[own][order], atol=1e-3)
        np.testing.assert_allclose(turned.breadth[axis], plain.breadth[own][order], rtol=0.1)
        assert turned.asymmetry[axis] == pytest.approx(plain.asymmetry[own], abs=0.15)


def test_the_same_mesh_gives_the_same_figures(cart):
    first, second = measure_frame(cart), measure_frame(cart)
    np.testing.assert_array_equal(first.asymmetry, second.asymmetry)
    np.testing.assert_array_equal(first.breadth, second.breadth)
