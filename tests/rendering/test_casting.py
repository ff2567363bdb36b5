"""Both casters find the same faces at the same places."""

import sys

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering import casting
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes import paint, parts


def solid():
    builder = parts.MeshBuilder()
    builder.add(parts.ellipsoid((1, 0.5, 0.4), n=12), paint.plain("body", (0.8, 0.3, 0.2)))
    builder.add(parts.box((0.3, 0.8, 0.9), (-0.4, 0, 0.3)), paint.plain("box", (0.2, 0.4, 0.8)))
    return builder.build(landmarks=None, object_id="solid")


def grid(pose, *, width=31, height=23, reach=0.05):
    return casting.RayGrid(
        np.linspace(-reach, reach, width), np.linspace(reach, -reach, height), pose
    )


def both(mesh, rays, near=0.0):
    pytest.importorskip("embreex")
    casters = (casting.EmbreeCaster, casting.NumpyCaster)
    return [caster(mesh.vertices, mesh.faces).cast(rays, near) for caster in casters]


@pytest.mark.parametrize("eye", [(28, 9, 6), (1.3, 0.7, 30), (-3, 20, 0.3), (2.2, 0.5, 0.9)])
def test_casters_agree(eye):
    mesh = solid()
    reach = 1.5 / np.linalg.norm(eye)
    embree, plain = both(mesh, grid(placement.look_at(eye), reach=reach))
    assert len(plain.rays) > 50
    np.testing.assert_array_equal(embree.rays, plain.rays)
    same = embree.faces == plain.faces
    assert same.mean() > 0.99  # Rays through an edge may take either of its faces.
    np.testing.assert_allclose(embree.weights[same], plain.weights[same], atol=1e-4)


def test_casters_agree_on_faces_that_reach_behind_the_camera():
    builder = parts.MeshBuilder()
    builder.add(parts.box((2, 2, 2)), paint.plain("room", (0.5, 0.5, 0.5)))
    room = builder.build(landmarks=None, object_id="room")
    pose = placement.look_at((0.5, 0.1, 0.2), (-1.0, 0.3, 0.1))
    embree, plain = both(room, grid(pose, reach=0.9))
    assert len(plain.rays) == 31 * 23
    np.testing.assert_array_equal(embree.faces, plain.faces)


def test_weights_place_the_hit_on_its_ray():
    mesh, pose = solid(), placement.look_at((20, 14, 12))
    rays = grid(pose)
    for hits in both(mesh, rays, near=20.0):
        corners = rays.camera_points(mesh.vertices.astype(float))[mesh.faces[hits.faces]]
        points = np.einsum("pk,pki->pi", hits.weights, corners)
        row, column = np.divmod(hits.rays, len(rays.columns))
        slopes = np.stack([rays.columns[column], rays.rows[row]], axis=1)
        np.testing.assert_allclose(points[:, :2] / -points[:, 2:], slopes, atol=1e-5)
        np.testing.assert_allclose(hits.weights.sum(axis=1), 1, atol=1e-5)


def test_near_plane_hides_what_lies_before_it():
    builder = parts.MeshBuilder()
    builder.add(parts.box((2, 2, 2)), paint.plain("cube", (0.5, 0.5, 0.5)))
    cube = builder.build(landmarks=None, object_id="cube")
    rays = grid(placement.look_at((10, 0, 0)), reach=0.01)
    for hits in both(cube, rays, near=10.0):
        x = np.einsum("pk,pk->p", hits.weights, cube.vertices[cube.faces[hits.faces]][..., 0])
        assert len(hits.rays) == 31 * 23
        np.testing.assert_allclose(x, -1, atol=1e-6)


def test_each_ray_may_start_at_its_own_distance():
    mesh, rays = solid(), grid(placement.look_at((20, 14, 12)))
    near = np.full(31 * 23, np.inf)
    near[::3], near[1::3] = 0.0, 27.2
    for caster in (casting.EmbreeCaster, casting.NumpyCaster):
        if caster is casting.EmbreeCaster:
            pytest.importorskip("embreex")
        cast = caster(mesh.vertices, mesh.faces).cast
        found, first, later = cast(rays, near), cast(rays, 0.0), cast(rays, 27.2)
        for start, hits in ((0, first), (1, later)):
            mine, theirs = found.rays % 3 == start, hits.rays % 3 == start
            np.testing.assert_array_equal(found.rays[mine], hits.rays[theirs])
            np.testing.assert_array_equal(found.faces[mine], hits.faces[theirs])
        assert not (found.rays % 3 == 2).any() and (np.diff(found.rays) > 0).all()
        # Half way through the solid, rays meet its far side.
        assert len(later.rays) > 50 and not np.isin(later.faces, first.faces).all()


def test_hits_do_not_depend_on_the_size_of_chunks(monkeypatch):
    mesh, rays = solid(), grid(placement.look_at((20, 14, 12)))
    whole = casting.NumpyCaster(mesh.vertices, mesh.faces).cast(rays)
    monkeypatch.setattr(casting, "CANDIDATES_AT_ONCE", 50)
    pieces = casting.NumpyCaster(mesh.vertices, mesh.faces).cast(rays)
    for first, second in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(first, second)


def test_numpy_stands_in_where_embreex_is_absent(monkeypatch):
    mesh, pose = solid(), placement.look_at((20, 14, 12))
    view = {"size": 32, "focal": placement.focal_length()}
    usual = Scene(mesh).render(pose, **view)
    monkeypatch.setitem(sys.modules, "embreex", None)
    assert isinstance(casting.best_caster(mesh.vertices, mesh.faces), casting.NumpyCaster)
    other = Scene(mesh).render(pose, **view)
    difference = np.abs(usual.rgba.astype(int) - other.rgba)
    assert (difference > 1).mean() < 0.002
    np.testing.assert_allclose(usual.depth, other.depth, atol=1e-3)
