"""Sample pictures: the same for the same arguments, seen from the side that is asked for."""

import numpy as np
import pytest

from keypointnet_tf.rendering.samples import sample_picture


def picture(category="car", index=0, *, elevation=0.0, azimuth=0.0, size=48):
    return sample_picture(category, index, elevation=elevation, azimuth=azimuth, size=size)


def test_pictures_are_functions_of_their_arguments():
    first = picture()
    assert first.shape == (48, 48, 4) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, picture())
    assert not np.array_equal(first, picture(index=1))
    assert set(np.unique(first[[0, -1]][..., 3])) == {0}, "the background is transparent"


def test_a_car_is_longer_from_its_side_than_from_its_front():
    def width(azimuth):
        return (picture(azimuth=azimuth)[..., 3] > 127).any(axis=0).sum()

    assert width(90) > 1.5 * width(0) and width(90) == pytest.approx(width(270), abs=1)


def test_unknown_categories_are_refused():
    with pytest.raises(ValueError, match="category is 'sofa'"):
        picture("sofa")
