"""The six sides: each camera where its name says, and everything in the picture."""

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.sides import CORNER, SIDES, render_sides
from keypointnet_tf.shapes.frames import AXES
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.parts import MeshBuilder, box

SIZE = 32
CUBE = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


@pytest.fixture(scope="module")
def views():
    """A dark cube of side 2 with a small white plate on each of +x, +y and +z."""
    builder = MeshBuilder()
    builder.add(box((2, 2, 2)), Material("dark", (0.1, 0.1, 0.1)))
    for axis in range(3):
        size = np.full(3, 0.5)
        size[axis] = 0.01
        builder.add(box(size, np.eye(3)[axis]), Material("white", (1.0, 1.0, 1.0)))
    scene = Scene(builder.build(landmarks=None, object_id="cube"))
    return {view.name: view for view in render_sides(scene, size=SIZE)}


def test_views_come_in_order(views):
    assert list(views) == ["front", "back", "left", "right", "top", "bottom", CORNER]
    assert all(view.rgba.shape == (SIZE, SIZE, 4) for view in views.values())


@pytest.mark.parametrize("name", SIDES)
def test_cameras_stand_on_their_axes(views, name):
    eye = placement.invert_pose(views[name].object_to_camera)[:3, 3]
    np.testing.assert_allclose(eye, placement.NOMINAL_DISTANCE * AXES[SIDES[name]], atol=1e-9)


def test_plates_are_seen_from_front_left_and_top(views):
    middle = {name: view.rgba[SIZE // 2, SIZE // 2, 0] for name, view in views.items()}
    assert min(middle[name] for name in ("front", "left", "top")) > 150
    assert max(middle[name] for name in ("back", "right", "bottom")) < 100


def test_the_corner_is_front_left_and_above(views):
    eye = placement.invert_pose(views[CORNER].object_to_camera)[:3, 3]
    assert (eye > 1).all()


def test_a_cube_fits_into_every_view(views):
    for view in views.values():
        uv, _ = placement.project_points(CUBE, view.object_to_camera, view.focal)
        assert np.abs(uv).max() < 1
        rim = np.concatenate([view.rgba[0], view.rgba[-1], view.rgba[:, 0], view.rgba[:, -1]])
        assert not rim[:, 3].any()


def test_depth_is_that_of_the_cameras(views):
    front = views["front"].depth
    assert front[SIZE // 2, SIZE // 2] == pytest.approx(-29, abs=0.02)
    assert np.isnan(front[0, 0])


def test_up_is_up_and_the_front_is_on_top_from_above(views):
    for name, axis in (("front", 2), ("left", 2), ("top", 0), ("bottom", 0)):
        tip = np.eye(3)[axis : axis + 1]
        uv, _ = placement.project_points(tip, views[name].object_to_camera, views[name].focal)
        assert abs(uv[0, 0]) < 1e-9 and uv[0, 1] > 0.5
