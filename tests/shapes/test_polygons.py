"""Polygons cut into triangles: the same area, the same side, nothing outside."""

import numpy as np
import pytest

from keypointnet_tf.shapes import polygons
from keypointnet_tf.shapes.polygons import triangulated

SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]
ARROW = [(0, 0), (2, 1), (0, 2), (1, 1)]
L_SHAPE = [(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3)]
U_SHAPE = [(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)]


def areas(points, triangles):
    a, b, c = (points[triangles[:, i]] for i in range(3))
    return np.cross(b - a, c - a) / 2


def placed(outline, rotation=((1, 0, 0), (0, 1, 0), (0, 0, 1))):
    return np.column_stack([np.array(outline, float), np.zeros(len(outline))]) @ np.transpose(
        rotation
    )


def star(count):
    angle = np.arange(2 * count) * np.pi / count
    reach = np.where(np.arange(2 * count) % 2, 0.3, 1.0)
    return np.stack([np.cos(angle) * reach, np.sin(angle) * reach], axis=1)


@pytest.mark.parametrize("outline, area", [(SQUARE, 1), (ARROW, 1), (L_SHAPE, 5), (U_SHAPE, 7)])
@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_triangles_tile_the_polygon_on_its_own_side(outline, area, shift, mirrored):
    outline = np.roll(outline, shift, axis=0)[:: -1 if mirrored else 1]
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    points = placed(outline, turn)
    triangles, owners = triangulated(points, [len(outline)])
    assert len(triangles) == len(outline) - 2 and not owners.any()
    # Signed areas of one sign that add up to the area: no overlap, nothing outside.
    signed = areas(points, triangles) @ (turn @ [0, 0, -1 if mirrored else 1])
    assert (signed > 0).all()
    assert signed.sum() == pytest.approx(area)


def test_stars_are_cut_without_overlap():
    outline = star(40)
    points = placed(outline)
    triangles, _ = triangulated(points, [len(outline)])
    signed = areas(points, triangles)[:, 2]
    x, y = outline.T
    assert (signed > 0).all()
    assert signed.sum() == pytest.approx((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)


def test_many_polygons_keep_their_order_and_owners():
    points = np.concatenate([placed(o) for o in (SQUARE, [(0, 0)], L_SHAPE, SQUARE[:3])])
    triangles, owners = triangulated(points, [4, 1, 6, 3])
    np.testing.assert_array_equal(owners, [0, 0, 2, 2, 2, 2, 3])
    np.testing.assert_array_equal(triangles[[0, 1, 6]], [[0, 1, 2], [0, 2, 3], [11, 12, 13]])
    assert triangles[2:6].min() >= 5 and triangles[2:6].max() <= 10
    assert triangulated(np.zeros((0, 3)), [])[0].shape == (0, 3)


def test_work_on_concave_polygons_is_bounded(monkeypatch):
    points = placed(np.tile(U_SHAPE, (3, 1)))
    work = 8 * (8 + polygons._WORK_PER_CORNER)
    monkeypatch.setattr(polygons, "MOST_EARS_WORK", 2 * work)
    triangles, _ = triangulated(points, [8, 8, 8])
    signed = areas(points, triangles)[:, 2].reshape(3, 6)
    assert (signed[:2] > 0).all() and (signed[2] < 0).any()


def test_polygons_that_cross_themselves_or_have_no_area_still_give_triangles():
    bow = placed([(0, 0), (1, 1), (1, 0), (0, 1)])
    assert triangulated(bow, [4])[0].shape == (2, 3)
    assert triangulated(np.zeros((5, 3)), [5])[0].shape == (3, 3)
