"""glTF, COLLADA, STL and OFF: what is made of opacity, of axes, and of common oddities."""

import io
import json

import numpy as np
import pytest
import trimesh
from PIL import Image

from keypointnet_tf.shapes import mesh_file
from keypointnet_tf.shapes.mesh_file import load_mesh, stated_up

PLACES = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
FACES = np.array([[0, 1, 2], [0, 2, 3]])
HOLED = np.array([[[200, 100, 50, 255], [9, 9, 9, 102], [9, 9, 9, 0]]], np.uint8)
PANE = np.full((2, 2, 4), 80, np.uint8)
RED = [255, 0, 0, 255]


def write_glb(path, *, texture=None, factor=(255, 255, 255, 255), mode=None, cutoff=None):
    """A square beside a plain one, so that there is something left without it."""
    material = trimesh.visual.material.PBRMaterial(
        name="tested",
        baseColorFactor=list(factor),
        baseColorTexture=None if texture is None else Image.fromarray(texture),
        alphaMode=mode,
        alphaCutoff=cutoff,
    )
    scene = trimesh.Scene()
    for x, paint in ((0, material), (2, trimesh.visual.material.PBRMaterial(name="plain"))):
        visual = trimesh.visual.TextureVisuals(uv=PLACES[:, :2], material=paint)
        part = trimesh.Trimesh(PLACES + [x, 0, 0], FACES, visual=visual, process=False)
        scene.add_geometry(part, geom_name=paint.name)
    path.write_bytes(scene.export(file_type="glb"))
    return path


def probe(mesh):
    return {material.name: material for material in mesh.materials}.get("tested")


@pytest.mark.parametrize(
    "cutoff, factor, seen",
    [(None, 255, [1, 0, 0]), (0.4, 255, [1, 1, 0]), (0.4, 128, [1, 0, 0]), (0.0, 255, [1, 1, 1])],
)
def test_masks_cut_out_what_is_below_the_cutoff(tmp_path, cutoff, factor, seen):
    path = write_glb(
        tmp_path / "a.glb",
        texture=HOLED,
        mode="MASK",
        cutoff=cutoff,
        factor=(255, 255, 255, factor),
    )
    cutout = probe(load_mesh(path)).cutout
    found = np.ones(3) if cutout is None else cutout[0] >= 128
    np.testing.assert_array_equal(found, np.array(seen, bool))


@pytest.mark.parametrize(
    "texture, factor, mode, cutoff, left",
    [
        (None, 10, "BLEND", None, False),
        (None, 14, "BLEND", None, True),
        (None, 0, "OPAQUE", None, True),
        (None, 0, None, None, True),
        (None, 120, "MASK", None, False),
        (None, 120, "MASK", 0.4, True),
        (HOLED, 60, "MASK", 0.4, False),
        (PANE, 255, "BLEND", None, True),
        (PANE, 35, "BLEND", None, False),
    ],
)
def test_what_cannot_be_seen_is_left_out(tmp_path, texture, factor, mode, cutoff, left):
    path = write_glb(
        tmp_path / "a.glb",
        texture=texture,
        factor=(255, 255, 255, factor),
        mode=mode,
        cutoff=cutoff,
    )
    mesh = load_mesh(path)
    assert (probe(mesh) is not None) == left and len(mesh.faces) == (4 if left else 2)
    assert not left or probe(mesh).cutout is None


def test_blended_pictures_cut_out_what_is_less_than_half_opaque(tmp_path):
    material = probe(load_mesh(write_glb(tmp_path / "a.glb", texture=HOLED, mode="BLEND")))
    np.testing.assert_array_equal(material.cutout[0] >= 128, [True, False, False])
    # What is cut out takes the colour of the rest, so that it does not shine through at the edge.
    np.testing.assert_array_equal(material.texture[0], [[200, 100, 50]] * 3)
    opaque = probe(load_mesh(write_glb(tmp_path / "b.glb", texture=HOLED, mode="OPAQUE")))
    assert opaque.cutout is None
    np.testing.assert_array_equal(opaque.texture[0, 1], [9, 9, 9])


def test_large_pictures_are_stored_smaller(tmp_path):
    picture = np.zeros((8, 3000, 3), np.uint8)
    picture[:, 1500:] = 255
    material = probe(load_mesh(write_glb(tmp_path / "a.glb", texture=picture)))
    assert material.texture.shape == (8, 1024, 3)
    np.testing.assert_array_equal(material.texture[4, ::341, 0], [0, 0, 255, 255])


def dae(*, up="Y_UP", texture=""):
    """The square as COLLADA, from trimesh, with another up axis and a picture."""
    text = trimesh.Trimesh(PLACES, FACES, process=False).export(file_type="dae").decode()
    assert "<up_axis>Y_UP</up_axis>" in text
    return text.replace("Y_UP", up).encode()


def test_collada_is_read_in_the_axes_that_are_told(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(mesh_file, "_up_reported", set())
    path = tmp_path / "a.dae"
    path.write_bytes(dae(up="Y_UP"))
    upright = load_mesh(path, up="y", front="z")
    assert np.ptp(upright.bounds()[:, 2]) == pytest.approx(2) and not caplog.records
    lying = load_mesh(path)
    assert np.ptp(lying.bounds()[:, 2]) == 0
    assert "a.dae: states that y points up, and is read with z up, as told" in caplog.text
    load_mesh(path)
    (tmp_path / "b.dae").write_bytes(dae(up="Y_UP"))
    load_mesh(tmp_path / "b.dae")
    assert len(caplog.records) == 1


def test_files_state_their_up_axis():
    assert stated_up(dae(up="X_UP"), "dae") == "x" and stated_up(dae(up="Z_UP"), "dae") == "z"
    assert stated_up(b"<COLLADA/>", "dae") == "" and stated_up(b"", "obj") == ""
    assert stated_up(b"", "glb") == stated_up(b"", "gltf") == "y"


def test_the_unit_of_collada_does_not_matter(tmp_path):
    meters, inches = dae(), dae().replace(b'meter="1.0"', b'meter="0.0254"')
    assert meters != inches
    meshes = []
    for name, data in (("a.dae", meters), ("b.dae", inches)):
        (tmp_path / name).write_bytes(data)
        meshes.append(load_mesh(tmp_path / name, up="y", front="z"))
    np.testing.assert_array_equal(meshes[0].vertices, meshes[1].vertices)


def test_separate_gltf_with_spaces_in_its_names(tmp_path):
    files = trimesh.Scene(
        trimesh.Trimesh(
            PLACES,
            FACES,
            process=False,
            visual=trimesh.visual.TextureVisuals(
                uv=PLACES[:, :2],
                material=trimesh.visual.material.PBRMaterial(
                    name="tested", baseColorTexture=Image.new("RGB", (2, 2), (255, 0, 0))
                ),
            ),
        )
    ).export(file_type="gltf")
    tree = json.loads(files.pop("model.gltf"))
    (tmp_path / "my parts").mkdir()
    for name, data in files.items():
        (tmp_path / "my parts" / name).write_bytes(data)
    for entry in tree["buffers"] + tree["images"]:
        if "uri" in entry:
            entry["uri"] = "my%20parts/" + entry["uri"]
    (tmp_path / "a.gltf").write_text(json.dumps(tree))
    mesh = load_mesh(tmp_path / "a.gltf", up="y", front="z")
    assert (probe(mesh).texture == [255, 0, 0]).all()


def test_transforms_of_nested_nodes_add_up(tmp_path):
    scene, triangle = trimesh.Scene(), trimesh.Trimesh(PLACES, FACES[:1], process=False)
    rng = np.random.default_rng(0)
    parent, expected = None, []
    for i in range(12):
        name = f"node {i}"
        turn = trimesh.transformations.random_rotation_matrix(rng.random(3))
        turn[:3, 3] = rng.uniform(2, 4, 3)
        scene.add_geometry(
            triangle, node_name=name, geom_name="t", parent_node_name=parent, transform=turn
        )
        expected.append(trimesh.transform_points(PLACES, scene.graph[name][0])[FACES[0]])
        parent = name
    scene.export(tmp_path / "a.glb")
    mesh = load_mesh(tmp_path / "a.glb")
    expected = np.array(expected)
    low, high = expected.min(axis=(0, 1)), expected.max(axis=(0, 1))
    expected = (expected - (low + high) / 2) * 2 / (high - low).max()
    found = mesh.vertices[mesh.faces]
    distance = np.abs(found[:, None] - expected[None]).max(axis=(2, 3))
    assert len(found) == 12 and (distance.min(axis=1) < 1e-5).all()
    assert sorted(distance.argmin(axis=1).tolist()) == list(range(12))


def test_what_follows_the_last_face_of_an_stl_is_passed_over(tmp_path):
    data = trimesh.Trimesh(PLACES, FACES, process=False).export(file_type="stl")
    (tmp_path / "a.stl").write_bytes(data + b"made by hand")
    assert len(load_mesh(tmp_path / "a.stl").faces) == 2


def test_binary_stl_may_begin_like_a_text(tmp_path):
    data = trimesh.Trimesh(PLACES, FACES, process=False).export(file_type="stl")
    (tmp_path / "a.stl").write_bytes(b"solid".ljust(80) + data[80:])
    assert len(load_mesh(tmp_path / "a.stl").faces) == 2


@pytest.mark.parametrize("name", ["façade", "名"])
def test_text_stl_and_off_in_any_encoding(tmp_path, name):
    square = trimesh.Trimesh(PLACES, FACES, process=False)
    text = square.export(file_type="stl_ascii").replace("solid", f"solid {name}", 1)
    (tmp_path / "a.stl").write_bytes(text.encode("gbk" if name == "名" else "latin-1"))
    off = "OFF # " + name + "\n" + square.export(file_type="off").removeprefix("OFF\n")
    (tmp_path / "b.off").write_bytes(off.encode("gbk" if name == "名" else "latin-1"))
    assert len(load_mesh(tmp_path / "a.stl").faces) == len(load_mesh(tmp_path / "b.off").faces) == 2


def test_off_with_its_counts_on_the_first_line(tmp_path):
    (tmp_path / "a.off").write_text("OFF3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    assert load_mesh(tmp_path / "a.off").faces.shape == (1, 3)


def test_pictures_of_other_formats_are_read(tmp_path):
    for suffix in ("jpg", "bmp", "tga", "gif", "webp"):
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), (250, 0, 0)).save(tmp_path / f"a.{suffix}")
        Image.new("RGB", (8, 8)).save(buffer, "PNG")
        (tmp_path / "a.obj").write_text(
            "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl m\nf 1 2 3\n"
        )
        (tmp_path / "a.mtl").write_text(f"newmtl m\nmap_Kd a.{suffix}\n")
        (material,) = load_mesh(tmp_path / "a.obj").materials
        np.testing.assert_allclose(material.texture[4, 4], (250, 0, 0), atol=6)
