"""Finer triangles keep the surface and all that lies on it."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.shapes.mesh import Material, Mesh, face_normals
from keypointnet_tf.shapes.parts import MeshBuilder, box, ellipsoid
from keypointnet_tf.shapes.procedural import generate_object
from keypointnet_tf.shapes.refinement import refined


def triangle(vertices):
    """One triangle whose uv and colours are linear in the place."""
    vertices = np.array(vertices, np.float32)
    faces = np.array([[0, 1, 2]], np.int32)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=np.broadcast_to(np.float32([0, 0, 1]), (1, 3, 3)),
        uv=vertices[faces][..., :2] / 4,
        colors=np.repeat(vertices[faces][..., :1], 3, axis=-1) / 4,
        material_ids=np.zeros(1, np.int32),
        materials=(Material("plain"),),
    )


def areas(mesh):
    return np.linalg.norm(face_normals(mesh.vertices.astype(float), mesh.faces), axis=1) / 2


def edges(mesh):
    corners = mesh.vertices[mesh.faces]
    return np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=-1)


@pytest.mark.parametrize(
    "vertices, faces",
    [
        ([[0, 0, 0], [1, 0, 0], [0, 1, 0]], 1),
        ([[0, 0, 0], [2, 0, 0], [1, 1, 0]], 2),
        ([[1, 1, 0], [0, 0, 0], [2, 0, 0]], 2),
        ([[0, 0, 0], [2, 0, 0], [2, 1, 0]], 3),
        ([[2, 1, 0], [0, 0, 0], [2, 0, 0]], 3),
        ([[2, 0, 0], [2, 1, 0], [0, 0, 0]], 3),
        ([[0, 0, 0], [2, 0, 0], [0, 2, 0]], 4),
    ],
)
def test_a_triangle_is_cut_at_its_long_edges(vertices, faces):
    mesh = triangle(vertices)
    fine = refined(mesh, 1.5)
    assert len(fine.faces) == faces
    assert areas(fine).sum() == pytest.approx(areas(mesh).sum())
    up = face_normals(fine.vertices, fine.faces)[:, 2]
    assert (np.sign(up) == np.sign(face_normals(mesh.vertices, mesh.faces)[0, 2])).all()
    np.testing.assert_allclose(fine.uv, fine.vertices[fine.faces][..., :2] / 4, atol=1e-6)
    np.testing.assert_allclose(
        fine.colors[..., 0], fine.vertices[fine.faces][..., 0] / 4, atol=1e-6
    )


def test_no_edge_stays_long_and_the_area_stays():
    mesh = generate_object("chair", 0, 6)
    fine = refined(mesh, 0.1)
    assert edges(fine).max() <= 0.1 < edges(mesh).max()
    assert areas(fine).sum() == pytest.approx(areas(mesh).sum(), rel=1e-5)
    assert np.bincount(fine.material_ids).nonzero()[0].tolist() == (
        np.bincount(mesh.material_ids).nonzero()[0].tolist()
    )
    for material in np.unique(mesh.material_ids):
        before, after = (areas(m)[m.material_ids == material].sum() for m in (mesh, fine))
        assert after == pytest.approx(before, rel=1e-4)


def test_a_closed_surface_stays_closed():
    builder = MeshBuilder()
    builder.add(ellipsoid((1, 0.6, 0.3)), Material("body"))
    builder.add(box((1, 0.5, 0.3), (3, 0, 0)), Material("other"))
    mesh = builder.build(landmarks=None, object_id="two")
    # Corners of their own for every face, as many files have them.
    loose = dataclasses.replace(
        mesh,
        vertices=mesh.vertices[mesh.faces].reshape(-1, 3),
        faces=np.arange(3 * len(mesh.faces), dtype=np.int32).reshape(-1, 3),
    )
    for start in (mesh, loose):
        fine = refined(start, 0.07)
        _, place = np.unique(fine.vertices, axis=0, return_inverse=True)
        ends = place.reshape(-1)[fine.faces]
        forward = np.stack([ends, np.roll(ends, -1, axis=1)], axis=-1).reshape(-1, 2)
        ways = {tuple(edge) for edge in forward.tolist()}
        assert len(ways) == len(forward)
        assert ways == {(b, a) for a, b in ways}, "an edge has a face on one side only"


def test_a_fine_mesh_is_returned_as_it_is_and_bad_input_refused():
    mesh = triangle([[0, 0, 0], [1, 0, 0], [0, 1, 0]])
    assert refined(mesh, 2.0) is mesh
    with pytest.raises(ValueError, match="longest_edge is 0"):
        refined(mesh, 0)
    with pytest.raises(ValueError, match="non-finite vertices"):
        refined(triangle([[0, 0, 0], [np.inf, 0, 0], [0, 1, 0]]), 0.1)
