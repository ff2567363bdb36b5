"""Discs of the right colour at the right pixel."""

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.canvas import BACKGROUND
from keypointnet_tf.viz.overlay import draw_keypoints
from keypointnet_tf.viz.palette import KEYPOINT_COLORS, keypoint_color

GREY = np.full((40, 60, 3), 90, np.uint8)


def drawn(image, xy, *args, **kwargs):
    return np.asarray(draw_keypoints(image, np.asarray(xy), *args, labels=False, **kwargs))


def test_colour_at_the_pixel_and_background_elsewhere():
    out = drawn(GREY, [[10.5, 20.5], [50.5, 5.5]])
    assert tuple(out[20, 10]) == KEYPOINT_COLORS[0]
    assert tuple(out[5, 50]) == KEYPOINT_COLORS[1]
    assert tuple(out[30, 40]) == (90, 90, 90)


def test_disc_is_centred_to_the_half_pixel():
    """Around the centre of pixel (10, 20), and around the corner between four pixels."""
    out = drawn(GREY, [[10.5, 20.5]]).astype(int)
    patch = out[20 - 8 : 20 + 9, 10 - 8 : 10 + 9]
    np.testing.assert_array_equal(patch, patch[::-1, ::-1])
    out = drawn(GREY, [[10.0, 20.0]]).astype(int)
    patch = out[20 - 8 : 20 + 8, 10 - 8 : 10 + 8]
    np.testing.assert_array_equal(patch, patch[::-1, ::-1])


def test_outline_is_white_then_black_and_edges_are_smooth():
    row = drawn(GREY, [[30.5, 20.5]], radius=8.0)[20, 30:].astype(int)
    assert tuple(row[9]) == (255, 255, 255)
    assert tuple(row[11]) == (0, 0, 0)
    assert tuple(row[14]) == (90, 90, 90)
    edge = drawn(GREY, [[30.25, 20.5]], radius=8.0)[20, 30:].astype(int)
    assert any(tuple(p) not in {(255,) * 3, (0,) * 3, (90,) * 3, KEYPOINT_COLORS[0]} for p in edge)


def test_scale_enlarges_and_moves_with_the_picture():
    out = drawn(GREY, [[10.5, 20.5]], scale=4)
    assert out.shape == (160, 240, 3)
    assert tuple(out[82, 42]) == KEYPOINT_COLORS[0]


def test_ndc_reaches_its_pixel():
    """NDC (-1, 1) is the upper left corner: v is up."""
    xy = placement.ndc_to_pixels(np.array([[-0.5, 0.5]]), 40, 40)
    out = drawn(np.full((40, 40, 3), 90, np.uint8), xy)
    assert tuple(out[10, 10]) == KEYPOINT_COLORS[0]


def test_low_confidence_is_a_ring():
    out = drawn(GREY, [[15.5, 20.5], [45.5, 20.5]], np.array([0.9, 0.1]), radius=8.0)
    assert tuple(out[20, 15]) == KEYPOINT_COLORS[0]
    assert tuple(out[20, 45]) == (90, 90, 90)
    assert tuple(out[20, 45 + 7]) == KEYPOINT_COLORS[1]


def test_transparent_is_the_plain_background_and_opaque_is_kept():
    image = np.zeros((40, 40, 4), np.uint8)
    image[:20] = [10, 200, 30, 255]
    image[20:, :, 0] = 255
    out = drawn(image, np.zeros((0, 2)))
    assert (out[:20] == [10, 200, 30]).all()
    assert (out[20:] == BACKGROUND).all()


def test_enlarged_edges_take_no_colour_from_transparent_pixels():
    """Straight alpha: hidden red beside opaque black must not bleed."""
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, :4] = [0, 0, 0, 255]
    image[:, 4:] = [255, 0, 0, 0]
    out = drawn(image, np.zeros((0, 2)), scale=4).astype(float)
    share = out[..., 2:] / BACKGROUND[2]
    assert np.abs(out - share * BACKGROUND).max() <= 2


def test_points_outside_or_not_finite_leave_no_mark():
    out = drawn(GREY, [[-500, 3], [1e6, 1e6], [np.nan, 3]])
    np.testing.assert_array_equal(out, GREY)


def test_a_point_on_the_edge_is_clipped():
    out = drawn(GREY, [[0.0, 0.0]])
    assert tuple(out[0, 0]) == KEYPOINT_COLORS[0]


@pytest.mark.parametrize("corner", [(1, 1), (59, 1), (1, 39), (59, 39)])
def test_labels_stay_inside(corner):
    plain = draw_keypoints(GREY, np.array([corner]), scale=4, labels=False)
    labelled = draw_keypoints(GREY, np.array([corner]), scale=4)
    changed = (np.asarray(plain) != np.asarray(labelled)).any(-1)
    assert changed.sum() > 20
    assert not (changed[0].any() or changed[-1].any())
    assert not (changed[:, 0].any() or changed[:, -1].any())


def test_labels_of_neighbours_keep_off_the_markers():
    """Points on a line, closer than a label is wide, where up-right would cover the next."""
    points = np.array([[40.0, 60.0], [48.0, 52.0], [56.0, 44.0]])
    picture = np.full((100, 100, 3), 90, np.uint8)
    plain = np.asarray(draw_keypoints(picture, points, radius=3, labels=False))
    labelled = np.asarray(draw_keypoints(picture, points, radius=3))
    changed = (plain != labelled).any(-1)
    y, x = np.nonzero(changed)
    away = np.hypot(x + 0.5 - points[:, :1], y + 0.5 - points[:, 1:])
    assert changed.sum() > 60 and away.min() > 3


def test_colours_are_distinct_and_fixed():
    assert len(set(KEYPOINT_COLORS)) == 20
    np.testing.assert_array_equal(keypoint_color(23), KEYPOINT_COLORS[3])


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"xy has shape \(3,\)"):
        draw_keypoints(GREY, np.zeros(3))
    with pytest.raises(ValueError, match=r"confidence has shape \(2,\); expected \[1\]"):
        draw_keypoints(GREY, np.zeros((1, 2)), np.zeros(2))
    with pytest.raises(ValueError, match=r"float64 of shape \(4, 4, 3\); expected uint8"):
        draw_keypoints(np.zeros((4, 4, 3)), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="scale is 0"):
        draw_keypoints(GREY, np.zeros((1, 2)), scale=0)
