"""The renderer against the projection formula and against hand-computed pictures."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.lights import Lights
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals
from keypointnet_tf.shapes.parts import box

FOCAL = placement.focal_length()
PLAIN = Lights(ambient=(1.0, 1.0, 1.0), directions=(), colors=())
EYES = [(30.0, 0.0, 0.0), (17.0, -19.0, 16.0), (-12.0, 21.0, 17.0), (2.0, 3.0, 29.0)]


def make_mesh(vertices, faces, *, uv=None, material=None):
    """A mesh as it is, not normalised."""
    vertices, faces = np.asarray(vertices, np.float32), np.asarray(faces, np.int32)
    count = len(faces)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=corner_normals(vertices, faces),
        uv=np.zeros((count, 3, 2), np.float32) if uv is None else np.asarray(uv, np.float32)[faces],
        colors=np.ones((count, 3, 3), np.float32),
        material_ids=np.zeros(count, np.int32),
        materials=(material or Material("grey", (0.6, 0.6, 0.6)),),
    )


def rectangle(width, height, *, x=0.0, material=None):
    """A rectangle in the plane `x`, facing `+x`, centred, `uv` running with `(y, z)`."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    vertices = np.column_stack([np.full(4, x), corners * [width, height]])
    return make_mesh(vertices, [[0, 1, 2], [0, 2, 3]], uv=corners + 0.5, material=material)


def cube(side=0.8, centre=(0, 0, 0)):
    part = box((side,) * 3, centre)
    return make_mesh(part.vertices, part.faces)


def shifted_pose(eye):
    pose = placement.look_at(eye)
    pose[:3, 3] += [0.13, -0.08, 0.1]
    return pose


def corners_of(side):
    signs = np.array(np.meshgrid(*[(-1, 1)] * 3)).reshape(3, -1).T
    return signs * side / 2


def pixel_centres(size):
    return np.stack(np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5), axis=-1)


def inside_triangles(points, triangles):
    """`[F, ...]` whether 2-D points lie in projected triangles of either winding."""
    sides = []
    for i in range(3):
        a, b = triangles[:, i], triangles[:, (i + 1) % 3]
        edge, reach = (b - a)[:, None, None], points[None] - a[:, None, None]
        sides.append(edge[..., 0] * reach[..., 1] - edge[..., 1] * reach[..., 0])
    sides = np.stack(sides)
    return (sides > 0).all(axis=0) | (sides < 0).all(axis=0)


@pytest.mark.parametrize("eye", EYES)
def test_every_pixel_of_a_cube_shows_the_face_that_projects_there(eye):
    size, mesh, pose = 64, cube(), shifted_pose(eye)
    view = Scene(mesh).render(pose, size=size, focal=FOCAL, supersample=1)
    uv, _ = placement.project_points(mesh.vertices.astype(float), pose, FOCAL)
    triangles = placement.ndc_to_pixels(uv, size, size)[mesh.faces]
    ab, ac = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    towards = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < -1e-3  # Pixel rows run downwards.
    inside = inside_triangles(pixel_centres(size), triangles) & towards[:, None, None]
    assert inside.sum(axis=0).max() == 1
    expected = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
    # Pixel centres on an edge within rounding belong to either side.
    assert (view.face_ids != expected).sum() <= 2
    assert len(np.unique(view.face_ids)) == 1 + towards.sum()


@pytest.mark.parametrize("eye", EYES)
def test_corners_of_a_cube_land_where_project_says(eye):
    size, pose = 64, shifted_pose(eye)
    for corner in corners_of(0.8):
        # A small cube around the corner: its picture is symmetric about the corner's.
        view = Scene(cube(0.08, corner)).render(pose, size=size, focal=FOCAL, supersample=8)
        weights = view.rgba[..., 3:].astype(float)
        found = (pixel_centres(size) * weights).sum(axis=(0, 1)) / weights.sum()
        uv, z = placement.project_points(corner[None], pose, FOCAL)
        assert np.linalg.norm(found - placement.ndc_to_pixels(uv[0], size, size)) < 0.1
        assert abs(np.nanmean(view.depth) - z[0]) < 0.08


def test_alpha_is_the_share_of_the_pixel_that_is_covered():
    size, width, height, s = 32, 0.83, 0.571, 8
    pose = placement.look_at((30, 0, 0))
    view = Scene(rectangle(width, height)).render(pose, size=size, focal=FOCAL, supersample=s)
    half = np.array([width, height]) / 2 * FOCAL / 30 * size / 2
    low, high = size / 2 - half, size / 2 + half
    edges = np.arange(size)[:, None]
    covered = np.clip(np.minimum(high, edges + 1) - np.maximum(low, edges), 0, 1)
    expected = covered[:, 1][:, None] * covered[:, 0][None]
    alpha = view.rgba[..., 3] / 255
    np.testing.assert_allclose(alpha, expected, atol=1 / s)
    assert alpha.sum() == pytest.approx(4 * half.prod(), rel=0.03)


def test_alpha_is_straight():
    pose = shifted_pose((17, -19, 16))
    view = Scene(cube()).render(pose, size=48, focal=FOCAL, supersample=3, lights=PLAIN)
    alpha = view.rgba[..., 3]
    assert ((alpha > 0) & (alpha < 255)).any()
    assert len(np.unique(view.rgba[alpha > 0][:, :3], axis=0)) == 1
    assert not view.rgba[alpha == 0].any()


@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_alpha_depth_and_faces_cover_the_same_pixels(supersample):
    mesh, pose = cube(), shifted_pose((-12, 21, 17))
    view = Scene(mesh).render(pose, size=40, focal=FOCAL, supersample=supersample)
    on = view.rgba[..., 3] > 0
    np.testing.assert_array_equal(on, np.isfinite(view.depth))
    np.testing.assert_array_equal(on, view.face_ids >= 0)
    z = placement.transform_points(mesh.vertices.astype(float), pose)[:, 2]
    assert z.min() - 1e-4 < np.nanmin(view.depth) and np.nanmax(view.depth) < z.max() + 1e-4
    assert view.face_ids.max() < len(mesh.faces)
    types = (view.rgba.dtype, view.depth.dtype, view.face_ids.dtype)
    assert types == (np.uint8, np.float32, np.int32)


def test_depth_of_a_tilted_plane_is_where_the_pixels_ray_meets_it():
    size, pose = 32, placement.look_at((20, 10, 16))
    view = Scene(rectangle(1.6, 1.6)).render(pose, size=size, focal=FOCAL, supersample=2)
    uv = placement.pixels_to_ndc(pixel_centres(size), size, size)
    rays = np.concatenate([uv / FOCAL, -np.ones((size, size, 1))], axis=-1)
    normal = pose[:3, :3] @ [1.0, 0, 0]
    expected = -(normal @ pose[:3, 3]) / (rays @ normal)
    full = view.rgba[..., 3] == 255
    assert full.sum() > 100
    np.testing.assert_allclose(view.depth[full], expected[full], atol=1e-4)


def test_depth_does_not_mix_two_surfaces():
    back, front = rectangle(1.6, 1.6, x=-0.9), rectangle(0.6, 0.61, x=0.9)
    mesh = make_mesh(
        np.concatenate([back.vertices, front.vertices]),
        np.concatenate([back.faces, front.faces + 4]),
    )
    view = Scene(mesh).render(placement.look_at((30, 0, 0)), size=33, focal=FOCAL, supersample=4)
    on = np.isfinite(view.depth)
    nearest = np.abs(view.depth[on][:, None] + [30.9, 29.1]).min(axis=1)
    assert nearest.max() < 1e-3


def test_the_picture_does_not_depend_on_the_traced_box():
    """A far speck that widens the box leaves the other pixels as they are."""
    pose = shifted_pose((17, -19, 16))
    single, speck = cube(), box((0.03,) * 3, (0, 1.0, 0.9))
    double = make_mesh(
        np.concatenate([single.vertices, speck.vertices]),
        np.concatenate([single.faces, speck.faces + len(single.vertices)]),
    )
    first, second = (Scene(m).render(pose, size=48, focal=FOCAL) for m in (single, double))
    kept = second.face_ids < len(single.faces)
    np.testing.assert_array_equal(first.rgba[kept], second.rgba[kept])
    assert (~kept).any()


def test_an_object_out_of_view_leaves_the_image_empty():
    for target in ((30, 5, 0), (60, 0, 0)):
        pose = placement.look_at((30, 0, 0), target)
        view = Scene(cube()).render(pose, size=16, focal=FOCAL)
        assert not view.rgba.any() and np.isnan(view.depth).all() and (view.face_ids == -1).all()


def test_a_camera_inside_sees_the_walls_everywhere():
    pose = placement.look_at((0.3, 0.1, 0.2))
    view = Scene(cube(2.0)).render(pose, size=16, focal=1.0)
    assert (view.rgba[..., 3] == 255).all() and (view.depth < 0).all()


@pytest.mark.parametrize("change", [{"size": 0}, {"focal": -1.0}, {"supersample": 0}])
def test_numbers_out_of_range_are_refused(change):
    arguments = {"size": 16, "focal": FOCAL} | change
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Scene(cube()).render(np.eye(4), **arguments)


def test_bad_matrices_and_meshes_are_refused():
    with pytest.raises(ValueError, match="object_to_camera"):
        Scene(cube()).render(np.eye(3), size=16, focal=FOCAL)
    with pytest.raises(ValueError, match="object_to_camera"):
        Scene(cube()).render(np.full((4, 4), np.nan), size=16, focal=FOCAL)
    with pytest.raises(ValueError, match="non-finite"):
        Scene(dataclasses.replace(cube(), vertices=np.full((10, 3), np.inf, np.float32)))
    with pytest.raises(ValueError, match="no faces"):
        Scene(make_mesh(np.zeros((3, 3)), np.zeros((0, 3))))
