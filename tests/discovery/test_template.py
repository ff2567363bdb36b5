"""The template's start: evenly spread over its ellipsoid."""

import numpy as np
import pytest

from keypointnet_tf.discovery.template import fibonacci_ellipsoid


@pytest.mark.parametrize("count", [3, 10, 50])
def test_points_lie_on_the_ellipsoid(count):
    radii = (0.6, 0.4, 0.2)
    points = fibonacci_ellipsoid(count, radii)
    assert points.shape == (count, 3) and points.dtype == np.float32
    np.testing.assert_allclose(np.square(points / radii).sum(axis=-1), 1, rtol=1e-5)


def test_no_two_points_are_close():
    """Of n points, each has about 4 pi / n of the unit sphere to itself."""
    points = fibonacci_ellipsoid(20, (1, 1, 1))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1) + 9 * np.eye(20)
    assert apart.min() > 0.75 * np.sqrt(4 * np.pi / 20)


def test_the_centre_is_the_origin():
    np.testing.assert_allclose(fibonacci_ellipsoid(100).mean(axis=0), 0, atol=0.01)
