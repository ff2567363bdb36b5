"""What a job renders of an object: human keypoints on the surface, deformations, and both."""

import dataclasses
import json

import numpy as np
import pytest

from keypointnet_tf.data import records, schema
from keypointnet_tf.data.human_keypoints import Annotation, read_human_keypoints
from keypointnet_tf.data.object_mesh import (
    annotated_sources,
    attach_landmarks,
    distances_to_surface,
    object_mesh,
)
from keypointnet_tf.data.render_folder import describe
from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.job import RenderJob, object_tasks
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.deformation import Deformation, deform
from keypointnet_tf.shapes.frames import Frame
from keypointnet_tf.shapes.mesh import Placement
from keypointnet_tf.shapes.mesh_file import load_mesh
from keypointnet_tf.shapes.sources import MeshSource

CHAIR = "88382b877be91b2a572f8e1c1caad99e"
# A wedge in a file with y up and front -z, well off the origin.
OBJ = """v 1 2 3
v 5 2 3
v 1 4 3
v 1 2 9
f 1 3 2
f 1 2 4
f 1 4 3
f 2 3 4
"""


def annotation(*points, model="wedge"):
    xyz = np.array(points, float)
    return Annotation("03001627", model, xyz, np.full(len(xyz), -1), np.full(xyz.shape, np.nan))


@pytest.fixture
def wedge(tmp_path):
    path = tmp_path / "wedge.obj"
    path.write_text(OBJ)
    return MeshSource(str(path), "wedge", up="y", front="-z")


@pytest.fixture
def keypoint_file(tmp_path):
    points = [{"xyz": [1, 2, 3], "semantic_id": 0}, {"xyz": [5, 2, 3], "semantic_id": 2}]
    entries = [
        {"class_id": "03001627", "model_id": "wedge", "keypoints": points},
        {
            "class_id": "03001627",
            "model_id": "other",
            "keypoints": [{**points[0], "semantic_id": 1}],
        },
    ]
    path = tmp_path / "chair.json"
    path.write_text(json.dumps(entries))
    return str(path)


def test_keypoints_take_the_way_of_the_mesh(wedge):
    # Box (1..5, 2..4, 3..9): centre (3, 3, 6), longest side 6. Ours: x = -z, y = -x, z = y.
    mesh = attach_landmarks(wedge.load(), annotation((1, 2, 3), (5, 2, 3), (np.nan,) * 3))
    expected = [[1, 2 / 3, -1 / 3], [1, -2 / 3, -1 / 3], [np.nan] * 3]
    np.testing.assert_allclose(mesh.landmarks, expected, atol=1e-6)
    for landmark in mesh.landmarks[:2]:
        assert np.linalg.norm(mesh.vertices - landmark, axis=1).min() < 1e-6


def test_a_placement_is_all_moves_in_one():
    points = np.array([[1.0, 2, 3]])
    both = Placement().then([1, 1, 1], 2.0).then([-4, 0, 2], 0.5)
    np.testing.assert_allclose(both(points), [[((1 + 1) * 2 - 4) / 2, 3, 5]])


def test_another_frame_or_mesh_is_refused(wedge):
    with pytest.raises(ValueError, match="wedge: human keypoint in row 1 .* off the surface"):
        attach_landmarks(wedge.load(), annotation((1, 2, 3), (5, 2.4, 3)))
    turned = dataclasses.replace(wedge, front="x").load()
    with pytest.raises(ValueError, match="off the surface; expected the mesh of ShapeNetCore v2"):
        attach_landmarks(turned, annotation((5, 2, 3)))
    attach_landmarks(turned, annotation((5, 2, 3)), Frame("y", "x"))
    bent = deform(wedge.load(), Deformation("bend", 0.5))
    with pytest.raises(ValueError, match="wedge: the mesh is deformed"):
        attach_landmarks(bent, annotation((1, 2, 3)))


def test_distances_to_the_surface(wedge):
    mesh = wedge.load()
    # The face of the wedge with the file's z = 3 is x = 1 here.
    points = np.array([[1.03, 0.4, -0.2], [1.5, 0.4, -0.2], [1, 0.4, -0.2]])
    found = distances_to_surface(mesh, points, limit=0.1)
    np.testing.assert_allclose(found, [0.03, np.inf, 0], atol=1e-6)


def test_sources_without_keypoints_are_left_out(wedge, keypoint_file):
    keypoints = read_human_keypoints(keypoint_file)
    named = dataclasses.replace(wedge, object_id="03001627-wedge", split="test")
    stranger = dataclasses.replace(wedge, object_id="stranger")
    other = dataclasses.replace(wedge, object_id="other")
    assert annotated_sources([stranger, named, other], keypoints) == (named, other)
    with pytest.raises(ValueError, match="none of 1 meshes has human keypoints .* got stranger"):
        annotated_sources([stranger], keypoints)


def make_job(source, keypoint_file="", **changes):
    views = PairConfig(size=16)
    return RenderJob(
        meshes=(source,), pairs=1, views=views, human_keypoints=keypoint_file, **changes
    )


def test_records_hold_the_keypoints_and_meta_their_names(wedge, keypoint_file, tmp_path):
    job = make_job(wedge, keypoint_file)
    report = run_job(job, tmp_path / "out", workers=1, progress=False)
    assert report.failures == []
    (features,) = records.read_records(tmp_path / "out" / "0000.tfrecord")
    pair = schema.decode_pair(features, path="x", index=0)
    assert pair.landmarks.shape == (3, 3) and np.isnan(pair.landmarks[1]).all()
    meta = json.loads((tmp_path / "out" / "meta.json").read_text())
    assert meta["landmark_names"] == ["keypoint_0", "keypoint_1", "keypoint_2"]
    assert len(meta["config"]["human_keypoints"]) == 16


def test_keypoints_are_attached_before_the_object_is_deformed(wedge, keypoint_file):
    job = make_job(wedge, keypoint_file, deformation=Deformation("bend", 1.0, seed=4))
    (task,) = object_tasks(job)
    mesh = object_mesh(job, task)
    for landmark in mesh.landmarks[[0, 2]]:
        assert np.linalg.norm(mesh.vertices - landmark, axis=1).min() < 1e-6
    plain = attach_landmarks(wedge.load(), annotation((1, 2, 3), (5, 2, 3)))
    assert np.abs(mesh.landmarks[[0, 2]] - plain.landmarks).max() > 0.05


def test_a_mesh_without_keypoints_fails_by_name(wedge, keypoint_file):
    job = make_job(dataclasses.replace(wedge, object_id="stranger"), keypoint_file)
    (task,) = object_tasks(job)
    with pytest.raises(ValueError, match="chair.json: holds no keypoints of stranger"):
        object_mesh(job, task)


def test_keypoints_need_meshes():
    with pytest.raises(ValueError, match="human_keypoints is 'k.json' and shapes 'car'"):
        RenderJob(shapes="car", human_keypoints="k.json")


def test_the_description_tells_deformation_only_where_there_is_one():
    plain, bent = (
        RenderJob(shapes="car"),
        RenderJob(shapes="car", deformation=Deformation("twist", 0.4, seed=3)),
    )
    assert set(describe(plain)["config"]) <= set(describe(bent)["config"])
    assert "deformation" not in describe(plain)["config"]
    assert "human_keypoints" not in describe(plain)["config"]
    expected = {"kind": "twist", "strength": 0.4, "seed": 3}
    assert describe(bent)["config"]["deformation"] == expected


def test_a_folder_of_one_deformation_refuses_another(tmp_path):
    def run(strength):
        job = RenderJob(
            shapes="plane",
            objects=1,
            pairs=1,
            views=PairConfig(size=16),
            deformation=Deformation("taper", strength),
        )
        return run_job(job, tmp_path, workers=1, progress=False)

    assert run(0.5).written == 1
    with pytest.raises(ValueError, match="config.deformation.strength is 0.5 and now 0.7"):
        run(0.7)


@pytest.fixture(scope="module")
def chair(sample_data):
    """The annotated sample chair, its annotation, and the path of its files without suffix."""
    keypoints = read_human_keypoints(sample_data / "human_keypoints/annotations/chair.json")
    stem = sample_data / "shapenet_v2/03001627" / CHAIR / "models/model_normalized"
    mesh = load_mesh(f"{stem}.obj", up="y", front="-z", object_id=f"03001627-{CHAIR}")
    found = keypoints.find(mesh.object_id)
    return attach_landmarks(mesh, found), found, stem


def test_real_keypoints_lie_on_the_real_surface(chair):
    mesh, _, _ = chair
    present = mesh.landmarks[np.isfinite(mesh.landmarks[:, 0])]
    assert len(present) == 10
    assert distances_to_surface(mesh, present, limit=0.05).max() < 1e-5


def test_real_keypoints_are_where_their_faces_say(chair):
    """Faces count in the order of the file, so the file itself is read here."""
    import trimesh

    _, found, stem = chair
    triangles = trimesh.load(f"{stem}.ply", process=False).triangles
    rows = np.flatnonzero(found.face_index >= 0)
    places = np.einsum("nc,ncd->nd", found.face_uv[rows], triangles[found.face_index[rows]])
    np.testing.assert_allclose(places, found.xyz[rows], atol=1e-6)


def test_real_keypoints_stand_the_right_way(chair):
    mesh, _, _ = chair
    backrest, seat_rear, seat_front = (mesh.landmarks[[i, i + 1]].mean(axis=0) for i in (0, 2, 4))
    feet = mesh.landmarks[17:21]
    assert seat_front[0] > seat_rear[0] + 0.3 > backrest[0]
    assert backrest[2] > seat_front[2] + 0.5 and (feet[:, 2] < -0.95).all()
    # Ids 0, 2, 4 lie at the file's +x, which is the sitter's right, our -y.
    assert (mesh.landmarks[[0, 2, 4], 1] < 0).all() and (mesh.landmarks[[1, 3, 5], 1] > 0).all()


def test_real_keypoints_project_into_the_mask(chair):
    mesh, _, _ = chair
    scene, size, focal = Scene(mesh), 128, placement.focal_length()
    points = mesh.landmarks[np.isfinite(mesh.landmarks[:, 0])].astype(float)
    for azimuth in np.radians([20, 110, 200, 290]):
        eye = 30 * np.array([0.8 * np.cos(azimuth), 0.8 * np.sin(azimuth), 0.6])
        pose = placement.look_at(eye)
        view = scene.render(pose, size=size, focal=focal)
        uv, z = placement.project_points(points, pose, focal)
        column, row = placement.ndc_to_pixels(uv, size, size).astype(int).T
        around = np.arange(-1, 2)
        patch = view.depth[row[:, None, None] + around[:, None], column[:, None, None] + around]
        assert np.isfinite(patch).any(axis=(1, 2)).all(), "a keypoint beside the chair"
        # On the surface or behind it, never in the air in front.
        assert (z <= np.nanmax(patch, axis=(1, 2)) + 0.05).all()
