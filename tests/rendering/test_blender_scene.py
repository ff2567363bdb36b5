"""Blender against the built-in renderer: the same cameras, shapes and colours."""

import dataclasses
import os
import pathlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
import trimesh

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.blender_scene import straight_rgba
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, Lights
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals, face_normals
from keypointnet_tf.shapes.parts import box
from keypointnet_tf.shapes.procedural import generate_object

SERVER = pathlib.Path(__file__).with_name("view_server.py")
REPOSITORY = SERVER.parents[2]
SIZE = 128
FOCAL = placement.focal_length()
PLAIN = Lights(ambient=(1.0, 1.0, 1.0), directions=(), colors=())
EYES = [(20, -18, 12), (-22, 14, 15), (-4, -28, 10), (0.5, 0.2, 30)]


@pytest.fixture(scope="module")
def views_of(blender):
    """`views_of(renderer, mesh, source, poses, **options)`: renderings made in another process."""
    process = subprocess.Popen(
        [sys.executable, SERVER],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    def render(renderer, mesh, source, poses, **options):
        options = {"size": SIZE, "focal": FOCAL, "lights": DEFAULT_LIGHTS} | options
        views = [(pose, options) for pose in poses]
        pickle.dump((renderer, mesh, source, views), process.stdin)
        process.stdin.flush()
        reply = pickle.load(process.stdout)
        if isinstance(reply, Exception):
            raise reply
        return reply

    yield render
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()


@pytest.fixture(scope="module")
def both(views_of):
    """`both(mesh, source, poses, **options)`: pairs of views, built-in and Blender."""

    def render(mesh, source, poses, **options):
        options = {"size": SIZE, "focal": FOCAL, "lights": DEFAULT_LIGHTS} | options
        scene = Scene(mesh)
        own = [scene.render(pose, supersample=4, **options) for pose in poses]
        return list(zip(own, views_of("blender", mesh, source, poses, **options), strict=True))

    return render


def poses(eyes=EYES):
    found = [placement.look_at(np.array(eye) * 30 / np.linalg.norm(eye)) for eye in eyes]
    for pose in found:
        pose[:3, 3] += [0.13, -0.08, 0.1]
    return found


def overlap(first, second):
    on = [view.rgba[..., 3] > 127 for view in (first, second)]
    return (on[0] & on[1]).sum() / (on[0] | on[1]).sum()


def inner(*views):
    """Pixels that the object fills in all views."""
    return np.all([view.rgba[..., 3] == 255 for view in views], axis=0)


def mesh_of(vertices, faces, *, uv=None, material=None):
    """A mesh in our frame, not normalised."""
    vertices, faces = np.asarray(vertices, np.float32), np.asarray(faces, np.int32)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=corner_normals(vertices, faces),
        uv=np.zeros((len(faces), 3, 2), np.float32) if uv is None else uv,
        colors=np.ones((len(faces), 3, 3), np.float32),
        material_ids=np.zeros(len(faces), np.int32),
        materials=(material or Material("white", (1.0, 1.0, 1.0)),),
    )


def ball():
    shape = trimesh.creation.icosphere(subdivisions=4)
    return mesh_of(shape.vertices, shape.faces)


def assert_same_shape(own, other):
    assert overlap(own, other) > 0.97
    on = np.isfinite(own.depth) & np.isfinite(other.depth)
    gap = np.abs(own.depth - other.depth)[on]
    assert np.median(gap) < 0.01 and np.quantile(gap, 0.9) < 0.1
    assert (other.face_ids == -1).all()


def test_a_procedural_car_has_the_same_outline_and_depth(both):
    for own, other in both(generate_object("car", 0, 3), None, poses()):
        assert_same_shape(own, other)
        inside = inner(own, other)
        gap = np.abs(own.rgba[inside].astype(float) - other.rgba[inside])
        assert gap.mean() < 20 and abs(own.rgba[inside].mean() - other.rgba[inside].mean()) < 15


@pytest.mark.parametrize(
    "name, options",
    [("boxes.obj", {}), ("boxes.glb", {})]
    + [("boxes.dae", {"up_axis": f"{axis}_UP"}) for axis in "XYZ"],
)
def test_an_asset_of_another_frame_looks_the_same(both, assets, tmp_path, name, options):
    source = assets.write_boxes(tmp_path / name, **options)
    for own, other in both(source.load(), source, poses(), lights=PLAIN):
        assert_same_shape(own, other)
        inside = inner(own, other)
        hues = [view.rgba[inside][:, :3].argmax(axis=1) for view in (own, other)]
        assert (hues[0] == hues[1]).mean() > 0.97 and len(np.unique(hues[1])) >= 2
        assert np.abs(own.rgba[inside].astype(float) - other.rgba[inside]).mean() < 30


def test_views_do_not_depend_on_those_before(views_of):
    mesh = generate_object("car", 0, 1)
    first = views_of("blender", mesh, None, poses())
    second = views_of("blender", mesh, None, poses()[::-1])[::-1]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.rgba, other.rgba)
        np.testing.assert_array_equal(one.depth, other.depth)


FRONT = [placement.look_at((30, 0, 0))]
BACK = [placement.look_at((-30, 0, 0))]


def corner_pixels(view):
    """Colours in the four quarters of the image's middle, `[2, 2, 3]`, as on the picture."""
    third, half = SIZE * 3 // 8, SIZE * 5 // 8
    return view.rgba[[[third, third], [half, half]], [[third, half], [third, half]], :3].astype(int)


def expected_quarters(assets):
    return np.array([[assets.RED, assets.GREEN], [assets.BLUE, assets.YELLOW]])


def test_texels_lie_where_they_belong_on_a_mesh(both, assets):
    material = Material("sheet", (1.0, 1.0, 1.0), np.asarray(assets.quarters()))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    vertices = np.column_stack([np.zeros(4), corners])
    mesh = mesh_of(
        vertices, faces, uv=((corners + 1) / 2)[faces].astype(np.float32), material=material
    )
    ((own, other),) = both(mesh, None, FRONT, lights=PLAIN)
    assert np.abs(corner_pixels(own) - corner_pixels(other)).max() < 30
    assert np.abs(corner_pixels(other) - expected_quarters(assets)).max() < 50


@pytest.mark.parametrize("alpha", [None, 0])
def test_texels_lie_where_they_belong_on_an_asset(views_of, assets, tmp_path, alpha):
    """An alpha channel that the material does not use changes nothing."""
    mtl = "newmtl sheet\nKd 0.2 0.2 0.2\nKs 0 0 0\nmap_Kd quarters.png\n"
    source = assets.write_sheet(tmp_path / "sheet.obj", mtl=mtl, alpha=alpha)
    (view,) = views_of("blender", source.load(), source, FRONT, lights=PLAIN)
    assert np.abs(corner_pixels(view) - expected_quarters(assets)).max() < 25


@pytest.mark.parametrize(
    "lines", ["map_Kd nowhere.png", "Tf 1 1 1", "d 0", "d 0.4"], ids=lambda line: line[:5].strip()
)
def test_what_is_missing_or_no_glass_is_drawn_in_plain_colour(views_of, assets, tmp_path, lines):
    mtl = f"newmtl sheet\nKd 0.2 0.5 0.8\nKs 0 0 0\n{lines}\n"
    source = assets.write_sheet(tmp_path / "sheet.obj", mtl=mtl)
    (view,) = views_of("blender", source.load(), source, FRONT, lights=PLAIN)
    assert np.abs(corner_pixels(view) - np.array([51, 128, 204])).max() < 20


def test_cut_out_parts_and_invisible_faces_are_not_there(both, assets, tmp_path):
    mtl = "newmtl sheet\nKd 0.9 0.1 0.1\nmap_d holes.png\nnewmtl back\nKd 0 1 0\nd 0\n"
    source = assets.write_sheet(tmp_path / "sheet.obj", mtl=mtl, both_sides=True)
    mesh = source.load()
    for origin in (source, None):
        ((own, other),) = both(mesh, origin, FRONT, lights=PLAIN)
        assert overlap(own, other) > 0.97
        # Seen from the front, u runs to the right, and the left half is cut out.
        alpha = other.rgba[SIZE // 2, :, 3]
        assert (
            not alpha[: SIZE // 2 - 2].any() and (alpha[SIZE // 2 + 2 : SIZE * 5 // 8] == 255).all()
        )


def test_both_sides_of_a_sheet_show_their_own_colour(views_of, assets, tmp_path):
    paint = "newmtl sheet\nKd 0.9 0.1 0.1\nKs 0 0 0\nnewmtl back\nKd 0.1 0.9 0.1\nKs 0 0 0\n"
    source = assets.write_sheet(tmp_path / "sheet.obj", mtl=paint, both_sides=True)
    front, back = views_of("blender", source.load(), source, FRONT + BACK)
    for view, channel in ((front, 0), (back, 1)):
        colors = view.rgba[view.rgba[..., 3] == 255][:, :3].astype(float)
        assert (colors.argmax(axis=1) == channel).all()
        # Rays that met the other side at once would leave black specks.
        assert colors[:, channel].min() > 0.8 * colors[:, channel].max()


@pytest.mark.parametrize("direction", [(-0.8, 0.0, 0.6), (0.0, 0.8, 0.6)])
def test_light_comes_from_where_the_lights_are(both, direction):
    sun = Lights(ambient=(0.4,) * 3, directions=(direction,), colors=((0.5,) * 3,))
    for own, other in both(ball(), None, poses()[:2], lights=sun):
        inside = inner(own, other)
        first, second = (view.rgba[inside][:, 0].astype(float) for view in (own, other))
        assert np.corrcoef(first, second)[0, 1] > 0.95
        assert abs(first.mean() - second.mean()) < 25


def test_sides_of_a_box_stay_flat(both):
    """Its faces share vertices, but not normals."""
    part = box((1.2, 1.2, 1.2))
    mesh = mesh_of(part.vertices, part.faces)
    flat = face_normals(mesh.vertices, mesh.faces)[:, None].repeat(3, axis=1)
    flat /= np.linalg.norm(flat, axis=2, keepdims=True)
    mesh = dataclasses.replace(mesh, normals=flat)
    sun = Lights(ambient=(0.4,) * 3, directions=((-0.5, 0.3, 0.81),), colors=((0.4,) * 3,))
    for own, other in both(mesh, None, poses()[:3], lights=sun):
        inside = inner(own, other)
        values, counts = np.unique(own.face_ids[inside], return_counts=True)
        for face in values[counts > 100]:
            on = inside & (own.face_ids == face)
            # 16 samples leave a deviation of about 5.
            assert other.rgba[on][:, 0].std() < 8
            assert abs(own.rgba[on][:, 0].mean() - other.rgba[on][:, 0].mean()) < 25


def test_lights_of_an_asset_take_the_place_of_ours(views_of, assets, tmp_path):
    sun = Lights(ambient=(0.4,) * 3, directions=((-0.8, 0.0, 0.6),), colors=((0.6,) * 3,))
    brightness = {}
    for side in (1, -1):
        source = assets.write_lit_ball(tmp_path / f"ball{side}.gltf", side=side)
        (view,) = views_of("blender", source.load(), source, FRONT, lights=sun)
        light = view.rgba[..., 0] * (view.rgba[..., 3] == 255.0)
        brightness[side] = light[:, : SIZE // 2].sum(), light[:, SIZE // 2 :].sum()
    # Seen from the front, the object's left (+y) is on the right.
    assert brightness[1][1] > 1.3 * brightness[1][0]
    assert brightness[-1][0] > 1.3 * brightness[-1][1]


def test_a_file_that_differs_from_the_mesh_is_not_used(views_of, assets, tmp_path):
    """As when the mesh was changed after it was loaded."""
    source = assets.write_boxes(tmp_path / "boxes.obj")
    (view,) = views_of("blender", ball(), source, FRONT)
    assert_same_shape(Scene(ball()).render(FRONT[0], size=SIZE, focal=FOCAL), view)


def test_alpha_is_straight(views_of):
    (view,) = views_of("blender", ball(), None, poses()[:1], lights=PLAIN)
    alpha = view.rgba[..., 3]
    edge = (alpha > 60) & (alpha < 200)
    assert edge.sum() > 20
    full, rim = view.rgba[alpha == 255].mean(), view.rgba[edge][:, :3].mean()
    assert full > 240 and rim > 235 and not view.rgba[alpha == 0].any()


def test_premultiplied_light_becomes_straight_srgb():
    light = np.array([[[0.5, 0.25, 0.0, 0.5], [0.214, 2.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]]])
    rgba = straight_rgba(light.astype(np.float32))
    # 0.25 / 0.5 = 0.5 and 0.214 of linear light are 188 and 127 of 255 in sRGB.
    assert rgba.tolist() == [[[255, 188, 0, 128], [127, 255, 0, 255], [0, 0, 0, 0]]]


def test_bad_arguments_are_refused(views_of):
    with pytest.raises(ValueError, match="size is 0"):
        views_of("blender", ball(), None, FRONT, size=0)
    with pytest.raises(ValueError, match="no faces"):
        views_of("blender", mesh_of(np.zeros((3, 3)), np.zeros((0, 3))), None, FRONT)


def test_real_assets_have_the_same_outline(both, sample_data):
    from keypointnet_tf.shapes.sources import MeshSource

    path = sample_data / "meshes" / "car" / "hatchback" / "hatchback.obj"
    source = MeshSource(str(path), "hatchback", up="z", front="-y")
    for own, other in both(source.load(), source, poses()):
        assert_same_shape(own, other)
        inside = inner(own, other)
        assert abs(own.rgba[inside].mean() - other.rgba[inside].mean()) < 25
