"""Textures the right way up, and colours computed by hand."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, Lights, LightSampling, sample_lights
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.shading import DARKEST_ALBEDO, LONGEST_TEXTURE, TextureSet
from keypointnet_tf.shapes.mesh import Material, Mesh

FOCAL = placement.focal_length()
PLAIN = Lights(ambient=(1.0, 1.0, 1.0), directions=(), colors=())
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quad(material, *, colors=None, normal=(1.0, 0.0, 0.0)):
    """A 1 x 1 square in the plane `x = 0`, facing `+x`, whose `(u, v)` run with `(y, z)`."""
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    vertices = np.column_stack([np.zeros(4), uv - 0.5]).astype(np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    colors = np.ones((4, 3)) if colors is None else np.asarray(colors)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=np.broadcast_to(np.float32(normal), (2, 3, 3)),
        uv=uv[faces],
        colors=colors[faces].astype(np.float32),
        material_ids=np.zeros(2, np.int32),
        materials=(material,),
    )


def look(mesh, *, eye=(30, 0, 0), lights=PLAIN, size=48):
    view = Scene(mesh).render(placement.look_at(eye), size=size, focal=FOCAL, lights=lights)
    return view.rgba


def lifted(color):
    return np.round(255 * (DARKEST_ALBEDO + (1 - DARKEST_ALBEDO) * np.asarray(color, float)))


def test_a_texture_is_the_right_way_up():
    texture = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    image = look(quad(Material("tiles", (1, 1, 1), texture)))
    # Seen from +x with z up, +y is on the right; a quarter of the square is 4.58 pixels.
    for row, column, color in ((19, 19, RED), (19, 28, GREEN), (28, 19, BLUE), (28, 28, WHITE)):
        expected = lifted(np.array(color) / 255)
        np.testing.assert_allclose(image[row, column, :3], expected, atol=40)
        assert image[row, column, 3] == 255


def test_seen_from_behind_a_texture_is_mirrored():
    texture = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    mesh = quad(Material("tiles", (1, 1, 1), texture))
    front, back = look(mesh), look(mesh, eye=(-30, 0, 0))
    np.testing.assert_allclose(front[:, ::-1].astype(int), back, atol=1)


def test_textures_are_bilinear_and_repeat():
    textures = TextureSet(
        (
            Material("plain"),
            Material("row", (1, 1, 1), np.array([[(0, 0, 0), WHITE]], np.uint8)),
            Material("column", (1, 1, 1), np.array([[WHITE], [(0, 0, 0)]], np.uint8)),
        )
    )
    material = np.array([0, 1, 1, 1, 1, 1, 2, 2, 2])
    uv = np.array(
        [
            (0.3, 0.7),
            (0.25, 0.5),
            (0.5, 0.9),
            (0.75, 0.1),
            (1.25, 7.0),
            (-1.0, 0.5),
            (0.5, 0.75),
            (0.5, 0.375),
            (0.5, -0.25),
        ],
        np.float32,
    )
    expected = [1, 0, 0.5, 1, 0, 0.5, 1, 0.25, 1]
    sampled = textures.sample(material, uv.T)
    np.testing.assert_allclose(sampled, np.repeat(np.array(expected)[None], 3, 0), atol=1e-6)
    several = textures.sample(material, np.stack([uv.T, uv.T + 3], axis=1))
    np.testing.assert_allclose(several, np.stack([sampled, sampled], axis=1), atol=1e-6)


def test_large_textures_are_shrunk_by_area():
    texture = np.zeros((4, 4 * LONGEST_TEXTURE, 3), np.uint8)
    texture[:, ::4] = 200
    textures = TextureSet((Material("fine", (1, 1, 1), texture),))
    sampled = textures.sample(np.zeros(50, int), np.random.default_rng(0).uniform(size=(2, 50)))
    np.testing.assert_allclose(sampled, 50 / 255, atol=1 / 255)


def test_a_texture_of_another_type_is_refused():
    material = Material("odd", (1, 1, 1), np.zeros((2, 2, 4), np.uint8))
    with pytest.raises(ValueError, match=r"'odd': texture is uint8 \[2, 2, 4\]"):
        Scene(quad(material))


def test_material_and_vertex_colours_multiply():
    vertex_colors = [[0.5, 1, 0]] * 4
    image = look(quad(Material("paint", (0.8, 0.5, 1.0)), colors=vertex_colors))
    np.testing.assert_allclose(image[24, 24, :3], lifted((0.4, 0.5, 0)), atol=1)


def test_vertex_colours_are_interpolated():
    image = look(quad(Material("white", (1, 1, 1)), colors=[[0] * 3, [1] * 3, [1] * 3, [0] * 3]))
    inside = image[24, 16:32, 0].astype(int)
    assert (np.diff(inside) > 0).all()
    assert abs(inside[7:9].mean() - lifted(0.5)) < 2


@pytest.mark.parametrize("degrees, lambert", [(0, 1.0), (60, 0.5), (120, 0.0)])
def test_lambert_follows_the_cosine(degrees, lambert):
    angle = np.radians(degrees)
    lights = Lights(
        ambient=(0.2, 0.2, 0.2),
        directions=((np.sin(angle), 0.0, np.cos(angle)),),
        colors=((0.6, 0.3, 0.0),),
        specular=0.0,
    )
    image = look(quad(Material("grey", (0.5, 0.5, 0.5))), lights=lights)
    expected = lifted(0.5) * (0.2 + lambert * np.array([0.6, 0.3, 0.0]))
    np.testing.assert_allclose(image[24, 24, :3], expected, atol=1)


def test_the_highlight_is_brightest_towards_the_mirrored_viewer():
    lights = dataclasses.replace(DEFAULT_LIGHTS, directions=((0, 0, 1.0), (0, 0, 1.0)))
    dull = dataclasses.replace(lights, specular=0.0)
    facing = quad(Material("grey"))

    def brightness(eye, kind):
        return int(look(facing, eye=eye, lights=kind)[24, 24, 0])

    gains = [brightness(eye, lights) - brightness(eye, dull) for eye in ((30, 0, 0), (15, 26, 0))]
    assert gains[0] == pytest.approx(255 * 0.15 * 0.65, abs=2)
    assert gains[1] < gains[0] / 4


@pytest.mark.parametrize("normal", [(1, 0, 0), (-1, 0, 0)])
def test_both_sides_are_lit_whichever_way_normals_point(normal):
    mesh = quad(Material("grey"), normal=normal)
    lights = dataclasses.replace(DEFAULT_LIGHTS, directions=((0, 0.6, 0.8), (0, 0, 1.0)))
    reference = look(quad(Material("grey")), lights=lights)
    for eye in ((30, 0, 0), (-30, 0, 0)):
        np.testing.assert_allclose(look(mesh, eye=eye, lights=lights), reference, atol=1)


def test_black_objects_show_on_black():
    lights = [sample_lights(np.random.default_rng(seed)) for seed in range(20)]
    for light in lights:
        assert look(quad(Material("black", (0, 0, 0))), lights=light, size=32)[16, 16, :3].min() > 5


def test_sampled_lights_are_unit_vectors_on_the_cameras_side():
    for seed in range(50):
        lights = sample_lights(np.random.default_rng(seed))
        assert lights == sample_lights(np.random.default_rng(seed))
        directions = np.array(lights.directions)
        assert len(directions) in (2, 3) and len(lights.colors) == len(directions)
        np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
        assert (directions[:, 2] > 0.2).all() and directions[0, 1] > 0.1
        assert min(lights.ambient) > 0.85 * LightSampling().ambient[0]
        assert np.min(lights.colors) > 0


def test_lights_need_a_colour_each():
    with pytest.raises(ValueError, match="2 directions and 1 colors"):
        Lights(colors=((1.0, 1.0, 1.0),))


def test_lights_keep_to_their_ranges():
    sampling = LightSampling(
        ambient=(0.2, 0.25), key=(1, 1.5), fill=(0.1, 0.1), fills=(0, 3), tint=0, specular=(0, 0)
    )
    drawn = [sample_lights(np.random.default_rng(seed), sampling) for seed in range(40)]
    assert all(0.2 <= min(lights.ambient) == max(lights.ambient) <= 0.25 for lights in drawn)
    assert all(1 <= lights.colors[0][0] <= 1.5 and lights.specular == 0 for lights in drawn)
    assert {len(lights.colors) for lights in drawn} == {1, 2, 3, 4}
    assert {c for lights in drawn for color in lights.colors[1:] for c in color} == {0.1}


@pytest.mark.parametrize("change", [{"key": (2, 1)}, {"ambient": (-1, 1)}, {"tint": 2}])
def test_light_ranges_that_cannot_be_are_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        LightSampling(**change)
