"""Reading mesh files: geometry, colours and errors."""

import logging
import os

import numpy as np
import pytest
import trimesh
from PIL import Image

from keypointnet_tf.shapes.mesh_file import find_meshes, load_mesh

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)

# A floor of 2 x 2 with a texture and a wall of two triangles at x = 1, in plain colour. Positions
# are shared by both, as exporters do, and the texture coordinates differ from corner to corner.
OBJ = """mtllib two.mtl
v -1 -1 0
v 1 -1 0
v 1 1 0
v -1 1 0
v 1 -1 1
v 1 1 1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl floor
f 1/1 2/2 3/3 4/4
usemtl wall
f 2/1 5/2 6/3
f 2/1 6/3 3/4
"""
MTL = "newmtl floor\nKd 0.2 0.2 0.2\nmap_Kd {texture}\nnewmtl wall\nKd 0.2 0.4 0.6\n"
POSITIONS = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0], [1, -1, 1], [1, 1, 1]], float)
TETRAHEDRON = np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]], float)
SIDES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def write_obj(folder, *, obj=OBJ, texture="floor.png", image=True):
    """Writes the OBJ with its MTL; the texture is red, green over blue, yellow."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "two.obj").write_text(obj)
    (folder / "two.mtl").write_text(MTL.format(texture=texture))
    if image:
        pixels = np.array([[RED, GREEN], [BLUE, YELLOW]], np.uint8)
        (folder / texture).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / texture)
    return folder / "two.obj"


def corners_by_place(mesh, material):
    """`{(x, y, z): (u, v)}` of the corners of one material's faces."""
    faces = mesh.material_ids == [m.name for m in mesh.materials].index(material)
    places = np.round(mesh.vertices[mesh.faces[faces]].reshape(-1, 3), 5).tolist()
    uv = np.round(mesh.uv[faces].reshape(-1, 2), 5).tolist()
    return {tuple(place): tuple(at) for place, at in zip(places, uv, strict=True)}


def color_of(mesh, name):
    return next(material.color for material in mesh.materials if material.name == name)


def test_obj_keeps_materials_and_texture_coordinates_corner_by_corner(tmp_path):
    mesh = load_mesh(write_obj(tmp_path))
    assert mesh.object_id == "two" and mesh.faces.shape == (4, 3)
    assert sorted(m.name for m in mesh.materials) == ["floor", "wall"]
    # The bounding box is 2 x 2 x 1, so that centring moves it down by a half.
    assert corners_by_place(mesh, "floor") == {
        (-1, -1, -0.5): (0, 0),
        (1, -1, -0.5): (1, 0),
        (1, 1, -0.5): (1, 1),
        (-1, 1, -0.5): (0, 1),
    }
    assert corners_by_place(mesh, "wall") == {
        (1, -1, -0.5): (0, 0),
        (1, -1, 0.5): (1, 0),
        (1, 1, 0.5): (1, 1),
        (1, 1, -0.5): (0, 1),
    }


def test_obj_texture_is_the_right_way_up_and_replaces_kd(tmp_path):
    mesh = load_mesh(write_obj(tmp_path))
    floor = next(material for material in mesh.materials if material.name == "floor")
    np.testing.assert_array_equal(floor.texture, [[RED, GREEN], [BLUE, YELLOW]])
    assert floor.color == (1, 1, 1)
    np.testing.assert_allclose(color_of(mesh, "wall"), (0.2, 0.4, 0.6), atol=1 / 255)


def test_normals_are_unit_and_near_those_of_the_faces(tmp_path):
    mesh = load_mesh(write_obj(tmp_path))
    names = [mesh.materials[i].name for i in mesh.material_ids]
    for name, normal in (("floor", (0, 0, 1)), ("wall", (1, 0, 0))):
        seen = mesh.normals[[n == name for n in names]]
        np.testing.assert_allclose(np.linalg.norm(seen, axis=-1), 1, atol=1e-6)
        assert (np.abs(seen @ normal) > np.cos(np.radians(40))).all()


@pytest.mark.parametrize(
    "reference",
    [
        "../images/floor.png",
        "..\\images\\floor.png",
        "-clamp on -s 1 1 1 ../images/floor.png",
    ],
)
def test_obj_texture_beside_the_folder_is_found(tmp_path, reference):
    path = write_obj(tmp_path / "models", texture="../images/floor.png")
    path.with_suffix(".mtl").write_text(MTL.format(texture=reference))
    assert any(material.texture is not None for material in load_mesh(path).materials)


@pytest.mark.parametrize("texture", ["model://two/floor.png", "gone.png", "/etc/hostname"])
def test_broken_texture_is_drawn_in_kd_and_reported_once(tmp_path, caplog, texture):
    path = write_obj(tmp_path, texture=texture, image=False)
    # An address is no path: its last part is not looked for in the mesh's folder.
    Image.new("RGB", (2, 2)).save(tmp_path / "floor.png")
    with caplog.at_level(logging.WARNING):
        mesh = load_mesh(path)
        load_mesh(path)
    assert all(material.texture is None for material in mesh.materials)
    np.testing.assert_allclose(color_of(mesh, "floor"), (0.2, 0.2, 0.2), atol=1 / 255)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 1
    assert texture in messages[0] and str(tmp_path / "two.mtl") in messages[0]


def test_damaged_texture_is_reported(tmp_path, caplog):
    path = write_obj(tmp_path)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "floor.png")
    whole = (tmp_path / "floor.png").read_bytes()
    (tmp_path / "floor.png").write_bytes(whole[: len(whole) // 2])
    assert all(material.texture is None for material in load_mesh(path).materials)
    assert "floor.png" in caplog.text


def test_missing_material_library_is_reported(tmp_path, caplog):
    path = write_obj(tmp_path)
    (tmp_path / "two.mtl").unlink()
    mesh = load_mesh(path)
    assert len(mesh.faces) == 4 and all(m.texture is None for m in mesh.materials)
    assert "two.mtl" in caplog.text


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_textures_of_any_mode_become_rgb(tmp_path, mode):
    path = write_obj(tmp_path, texture="floor.tif")
    if mode == "I;16":
        image = Image.fromarray(np.full((4, 4), 65535, np.uint16))
    else:
        image = Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode)
    if mode == "RGBA":
        image.putalpha(0)
    image.save(tmp_path / "floor.tif" if mode != "LA" else tmp_path / "floor.png")
    if mode == "LA":
        path.with_suffix(".mtl").write_text(MTL.format(texture="floor.png"))
    texture = next(m.texture for m in load_mesh(path).materials if m.texture is not None)
    np.testing.assert_array_equal(texture, np.full((4, 4, 3), 255, np.uint8))


def test_file_is_turned_into_our_frame_and_normalised(tmp_path):
    # Forward is -z and up is y in this file; one triangle's tip points forward.
    path = tmp_path / "arrow.obj"
    path.write_text("v -1 0 0\nv 1 0 0\nv 0 0 -8\nv 0 4 0\nf 1 2 3\nf 1 2 4\n")
    mesh = load_mesh(path, up="y", front="-z", object_id="a")
    np.testing.assert_allclose(mesh.bounds(), [[-1, -0.25, -0.5], [1, 0.25, 0.5]], atol=1e-6)
    tip, top = mesh.vertices[:, 0].argmax(), mesh.vertices[:, 2].argmax()
    np.testing.assert_allclose(mesh.vertices[tip], [1, 0, -0.5], atol=1e-6)
    np.testing.assert_allclose(mesh.vertices[top], [-1, 0, 0.5], atol=1e-6)
    assert mesh.object_id == "a"


def test_degenerate_faces_and_loose_vertices_are_dropped(tmp_path):
    path = tmp_path / "a.obj"
    path.write_text("v 0 0 0\nv 2 0 0\nv 0 1 0\nv 99 99 99\nv 50 0 0\nf 1 2 3\nf 1 2 2\nf 1 2 5\n")
    mesh = load_mesh(path)
    assert mesh.faces.shape == (1, 3) and mesh.vertices.shape == (3, 3)
    np.testing.assert_allclose(mesh.bounds(), [[-1, -0.5, 0], [1, 0.5, 0]])


def test_far_from_the_origin_keeps_its_shape(tmp_path):
    path = tmp_path / "a.obj"
    path.write_text("v 5e6 4e6 0\nv 5000001 4e6 0\nv 5e6 4000000.5 0\nf 1 2 3\n")
    np.testing.assert_allclose(load_mesh(path).bounds(), [[-1, -0.5, 0], [1, 0.5, 0]], atol=1e-6)


@pytest.mark.parametrize("suffix", ["stl", "off", "ply", "glb", "obj"])
def test_geometry_survives_each_format(tmp_path, suffix):
    path = tmp_path / f"t.{suffix}"
    trimesh.Trimesh(TETRAHEDRON, SIDES, process=False).export(path)
    mesh = load_mesh(path)
    triangles = {tuple(sorted(map(tuple, t))) for t in mesh.vertices[mesh.faces].tolist()}
    expected = {tuple(sorted(map(tuple, t))) for t in (TETRAHEDRON - 1)[SIDES].tolist()}
    assert triangles == expected
    outward = np.einsum("fi,fci->fc", mesh.vertices[mesh.faces].mean(axis=1) + 0.5, mesh.normals)
    assert (outward > 0).all()


def test_ply_vertex_colours(tmp_path):
    colors = np.array([RED, GREEN, BLUE, YELLOW], np.uint8)
    shape = trimesh.Trimesh(TETRAHEDRON, SIDES, vertex_colors=colors, process=False)
    shape.export(tmp_path / "t.ply")
    mesh = load_mesh(tmp_path / "t.ply")
    for point, color in zip(TETRAHEDRON - 1, colors, strict=True):
        at = (mesh.vertices[mesh.faces] == point).all(axis=-1)
        assert at.sum() == 3
        np.testing.assert_allclose(mesh.colors[at], np.tile(color / 255, (3, 1)))
    assert mesh.materials[0].color == (1, 1, 1)


def test_ply_face_colours(tmp_path):
    colors = np.array([RED, GREEN, BLUE, YELLOW], np.uint8)
    shape = trimesh.Trimesh(TETRAHEDRON, SIDES, face_colors=colors, process=False)
    shape.export(tmp_path / "t.ply")
    mesh = load_mesh(tmp_path / "t.ply")
    np.testing.assert_allclose(mesh.colors, np.repeat(colors[:, None] / 255, 3, axis=1))


def test_glb_scene_with_transforms_texture_and_linear_factor(tmp_path):
    material = trimesh.visual.material.PBRMaterial(
        name="paint",
        baseColorFactor=[55, 255, 0, 255],
        baseColorTexture=Image.fromarray(np.array([[RED], [BLUE]], np.uint8)),
    )
    uv = np.array([[0, 0], [1, 0], [0, 0.75], [0.5, 1]])
    visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    part = trimesh.Trimesh(TETRAHEDRON, SIDES, visual=visual, process=False)
    scene = trimesh.Scene()
    scene.add_geometry(part, node_name="a", geom_name="part")
    moved = trimesh.transformations.translation_matrix([8, 0, 0])
    scene.graph.update("b", geometry="part", matrix=moved @ np.diag([-1.0, 1, 1, 1]))
    scene.export(tmp_path / "s.glb")
    mesh = load_mesh(tmp_path / "s.glb")
    # The mirrored copy spans x from 6 to 8; all of 0..8 becomes -1..1.
    np.testing.assert_allclose(mesh.bounds(), [[-1, -0.25, -0.25], [1, 0.25, 0.25]], atol=1e-6)
    assert len(mesh.faces) == 8 and len(mesh.materials) == 1
    np.testing.assert_array_equal(mesh.materials[0].texture, [[RED], [BLUE]])
    # sRGB of 55 / 255 linear: 1.055 * 0.21569 ** (1 / 2.4) - 0.055 = 0.50170
    np.testing.assert_allclose(mesh.materials[0].color, (0.5017, 1, 0), atol=1e-4)
    at_top = np.isclose(mesh.vertices[mesh.faces][..., 2], 0.25)
    np.testing.assert_allclose(mesh.uv[at_top], np.tile([0.5, 1], (6, 1)), atol=1e-6)
    for half in (mesh.vertices[mesh.faces][:, 0, 0] < 0, mesh.vertices[mesh.faces][:, 0, 0] > 0):
        points = mesh.vertices[mesh.faces[half]]
        outward = points.mean(axis=1) - points.mean(axis=(0, 1))
        assert (np.einsum("fi,fci->fc", outward, mesh.normals[half]) > 0).all()


def test_glb_vertex_colours_are_linear(tmp_path):
    colors = np.array([[55, 255, 0, 255]] * 4, np.uint8)
    shape = trimesh.Trimesh(TETRAHEDRON, SIDES, vertex_colors=colors, process=False)
    shape.export(tmp_path / "t.glb")
    mesh = load_mesh(tmp_path / "t.glb")
    np.testing.assert_allclose(mesh.colors, np.full((4, 3, 3), (0.5017, 1, 0)), atol=1e-4)


TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.xyz", b"0 0 0", "suffix is '.xyz'; expected one of .obj"),
        ("a", b"", "suffix is ''"),
        ("a.obj", b"", "empty file"),
        ("a.obj", TRIANGLE.encode(), "no faces"),
        (
            "a.obj",
            (TRIANGLE + "f 1 2 9\n").encode(),
            "cannot be read .*; expected a whole OBJ file",
        ),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "none of 1 faces has an area"),
        ("a.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "1 of 1 faces have NaN or infinite"),
        ("a.obj", b"v inf 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "1 of 1 faces have NaN or infinite"),
        ("a.ply", b"ply\nformat ascii", "cannot be read .*; expected a whole PLY file"),
        ("a.glb", b"glTF", "cannot be read"),
        ("a.off", b"OFF\n3 1", "cannot be read"),
        ("a.stl", bytes(50), "no faces"),
    ],
)
def test_unusable_files_are_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        load_mesh(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)


def test_truncated_binaries_are_named(tmp_path):
    for suffix in ("glb", "ply", "stl"):
        path = tmp_path / f"t.{suffix}"
        trimesh.Trimesh(TETRAHEDRON, SIDES, process=False).export(path)
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(ValueError, match=f"t.{suffix}: "):
            load_mesh(path)


def test_missing_file_and_wrong_axes_are_named(tmp_path):
    with pytest.raises(ValueError, match="gone.obj: no such file"):
        load_mesh(tmp_path / "gone.obj")
    with pytest.raises(ValueError, match="front is '-z'; expected an axis across up 'z'"):
        load_mesh(write_obj(tmp_path), front="-z")


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_find_meshes_in_folders_files_and_patterns(tmp_path):
    touch(tmp_path, "b.OBJ", "a.stl", "sub/c.glb", "b.mtl", "sub/c.png", ".hidden.obj")
    everything = [tmp_path / name for name in ("a.stl", "b.OBJ", "sub/c.glb")]
    assert find_meshes(tmp_path) == everything
    assert find_meshes(str(tmp_path / "**" / "*")) == everything
    assert find_meshes(tmp_path / "*.stl") == [tmp_path / "a.stl"]
    assert find_meshes(tmp_path / "a.stl") == [tmp_path / "a.stl"]


def test_find_meshes_takes_each_object_once(tmp_path):
    touch(tmp_path, "seat.ply", "seat.obj", "seat.2.ply")
    assert find_meshes(tmp_path) == [tmp_path / "seat.2.ply", tmp_path / "seat.obj"]


def test_find_meshes_in_shapenet_takes_the_objs(tmp_path):
    model = "m1/models/model_normalized"
    touch(
        tmp_path,
        f"{model}.obj",
        f"{model}.ply",
        f"{model}.solid.ply",
        "m2/model.obj",
        "m2/model.solid.stl",
        "m2/images/texture0.jpg",
    )
    assert find_meshes(tmp_path) == [tmp_path / f"{model}.obj", tmp_path / "m2/model.obj"]


def test_find_meshes_says_when_there_is_none(tmp_path):
    touch(tmp_path, "a.txt")
    for path in (tmp_path, tmp_path / "*.obj", tmp_path / "gone.obj"):
        with pytest.raises(ValueError, match="no mesh found"):
            find_meshes(path)
    with pytest.raises(ValueError, match="suffix is '.txt'"):
        find_meshes(tmp_path / "a.txt")


def test_find_meshes_refuses_names_that_cannot_be_written_down(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.obj"
    try:
        open(name, "w").close()
    except OSError:
        pytest.skip("this file system takes no such name")
    with pytest.raises(ValueError, match=r"caf\\xe9.obj': expected a name in UTF-8"):
        find_meshes(tmp_path)


def test_sample_car_reports_its_one_broken_texture(sample_data, tmp_path, caplog):
    for name in ("hatchback.obj", "hatchback.mtl", "hatchback.png", "wheels3.png"):
        (tmp_path / name).symlink_to(sample_data / "meshes/car/hatchback" / name)
    mesh = load_mesh(tmp_path / "hatchback.obj", front="-y")
    (record,) = caplog.records
    texture = "model://hatchback/materials/textures/wheels3.png"
    assert f"hatchback.mtl: {texture!r} cannot be read" in record.getMessage()
    np.testing.assert_allclose(color_of(mesh, "Wheels3"), (0.5882,) * 3, atol=1 / 255)
    np.testing.assert_allclose(mesh.bounds()[:, 0], [-1, 1])
    wheels = mesh.material_ids == [m.name for m in mesh.materials].index("Wheels3")
    heights = mesh.vertices[mesh.faces][..., 2].mean(axis=1)
    assert heights[wheels].max() < 0 < heights[~wheels].max()
