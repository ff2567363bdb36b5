"""Faults built by hand are found, and their sound neighbours are not."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.shapes import mesh_faults
from keypointnet_tf.shapes.frame_hints import frame_hints
from keypointnet_tf.shapes.parts import Part, box, ellipsoid, tube
from keypointnet_tf.shapes.procedural import generate_object
from keypointnet_tf.shapes.surface_points import sample_surface

SHEET = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)


def points(mesh):
    return sample_surface(mesh, 3000, np.random.default_rng(0))


def sheet(half_width, z):
    """A square of two triangles, without thickness."""
    return Part(SHEET * half_width + [0, 0, z], np.array([[0, 1, 2], [0, 2, 3]]))


def body():
    return ellipsoid((0.5, 0.3, 0.2), (0, 0, 0.2))


def test_few_faces(solid):
    assert mesh_faults.few_faces(solid(sheet(1, 0))).startswith("only 2 faces")
    assert mesh_faults.few_faces(solid(body())) is None


def test_flat_names_the_axis_and_the_share(solid):
    assert "1.0 % as thick along y" in mesh_faults.flat(solid(box((2, 0.02, 1))))
    assert mesh_faults.flat(solid(box((2, 0.06, 1)))) is None


def test_parts_that_lie_apart(solid):
    mesh = solid(box((1, 1, 1)), box((1, 1, 1), (1.5, 0, 0)))
    assert "parts lie 20 % of the length apart along x" in mesh_faults.stray_part(
        mesh, points(mesh)
    )
    near = solid(box((1, 1, 1)), box((1, 1, 1), (1.05, 0, 0)))
    assert mesh_faults.stray_part(near, points(near)) is None


def test_a_thin_part_that_reaches_far(solid):
    mesh = solid(ellipsoid((0.5, 0.5, 0.5)), tube((0, 0, 0), (0, 0, 2.5), 0.001))
    assert "99 % of the surface lies in 3" in mesh_faults.stray_part(mesh, points(mesh))
    mast = solid(box((2, 0.5, 0.2)), tube((0, 0, 0), (0, 0, 0.9), 0.001))
    hint = mesh_faults.stray_part(mast, points(mast))
    assert "lies 20 % of the length off the centre along z: a stray part?" in hint
    aerial = solid(ellipsoid((0.5, 0.5, 0.5)), tube((0, 0, 0), (0, 0, 0.7), 0.001))
    assert mesh_faults.stray_part(aerial, points(aerial)) is None


def test_a_ground_plane(solid):
    for half_width in (0.8, 2.0, 8.0):
        mesh = solid(body(), sheet(half_width, 0))
        assert "ground plane" in mesh_faults.ground_sheet(mesh, points(mesh))
    under = solid(body(), sheet(0.45, 0))
    above = solid(body(), sheet(2.0, 0.4))
    foot = solid(body(), box((1.4, 1.0, 0.08), (0, 0, -0.04)))
    for mesh in (solid(body()), under, above, foot):
        assert mesh_faults.ground_sheet(mesh, points(mesh)) is None


def test_faces_that_point_inwards(solid, cart):
    for mesh in (cart, solid(body()), generate_object("chair", 0, 0)):
        assert mesh_faults.inverted(points(mesh)) is None
        flipped = dataclasses.replace(mesh, faces=mesh.faces[:, ::-1])
        assert mesh_faults.inverted(points(flipped)).startswith("faces point inwards")
        mirrored = dataclasses.replace(mesh, vertices=mesh.vertices * [1, -1, 1])
        assert mesh_faults.inverted(points(mirrored)).startswith("faces point inwards")


def test_mixed_winding_and_open_surfaces_are_not_inverted(solid, cart):
    faces = cart.faces.copy()
    faces[::2] = faces[::2, ::-1]
    assert mesh_faults.inverted(points(dataclasses.replace(cart, faces=faces))) is None
    curtain = solid(sheet(1, 0), Part(SHEET[:, [2, 0, 1]], np.array([[0, 1, 2], [0, 2, 3]])))
    assert mesh_faults.inverted(points(curtain)) is None


@pytest.mark.parametrize("category", ["plane", "car", "chair"])
def test_procedural_objects_have_no_fault(category):
    for index in range(8):
        assert frame_hints(generate_object(category, 2, index)) == ()
