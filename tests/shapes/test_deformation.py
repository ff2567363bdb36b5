"""Deformed meshes: identity at 0, landmarks on the surface, the same for the same seed."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.shapes import skinning
from keypointnet_tf.shapes.deformation import ALL, KINDS, Deformation, deform
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals, face_normals
from keypointnet_tf.shapes.parts import MeshBuilder, box
from keypointnet_tf.shapes.procedural import generate_object

WITHOUT_LIBRARY = ("bend", "twist", "taper", "stretch")


@pytest.fixture(params=KINDS)
def kind(request):
    if request.param == "skin":
        pytest.importorskip("tensorflow_graphics.geometry.transformation.linear_blend_skinning")
    return request.param


@pytest.fixture(scope="module")
def car() -> Mesh:
    return generate_object("car", 0, 1)


def bar(axis, object_id="bar") -> Mesh:
    """A box along one axis, a landmark at each corner."""
    size = np.roll([2.0, 0.6, 0.4], axis)
    builder = MeshBuilder()
    builder.add(box(size), Material("body"))
    mesh = builder.build(landmarks=None, object_id=object_id)
    corners = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1).T * size
    return dataclasses.replace(mesh, landmarks=corners.astype(np.float32))


def volume(mesh):
    a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
    return (a * np.cross(b, c)).sum() / 6


def test_strength_0_is_the_identity(car, kind):
    assert deform(car, Deformation(kind, 0.0, seed=3)) is car


def test_a_little_strength_changes_little(car, kind):
    moved = deform(car, Deformation(kind, 1e-4, seed=3))
    np.testing.assert_allclose(moved.landmarks, car.landmarks, atol=1e-3)
    np.testing.assert_allclose(moved.vertices[: len(car.vertices)], car.vertices, atol=1e-3)


def test_strength_moves_further_along_the_same_way(car, kind):
    moves = [
        deform(car, Deformation(kind, strength, seed=3)).landmarks - car.landmarks
        for strength in (0.05, 0.1, 1.0)
    ]
    sizes = [np.linalg.norm(move) for move in moves]
    assert sizes[0] < sizes[1] < sizes[2] and sizes[2] > 0.2
    np.testing.assert_allclose(2 * moves[0], moves[1], atol=0.1 * np.abs(moves[1]).max())


def test_landmarks_on_vertices_stay_on_them(car, kind):
    used = np.unique(car.faces)[::50]
    points = np.concatenate([car.vertices[used], np.full((1, 3), np.nan, np.float32)])
    marked = dataclasses.replace(car, landmarks=points)
    moved = deform(marked, Deformation(kind, 1.0, seed=5))
    assert np.isnan(moved.landmarks[-1]).all()
    np.testing.assert_allclose(moved.landmarks[:-1], moved.vertices[used], atol=1e-6)
    assert np.abs(moved.vertices[used] - car.vertices[used]).max() > 0.05


def test_the_result_is_normalised_and_shaded_anew(car, kind):
    moved = deform(car, Deformation(kind, 1.0, seed=5))
    low, high = moved.bounds()
    assert (high - low).max() == pytest.approx(2, abs=1e-5)
    np.testing.assert_allclose(low + high, 0, atol=1e-5)
    np.testing.assert_array_equal(moved.normals, corner_normals(moved.vertices, moved.faces))
    assert moved.placement is None and moved.object_id == car.object_id and moved.kind == car.kind


def test_outsides_stay_outside(kind):
    for index in range(6):
        mesh = bar(index % 3, object_id=f"bar_{index}")
        moved = deform(mesh, Deformation(kind, 1.0, seed=index))
        assert volume(moved) > 0.02
        assert np.isfinite(moved.vertices).all()
        assert (np.linalg.norm(face_normals(moved.vertices, moved.faces), axis=1) > 0).all()


def test_the_longest_side_is_the_bar_and_nothing_turns_inside_out(kind):
    """The signed volume of small tetrahedra all over the box keeps its sign."""
    rng = np.random.default_rng(0)
    starts = rng.uniform(-0.98, 0.98, (150, 1, 3))
    corners = starts + np.concatenate([np.zeros((1, 3)), 0.01 * np.eye(3)])
    for index in range(6):
        builder = MeshBuilder()
        builder.add(box(np.roll([2.0, 1.999, 1.998], index)), Material("cube"))
        cube = builder.build(landmarks=None, object_id=f"cube_{index}")
        marked = dataclasses.replace(cube, landmarks=corners.reshape(-1, 3).astype(np.float32))
        moved = deform(marked, Deformation(kind, 1.0, seed=index)).landmarks.astype(float)
        sides = moved.reshape(-1, 4, 3)[:, 1:] - moved.reshape(-1, 4, 3)[:, :1]
        assert np.linalg.det(sides).min() > 0


def test_twist_keeps_the_distance_from_the_longest_axis():
    for axis in range(3):
        mesh = bar(axis)
        moved = deform(mesh, Deformation("twist", 1.0, seed=axis)).landmarks
        # The bar keeps its length, 2, unless its turned ends have become the longest side.
        cross = [i for i in range(3) if i != axis]
        distance = np.linalg.norm(moved[:, cross], axis=1)
        expected = np.hypot(0.3, 0.2)
        np.testing.assert_allclose(distance, expected, atol=1e-5)
        np.testing.assert_allclose(np.abs(moved[:, axis]), 1, atol=1e-5)


def test_objects_and_seeds_differ_and_repeat(car, kind):
    def moved(seed, object_id):
        mesh = dataclasses.replace(car, object_id=object_id)
        return deform(mesh, Deformation(kind, 0.8, seed=seed)).landmarks

    np.testing.assert_array_equal(moved(1, "a"), moved(1, "a"))
    others = [moved(seed, name) for seed in (1, 2, 3) for name in "abcd"]
    assert len({other.tobytes() for other in others}) > 1


def test_all_gives_every_kind_its_share():
    deformation = Deformation(ALL, 0.5, seed=2)
    kinds = [deformation.kind_of(f"car_0_{i:06d}") for i in range(500)]
    assert set(kinds) == set(KINDS)
    assert min(kinds.count(kind) for kind in KINDS) > 60


def test_all_deforms_as_the_drawn_kind_alone():
    mesh = bar(0)
    for seed in range(30):
        kind = Deformation(ALL, 0.5, seed).kind_of(mesh.object_id)
        if kind in WITHOUT_LIBRARY:
            both = [deform(mesh, Deformation(name, 0.5, seed)).vertices for name in (ALL, kind)]
            np.testing.assert_array_equal(*both)
            return
    pytest.fail("no seed draws a kind that needs no library")


@pytest.mark.parametrize(
    "values, message",
    [
        (("melt", 0.5), "kind is 'melt'; expected one of bend, twist"),
        (("bend", 1.5), "strength is 1.5; expected 0 to 1"),
        (("bend", float("nan")), "strength is nan"),
        (("bend", 0.5, -1), "seed is -1"),
    ],
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Deformation(*values)


def test_a_missing_library_is_told_before_work_begins(monkeypatch):
    monkeypatch.setattr(skinning.importlib.util, "find_spec", lambda name: None)
    Deformation("bend", 1.0).check_available()
    Deformation("skin", 0.0).check_available()
    for kind in ("skin", ALL):
        with pytest.raises(ValueError, match="tensorflow-graphics is not installed"):
            Deformation(kind, 1.0).check_available()
