"""ShapeNet folders of both versions."""

import json

import numpy as np
import pytest

from keypointnet_tf.shapes.frames import KNOWN_FRAMES, Frame
from keypointnet_tf.shapes.mesh_file import load_mesh
from keypointnet_tf.shapes.shapenet import ShapeNetFolder
from keypointnet_tf.shapes.shapenet_classes import synset_of

# Longest along x (4), tip at z = -2, top at y = 1.
OBJ = "v -2 0 0\nv 2 0 0\nv 0 0 -2\nv 0 1 0\nf 1 2 3\nf 1 2 4\n"
V1, V2 = "model.obj", "models/model_normalized.obj"


def write_models(root, files):
    for name in files:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(OBJ)
    return root


def test_version_2_faces_minus_z(tmp_path):
    write_models(tmp_path, [f"03001627/b/{V2}", f"03001627/a/{V2}"])
    folder = ShapeNetFolder(tmp_path, "chair")
    assert folder.synset == "03001627" and folder.model_ids == ("a", "b") and len(folder) == 2
    mesh = folder.load("b")
    assert mesh.object_id == "03001627-b"
    np.testing.assert_allclose(mesh.bounds(), [[-0.5, -1, -0.25], [0.5, 1, 0.25]])
    np.testing.assert_allclose(mesh.vertices[mesh.vertices[:, 0].argmax()], [0.5, 0, -0.25])


def test_version_1_faces_x(tmp_path):
    folder = ShapeNetFolder(write_models(tmp_path, [f"02691156/a/{V1}"]), "plane")
    np.testing.assert_allclose(folder.load("a").bounds(), [[-1, -0.5, -0.25], [1, 0.5, 0.25]])
    turned = ShapeNetFolder(tmp_path, "plane", frame=Frame("y", "-z")).load("a")
    np.testing.assert_allclose(turned.bounds(), [[-0.5, -1, -0.25], [0.5, 1, 0.25]])


def test_root_class_folder_and_model_folder_all_do(tmp_path):
    write_models(tmp_path, [f"02958343/a/{V2}", f"02958343/b/{V1}", "02958343/c/other.obj"])
    for root, models in (("", ("a", "b")), ("02958343", ("a", "b")), ("02958343/b", ("b",))):
        folder = ShapeNetFolder(tmp_path / root)
        assert folder.synset == "02958343" and folder.model_ids == models
    assert folder.path("b") == tmp_path / "02958343/b/model.obj"


def test_class_must_be_known_unambiguous_and_there(tmp_path):
    write_models(tmp_path, [f"02958343/a/{V2}", f"03001627/a/{V2}"])
    (tmp_path / "02691156").mkdir()
    with pytest.raises(ValueError, match="class is None; .* 02691156, 02958343, 03001627"):
        ShapeNetFolder(tmp_path)
    with pytest.raises(ValueError, match="class is 'mug'; expected one of the folders"):
        ShapeNetFolder(tmp_path, "mug")
    with pytest.raises(ValueError, match="category is 'boat'; expected an eight-digit synset"):
        ShapeNetFolder(tmp_path, "boat")
    with pytest.raises(ValueError, match="class is 02958343; expected 'chair'"):
        ShapeNetFolder(tmp_path / "02958343", "chair")
    with pytest.raises(ValueError, match="02691156: no models; expected <model>/models/model_norm"):
        ShapeNetFolder(tmp_path, "plane")
    with pytest.raises(ValueError, match="gone: no such folder"):
        ShapeNetFolder(tmp_path / "gone")
    with pytest.raises(ValueError, match="model is 'z'; expected one of the 1 of class 02958343"):
        ShapeNetFolder(tmp_path, "car").load("z")


def test_synset_of_names_and_numbers():
    assert [synset_of(name) for name in ("plane", "car", "chair", "12345678")] == [
        "02691156",
        "02958343",
        "03001627",
        "12345678",
    ]


@pytest.fixture(scope="module")
def chair(sample_data):
    """The sample chair: its mesh, and its human keypoints as `{semantic id: xyz in our frame}`."""
    folder = ShapeNetFolder(sample_data / "shapenet_v2", "chair")
    model = folder.model_ids[0]
    records = json.loads((sample_data / "human_keypoints/annotations/chair.json").read_text())
    keypoints = next(r for r in records if r["model_id"] == model)["keypoints"]
    vertices = [
        line.split()[1:4]
        for line in folder.path(model).read_text().splitlines()
        if line.startswith("v ")
    ]
    file_bounds = np.array(vertices, float)
    low, high = file_bounds.min(axis=0), file_bounds.max(axis=0)
    scale = 2 / (high - low).max()
    rotation = KNOWN_FRAMES["shapenet_v2"].rotation()
    points = {
        k["semantic_id"]: rotation @ ((np.array(k["xyz"]) - (low + high) / 2) * scale)
        for k in keypoints
    }
    return folder.load(model), points


def test_chair_stands_with_its_back_at_minus_x(chair):
    mesh, keypoints = chair
    points = np.array(list(keypoints.values()))
    high = points[points[:, 2] > 0.8]
    assert len(high) >= 2 and (high[:, 0] < -0.2).all()
    # A chair's seat is the largest level area and lies about half way up; its front juts out.
    level = np.abs(mesh.normals[..., 2]).min(axis=1) > 0.95
    seat = mesh.vertices[mesh.faces[level]].reshape(-1, 3)
    seat = seat[np.abs(seat[:, 2]) < 0.3]
    assert seat[:, 0].max() > 0.45


def test_chair_keypoints_lie_on_its_surface(chair):
    mesh, keypoints = chair
    steps = np.linspace(0, 1, 9)
    weights = np.array([(1 - a - b, a, b) for a in steps for b in steps if a + b <= 1 + 1e-9])
    surface = np.einsum("wc,fci->fwi", weights, mesh.vertices[mesh.faces]).reshape(-1, 3)
    for point in keypoints.values():
        assert np.linalg.norm(surface - point, axis=1).min() < 0.03


def test_chair_has_the_textures_of_its_visible_side(chair, sample_data):
    mesh, _ = chair
    # The fourth covers the backs of faces that are there twice, and of which the front is kept.
    assert sum(material.texture is not None for material in mesh.materials) == 3
    plain = load_mesh(next(sample_data.glob("shapenet_v2/*/*/models/*.ply")), up="y", front="-z")
    np.testing.assert_allclose(mesh.bounds(), plain.bounds(), atol=1e-4)
