"""Axes at the right pixels, in the right colours, solid where they are seen."""

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.axes import AXIS_COLORS, LENGTH, draw_axes

SIZE, FOCAL = 160, 30 / 1.42
GROUND = (255, 255, 255)
AWAY = np.full((SIZE, SIZE), np.nan, np.float32)
BEFORE = np.full((SIZE, SIZE), -28.0, np.float32)


def drawn(eye, **options):
    pose = placement.look_at(np.array(eye, float))
    picture = Image.new("RGB", (SIZE, SIZE), GROUND)
    return np.asarray(draw_axes(picture, pose, FOCAL, **options)).astype(int), pose


def pixel(point, pose):
    uv, _ = placement.project_points(np.array([point], float), pose, FOCAL)
    x, y = placement.ndc_to_pixels(uv, SIZE, SIZE)[0]
    return int(y), int(x)


def like(pixels, color):
    """Pixels near to a colour."""
    return np.abs(pixels - np.array(color)).max(axis=-1) < 40


def test_each_axis_has_its_colour_at_its_place():
    pixels, pose = drawn((20, 15, 12))
    for axis, color in enumerate(AXIS_COLORS):
        for share in (0.3, 0.5, 0.7):
            assert like(pixels[pixel(share * np.eye(3)[axis], pose)], color)
        assert tuple(pixels[pixel(-0.5 * np.eye(3)[axis], pose)]) == GROUND


def test_from_the_front_left_is_right_and_up_is_up():
    pixels, _ = drawn((30, 0, 0))
    rows, columns = np.nonzero(like(pixels, AXIS_COLORS[1]))
    assert columns.max() > 0.9 * SIZE and abs(rows.mean() - SIZE / 2) < 2
    rows, columns = np.nonzero(like(pixels, AXIS_COLORS[2]))
    assert rows.min() < 0.1 * SIZE and abs(columns.mean() - SIZE / 2) < 2


@pytest.mark.parametrize("axis", range(3))
def test_an_axis_at_the_viewer_is_a_ring_with_a_dot_and_away_with_a_cross(axis):
    towards, _ = drawn(30 * np.eye(3)[axis])
    away, _ = drawn(-30 * np.eye(3)[axis])
    middle = slice(SIZE // 2 - 1, SIZE // 2 + 1)
    for pixels in (towards, away):
        assert like(pixels[middle, middle], AXIS_COLORS[axis]).all()
        rows, columns = np.nonzero(like(pixels, AXIS_COLORS[axis]))
        assert np.hypot(rows - 79.5, columns - 79.5).max() < 7
    between = (SIZE // 2 - 3, SIZE // 2 - 3)  # on an arm of the cross, off the dot
    assert like(away[between], AXIS_COLORS[axis]) and not like(towards[between], AXIS_COLORS[axis])


def test_hidden_parts_are_dashed_and_pale():
    shown, _ = drawn((30, 0, 0), depth=AWAY)
    hidden, _ = drawn((30, 0, 0), depth=BEFORE)
    row, columns = SIZE // 2, slice(100, 135)
    assert like(shown[row, columns], AXIS_COLORS[1]).all()
    line = hidden[row, columns]
    gaps = (line == GROUND).all(axis=-1)
    assert 0.25 < gaps.mean() < 0.75 and not like(line, AXIS_COLORS[1]).any()
    np.testing.assert_array_equal(shown, drawn((30, 0, 0))[0])


def test_what_lies_behind_a_surface_is_hidden_and_the_rest_is_not():
    """A wall before the right half of the picture hides the left axis there alone."""
    wall = AWAY.copy()
    wall[:, 100:] = -29.0
    pixels, _ = drawn((30, 0, 0), depth=wall)
    assert like(pixels[SIZE // 2, 90:99], AXIS_COLORS[1]).all()
    assert (pixels[SIZE // 2, 104:135] == GROUND).all(axis=-1).any()
    assert like(pixels[30:60, SIZE // 2], AXIS_COLORS[2]).all()


def test_names_stay_in_the_picture():
    plain, _ = drawn((30, 0, 0), names=("", "", ""))
    named, _ = drawn((30, 0, 0))
    changed = (plain != named).any(axis=-1)
    assert changed.sum() > 20
    assert not (changed[0].any() or changed[:, -1].any() or changed[:, 0].any())
    assert LENGTH > 1


def test_the_given_picture_stays_as_it_is():
    picture = Image.new("RGB", (SIZE, SIZE), GROUND)
    draw_axes(picture, placement.look_at(np.array([30.0, 0, 0])), FOCAL)
    assert (np.asarray(picture) == GROUND).all()
