"""Laws that every procedural category keeps."""

import collections

import numpy as np
import pytest

from keypointnet_tf.shapes import procedural
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.procedural import CATEGORIES, Category, generate_object

COUNT = 300
LEAST_SHARE = 0.08
LEAST_SPREAD = 0.08


@pytest.fixture(scope="module", params=list(CATEGORIES))
def category(request) -> Category:
    return CATEGORIES[request.param]


@pytest.fixture(scope="module")
def objects(category) -> list[Mesh]:
    return [generate_object(category.name, 0, index) for index in range(COUNT)]


def fingerprint(mesh: Mesh) -> bytes:
    arrays = [mesh.vertices, mesh.faces, mesh.normals, mesh.uv, mesh.colors, mesh.material_ids]
    arrays += [mesh.landmarks, *(m.color for m in mesh.materials)]
    arrays += [m.texture for m in mesh.materials if m.texture is not None]
    return b"".join(np.asarray(a).tobytes() for a in arrays)


def test_an_object_is_a_function_of_category_seed_and_index(category):
    name = category.name
    first = fingerprint(generate_object(name, 3, 7))
    generate_object(name, 3, 8)
    assert fingerprint(generate_object(name, 3, 7)) == first
    assert fingerprint(generate_object(name, 3, 8)) != first
    assert fingerprint(generate_object(name, 4, 7)) != first


def test_object_ids_name_category_seed_and_index(category):
    assert generate_object(category.name, 3, 7).object_id == f"{category.name}_3_000007"


def test_an_unknown_category_is_refused_by_name():
    with pytest.raises(ValueError, match="'boat'.*plane, car, chair"):
        generate_object("boat", 0, 0)


def test_the_registry_names_each_category_as_its_key():
    assert procedural.CATEGORIES.keys() == {c.name for c in CATEGORIES.values()}


def test_landmark_names_are_unique_and_pairs_are_among_them(category):
    names = category.landmark_names
    assert len(set(names)) == len(names)
    paired = [name for pair in category.symmetric_pairs for name in pair]
    assert len(set(paired)) == len(paired) and set(paired) <= set(names)
    assert {n for n in names if n.startswith(("left_", "right_"))} == set(paired)


def test_every_kind_has_its_share(category, objects):
    drawn = collections.Counter(mesh.kind for mesh in objects)
    assert set(drawn) == set(category.kinds)
    assert min(drawn.values()) >= LEAST_SHARE * COUNT


def test_objects_are_normalised(objects):
    for mesh in objects:
        low, high = mesh.bounds()
        assert (high - low).max() == pytest.approx(2, abs=1e-5)
        np.testing.assert_allclose(low + high, 0, atol=1e-5)


def test_geometry_is_finite_and_faces_have_area(objects):
    for mesh in objects:
        assert np.isfinite(mesh.vertices).all() and np.isfinite(mesh.uv).all()
        assert mesh.faces.min() >= 0 and mesh.faces.max() < len(mesh.vertices)
        assert 1000 <= len(mesh.faces) <= 4600


def test_corner_normals_are_of_unit_length_and_agree_with_their_faces(objects):
    for mesh in objects[:60]:
        a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
        normal = np.cross(b - a, c - a)
        area = np.linalg.norm(normal, axis=1)
        real = area > 1e-8
        np.testing.assert_allclose(np.linalg.norm(mesh.normals[real], axis=-1), 1, atol=1e-4)
        along = np.einsum("fci,fi->fc", mesh.normals[real], normal[real] / area[real, None])
        assert along.min() > 0


def test_surfaces_face_outwards(objects):
    for mesh in objects:
        a, b, c = (mesh.vertices[mesh.faces[:, i]].astype(float) for i in range(3))
        assert np.einsum("fi,fi->", a, np.cross(b, c)) > 0, mesh.object_id


def test_materials_exist_and_their_textures_are_bytes(objects):
    for mesh in objects:
        assert mesh.material_ids.min() >= 0 and mesh.material_ids.max() < len(mesh.materials)
        for material in mesh.materials:
            assert 0 <= min(material.color) and max(material.color) <= 1
            if material.texture is not None:
                assert material.texture.dtype == np.uint8 and material.texture.shape[2] == 3


def test_an_object_shows_contrast(objects):
    """At least two materials, or one texture, differ clearly in brightness."""
    for mesh in objects[:100]:
        tones = [255 * float(np.mean(m.color)) for m in mesh.materials if m.texture is None]
        for material in mesh.materials:
            if material.texture is not None:
                tones += list(np.percentile(material.texture.mean(axis=-1), [2, 98]))
        assert max(tones) - min(tones) > 20, mesh.object_id


def test_landmarks_are_whole_points_or_absent(category, objects):
    for mesh in objects:
        assert mesh.landmarks.shape == (len(category.landmark_names), 3)
        absent = np.isnan(mesh.landmarks)
        np.testing.assert_array_equal(absent.any(axis=1), absent.all(axis=1))
        low, high = mesh.bounds()
        present = mesh.landmarks[~absent.any(axis=1)]
        assert (present >= low - 0.03).all() and (present <= high + 0.03).all()


def test_left_is_positive_y_and_pairs_mirror_each_other(category, objects):
    rows = {name: i for i, name in enumerate(category.landmark_names)}
    for mesh in objects:
        for left, right in category.symmetric_pairs:
            a, b = mesh.landmarks[rows[left]], mesh.landmarks[rows[right]]
            np.testing.assert_allclose(a * (1, -1, 1), b, atol=1e-4, err_msg=mesh.object_id)
            assert np.isnan(a[1]) or a[1] > 0.005, (mesh.object_id, left)


def test_unpaired_landmarks_lie_in_the_plane_of_symmetry(category, objects):
    paired = {name for pair in category.symmetric_pairs for name in pair}
    rows = [i for i, name in enumerate(category.landmark_names) if name not in paired]
    for mesh in objects:
        y = mesh.landmarks[rows, 1]
        np.testing.assert_allclose(y[np.isfinite(y)], 0, atol=1e-4)


def test_proportions_vary_along_the_object(objects):
    x = np.stack([mesh.landmarks[:, 0] for mesh in objects])
    assert np.nanstd(x, axis=0).mean() >= LEAST_SPREAD
