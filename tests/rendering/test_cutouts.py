"""Materials with parts cut out: rays go through the holes, and only through them."""

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering import casting
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.rendering.scene import MOST_HOLES, Scene
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals

FOCAL = placement.focal_length()
PLAIN = Lights(ambient=(1.0, 1.0, 1.0), directions=(), colors=())
FRONT = placement.look_at((30, 0, 0))
# Left and right halves; the left is cut out.
HALF = np.array([[0, 255]], np.uint8)


def sheets(*materials_at):
    """Squares of side 1 that face `+x`, at places along it; `uv` runs with `(y, z)`."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    vertices = np.concatenate(
        [np.column_stack([np.full(4, x), corners]) for x, _ in materials_at]
    ).astype(np.float32)
    one = np.array([[0, 1, 2], [0, 2, 3]])
    faces = np.concatenate([one + 4 * i for i in range(len(materials_at))]).astype(np.int32)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=corner_normals(vertices, faces),
        uv=np.tile((corners + 0.5)[one], (len(materials_at), 1, 1)).astype(np.float32),
        colors=np.ones((len(faces), 3, 3), np.float32),
        material_ids=np.repeat(np.arange(len(materials_at)), 2).astype(np.int32),
        materials=tuple(material for _, material in materials_at),
    )


def red(cutout=None):
    return Material("red", (1, 0, 0), cutout=cutout)


BLUE = Material("blue", (0, 0, 1))


def look(mesh, caster=None, pose=FRONT, size=48):
    return Scene(mesh, caster).render(pose, size=size, focal=FOCAL, lights=PLAIN)


def test_what_is_behind_shows_through_the_hole():
    mesh = sheets((0.5, red(HALF)), (-0.5, BLUE))
    view = look(mesh)
    # Seen from +x with z up, +y, which runs with u, is on the right; the sheet spans 18 pixels.
    # Between the texels opacity is interpolated, so that the hole ends in the middle.
    left, right = view.rgba[24, 17:22, :3], view.rgba[24, 26:31, :3]
    assert (left[:, 2] == 255).all() and (left[:, 0] < 30).all()
    assert (right[:, 0] == 255).all() and (right[:, 2] < 30).all()
    np.testing.assert_allclose(view.depth[24, 17:22], -30.5, atol=1e-3)
    np.testing.assert_allclose(view.depth[24, 26:31], -29.5, atol=1e-3)
    assert set(view.face_ids[24, 17:31].tolist()) <= {0, 1, 2, 3}


def test_a_hole_with_nothing_behind_is_off_the_object():
    view = look(sheets((0.0, red(HALF))))
    whole = look(sheets((0.0, red())))
    assert not view.rgba[24, 17:22].any() and (view.face_ids[24, 17:22] == -1).all()
    assert np.isnan(view.depth[24, 17:22]).all()
    assert view.rgba[..., 3].sum() == pytest.approx(whole.rgba[..., 3].sum() / 2, rel=0.1)
    np.testing.assert_array_equal(view.rgba[:, 26:], whole.rgba[:, 26:])


def test_rays_pass_through_many_sheets():
    places = np.linspace(1, 0, MOST_HOLES)
    mesh = sheets(*[(x, red(np.zeros((1, 1), np.uint8))) for x in places], (-0.5, BLUE))
    view = look(mesh)
    assert (view.rgba[18:30, 18:30, 2] == 255).all()
    blocked = sheets(*[(x, red(np.zeros((1, 1), np.uint8))) for x in np.append(places, -0.2)])
    assert not look(blocked).rgba.any()


@pytest.mark.parametrize("eye", [(28, 9, 6), (-20, 15, 17)])
def test_casters_agree_on_holes(eye):
    pytest.importorskip("embreex")
    noise = np.random.default_rng(0).integers(0, 256, (6, 6), np.uint8)
    mesh = sheets((0.5, red(noise)), (0.1, red(noise.T.copy())), (-0.5, BLUE))
    pose = placement.look_at(eye)
    views = [look(mesh, c, pose) for c in (casting.EmbreeCaster, casting.NumpyCaster)]
    difference = np.abs(views[0].rgba.astype(int) - views[1].rgba)
    assert (difference > 1).mean() < 0.005
    assert len(np.unique(views[0].face_ids)) == 7


class Counting(casting.NumpyCaster):
    casts = 0

    def cast(self, grid, near=0.0, rays=None):
        Counting.casts += 1
        return super().cast(grid, near, rays)


def test_meshes_without_holes_are_cast_once():
    before = Counting.casts
    opaque = np.full((2, 2), 200, np.uint8)
    scene = Scene(sheets((0.5, red()), (-0.5, BLUE)), Counting, adaptive=False)
    scene.render(FRONT, size=48, focal=FOCAL, lights=PLAIN)
    assert Counting.casts == before + 1
    whole = look(sheets((0.5, red(opaque))))
    plain = Scene(sheets((0.5, red())), adaptive=False)
    plain = plain.render(FRONT, size=48, focal=FOCAL, lights=PLAIN)
    np.testing.assert_array_equal(whole.rgba, plain.rgba)


@pytest.mark.parametrize("cutout", [np.zeros((2, 2)), np.zeros((2, 2, 3), np.uint8)])
def test_cutouts_of_another_type_are_refused(cutout):
    with pytest.raises(ValueError, match="'red': cutout is .*; expected uint8 \\[H, W\\]"):
        Scene(sheets((0.0, red(cutout))))
