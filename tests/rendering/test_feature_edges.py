"""Which edges of a mesh show: creases, boundaries and silhouettes, counted by hand."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.rendering.face_sides import FaceSides
from keypointnet_tf.rendering.feature_edges import FeatureEdges
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals
from keypointnet_tf.shapes.parts import box, ellipsoid, tube

GREY = Material("grey")


def mesh_of(*parts, **changes):
    """Parts one after the other, each with vertices of its own."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    vertices = np.concatenate([part.vertices for part in parts]).astype(np.float32)
    faces = np.concatenate([p.faces + s for p, s in zip(parts, starts, strict=False)])
    mesh = Mesh(
        vertices,
        faces.astype(np.int32),
        corner_normals(vertices, faces),
        np.zeros((len(faces), 3, 2), np.float32),
        np.ones((len(faces), 3, 3), np.float32),
        np.zeros(len(faces), np.int32),
        (GREY,),
    )
    return dataclasses.replace(mesh, **changes)


def edges_from(mesh, eye):
    """Pairs of places that are seen from `eye`, and the edges themselves."""
    sides = FaceSides(mesh)
    edges = FeatureEdges(mesh, sides)
    seen = edges.seen(sides.front(np.asarray(eye, float)))
    ends = np.round(mesh.vertices[seen], 5)
    return {frozenset(map(tuple, pair.tolist())) for pair in ends}, edges


def cube():
    """A cube of side 1, its sides of two triangles each."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))])
    return mesh_of(type(box((1, 1, 1)))(corners, faces))


@pytest.mark.parametrize("eye, count", [((9, 0.1, 0.2), 4), ((9, 9, 0.1), 7), ((9, 8, 7), 9)])
def test_of_a_cube_the_edges_of_the_sides_that_are_seen(eye, count):
    """One, two and three sides have 4, 7 and 9 edges; diagonals are no edges."""
    seen, edges = edges_from(cube(), eye)
    assert len(seen) == count and len(edges) == 12
    for first, second in map(tuple, seen):
        assert np.isclose(np.linalg.norm(np.subtract(first, second)), 1)
    assert len(np.unique(edges.patches)) == 6


def test_of_a_cube_that_is_open_also_those_behind():
    whole = cube()
    keep = np.arange(len(whole.faces)) != 0
    arrays = ("faces", "normals", "uv", "colors", "material_ids")
    opened = dataclasses.replace(whole, **{name: getattr(whole, name)[keep] for name in arrays})
    seen, _ = edges_from(opened, (9, 0.1, 0.2))
    assert len(seen) == 13  # Twelve, and the diagonal of the side that lost a triangle.


@pytest.mark.parametrize("flip", ["all", "some"])
def test_winding_does_not_matter(flip):
    mesh = mesh_of(ellipsoid((1, 0.7, 0.5), n=16), box((0.3, 0.4, 2)))
    turned = np.arange(len(mesh.faces)) % (1 if flip == "all" else 3) == 0
    faces, normals = mesh.faces.copy(), mesh.normals.copy()
    faces[turned], normals[turned] = faces[turned][:, ::-1], normals[turned][:, ::-1]
    other = dataclasses.replace(mesh, faces=faces, normals=normals)
    for eye in ((9, 4, 5), (-3, 8, 1)):
        assert edges_from(mesh, eye)[0] == edges_from(other, eye)[0]


def test_of_a_smooth_body_only_its_outline():
    part = ellipsoid((1, 1, 1), n=32)
    smooth = part.vertices / np.linalg.norm(part.vertices, axis=1, keepdims=True)
    mesh = mesh_of(part)
    mesh = dataclasses.replace(mesh, normals=smooth[part.faces].astype(np.float32))
    seen, edges = edges_from(mesh, (50, 0.3, 0.2))
    assert len(edges) == 0 and len(np.unique(edges.patches)) == 1
    # A closed line near the plane x = 0: every place on it has two edges.
    places = [place for pair in seen for place in pair]
    assert all(places.count(place) == 2 for place in places)
    assert np.abs(np.array(places)[:, 0]).max() < 0.3 and len(seen) >= 24


def test_vertices_at_one_place_need_not_be_shared():
    """Faces with corners of their own, as some files have them, still meet."""
    mesh = mesh_of(ellipsoid((1, 0.7, 0.5), n=16))
    apart = dataclasses.replace(
        mesh,
        vertices=mesh.vertices[mesh.faces].reshape(-1, 3),
        faces=np.arange(3 * len(mesh.faces), dtype=np.int32).reshape(-1, 3),
    )
    for eye in ((9, 4, 5), (-3, 8, 1)):
        assert edges_from(mesh, eye)[0] == edges_from(apart, eye)[0]


def step_in(name, value):
    """A sheet of two coplanar squares, of which one differs."""
    corners = np.array([[0, -1, 0], [0, 0, 0], [0, 1, 0], [0, -1, 1], [0, 0, 1], [0, 1, 1]], float)
    faces = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])
    mesh = mesh_of(type(box((1, 1, 1)))(corners, faces))
    array = getattr(mesh, name).copy()
    array[2:] += np.asarray(value, array.dtype)
    texture = np.full((2, 2, 3), 200, np.uint8)
    materials = (Material("one", texture=texture), Material("two", texture=texture))
    return dataclasses.replace(mesh, **{name: array}, materials=materials)


@pytest.mark.parametrize(
    "name, value, creased",
    [
        ("colors", 0.0, False),
        ("colors", -0.3, True),
        ("uv", 0.25, True),
        ("normals", (0, 0, 0.3), True),
        ("material_ids", 1, True),
    ],
)
def test_a_step_in_what_is_shaded_makes_a_crease(name, value, creased):
    seen, edges = edges_from(step_in(name, value), (9, 1, 1))
    middle = frozenset({(0.0, 0.0, 0.0), (0.0, 0.0, 1.0)})
    assert (middle in seen) == creased and len(seen) == 6 + creased
    assert len(np.unique(edges.patches)) == 1 + creased


def test_texture_coordinates_count_only_where_there_is_a_texture():
    mesh = dataclasses.replace(step_in("uv", 0.25), materials=(GREY,))
    assert len(edges_from(mesh, (9, 1, 1))[0]) == 6


def test_separate_parts_are_separate_patches():
    mesh = mesh_of(ellipsoid((1, 0.7, 0.5), n=16), tube((0, 0, 0), (0, 0, 2), 0.3))
    patches = FeatureEdges(mesh, FaceSides(mesh)).patches
    split = len(ellipsoid((1, 0.7, 0.5), n=16).faces)
    assert not np.isin(patches[split:], patches[:split]).any()
