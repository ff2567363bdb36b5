"""Boxes and outlines from a browser: read, refused, filled."""

import json

import numpy as np
import pytest

from keypointnet_tf.web.selection import MOST_POINTS, Selection, outline_mask, selection_of

WIDTH, HEIGHT = 40, 30


def read(text):
    return selection_of(json.loads(text), WIDTH, HEIGHT)


@pytest.mark.parametrize("text", ["null", '""', "{}", '{"box": null, "outline": null}', "[1]"])
def test_nothing_drawn_is_no_selection(text):
    assert read(text) == Selection()


def test_a_box_is_put_in_order_and_into_the_photo():
    assert read('{"box": [30, 25, 10, 5]}').box == (10, 5, 30, 25)
    assert read('{"box": [-9, 5, 400, 1e300]}').box == (0, 5, 40, 30)


def test_an_outline_wins_over_a_box():
    found = read('{"box": [1, 1, 9, 9], "outline": [[-1, 0], [20, 0], [20, 99]]}')
    assert found == Selection(outline=((0, 0), (20, 0), (20, 30)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"box": [1, 2, 3]}', "expected four numbers"),
        ('{"box": "abcd"}', "expected four numbers"),
        ('{"box": [1, 1, "x", 9]}', "expected pairs of numbers"),
        ('{"box": [1, 1, NaN, 9]}', "expected finite numbers"),
        ('{"box": [1, 1, Infinity, 9]}', "expected finite numbers"),
        ('{"box": [[], {}, 1, 9]}', "expected pairs of numbers"),
        ('{"box": [1, 1, 2, 9]}', "the box is 1 x 8 pixels"),
        ('{"box": [50, 1, 60, 9]}', "the box is 0 x 8 pixels"),
        ('{"outline": [[1, 1], [2, 2]]}', "has 2 corners; expected at least 3"),
        ('{"outline": [[1, 1], [2, 2], [3]]}', "expected pairs of numbers"),
        ('{"outline": 7}', "expected at most 2000 points"),
    ],
)
def test_what_is_no_selection_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


def test_long_outlines_are_refused_before_they_are_read():
    with pytest.raises(ValueError, match="expected at most 2000 points"):
        selection_of({"outline": [None] * (MOST_POINTS + 1)}, WIDTH, HEIGHT)


def test_a_rectangle_is_filled_exactly():
    mask = outline_mask(((10, 5), (30, 5), (30, 25), (10, 25)), WIDTH, HEIGHT)
    wanted = np.zeros((HEIGHT, WIDTH), bool)
    wanted[5:25, 10:30] = True
    # An outline covers the pixels that it runs along, on one side or the other.
    assert mask.shape == wanted.shape and mask.dtype == bool
    np.testing.assert_array_equal(mask[6:24, 11:29], wanted[6:24, 11:29])
    assert mask.sum() == pytest.approx(20 * 20, abs=2 * 20 + 2)
    assert not mask[:5].any() and not mask[27:].any() and not mask[:, :10].any()


def test_the_inside_is_what_a_ray_crosses_once():
    """Against the even-odd rule at each pixel's centre, away from the outline."""
    star = ((20, 2), (25, 27), (4, 10), (36, 10), (14, 28))
    mask = outline_mask(star, WIDTH, HEIGHT)
    inside = np.zeros((HEIGHT, WIDTH), bool)
    distance = np.full((HEIGHT, WIDTH), np.inf)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for (x0, y0), (x1, y1) in zip(star, star[1:] + star[:1], strict=True):
        crosses = ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0 + 1e-12) + x0)
        inside ^= crosses
        length = np.hypot(x1 - x0, y1 - y0)
        along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length**2, 0, 1)
        gap = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
        distance = np.minimum(distance, gap)
    clear = distance > 1.2
    assert inside[clear].sum() > 30 and (~inside[clear]).sum() > 100
    np.testing.assert_array_equal(mask[clear], inside[clear])


def test_an_outline_around_nothing_is_refused():
    with pytest.raises(ValueError, match="encloses nothing"):
        outline_mask(((40, 30), (40, 30), (40, 30)), WIDTH, HEIGHT)
