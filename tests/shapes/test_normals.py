"""Corner normals: smooth within the crease angle, sharp beyond it, whichever way faces wind."""

import numpy as np
import pytest

from keypointnet_tf.shapes import normals
from keypointnet_tf.shapes.normals import corner_normals, face_normals, row_groups


def grid(height, *, n=12, reach=1.0):
    """A square of `2 n n` triangles in `z = height(x, y)`."""
    steps = np.linspace(-reach, reach, n + 1)
    x, y = (axis.reshape(-1) for axis in np.meshgrid(steps, steps))
    index = np.arange((n + 1) ** 2).reshape(n + 1, n + 1)
    a, b, c, d = (
        part.reshape(-1)
        for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    )
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return np.stack([x, y, height(x, y)], 1), faces


def fan(count, *, height=0.2):
    """A cone of `count` faces around the apex."""
    angles = np.arange(count) * 2 * np.pi / count
    rim = np.stack([np.cos(angles), np.sin(angles), np.zeros(count)], 1)
    vertices = np.concatenate([[[0, 0, height]], rim])
    here = np.arange(count)
    return vertices, np.stack([np.zeros(count, int), here + 1, (here + 1) % count + 1], 1)


def flipped(faces, chosen):
    faces = faces.copy()
    faces[chosen] = faces[chosen][:, [0, 2, 1]]
    return faces


def by_definition(vertices, faces, crease_degrees=40.0):
    """The docstring's sentence, pair by pair."""
    weighted = face_normals(vertices, faces)
    unit = weighted / np.linalg.norm(weighted, axis=1, keepdims=True)
    places = np.round(vertices, 6)
    result = np.zeros((len(faces), 3, 3))
    for f, face in enumerate(faces):
        for corner, vertex in enumerate(face):
            meeting = (places[faces] == places[vertex]).all(-1).any(1)
            near = unit @ unit[f] > np.cos(np.radians(crease_degrees))
            total = weighted[meeting & near].sum(0)
            result[f, corner] = total / np.linalg.norm(total)
    return result


def test_normals_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    vertices, faces = grid(lambda x, y: rng.uniform(0, 0.35, x.shape), n=6)
    expected = by_definition(vertices, faces)
    np.testing.assert_allclose(corner_normals(vertices, faces), expected, atol=1e-6)
    # Some of the neighbours are across a crease.
    assert np.abs(expected - by_definition(vertices, faces, 180.0)).max() > 0.1


def test_each_side_of_a_crease_is_smooth_up_to_it():
    # A ridge along y whose sides are arcs; they meet at 90 degrees, and their faces turn by less
    # than 10 degrees from one to the next.
    vertices, faces = grid(lambda x, y: -np.abs(x) - 0.2 * x**2)
    found = corner_normals(vertices, faces)
    at_ridge = np.isclose(vertices[faces][..., 0], 0)
    right = vertices[faces][..., 0].max(axis=1) > 1e-9
    np.testing.assert_allclose(found[at_ridge & right[:, None]][:, 0], np.sqrt(0.5), atol=0.02)
    np.testing.assert_allclose(found[at_ridge & ~right[:, None]][:, 0], -np.sqrt(0.5), atol=0.02)
    # Between the ridge and the rim the neighbours are averaged: one normal per place.
    inner = np.isclose(vertices[faces][..., 0], 0.5) & (np.abs(vertices[faces][..., 1]) < 0.9)
    np.testing.assert_allclose(found[inner], np.broadcast_to(found[inner][0], found[inner].shape))


def test_a_third_face_across_a_crease_does_not_spoil_the_smooth_ones():
    # Two level faces and a wall share the vertex 0; the mean of all three is 27 degrees off.
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, -1.0]])
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 4, 1]])
    found = corner_normals(vertices, faces)
    np.testing.assert_allclose(found[:2], np.broadcast_to([0, 0, 1.0], (2, 3, 3)), atol=1e-7)
    np.testing.assert_allclose(np.abs(found[2]), np.broadcast_to([0, 1.0, 0], (3, 3)), atol=1e-7)


def test_vertices_at_one_place_are_smoothed_together():
    vertices, faces = grid(lambda x, y: 0.2 * x**2)
    torn = corner_normals(vertices[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3))
    np.testing.assert_array_equal(torn, corner_normals(vertices, faces))


def test_flipped_faces_keep_their_side_and_smoothness():
    vertices, faces = grid(lambda x, y: 0.3 * np.sin(3 * x) * np.cos(2 * y))
    turned = np.random.default_rng(1).random(len(faces)) < 0.5
    whole = corner_normals(vertices, faces)
    mixed = corner_normals(vertices, flipped(faces, turned), two_sided=True)
    mixed[turned] = -mixed[turned][:, [0, 2, 1]]
    np.testing.assert_allclose(mixed, whole, atol=1e-6)
    one_sided = corner_normals(vertices, flipped(faces, turned))
    one_sided[turned] = -one_sided[turned][:, [0, 2, 1]]
    assert np.abs(one_sided - whole).max() > 0.05


@pytest.mark.parametrize("two_sided", [False, True])
def test_crowded_vertices_take_the_mean_of_all(two_sided):
    count = normals.MOST_FACES_COMPARED + 1
    found = corner_normals(*fan(count), two_sided=two_sided)
    np.testing.assert_allclose(found[:, 0], np.tile([0, 0, 1.0], (count, 1)), atol=1e-6)
    # Sides of a needle are further from its axis than the crease angle.
    steep = fan(count, height=2.0)
    np.testing.assert_allclose(corner_normals(*steep)[:, 0, 2], 1 / np.sqrt(5), atol=1e-2)


def test_the_size_of_chunks_does_not_matter(monkeypatch):
    vertices, faces = grid(lambda x, y: 0.5 * np.cos(4 * x * y))
    whole = corner_normals(vertices, faces)
    monkeypatch.setattr(normals, "_PAIRS_AT_ONCE", 50)
    np.testing.assert_array_equal(corner_normals(vertices, faces), whole)


def test_faces_without_area_have_no_normal_and_no_weight():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0.0]])
    found = corner_normals(vertices, np.array([[0, 1, 2], [0, 1, 3]]))
    np.testing.assert_array_equal(found[0], np.tile([0, 0, 1], (3, 1)))
    np.testing.assert_array_equal(found[1], np.zeros((3, 3)))
    assert corner_normals(vertices, np.zeros((0, 3), int)).shape == (0, 3, 3)


def test_row_groups_number_equal_rows_alike():
    rows = np.array([[2, 1], [0, 5], [2, 1], [2, 0], [0, 5]])
    groups = row_groups(rows)
    np.testing.assert_array_equal(
        groups[:, None] == groups, (rows[:, None] == rows[None]).all(axis=-1)
    )
    assert sorted(set(groups.tolist())) == [0, 1, 2]
    assert row_groups(np.zeros((0, 3))).shape == (0,)
