"""Mesh files that are damaged, lie about themselves, or were made to do harm.

`write_all` makes one folder of them; each entry of `FILES` says what has to come of it.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import pathlib
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\n"
FACE = "f 1/1 2/2 3/3\n"
POSITIONS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)


class Hostile(NamedTuple):
    """A file and what has to come of it.

    Attributes:
      make: its bytes, or a function that gives them or makes the file at a path.
      says: a pattern that the error, or the warning, contains.
      mended: whether a mesh comes of it, with a warning unless `says` is empty; else an error.
    """

    make: bytes | Callable[[pathlib.Path], bytes | None]
    says: str
    mended: bool = False


def obj(*, before="", vertices=TRIANGLE, faces=FACE, material="") -> bytes:
    usemtl = "usemtl m\n" if material else ""
    return f"{before}{vertices}{usemtl}{faces}".encode()


def with_library(name: str, text: str | bytes, **files: bytes) -> Callable[[pathlib.Path], None]:
    """An OBJ with its library, and files beside it."""

    def make(path: pathlib.Path) -> None:
        path.write_bytes(obj(before=f"mtllib {name}\n", material="m"))
        content = text if isinstance(text, bytes) else text.encode()
        (path.parent / name).write_bytes(content)
        for file, data in files.items():
            (path.parent / file.replace("__", ".")).write_bytes(data)

    return make


def png(width: int, height: int, pixels: bytes | None = None) -> bytes:
    """A PNG with that header, and with those scan lines or none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(pixels if pixels is not None else bytes(height * (1 + 3 * width)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def gltf(**changes) -> bytes:
    """One triangle with its buffer inside; `changes` replace parts of the tree."""
    data = POSITIONS.tobytes()
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": len(data)}],
        "buffers": [{"byteLength": len(data), "uri": embedded(data)}],
    }
    return json.dumps(tree | changes).encode()


def embedded(data: bytes) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


def glb(tree: bytes, binary: bytes = b"", *, length: int | None = None) -> bytes:
    tree += b" " * (-len(tree) % 4)
    body = struct.pack("<II", len(tree), 0x4E4F534A) + tree
    if binary:
        body += struct.pack("<II", len(binary), 0x004E4942) + binary
    total = 12 + len(body) if length is None else length
    return struct.pack("<4sII", b"glTF", 2, total) + body


def accessor(**changes) -> dict:
    return {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"} | changes


def textured_gltf(image: dict, **changes) -> bytes:
    return gltf(
        meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        textures=[{"source": 0}],
        images=[image],
        **changes,
    )


def ply(*, vertices=3, faces=1, form="ascii", body=b"0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n") -> bytes:
    header = (
        f"ply\nformat {form} 1.0\nelement vertex {vertices}\nproperty float x\nproperty float y\n"
        f"property float z\nelement face {faces}\nproperty list uint int vertex_indices\n"
        "end_header\n"
    )
    return header.encode() + body


def stl(*, count=1, vertices=POSITIONS) -> bytes:
    face = struct.pack("<3f", 0, 0, 1) + vertices.astype("<f4").tobytes() + bytes(2)
    return bytes(80) + struct.pack("<I", count) + face


DAE_GEOMETRY = """<library_geometries><geometry id="g"><mesh>
<source id="s"><float_array id="a" count="9">0 0 0 1 0 0 0 1 0</float_array><technique_common>
<accessor source="#a" count="3" stride="3"><param name="X" type="float"/><param name="Y"
type="float"/><param name="Z" type="float"/></accessor></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#s"/></vertices>
{faces}</mesh></geometry></library_geometries>"""
DAE_FACES = (
    '<triangles count="1"><input semantic="VERTEX" source="#v" offset="0"/><p>{p}</p></triangles>'
)
DAE_SCENE = """<library_visual_scenes><visual_scene id="w">{nodes}</visual_scene>
</library_visual_scenes><scene><instance_visual_scene url="#w"/></scene>"""


def dae(
    *, faces=None, nodes='<node><instance_geometry url="#g"/></node>', more="", head=""
) -> bytes:
    geometry = DAE_GEOMETRY.format(faces=DAE_FACES.format(p="0 1 2") if faces is None else faces)
    return (
        f'<?xml version="1.0"?>{head}<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" '
        f'version="1.4.1"><asset><up_axis>Z_UP</up_axis></asset>{geometry}{more}'
        f"{DAE_SCENE.format(nodes=nodes)}</COLLADA>"
    ).encode()


def instances(count: int) -> str:
    """A library of nodes that each place the next one twice."""
    nodes = [
        f'<node id="n{i}">' + f'<instance_node url="#n{i + 1}"/>' * 2 + "</node>"
        for i in range(count)
    ]
    last = f'<node id="n{count}"><instance_geometry url="#g"/></node>'
    return f"<library_nodes>{''.join(reversed(nodes))}{last}</library_nodes>"


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, obj())
    return buffer.getvalue()


def link_to(target: str) -> Callable[[pathlib.Path], None]:
    return lambda path: path.symlink_to(target)


def sparse(path: pathlib.Path) -> None:
    with path.open("wb") as file:
        file.write(obj())
        file.truncate(1 << 40)


def folder_named_as_mesh(path: pathlib.Path) -> None:
    path.mkdir()


def junk(size: int = 5000) -> bytes:
    return np.random.default_rng(0).integers(0, 256, size, np.uint8).tobytes()


LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>{}]>".format(
    "".join(f"<!ENTITY a{i + 1} '{f'&a{i};' * 10}'>" for i in range(12))
)

FILES: dict[str, Hostile] = {
    # Not what the name says.
    "empty.obj": Hostile(b"", "empty file"),
    "junk.obj": Hostile(junk(), "holds binary data"),
    "picture.obj": Hostile(png(4, 4), "holds a PNG image"),
    "binary.ply": Hostile(glb(gltf()), "holds a GLB file"),
    "text.glb": Hostile(obj(), "holds something else"),
    "junk.glb": Hostile(b"glTF" + junk(), "declares .* bytes"),
    "junk.gltf": Hostile(b"{" + b"]" * 100, "cannot be read"),
    "junk.dae": Hostile(junk(), "no XML"),
    "junk.ply": Hostile(b"ply\n" + junk(), "header does not end"),
    "junk.stl": Hostile(junk(), "declares .* faces"),
    "junk.off": Hostile(b"OFF\n" + junk().replace(b"\0", b""), "no OFF header"),
    "program.stl": Hostile(b"\x7fELF" + junk(), "holds a program"),
    # Archives and bombs.
    "gzip_bomb.obj": Hostile(lambda _: gzip.compress(bytes(1 << 26)), "holds gzip data"),
    "zip_slip.obj": Hostile(archive("../../evil.obj"), "holds a ZIP archive"),
    "zip_slip.dae": Hostile(archive("../../evil.dae"), "holds a ZIP archive"),
    "zip_in_text.dae": Hostile(dae() + archive("a.dae"), "holds a ZIP archive"),
    "laughs.dae": Hostile(dae(head=LAUGHS, more="<x>&a12;</x>"), "document type"),
    "external.dae": Hostile(
        dae(head='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', more="<x>&e;</x>"),
        "document type",
    ),
    "sparse.obj": Hostile(sparse, "1,099,511,627,776 bytes; at most"),
    # No regular files.
    "pipe.obj": Hostile(os.mkfifo, "not a regular file"),
    "pipe.glb": Hostile(os.mkfifo, "not a regular file"),
    "zero.obj": Hostile(link_to("/dev/zero"), "not a regular file"),
    "folder.obj": Hostile(folder_named_as_mesh, "not a regular file"),
    "dangling.obj": Hostile(link_to("gone.obj"), "no such file"),
    "circle.obj": Hostile(link_to("circle.obj"), "cannot be read|no such file"),
    # Truncated.
    "cut.obj": Hostile(obj(vertices="v 0 0 0\nv 1 0\n"), "2 coordinates"),
    "cut.ply": Hostile(ply(body=b"0 0 0\n1 0 0\n"), "declares|ends"),
    "cut_list.ply": Hostile(ply(body=b"0 0 0\n1 0 0\n0 1 0\n9 0 1 2\n"), "ends"),
    "cut_binary.ply": Hostile(
        ply(form="binary_little_endian", body=POSITIONS.tobytes() + b"\3\0\0\0\0\0"), "ends"
    ),
    "cut.stl": Hostile(stl()[:-20], "declares 1 faces"),
    "cut_text.stl": Hostile(b"solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0", "no faces"),
    "cut.off": Hostile(b"OFF\n3 1 0\n0 0 0\n", "declares"),
    "cut.glb": Hostile(glb(gltf())[:-50], "declares .* bytes"),
    "cut.gltf": Hostile(gltf()[:-50], "cannot be read"),
    "cut.dae": Hostile(dae()[:-50], "no XML"),
    # Numbers that are none, or beyond what is there.
    "words.obj": Hostile(obj(vertices="v one two three\n"), "'one two three'"),
    "nan.obj": Hostile(obj(vertices=TRIANGLE.replace("1", "nan")), "NaN or infinite"),
    "infinite.obj": Hostile(obj(vertices=TRIANGLE.replace("1", "1e999")), "NaN or infinite"),
    "huge.obj": Hostile(obj(vertices=TRIANGLE.replace("1", "1e308")), "", mended=True),
    "tiny.obj": Hostile(obj(vertices=TRIANGLE.replace("1", "1e-320")), "has an area"),
    "nan.ply": Hostile(ply(body=b"nan 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"), "NaN or infinite"),
    "nan.stl": Hostile(stl(vertices=POSITIONS * np.nan), "NaN or infinite"),
    "nan.off": Hostile(b"OFF\n3 1 0\n0 0 nan\n1 0 0\n0 1 0\n3 0 1 2\n", "NaN or infinite"),
    "nan.glb": Hostile(
        glb(gltf(buffers=[{"byteLength": 36}]), (POSITIONS * np.nan).tobytes()), "NaN or infinite"
    ),
    "nan_node.gltf": Hostile(
        gltf(nodes=[{"mesh": 0, "scale": [1, float("nan"), 1]}]), "NaN or infinite"
    ),
    "beyond.obj": Hostile(obj(faces="f 1 2 9\n"), "vertex 9 of 3, counted from 1"),
    "zeroth.obj": Hostile(obj(faces="f 0 1 2\n"), "vertex 0 of 3"),
    "before.obj": Hostile(obj(faces="f -1 -2 -9\n"), "before the first"),
    "enormous.obj": Hostile(obj(faces=f"f 1 2 {10**30}\n"), "cannot be read"),
    "negative.ply": Hostile(ply(body=b"0 0 0\n1 0 0\n0 1 0\n3 0 1 -2\n"), "vertex -2 of 3"),
    "beyond.off": Hostile(b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", "cannot be read"),
    "beyond.gltf": Hostile(
        gltf(
            meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
            accessors=[accessor(), accessor(componentType=5125, type="SCALAR", byteOffset=12)],
        ),
        "vertex [0-9,]+ of 3",
    ),
    "beyond.dae": Hostile(dae(faces=DAE_FACES.format(p="0 1 7")), "cannot be read|no faces"),
    # Counts that the file cannot hold.
    "count.ply": Hostile(ply(vertices=4_000_000_000), "declares 4,000,000,000 rows of 'vertex'"),
    "faces.ply": Hostile(ply(faces=10**12), "declares 1,000,000,000,000 rows of 'face'"),
    "minus.ply": Hostile(ply(vertices=-3), "counts '-3'"),
    "list.ply": Hostile(
        ply(form="binary_little_endian", body=POSITIONS.tobytes() + b"\xff" * 16), "ends"
    ),
    "count.stl": Hostile(stl(count=0xFFFFFFFF), "declares 4,294,967,295 faces"),
    "count.off": Hostile(b"OFF\n3 1000000000000 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n", "declares"),
    "count.glb": Hostile(
        glb(gltf(accessors=[accessor(count=4_000_000_000)])), "bytes in an accessor"
    ),
    "zeros.gltf": Hostile(
        gltf(accessors=[{"componentType": 5126, "count": 10**12, "type": "VEC3"}]),
        "bytes in accessors; at most",
    ),
    "sparse.gltf": Hostile(
        gltf(
            accessors=[
                accessor(
                    sparse={
                        "count": 10**9,
                        "indices": {"bufferView": 0, "componentType": 5125},
                        "values": {"bufferView": 0},
                    }
                )
            ]
        ),
        "sparse accessor",
    ),
    "minus.gltf": Hostile(gltf(accessors=[accessor(count=-3)]), "'count' is -3"),
    "views.gltf": Hostile(
        lambda _: gltf(
            bufferViews=[{"buffer": 0, "byteLength": 1 << 22}] * 1000,
            buffers=[{"byteLength": 1 << 22, "uri": embedded(bytes(1 << 22))}],
        ),
        "bytes in views of buffers; at most",
    ),
    "vcount.dae": Hostile(
        dae(
            faces='<polylist count="1"><input semantic="VERTEX" source="#v" offset="0"/>'
            "<vcount>4000000000</vcount><p>0 1 2</p></polylist>"
        ),
        "4,000,000,000 corners",
    ),
    "offset.dae": Hostile(
        dae(faces=DAE_FACES.format(p="0 1 2").replace('offset="0"', 'offset="99999999"')),
        "offset '99999999'",
    ),
    "names.dae": Hostile(
        lambda _: dae(more=f"<x><Name_array>{'a' * 10**6} {'b ' * 100_000}</Name_array></x>"),
        "bytes of names; at most",
    ),
    # Graphs without end.
    "cycle.gltf": Hostile(
        gltf(nodes=[{"children": [1]}, {"children": [0], "mesh": 0}]), "nodes form a cycle"
    ),
    "own_child.gltf": Hostile(gltf(nodes=[{"children": [0], "mesh": 0}]), "nodes form a cycle"),
    "two_parents.gltf": Hostile(
        gltf(nodes=[{"children": [1, 1]}, {"mesh": 0}]), "node 1 has two parents"
    ),
    "deep.gltf": Hostile(
        lambda _: gltf(nodes=[{"children": [i + 1]} for i in range(100_000)] + [{"mesh": 0}]),
        "nodes above one another; at most",
    ),
    "deep_json.gltf": Hostile(
        lambda _: b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "cannot be read"
    ),
    "copies.gltf": Hostile(
        lambda _: gltf(nodes=[{"mesh": 0}] * 200_000, scenes=[{"nodes": list(range(200_000))}]),
        "placed parts; at most",
    ),
    "cycle.dae": Hostile(
        dae(
            more='<library_nodes><node id="a"><instance_node url="#b"/></node>'
            '<node id="b"><instance_node url="#a"/></node></library_nodes>',
            nodes='<node><instance_node url="#a"/></node>',
        ),
        "nodes above one another; at most",
    ),
    "copies.dae": Hostile(
        lambda _: dae(more=instances(40), nodes='<node><instance_node url="#n0"/></node>'),
        "placed parts; at most",
    ),
    "deep.dae": Hostile(
        lambda _: dae(nodes="<node>" * 100_000 + "</node>" * 100_000), "above one another; at most"
    ),
    # References that lead elsewhere.
    "passwd_texture.obj": Hostile(
        with_library("pt.mtl", "newmtl m\nmap_Kd ../../../../../../../../../etc/passwd\n"),
        "pt.mtl: .*etc/passwd' cannot be read",
        mended=True,
    ),
    "passwd_absolute.obj": Hostile(
        with_library("pa.mtl", "newmtl m\nmap_Kd /etc/passwd\n"),
        "pa.mtl: '/etc/passwd' cannot be read",
        mended=True,
    ),
    "passwd_library.obj": Hostile(
        obj(before="mtllib ../../../../../../../../../etc/passwd\n"),
        "passwd_library.obj: .*etc/passwd' cannot be read",
        mended=True,
    ),
    "web_texture.obj": Hostile(
        with_library("wt.mtl", "newmtl m\nmap_Kd http://127.0.0.1:9/a.png\n"),
        "wt.mtl: 'http://127.0.0.1:9/a.png' cannot be read",
        mended=True,
    ),
    "pipe_texture.obj": Hostile(
        lambda path: (
            with_library("pp.mtl", "newmtl m\nmap_Kd pipe.png\n")(path),
            os.mkfifo(path.parent / "pipe.png"),
        ),
        "pp.mtl: 'pipe.png' cannot be read",
        mended=True,
    ),
    "passwd_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "../../../../../../../../etc/passwd"}]),
        "lies outside the folder",
    ),
    "file_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "file:///etc/passwd"}]), "lies outside the folder"
    ),
    "web_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "http://127.0.0.1:9/a.bin"}]),
        "not a file's path",
    ),
    "escaped_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd"}]),
        "lies outside the folder|no such file",
    ),
    "broken_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "data:;base64,@@@@"}]), "embedded data is broken"
    ),
    "plain_buffer.gltf": Hostile(
        gltf(buffers=[{"byteLength": 36, "uri": "data:text/plain,abc"}]), "otherwise than in base64"
    ),
    "short_buffer.gltf": Hostile(
        lambda _: gltf(buffers=[{"byteLength": 10**12, "uri": embedded(bytes(20_000_000))}]),
        "declares 1,000,000,000,000 bytes in a buffer",
    ),
    "passwd_image.gltf": Hostile(
        textured_gltf({"uri": "../../../../../../../../etc/passwd"}),
        "passwd_image.gltf: .*etc/passwd' cannot be read",
        mended=True,
    ),
    "unused_image.ply": Hostile(
        ply().replace(b"element vertex", b"comment TextureFile /etc/passwd\nelement vertex"),
        "",
        mended=True,
    ),
    "draco.gltf": Hostile(
        gltf(extensionsRequired=["KHR_draco_mesh_compression"]), "compressed by KHR_draco"
    ),
    # Pictures.
    "no_bytes.obj": Hostile(
        with_library("nb.mtl", "newmtl m\nmap_Kd none.png\n", none__png=b""),
        "nb.mtl: 'none.png' cannot be read",
        mended=True,
    ),
    "image_bomb.obj": Hostile(
        with_library("ib.mtl", "newmtl m\nmap_Kd ib.png\n", ib__png=png(30_000, 30_000, b"")),
        "ib.mtl: 'ib.png' cannot be read .*pixels",
        mended=True,
    ),
    "image_bomb.gltf": Hostile(
        textured_gltf({"uri": embedded(png(30_000, 30_000, b""))}),
        "image_bomb.gltf: .*cannot be read .*pixels",
        mended=True,
    ),
    "cut_picture.obj": Hostile(
        with_library("cp.mtl", "newmtl m\nmap_Kd cp.png\n", cp__png=png(8000, 8000, bytes(99))),
        "cp.mtl: 'cp.png' cannot be read",
        mended=True,
    ),
    "postscript.obj": Hostile(
        with_library(
            "ps.mtl",
            "newmtl m\nmap_Kd a.eps\n",
            a__eps=b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) run\n",
        ),
        "ps.mtl: 'a.eps' cannot be read",
        mended=True,
    ),
    "no_bytes.gltf": Hostile(
        textured_gltf({"uri": "data:image/png;base64,"}),
        "no_bytes.gltf: .*cannot be read",
        mended=True,
    ),
    # Odd, but of use.
    "nan_uv.obj": Hostile(
        lambda path: (
            path.write_bytes(
                obj(
                    before="mtllib nu.mtl\n",
                    vertices=TRIANGLE.replace("vt 1 0", "vt nan inf"),
                    material="m",
                )
            )
            and with_library("nu.mtl", "newmtl m\nmap_Kd nu.png\n", nu__png=png(2, 2))(
                path.parent / "unused"
            )
        ),
        "nan_uv.obj: has texture coordinates that are no numbers",
        mended=True,
    ),
    "own_library.obj": Hostile(
        with_library("own_library.obj", obj(before="mtllib own_library.obj\n", material="m")),
        "",
        mended=True,
    ),
    "cyclic_library.obj": Hostile(
        with_library(
            "cy.mtl", "mtllib cy.mtl\nnewmtl m\nmap_Kd cy.mtl\nmtllib cyclic_library.obj\n"
        ),
        "cy.mtl: 'cy.mtl' cannot be read",
        mended=True,
    ),
    "many_libraries.obj": Hostile(
        lambda _: obj(before="".join(f"mtllib a{i}.mtl\n" for i in range(10_000))),
        "names 10,000 libraries",
        mended=True,
    ),
    "long_face.obj": Hostile(
        lambda _: obj(faces="f " + "1/1/1 2/2/2 3/3/3 " * 560_000 + "\n"), "", mended=True
    ),
    "long_comment.obj": Hostile(lambda _: obj(before="#" * 10_000_000 + "\n"), "", mended=True),
    "long_name.obj": Hostile(
        lambda _: obj(before="mtllib " + "a" * 10_000_000 + ".mtl\n"), "cannot be read", mended=True
    ),
    "continued.obj": Hostile(lambda _: obj(before="\\\n" * 3_000_000 + "\n"), "", mended=True),
    "bent_polygons.obj": Hostile(
        lambda _: obj(
            vertices="v 0 0 0\nv 4 1 0\nv 0 2 0\nv 1 1 0\n",
            faces="".join(f"f {'1 2 3 4 ' * 40}\n" for _ in range(300)),
        ),
        "",
        mended=True,
    ),
}


def write_all(folder: pathlib.Path) -> None:
    """Writes every file, and a ZIP that no one asks for."""
    for name, hostile in FILES.items():
        path = folder / name
        made = hostile.make(path) if callable(hostile.make) else hostile.make
        if isinstance(made, bytes):
            path.write_bytes(made)
    (folder / "unused").unlink(missing_ok=True)
    (folder / "slip.zip").write_bytes(archive("../../evil.obj", "good.obj"))
