"""Axes and landmarks are drawn where the camera projects them."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.pose_grid import AXES, GROUND, LANDMARK, draw_axes, pose_grid

SIZE, FOCAL = 32, 22.9


@dataclasses.dataclass
class Pair:
    object_id: str = "thing_7"
    landmarks: np.ndarray | None = None
    image0: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((SIZE, SIZE, 4), "u1"))
    image1: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((SIZE, SIZE, 4), "u1"))
    object_to_camera0: np.ndarray = dataclasses.field(
        default_factory=lambda: placement.look_at([30, 12, 15]).astype(np.float32)
    )
    object_to_camera1: np.ndarray = dataclasses.field(
        default_factory=lambda: placement.look_at([-9, 25, 15]).astype(np.float32)
    )
    focal0: float = FOCAL
    focal1: float = FOCAL


def near(picture, point, color, pair, radius=3):
    """Whether pixels close to a point's projection have nearly a colour."""
    uv, _ = placement.project_points(np.array([point], float), pair.object_to_camera0, FOCAL)
    x, y = placement.ndc_to_pixels(uv[0], *picture.size).astype(int)
    patch = np.asarray(picture, int)[y - radius : y + radius + 1, x - radius : x + radius + 1]
    return (np.abs(patch - color).max(axis=-1) < 40).any()


def test_axes_end_where_they_project():
    pair = Pair()
    picture = draw_axes(pair.image0, pair.object_to_camera0, FOCAL)
    assert picture.size == (192, 192)
    for number, (_, color) in enumerate(AXES):
        tip = np.eye(3)[number]
        assert near(picture, tip, color, pair) and near(picture, tip / 2, color, pair)
        assert not near(picture, -tip, color, pair)
    assert np.asarray(picture)[2, 2].tolist() == list(GROUND)


def test_landmarks_are_dots_and_absent_ones_are_not_drawn():
    pair = Pair()
    points = np.array([[0.5, -0.7, 0.2], [np.nan, 0, 0]])
    picture = draw_axes(pair.image0, pair.object_to_camera0, FOCAL, points)
    assert near(picture, points[0], LANDMARK, pair)
    assert not near(
        draw_axes(pair.image0, pair.object_to_camera0, FOCAL), points[0], LANDMARK, pair
    )


def test_the_image_lies_over_the_ground():
    pair = Pair()
    pair.image0[:8, :8] = [10, 200, 30, 255]
    picture = np.asarray(draw_axes(pair.image0, pair.object_to_camera0, FOCAL))
    assert picture[10, 10].tolist() == [10, 200, 30]
    assert picture[10, 100].tolist() == list(GROUND)


def test_the_sheet_holds_both_views_and_the_id_beneath():
    one, four = pose_grid([Pair()]), pose_grid([Pair()] * 4, columns=2)
    assert one.width >= 2 * 192 and four.width > 1.9 * one.width and four.height > 1.9 * one.height
    below = np.asarray(one.convert("L"))[200:]
    assert (below < 90).any()  # ink of the id
    blank = np.asarray(pose_grid([Pair(object_id=" ")]).convert("L"))[200:]
    assert (blank >= 90).all()


def test_a_long_id_is_shortened():
    assert pose_grid([Pair(object_id="x" * 500)]).size == pose_grid([Pair()]).size


def test_refuses_nothing():
    with pytest.raises(ValueError, match="got no pairs"):
        pose_grid([])
