"""PLY files of all kinds."""

import struct

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.shapes.mesh_file import load_mesh

# A pentagon, a square and a triangle, each in a plane of its own, share seven places.
PLACES = np.array(
    [[0, 0, 0], [2, 0, 0], [2, 2, 0], [1, 3, 0], [0, 2, 0], [0, 0, 2], [2, 0, 2]], float
)
POLYGONS = [[0, 1, 2, 3, 4], [0, 1, 6, 5], [0, 4, 5]]
TYPES = {"float": "f", "double": "d", "uchar": "B", "int": "i", "ushort": "H", "short": "h"}


def write(path, tables, *, form="ascii", comment=""):
    """Writes tables `(name, [(property, type or (count type, type))], rows)`."""
    lines = ["ply", f"format {form} 1.0", *([f"comment {comment}"] if comment else [])]
    for name, properties, rows in tables:
        lines.append(f"element {name} {len(rows)}")
        for prop, kind in properties:
            words = f"list {kind[0]} {kind[1]}" if isinstance(kind, tuple) else kind
            lines.append(f"property {words} {prop}")
    body = b""
    order = ">" if "big" in form else "<"
    for _, properties, rows in tables:
        for row in rows:
            for (_, kind), value in zip(properties, row, strict=True):
                body += _packed(kind, value, None if form == "ascii" else order)
            body += b"\n" if form == "ascii" else b""
    path.write_bytes("\n".join([*lines, "end_header\n"]).encode("latin-1") + body)
    return path


def _packed(kind, value, order):
    values, kinds = [value], [kind]
    if isinstance(kind, tuple):
        values, kinds = [len(value), *value], [kind[0]] + [kind[1]] * len(value)
    if order is None:
        return (" ".join(map(str, values)) + " ").encode()
    return b"".join(struct.pack(order + TYPES[k], v) for k, v in zip(kinds, values, strict=True))


def vertex_table(*more, rows=()):
    properties = [(axis, "float") for axis in "xyz"] + list(more)
    rows = rows or [()] * len(PLACES)
    return "vertex", properties, [(*p, *r) for p, r in zip(PLACES.tolist(), rows, strict=True)]


def face_table(polygons, *more, rows=(), name="vertex_indices", kinds=("uchar", "int")):
    rows = rows or [()] * len(polygons)
    properties = [(name, kinds), *more]
    return "face", properties, [(p, *r) for p, r in zip(polygons, rows, strict=True)]


FORMS = ("ascii", "binary_little_endian", "binary_big_endian")


def area(mesh):
    """In the file's unit: the longest side is 3."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2 * 1.5**2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kinds", [("uchar", "int"), ("int", "ushort")])
def test_polygons_mix(tmp_path, form, kinds):
    path = write(
        tmp_path / "a.ply",
        [vertex_table(), face_table(POLYGONS, kinds=kinds, name="vertex_index")],
        form=form,
    )
    mesh = load_mesh(path)
    assert len(mesh.faces) == 3 + 2 + 1
    assert area(mesh) == pytest.approx(5 + 4 + 2, rel=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_other_tables_and_columns_are_passed_over(tmp_path, form):
    path = write(
        tmp_path / "a.ply",
        [
            ("camera", [("view", "float"), ("tags", ("uchar", "short"))], [(1, [1, 2]), (2, [])]),
            vertex_table(("quality", "double"), rows=[(i,) for i in range(7)]),
            face_table(POLYGONS[2:], ("flags", "uchar"), rows=[(7,)]),
            ("edge", [("vertex1", "int"), ("vertex2", "int")], [(0, 1)]),
        ],
        form=form,
    )
    assert load_mesh(path).faces.shape == (1, 3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind, scale", [("uchar", 255), ("float", 1)])
def test_vertex_colours(tmp_path, form, kind, scale):
    shares = np.round(np.random.default_rng(0).uniform(size=(7, 3)) * 255) / 255
    rows = (shares * scale).round(0 if kind == "uchar" else 6)
    rows = [tuple(map(int if kind == "uchar" else float, row)) for row in rows]
    names = [(name, kind) for name in ("red", "green", "blue")]
    path = write(
        tmp_path / "a.ply", [vertex_table(*names, rows=rows), face_table([[0, 1, 5]])], form=form
    )
    np.testing.assert_allclose(load_mesh(path).colors[0], shares[[0, 1, 5]], atol=1e-5)


def test_dark_bytes_are_no_shares(tmp_path):
    names = [(name, "uchar") for name in ("red", "green", "blue")]
    path = write(
        tmp_path / "a.ply", [vertex_table(*names, rows=[(1, 0, 1)] * 7), face_table([[0, 1, 5]])]
    )
    np.testing.assert_allclose(load_mesh(path).colors[0, 0], [1 / 255, 0, 1 / 255])


@pytest.mark.parametrize("form", FORMS)
def test_face_colours_spread_over_their_triangles(tmp_path, form):
    names = [(name, "uchar") for name in ("red", "green", "blue")]
    rows = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    path = write(
        tmp_path / "a.ply", [vertex_table(), face_table(POLYGONS, *names, rows=rows)], form=form
    )
    expected = np.repeat(np.eye(3), [3, 2, 1], axis=0)
    np.testing.assert_array_equal(load_mesh(path).colors, np.repeat(expected[:, None], 3, axis=1))


@pytest.mark.parametrize("names", [("u", "v"), ("s", "t"), ("texture_u", "texture_v")])
def test_texture_with_coordinates_of_vertices(tmp_path, names):
    Image.new("RGB", (2, 2), (0, 0, 255)).save(tmp_path / "my blue.png")
    rows = [(x / 2, z / 2) for x, _, z in PLACES]
    path = write(
        tmp_path / "a.ply",
        [vertex_table(*[(n, "float") for n in names], rows=rows), face_table([[0, 1, 5]])],
        comment="TextureFile my blue.png",
    )
    mesh = load_mesh(path)
    np.testing.assert_array_equal(mesh.uv[0], [[0, 0], [1, 0], [0, 1]])
    assert (mesh.materials[0].texture == [0, 0, 255]).all()


@pytest.mark.parametrize("form", FORMS)
def test_texture_with_coordinates_of_corners(tmp_path, form):
    Image.new("RGB", (2, 2), (0, 0, 255)).save(tmp_path / "blue.png")
    texcoord = [[0.25 * i, 0.5] * 1 for i in range(12)]
    rows = [(sum(texcoord[a:b], []),) for a, b in ((0, 5), (5, 9), (9, 12))]
    path = write(
        tmp_path / "a.ply",
        [vertex_table(), face_table(POLYGONS, ("texcoord", ("uchar", "float")), rows=rows)],
        form=form,
        comment="TextureFile blue.png",
    )
    mesh = load_mesh(path)
    np.testing.assert_allclose(mesh.uv[0, :, 0], [0, 0.25, 0.5])
    np.testing.assert_allclose(mesh.uv[-1, :, 0], [2.25, 2.5, 2.75])
    assert mesh.materials[0].texture is not None


def test_missing_texture_is_reported(tmp_path, caplog):
    path = write(
        tmp_path / "a.ply",
        [vertex_table(("u", "float"), ("v", "float"), rows=[(0, 0)] * 7), face_table([[0, 1, 5]])],
        comment="TextureFile gone.png",
    )
    assert load_mesh(path).materials[0].texture is None
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: 'gone.png' cannot be read (no such file); what it covers is drawn in its plain "
        "colour"
    ]


def test_comments_in_any_encoding(tmp_path):
    path = write(
        tmp_path / "a.ply", [vertex_table(), face_table([[0, 1, 5]])], comment="façade of René"
    )
    assert load_mesh(path).faces.shape == (1, 3)


def test_files_without_faces_have_none(tmp_path):
    for tables in ([vertex_table()], [vertex_table(), face_table([])]):
        with pytest.raises(ValueError, match="a.ply: no faces"):
            load_mesh(write(tmp_path / "a.ply", tables))


@pytest.mark.parametrize(
    "old, new, message",
    [
        (b"format ascii", b"format new", "names no known format"),
        (b"property float z", b"property soft z", "has a property 'soft z'"),
        (b"property float z", b"property float w", "no vertices with x, y and z"),
        (b"element vertex 7", b"element vertex six", "counts 'six' of 'vertex'"),
        (b"2.0 2.0 0.0", b"2.0 two 0.0", "no number|within the"),
        (b"3 0 1 5", b"-3 0 1 5", "within the 1 rows of 'face'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, old, new, message):
    path = write(tmp_path / "a.ply", [vertex_table(), face_table([[0, 1, 5]])])
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(ValueError, match=f"a.ply: cannot be read .*{message}"):
        load_mesh(path)
