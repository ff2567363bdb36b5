"""OBJ files and their libraries as they are found in the wild."""

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.shapes import obj_lines
from keypointnet_tf.shapes.mesh_file import load_mesh

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"
FACE = "f 1/1 2/2 3/3 4/4\n"


def write(folder, text, name="a.obj", **libraries):
    """Writes an OBJ, and libraries by their names without suffix."""
    for library, content in libraries.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{library}.mtl").write_bytes(data)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def picture(path, color=(255, 0, 0)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (2, 2), color).save(path)


def colors(mesh):
    """`{material: colour}`, that of its texture where it has one."""
    return {
        m.name: tuple(m.texture[0, 0].tolist()) if m.texture is not None else m.color
        for m in mesh.materials
    }


def two_parts(head, first="one", second="two"):
    faces = f"usemtl {first}\nf 1 2 3\nusemtl {second}\nf 1 3 4\n"
    return f"{head}\n{SQUARE}{faces}"


@pytest.mark.parametrize(
    "head",
    [
        "mtllib first.mtl\nmtllib second.mtl",
        "mtllib first.mtl second.mtl",
        "mtllib   first.mtl\tsecond.mtl  ",
        'mtllib "first.mtl"\nmtllib ./second.mtl',
        "mtllib C:\\work\\first.mtl\nmtllib /home/me/second.mtl",
    ],
)
def test_all_libraries_are_read(tmp_path, caplog, head):
    path = write(
        tmp_path, two_parts(head), first="newmtl one\nKd 1 0 0\n", second="newmtl two\nKd 0 0 1\n"
    )
    assert colors(load_mesh(path)) == {"one": (1, 0, 0), "two": (0, 0, 1)}
    assert not caplog.records


def test_names_may_hold_spaces(tmp_path, caplog):
    path = write(
        tmp_path,
        two_parts("mtllib my own parts.mtl other parts.mtl", "the seat", "the back"),
        **{
            "my own parts": "newmtl the seat\nmap_Kd my wood.png\n",
            "other parts": "newmtl the back\nKd 0 1 0\n",
        },
    )
    picture(tmp_path / "my wood.png")
    assert colors(load_mesh(path)) == {"the seat": (255, 0, 0), "the back": (0, 1, 0)}
    assert not caplog.records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_any_encoding_is_read(tmp_path, caplog, encoding):
    text = two_parts("# façade\nmtllib a.mtl", "façade", "größe")
    library = "# é\nnewmtl façade\nmap_Kd façade.png\nnewmtl größe\nKd 0 1 0\n"
    path = write(tmp_path, text.encode(encoding), a=library.encode(encoding))
    picture(tmp_path / "façade.png")
    assert colors(load_mesh(path)) == {"façade": (255, 0, 0), "größe": (0, 1, 0)}
    assert not caplog.records


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_any_line_ends_are_read(tmp_path, ends):
    text = two_parts("mtllib a.mtl").replace("f 1 2 3", "f 1 \\\n 2 \\\n 3").replace("\n", ends)
    path = write(tmp_path, text, a="newmtl one\nKd 1 0 0\n".replace("\n", ends))
    mesh = load_mesh(path)
    assert len(mesh.faces) == 2 and colors(mesh)["one"] == (1, 0, 0)


@pytest.mark.parametrize(
    "reference, place",
    [
        ("C:\\Users\\me\\textures\\Wood.png", "Wood.png"),
        ("C:/models/Wood.png", "../images/Wood.png"),
        ("/home/me/models/Wood.png", "images/Wood.png"),
        ("\\\\server\\share\\Wood.png", "textures/Wood.png"),
        ("/home/me/Wood.PNG", "wood.png"),
        ("../missing/folder/Wood.png", "../textures/WOOD.png"),
        ("file:///C:/models/My%20Wood.png", "images/My Wood.png"),
        ("sub\\Wood.png", "sub/Wood.png"),
    ],
)
def test_textures_of_another_disk_are_found_by_name(tmp_path, caplog, reference, place):
    folder = tmp_path / "models"
    folder.mkdir()
    picture(folder / place)
    library = f"newmtl one\nmap_Kd {reference}\n"
    path = write(folder, two_parts("mtllib a.mtl"), a=library)
    assert colors(load_mesh(path))["one"] == (255, 0, 0)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "material 'two' is in none of its libraries" in caplog.text


def test_only_pictures_are_found_by_name(tmp_path, caplog):
    (tmp_path / "textures").mkdir()
    (tmp_path / "textures" / "wood.png").write_text("no picture")
    path = write(tmp_path, two_parts("mtllib a.mtl"), a="newmtl one\nmap_Kd /x/wood.png\n")
    assert colors(load_mesh(path))["one"] == (0.7, 0.7, 0.7)
    assert "a.mtl: '/x/wood.png' cannot be read (not an image)" in caplog.text


def test_a_library_in_a_folder_starts_its_paths_there(tmp_path, caplog):
    picture(tmp_path / "parts" / "here.png")
    picture(tmp_path / "there.png", (0, 0, 255))
    library = "newmtl one\nmap_Kd here.png\nnewmtl two\nmap_Kd there.png\n"
    path = write(tmp_path, two_parts("mtllib parts/a.mtl"), **{"parts/a": library})
    assert colors(load_mesh(path)) == {"one": (255, 0, 0), "two": (0, 0, 255)}
    assert not caplog.records


@pytest.mark.parametrize(
    "options",
    ["", "-s 1 1 1 ", "-clamp on -o 0.5 -.5 ", "-blendu off -bm 2 ", "-imfchan r -texres 64 "],
)
def test_options_of_maps_are_passed_over(tmp_path, options):
    picture(tmp_path / "-s wood.png")
    path = write(
        tmp_path, two_parts("mtllib a.mtl"), a=f"newmtl one\nmap_Kd {options}-s wood.png\n"
    )
    assert colors(load_mesh(path))["one"] == (255, 0, 0)


@pytest.mark.parametrize(
    "kd, color",
    [
        ("Kd 0.5", (0.5,) * 3),
        ("kd 0.1 0.2 0.3 1.0", (0.1, 0.2, 0.3)),
        ("Kd 2 -1 0", (1, 0, 0)),
        ("Kd nan 0 0", (0.7,) * 3),
        ("Kd spectral file.rfl 1", (0.7,) * 3),
        ("Kd", (0.7,) * 3),
    ],
)
def test_odd_colours(tmp_path, kd, color):
    path = write(tmp_path, two_parts("mtllib a.mtl"), a=f"newmtl one\n{kd}\nnewmtl two\n")
    assert colors(load_mesh(path))["one"] == pytest.approx(color)


def test_negative_indices_count_from_their_line(tmp_path):
    # Two triangles, each right after its vertices, as exporters of parts write them.
    part = "v {0} 0 0\nv {1} 0 0\nv {0} 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf -3/-3 -2/-2 -1/-1\n"
    mesh = load_mesh(write(tmp_path, part.format(0, 1) + part.format(3, 4)))
    x = np.sort(mesh.vertices[mesh.faces][..., 0].mean(axis=1))
    np.testing.assert_allclose(x, [-1 + 1 / 6, 0.5 + 1 / 6], atol=1e-6)


def test_faces_with_and_without_texture_coordinates_mix(tmp_path):
    text = SQUARE + "vn 0 0 1\nf 1/1 2/2 3/3\nf 1//1 3//1 4//1\nf 1/1/1 2/2/1 4/4/1\nf 2 3 4\n"
    mesh = load_mesh(write(tmp_path, text))
    expected = [[[0, 0], [1, 0], [1, 1]], [[0, 0]] * 3, [[0, 0], [1, 0], [0, 1]], [[0, 0]] * 3]
    np.testing.assert_array_equal(mesh.uv, expected)


def test_texture_coordinates_that_are_not_there_are_reported(tmp_path, caplog):
    mesh = load_mesh(write(tmp_path, SQUARE + "f 1/1 2/2 3/9\n"))
    np.testing.assert_array_equal(mesh.uv, [[[0, 0], [1, 0], [0, 0]]])
    assert "a.obj: refers to texture coordinates that it lacks" in caplog.text


@pytest.mark.parametrize("scale", [1, 255])
def test_vertex_colours(tmp_path, scale):
    rows = [(0, 0, 0, 1, 0, 0), (1, 0, 0, 0, 1, 0), (0, 1, 0, 0, 0, 0.5)]
    text = "".join("v {} {} {} {} {} {}\n".format(*r[:3], *np.multiply(r[3:], scale)) for r in rows)
    mesh = load_mesh(write(tmp_path, text + "v 1 1 0\nf 1 2 3\nf 2 4 3\n"))
    np.testing.assert_allclose(mesh.colors[0], [[1, 0, 0], [0, 1, 0], [0, 0, 0.5]], atol=1e-6)
    np.testing.assert_allclose(mesh.colors[1, 1], [1, 1, 1])


def test_textures_hide_vertex_colours_and_normals_are_no_colours(tmp_path):
    picture(tmp_path / "a.png")
    corners = ("0 0 0", "1 0 0", "1 1 0", "0 1 0")
    for third, shown in (("0.5", 0.5), ("-0.5", 1.0)):
        text = "mtllib a.mtl\n" + "".join(f"v {at} 0.5 0.5 {third}\n" for at in corners)
        text += "usemtl plain\nf 1 2 3\nusemtl textured\nf 1 3 4\n"
        library = "newmtl plain\nnewmtl textured\nmap_Kd a.png\n"
        mesh = load_mesh(write(tmp_path, text, a=library))
        np.testing.assert_allclose(mesh.colors[0], shown)
        np.testing.assert_allclose(mesh.colors[1], 1)


def test_what_is_no_face_is_passed_over(tmp_path):
    text = "# comment\no thing\ng a b\ns off\nvp 1\nl 1 2\np 1\n" + SQUARE.replace("v ", "v\t")
    mesh = load_mesh(write(tmp_path, text + "  f  1/1 2/2\t3/3   # three\nf 1 2\nf 1\n"))
    assert mesh.faces.shape == (1, 3)


def test_concave_polygons_keep_their_outline(tmp_path):
    outline = "v 0 0 0\nv 3 0 0\nv 3 1 0\nv 1 1 0\nv 1 3 0\nv 0 3 0\n"
    mesh = load_mesh(write(tmp_path, outline + "f 2 3 4 5 6 1\n"))
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    area = np.cross(b - a, c - a)[:, 2] / 2
    assert (area > 0).all() and area.sum() * 1.5**2 == pytest.approx(5)


def test_the_size_of_blocks_does_not_matter(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [f"v {x} {y} {z}\nvt {x} {y}" for x, y, z in rng.uniform(size=(60, 3))]
    rows += [f"usemtl m{i % 3}\nf {i + 1}/1 \\\n{i + 2}/2 -1/-1" for i in range(50)]
    path = write(tmp_path, "\n".join(rows))
    whole = load_mesh(path)
    monkeypatch.setattr(obj_lines, "BLOCK_BYTES", 40)
    pieces = load_mesh(path)
    for name in ("vertices", "faces", "uv", "material_ids"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))
    assert [m.name for m in whole.materials] == ["m0", "m1", "m2"]
