"""What is mended in meshes: repeated, flipped and invisible faces, and how they then look."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh_file import load_mesh

FOCAL = placement.focal_length()
BOX = trimesh.creation.box((2, 2, 2))
BALL = trimesh.creation.icosphere(subdivisions=2)


def write_faces(path, vertices, faces, *, materials=None, library=""):
    """An OBJ with a material for each face, or none."""
    lines = [f"mtllib {path.stem}.mtl"] if library else []
    path.with_suffix(".mtl").write_text(library)
    lines += ["v {} {} {}".format(*v) for v in np.asarray(vertices).tolist()]
    lines += ["vt 0 0", "vt 1 0", "vt 0 1"]
    for i, face in enumerate(np.asarray(faces) + 1):
        if materials:
            lines.append(f"usemtl {materials[i]}")
        lines.append("f {}/1 {}/2 {}/3".format(*face))
    path.write_text("\n".join(lines))
    return path


def flipped(faces, chosen):
    faces = np.array(faces)
    faces[chosen] = faces[chosen][:, [0, 2, 1]]
    return faces


def look(mesh, eye=(17, -19, 16)):
    # All samples everywhere: which pixels need them depends on the faces.
    scene = Scene(mesh, adaptive=False)
    return scene.render(placement.look_at(eye), size=48, focal=FOCAL).rgba.astype(int)


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0], [0, 2, 1], [2, 1, 0]])
def test_the_same_triangle_is_kept_once(tmp_path, order):
    faces = np.concatenate([BOX.faces, BOX.faces[::-1][:, order]])
    mesh = load_mesh(write_faces(tmp_path / "a.obj", BOX.vertices, faces))
    once = load_mesh(write_faces(tmp_path / "b.obj", BOX.vertices, BOX.faces))
    np.testing.assert_array_equal(mesh.faces, once.faces)
    np.testing.assert_array_equal(mesh.normals, once.normals)


def test_the_same_triangle_on_other_vertices_is_kept_once(tmp_path):
    vertices = np.concatenate([BOX.vertices, BOX.vertices + 1e-8])
    faces = np.concatenate([BOX.faces, flipped(BOX.faces, slice(None)) + len(BOX.vertices)])
    assert len(load_mesh(write_faces(tmp_path / "a.obj", vertices, faces)).faces) == 12
    apart = np.concatenate([BOX.vertices, BOX.vertices + 1e-3])
    assert len(load_mesh(write_faces(tmp_path / "b.obj", apart, faces)).faces) == 24


@pytest.mark.parametrize(
    "materials, kept", [("pt", "t"), ("tp", "t"), ("pq", "p"), ("qp", "q"), ("tu", "t")]
)
def test_of_two_faces_the_textured_or_else_the_first_is_kept(tmp_path, materials, kept):
    Image.new("RGB", (1, 1)).save(tmp_path / "a.png")
    library = "newmtl p\nnewmtl q\nnewmtl t\nmap_Kd a.png\nnewmtl u\nmap_Kd a.png\n"
    faces = [[0, 1, 2], [0, 2, 1]]
    mesh = load_mesh(
        write_faces(tmp_path / "a.obj", BALL.vertices, faces, materials=materials, library=library)
    )
    assert [m.name for m in mesh.materials] == [kept] and len(mesh.faces) == 1


def test_a_file_with_both_sides_looks_like_one_with_a_single_side(tmp_path):
    both = np.concatenate([BALL.faces, flipped(BALL.faces, slice(None))])
    doubled = load_mesh(write_faces(tmp_path / "a.obj", BALL.vertices, both))
    single = load_mesh(write_faces(tmp_path / "b.obj", BALL.vertices, BALL.faces))
    np.testing.assert_array_equal(look(doubled), look(single))


@pytest.mark.parametrize("shape", [BOX, BALL])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_flipped_faces_look_like_others(tmp_path, shape, share):
    chosen = np.random.default_rng(0).random(len(shape.faces)) < share
    turned = flipped(shape.faces, chosen)
    whole = load_mesh(write_faces(tmp_path / "a.obj", shape.vertices, shape.faces))
    mixed = load_mesh(write_faces(tmp_path / "b.obj", shape.vertices, turned))
    for eye in ((17, -19, 16), (-21, 12, 17)):
        np.testing.assert_allclose(look(mixed, eye), look(whole, eye), atol=1)


@pytest.mark.parametrize("statement", ["d 0.0", "Tr 1", "d 0.04", "d -halo 0.0"])
def test_invisible_materials_are_left_out(tmp_path, statement):
    # A large invisible triangle around a visible one.
    vertices = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [-9, -9, 0], [9, -9, 0], [0, 9, 0]]
    mesh = load_mesh(
        write_faces(
            tmp_path / "a.obj",
            vertices,
            [[0, 1, 2], [3, 4, 5]],
            materials="vi",
            library=f"newmtl v\nnewmtl i\n{statement}\n",
        )
    )
    assert [m.name for m in mesh.materials] == ["v"] and len(mesh.faces) == 1
    np.testing.assert_allclose(np.ptp(mesh.bounds(), axis=0), [2, 2, 0])


@pytest.mark.parametrize("statement", ["d 0.3", "Tr 0.7", "d 1\nTr 1", "Tr 1\nd 0.5", "Tr x"])
def test_other_opacity_is_drawn_opaque(tmp_path, statement):
    library = f"newmtl v\nnewmtl i\n{statement}\n"
    faces = BALL.faces[:2]
    path = write_faces(tmp_path / "a.obj", BALL.vertices, faces, materials="vi", library=library)
    assert len(load_mesh(path).faces) == 2


def test_a_file_in_which_nothing_could_be_seen_is_drawn_opaque(tmp_path, caplog):
    path = write_faces(
        tmp_path / "a.obj", BALL.vertices, BALL.faces[:2], materials="ii", library="newmtl i\nd 0\n"
    )
    assert len(load_mesh(path).faces) == 2
    assert "a.mtl: declares every material fully transparent" in caplog.text
    caplog.clear()
    path.with_suffix(".mtl").write_text("newmtl i\nd 0\nnewmtl other\n")
    assert len(load_mesh(path).faces) == 2
    assert "a.obj: is fully transparent everywhere" in caplog.text


def test_cut_outs_of_a_library_let_rays_through(tmp_path):
    Image.fromarray(np.array([[0, 255]], np.uint8)).save(tmp_path / "mask.png")
    path = write_faces(
        tmp_path / "a.obj",
        [[0, -1, -1], [0, 1, -1], [0, -1, 1], [-1, 1, 1]],
        [[0, 1, 2], [1, 2, 3]],
        materials="co",
        library="newmtl c\nmap_d mask.png\nnewmtl o\n",
    )
    mesh = load_mesh(path)
    assert [m.cutout is not None for m in mesh.materials] == [True, False]
    view = Scene(mesh).render(placement.look_at((30, 0, 0)), size=48, focal=FOCAL)
    # The lower left of the two triangles is cut out along its left side.
    assert (view.face_ids == 0).any() and (view.face_ids == 1).any()
    assert view.rgba[28, 8, 3] == 0


def test_nan_texture_coordinates_are_reported_where_they_matter(tmp_path, caplog):
    Image.new("RGB", (1, 1)).save(tmp_path / "a.png")
    library = "newmtl p\nnewmtl t\nmap_Kd a.png\n"
    for material, reports in (("p", 0), ("t", 1)):
        path = write_faces(
            tmp_path / "a.obj", BALL.vertices, BALL.faces[:1], materials=material, library=library
        )
        path.write_text(path.read_text().replace("vt 1 0", "vt nan 0"))
        np.testing.assert_array_equal(load_mesh(path).uv[0], [[0, 0], [0, 0], [0, 1]])
        assert len(caplog.records) == reports
