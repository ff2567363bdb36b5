"""A photo's picture: its size, its keypoints' places, the arrow from back to front."""

from types import SimpleNamespace

import numpy as np
import pytest

from keypointnet_tf.viz.palette import KEYPOINT_COLORS
from keypointnet_tf.viz.photo_picture import draw_photo

GREY = 90


def photo(width, height):
    rgba = np.full((height, width, 4), GREY, np.uint8)
    rgba[..., 3] = 255
    return rgba


def found(width, height, xy, front, back):
    return SimpleNamespace(
        width=width,
        height=height,
        framing=SimpleNamespace(side=float(max(width, height))),
        xy=np.array(xy, float),
        confidence=np.ones(len(xy)),
        front=np.array(front, float),
        back=np.array(back, float),
    )


@pytest.mark.parametrize(
    ("size", "drawn"),
    [((100, 60), (600, 360)), ((600, 300), (600, 300)), ((2048, 1024), (1024, 512))],
)
def test_keypoints_are_where_they_are_in_the_photo(size, drawn):
    width, height = size
    xy = [(0.2 * width, 0.3 * height), (0.7 * width, 0.8 * height)]
    middle = (width / 2, height / 2)
    picture = draw_photo(photo(*size), found(*size, xy, middle, middle))
    assert picture.size == drawn
    for place, color in zip(xy, KEYPOINT_COLORS[:2], strict=True):
        scaled = np.array(place) * drawn[0] / width
        assert picture.getpixel(tuple(int(v) for v in scaled)) == color


def test_the_arrow_runs_from_the_back_to_the_front():
    """White along the line, and wider at the front, where its head is."""
    picture = draw_photo(photo(600, 300), found(600, 300, [(5, 5)], (500, 150), (100, 150)))
    values = np.asarray(picture)[..., 0]
    assert (values[150, 110:490] == 255).all()
    wide = (values == 255).sum(axis=0)
    assert wide[480:498].max() > 2 * wide[200] and wide[110] == wide[200]
    assert (values[:, 520:] == GREY).all() and (values[100, 50:550] == GREY).all()


def test_front_and_back_in_one_place_draw_no_arrow():
    picture = draw_photo(photo(600, 300), found(600, 300, [(5, 5)], (300, 150), (300, 150)))
    assert (np.asarray(picture)[100:200, 100:500] == GREY).all()
