"""The second family of planes is usable: in the frame, repeatable, varied, and made on its own."""

import importlib.util
import pathlib
import re

import numpy as np
import pytest
import trimesh

PATH = pathlib.Path(__file__).with_name("other_planes.py")


@pytest.fixture(scope="module")
def other_planes():
    spec = importlib.util.spec_from_file_location("other_planes", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def planes(other_planes):
    return [other_planes.generate_other_plane(1, i) for i in range(40)]


def test_normalised_and_finite(planes):
    for mesh in planes:
        low, high = mesh.bounds()
        np.testing.assert_allclose(low + high, 0, atol=1e-5)
        assert (high - low).max() == pytest.approx(2, abs=1e-5)
        assert np.isfinite(mesh.normals).all()
        assert mesh.colors.min() >= 0 and mesh.colors.max() <= 1
        assert mesh.landmarks is None


def test_same_arguments_same_plane_other_arguments_another(other_planes):
    first, again, other = (other_planes.generate_other_plane(s, 3) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.colors, again.colors)
    assert first.object_id == again.object_id != other.object_id
    assert first.colors.shape != other.colors.shape or not np.allclose(first.colors, other.colors)


def test_fin_stands_up_at_the_rear(planes):
    for mesh in planes:
        low, high = mesh.bounds()
        middle = mesh.vertices[np.abs(mesh.vertices[:, 1]) < 0.02]
        top = middle[middle[:, 2].argmax()]
        assert top[0] < low[0] + 0.3 * (high - low)[0], mesh.kind
        assert top[2] > high[2] - 0.05


def test_nose_is_forward_and_wings_lie_ahead_of_the_fin(planes):
    for mesh in planes:
        low, high = mesh.bounds()
        tip = mesh.vertices[mesh.vertices[:, 1].argmax()]
        fin = mesh.vertices[mesh.vertices[:, 2].argmax()]
        assert tip[0] > fin[0], mesh.kind
        front = mesh.vertices[mesh.vertices[:, 0] > high[0] - 0.02 * (high - low)[0]]
        assert np.abs(front[:, 1]).max() < 0.35 * high[1], mesh.kind


def test_left_mirrors_right_but_for_the_propellers(planes):
    for mesh in planes:
        assert mesh.bounds()[:, 1].sum() == pytest.approx(0, abs=1e-5)


def test_every_closed_surface_faces_outwards(planes):
    for mesh in planes[:10]:
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        assert all(p.is_watertight and p.volume > 0 for p in solid.split(only_watertight=False))


def test_kinds_and_proportions_vary(other_planes, planes):
    assert len({mesh.kind for mesh in planes}) == len(other_planes.KINDS)
    spans = [mesh.bounds()[1, 1] / mesh.bounds()[1, 0] for mesh in planes]
    assert max(spans) > 2 * min(spans)


def test_shares_no_layout_code_with_the_package():
    imports = re.findall(r"^(?:from|import) (\S+)", PATH.read_text(), re.M)
    package = [name for name in imports if name.startswith("keypointnet_tf")]
    assert package == ["keypointnet_tf.shapes.mesh"]
