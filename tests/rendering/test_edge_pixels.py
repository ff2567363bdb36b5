"""Scan conversion against segments followed in small steps."""

import numpy as np
import pytest

from keypointnet_tf.rendering.edge_pixels import SLACK_PIXELS, edge_pixels

H, W = 13, 17
STEPS = np.linspace(0, 1, 4001)


def segments(count=60, seed=0):
    """Long and short ones, some upright or level, some reaching out of the image."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(-4, [[W + 4], [H + 4]], (2, count))
    length = np.where(np.arange(count) % 3 == 0, 0.8, 12.0)
    end = start + rng.uniform(-1, 1, (2, count)) * length
    end[0, ::7], end[1, 3::7] = start[0, ::7], start[1, 3::7]
    return start, end


def touched_by(start, end, margin):
    """`[H, W]` whether points along a segment lie in the squares that stay `margin` inside."""
    x, y = start[:, None] + (end - start)[:, None] * STEPS
    inside = (np.abs(x % 1 - 0.5) <= 0.5 - margin) & (np.abs(y % 1 - 0.5) <= 0.5 - margin)
    inside &= (x >= 0) & (x < W) & (y >= 0) & (y < H)
    marks = np.zeros((H, W), bool)
    marks[y[inside].astype(int), x[inside].astype(int)] = True
    return marks


@pytest.mark.parametrize("supersample", [2, 3, 8])
def test_touched_pixels_are_those_that_a_segment_enters(supersample):
    margin = 0.5 / supersample
    for start, end in zip(*(ends.T for ends in segments()), strict=True):
        found = edge_pixels(start[:, None], end[:, None], (H, W), supersample).touched
        assert found[touched_by(start, end, margin)].all()
        # Beyond the slack and half a step of the comparison, nothing is added.
        wide = touched_by(start, end, max(0, margin - 1.5 * SLACK_PIXELS))
        assert not (found & ~wide).any()


def sides(start, end, points):
    """On which side of the line of a segment a point lies; all `[..., 2]`."""
    along, to = end - start, points - start
    return np.sign(along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0])


def test_links_are_cut_where_segments_pass_between_centres():
    centres = np.stack(np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5), axis=-1)
    for start, end in zip(*(ends.T for ends in segments(seed=1)), strict=True):
        found = edge_pixels(start[:, None], end[:, None], (H, W), 2)
        pairs = (
            (found.across, centres[:, :-1], centres[:, 1:]),
            (found.down, centres[:-1], centres[1:]),
        )
        for cut, first, second in pairs:
            parted = sides(start, end, first) * sides(start, end, second) < 0
            reached = sides(first, second, start) * sides(first, second, end) < 0
            np.testing.assert_array_equal(cut, parted & reached)


def test_many_segments_mark_what_each_of_them_does():
    start, end = segments()
    found = edge_pixels(start, end, (H, W), 2)
    single = [edge_pixels(start[:, i : i + 1], end[:, i : i + 1], (H, W), 2) for i in range(60)]
    for name in found._fields:
        each = np.any([getattr(one, name) for one in single], axis=0)
        np.testing.assert_array_equal(getattr(found, name), each)
        assert each.any() and not each.all()


def test_too_many_segments_mark_everything():
    start = np.tile([[0.0], [5.5]], (1, H * W))
    found = edge_pixels(start, start + [[W], [0.1]], (H, W), 2)
    assert all(marks.all() for marks in found)


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (1, 4)])
def test_small_images_have_no_links_beyond_their_border(shape):
    start, end = segments()
    found = edge_pixels(start * 0.2, end * 0.2, shape, 2)
    h, w = shape
    assert found.touched.shape == shape
    assert found.across.shape == (h, max(w - 1, 0)) and found.down.shape == (max(h - 1, 0), w)


def test_no_segments_mark_nothing():
    found = edge_pixels(np.zeros((2, 0)), np.zeros((2, 0)), (H, W), 2)
    assert not any(marks.any() for marks in found)
