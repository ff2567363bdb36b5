"""Views with other looks: geometry as without, one albedo at one point of the object."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.rendering.looks import Look, draw_looks
from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.solid_textures import LATTICE
from keypointnet_tf.shapes import paint, parts
from keypointnet_tf.shapes.procedural import generate_object

FOCAL = placement.focal_length()
# Shows albedo as it is, but for the lift of dark parts.
FLAT = Lights(ambient=(1.0, 1.0, 1.0), directions=(), colors=())
CONFIG = PairConfig(size=32)
GREEN = (0.2, 0.7, 0.3)


def look(**changes):
    lattice = np.random.default_rng(0).uniform(size=(LATTICE,) * 3)
    plain = Look(GREEN, (0.9, 0.5, 0.1), "plain", 0.6, np.eye(3), np.zeros(3), lattice)
    return dataclasses.replace(plain, **changes)


def scene(*materials, adaptive=True):
    """Boxes side by side, one of each material."""
    builder = parts.MeshBuilder()
    for index, material in enumerate(materials or (paint.plain("body", (0.5, 0.5, 0.5)),)):
        builder.add(parts.box((1.0, 0.6, 0.5), (0, index, 0)), material)
    return Scene(builder.build(landmarks=None, object_id="boxes"), adaptive=adaptive)


def shown(rendering):
    """Colours in [0, 1] of the fully covered pixels, and where they are."""
    inside = rendering.rgba[..., 3] == 255
    return rendering.rgba[inside][:, :3] / 255, inside


def render(chosen, eye=(20.0, 12.0, 14.0), **changes):
    settings = {"size": 48, "focal": FOCAL, "lights": FLAT} | changes
    return chosen.render(placement.look_at(eye), **settings)


def lifted(color):
    return 0.08 + 0.92 * np.asarray(color)


def test_a_plain_look_shows_its_colour():
    colors, _ = shown(render(scene(), looks=(look(),)))
    assert len(colors) > 50
    np.testing.assert_allclose(colors, np.tile(lifted(GREEN), (len(colors), 1)), atol=1 / 255)


@pytest.mark.parametrize("category", ["car", "plane", "chair"])
def test_alpha_depth_and_faces_are_those_without(category):
    mesh = generate_object(category, 1, 2)
    chosen = Scene(mesh)
    before = render(chosen)
    changed = render(chosen, looks=draw_looks(np.random.default_rng(0), mesh.materials))
    np.testing.assert_array_equal(changed.rgba[..., 3], before.rgba[..., 3])
    np.testing.assert_array_equal(changed.depth, before.depth)
    np.testing.assert_array_equal(changed.face_ids, before.face_ids)
    assert (changed.rgba[..., :3] != before.rgba[..., :3]).mean() > 0.02
    np.testing.assert_array_equal(render(chosen).rgba, before.rgba)


@pytest.mark.parametrize("pattern", ["stripes", "checks", "noise", "patches", "marble"])
def test_a_surface_point_has_one_albedo_from_every_view(pattern):
    made, chosen = look(pattern=pattern, dirt=0.5, metal=True), scene(adaptive=False)
    for eye in ((20.0, 12.0, 14.0), (3.0, 24.0, 9.0), (-20.0, 9.0, 20.0)):
        pose = placement.look_at(eye)
        view = chosen.render(pose, size=48, focal=FOCAL, supersample=1, lights=FLAT, looks=(made,))
        rows, columns = np.nonzero(view.rgba[..., 3])
        depth = view.depth[rows, columns].astype(float)
        u, v = 2 * (columns + 0.5) / 48 - 1, 1 - 2 * (rows + 0.5) / 48
        camera = np.stack([-u * depth / FOCAL, -v * depth / FOCAL, depth])
        points = pose[:3, :3].T @ (camera - pose[:3, 3:])
        normals = chosen.mesh.normals[view.face_ids[rows, columns], 0].T
        expected = lifted(made.albedo(points, normals)).T
        found = view.rgba[rows, columns, :3] / 255
        assert len(found) > 50 and np.std(found, axis=0).max() > 0.03
        # Points come out of float32 depths, and edges of patterns are steep.
        close = np.abs(found - expected).max(axis=1) < 0.02
        assert close.mean() > 0.99


def test_materials_without_a_look_stay():
    materials = [paint.plain(name, color) for name, color in (("a", (1, 0, 0)), ("b", (0, 0, 1)))]
    chosen = scene(*materials)
    before, after = render(chosen), render(chosen, looks=(look(), None))
    ids = chosen.mesh.material_ids[before.face_ids]
    (_, inside) = shown(before)
    second = inside & (ids == 1)
    np.testing.assert_array_equal(after.rgba[second], before.rgba[second])
    assert (after.rgba[inside & (ids == 0)] != before.rgba[inside & (ids == 0)]).any(axis=1).all()


def test_detail_keeps_the_light_and_dark_of_a_texture():
    texture = np.full((8, 8, 3), 60, np.uint8)
    texture[:, 4:] = 180
    chosen = scene(paint.textured("sheet", texture))
    flat, _ = shown(render(chosen, looks=(look(),)))
    assert np.ptp(flat, axis=0).max() <= 2 / 255
    colors, _ = shown(render(chosen, looks=(look(detail=True),)))
    # The mean is 120: half of the surface is half as bright as the look, half 1.5 times.
    for factor in (0.5, 1.5):
        wanted = lifted(np.clip(np.multiply(GREEN, factor), 0, 1))
        assert (np.abs(colors - wanted).max(axis=1) < 2 / 255).mean() > 0.2


def test_gloss_and_sharpness_change_highlights_alone():
    lights = Lights(specular=0.4, shininess=8.0)
    dull, glossy, sharp = (
        render(scene(), lights=lights, looks=(look(**change),)).rgba.astype(int)
        for change in ({"gloss": 0.0}, {"gloss": 2.0}, {"gloss": 2.0, "sharpness": 20.0})
    )
    assert (glossy - dull).max() > 5 and (glossy >= dull).all()
    assert (sharp <= glossy).all() and (sharp < glossy).any()


def test_another_number_of_looks_is_refused():
    with pytest.raises(ValueError, match="looks are 2; expected one for each of 1 materials of bo"):
        render(scene(), looks=(look(), None))


def pair(share, number=5, config=CONFIG, mesh=None):
    chosen = Scene(mesh) if mesh is not None else scene()
    config = dataclasses.replace(config, random_materials=share)
    return render_pair(chosen, pair_rng(3, 4, number), config)


def test_pairs_take_other_materials_at_their_share_and_keep_cameras_and_lights():
    plain = [pair(0.0, number) for number in range(40)]
    drawn = [pair(0.5, number) for number in range(40)]
    changed = 0
    for before, after in zip(plain, drawn, strict=True):
        for name in ("object_to_camera0", "object_to_camera1"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
        for name in ("image0", "image1"):
            first, second = getattr(before, name), getattr(after, name)
            np.testing.assert_array_equal(first[..., 3], second[..., 3])
        differ = [not np.array_equal(getattr(before, n), getattr(after, n)) for n in
                  ("image0", "image1")]  # fmt: skip
        assert differ[0] == differ[1]
        changed += differ[0]
    assert 10 <= changed <= 30


def test_pairs_with_other_materials_are_functions_of_their_numbers():
    first, second, other = pair(1.0), pair(1.0), pair(1.0, number=6)
    np.testing.assert_array_equal(first.image0, second.image0)
    np.testing.assert_array_equal(first.image1, second.image1)
    assert not np.array_equal(first.image0, other.image0)


def test_both_views_of_a_pair_show_the_same_looks(monkeypatch):
    chosen, seen = scene(), []
    render_view = chosen.render

    def watched(*arguments, looks, **rest):
        seen.append(looks)
        return render_view(*arguments, looks=looks, **rest)

    monkeypatch.setattr(chosen, "render", watched)
    render_pair(chosen, pair_rng(3, 4, 5), dataclasses.replace(CONFIG, random_materials=1.0))
    assert len(seen) == 2 and seen[0] is seen[1] and any(seen[0])


def test_a_share_outside_of_0_to_1_is_refused():
    for share in (-0.1, 1.5, float("nan")):
        with pytest.raises(ValueError, match="random_materials is .*; expected a share"):
            PairConfig(random_materials=share)
