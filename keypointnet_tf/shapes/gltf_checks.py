"""What a glTF file declares, checked before trimesh reserves memory for it or misreads it.

Section numbers are those of the glTF 2.0 specification (Khronos Group, 2021).
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from keypointnet_tf.shapes.gltf_json import glb_chunks, item, number, objects, parse_tree
from keypointnet_tf.shapes.gltf_nodes import check_nodes
from keypointnet_tf.shapes.mesh_assets import AssetFolder, report_unreadable
from keypointnet_tf.shapes.mesh_limits import MAX_FILE_BYTES, check_count, check_declared
from keypointnet_tf.shapes.mesh_textures import open_image

# Sizes of components and their numbers, sections 3.6.2.2 and 3.6.2.3.
COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
FLOAT = 5126
# Extensions without which the geometry of a file that requires them is not to be had.
COMPRESSED = ("KHR_draco_mesh_compression", "EXT_meshopt_compression")
GEOMETRY = ("POSITION", "NORMAL", "TEXCOORD_0", "COLOR_0")

Tree = dict[str, Any]


def check_gltf(data: bytes, kind: str, assets: AssetFolder) -> None:
    """Checks a file before it is parsed, and reports embedded pictures that cannot be read.

    Args:
      data: its content.
      kind: "glb" or "gltf".
      assets: where its buffers are.

    Raises:
      ValueError: it declares more than it holds or than is read, its nodes are no tree, or its
        geometry is stored in a way that is not supported.
    """
    text, binary = glb_chunks(data) if kind == "glb" else (data, b"")
    tree = parse_tree(text)
    required = tree.get("extensionsRequired")
    for name in COMPRESSED:
        if isinstance(required, list) and name in required:
            raise ValueError(f"is compressed by {name}, which is not supported")
    _check_buffers(tree, len(binary), assets)
    _check_views(tree)
    _check_accessors(tree)
    accessors = objects(tree, "accessors")
    for mesh in objects(tree, "meshes"):
        for primitive in objects(mesh, "primitives"):
            _check_primitive(primitive, accessors)
    check_nodes(tree)
    views, buffers = objects(tree, "bufferViews"), objects(tree, "buffers")
    for image in _color_images(tree):
        try:
            data = _embedded_picture(image, views, buffers, binary)
            if data is not None:
                open_image(data)
        except ValueError as error:  # trimesh passes it over without a word
            name = str(image.get("name", "embedded picture"))
            report_unreadable(assets.source, name, str(error))


def _check_buffers(tree: Tree, binary: int, assets: AssetFolder) -> None:
    total = 0
    for buffer in objects(tree, "buffers"):
        length, uri = number(buffer, "byteLength"), buffer.get("uri")
        if uri is None:
            available = binary
        elif not isinstance(uri, str):
            raise ValueError(f"a buffer's 'uri' is {str(uri)[:40]}; expected text")
        elif uri.startswith("data:"):
            available = len(_embedded(uri))
        else:
            available = _file_size(uri, assets)
        check_declared("bytes in a buffer", length, 1, available)
        total += available
    check_count("bytes in buffers", total, MAX_FILE_BYTES)


def _file_size(uri: str, assets: AssetFolder) -> int:
    """Of a buffer's file, which is to lie below the folder of the mesh."""
    try:
        path = assets.find(uri)
    except (OSError, ValueError) as error:
        raise ValueError(f"buffer {uri[:200]!r}: {error}") from error
    if not assets.holds(path):
        raise ValueError(f"buffer {uri[:200]!r} lies outside the folder of the mesh")
    return path.stat().st_size


def _embedded(uri: str) -> bytes:
    """Data of a `data:` URI.

    Raises:
      ValueError: it is not in base64, or broken.
    """
    _, mark, payload = uri.partition("base64,")
    if not mark:
        raise ValueError("data is embedded otherwise than in base64")
    try:
        return base64.b64decode(payload, validate=True)
    except binascii.Error as error:
        raise ValueError(f"embedded data is broken: {error}") from error


def _check_views(tree: Tree) -> None:
    """Views of buffers lie inside them; trimesh copies each."""
    buffers, total = objects(tree, "buffers"), 0
    for view in objects(tree, "bufferViews"):
        room = number(item(view, "buffer", buffers, "buffer"), "byteLength")
        end = number(view, "byteOffset", 0) + number(view, "byteLength")
        check_declared("bytes in a view of a buffer", end, 1, room)
        total += number(view, "byteLength")
    check_count("bytes in views of buffers", total, MAX_FILE_BYTES)


def _check_accessors(tree: Tree) -> None:
    """Accessors lie inside their views (section 3.6.2.4); trimesh copies each."""
    views, total = objects(tree, "bufferViews"), 0
    for accessor in objects(tree, "accessors"):
        count, kind = number(accessor, "count"), accessor.get("type")
        size = COMPONENT_BYTES.get(number(accessor, "componentType"), 0)
        if not size or kind not in COMPONENTS:
            raise ValueError(f"an accessor holds {str(kind)[:40]} of an unknown type")
        size *= COMPONENTS[kind]
        total += count * size
        if "bufferView" in accessor:
            view = item(accessor, "bufferView", views, "view")
            stride = number(view, "byteStride", 0) or size
            end = number(accessor, "byteOffset", 0) + max(count - 1, 0) * stride + size
            check_declared("bytes in an accessor", end, 1, number(view, "byteLength"))
    check_count("bytes in accessors", total, MAX_FILE_BYTES)


def _check_primitive(primitive: Tree, accessors: list[Tree]) -> None:
    """Refuses what trimesh would take for something else, without a word."""
    attributes = primitive.get("attributes")
    if not isinstance(attributes, dict):
        raise ValueError("a primitive has no attributes")
    used = {name: attributes[name] for name in GEOMETRY if name in attributes}
    if "indices" in primitive:
        used["indices"] = primitive["indices"]
    for name in used:
        accessor = item(used, name, accessors, "accessor")
        if "sparse" in accessor:
            raise ValueError(f"{name} is a sparse accessor, which is not supported")
        if name == "TEXCOORD_0" and accessor["componentType"] != FLOAT:
            raise ValueError("TEXCOORD_0 holds whole numbers, which is not supported")
        if name == "POSITION" and accessor.get("normalized"):
            raise ValueError("POSITION holds normalised whole numbers, which is not supported")


def _color_images(tree: Tree) -> list[Tree]:
    """The pictures that colour materials."""
    textures, images = objects(tree, "textures"), objects(tree, "images")
    found: dict[int, Tree] = {}
    for material in objects(tree, "materials"):
        texture = (material.get("pbrMetallicRoughness") or {}).get("baseColorTexture")
        if isinstance(texture, dict):
            source = item(texture, "index", textures, "texture").get("source")
            if isinstance(source, int) and 0 <= source < len(images):
                found[source] = images[source]
    return list(found.values())


def _embedded_picture(
    image: Tree, views: list[Tree], buffers: list[Tree], binary: bytes
) -> bytes | None:
    """A picture that is inside the file, None for one in a file of its own.

    Raises:
      ValueError: it is broken.
    """
    uri = image.get("uri")
    if "bufferView" in image:
        view = item(image, "bufferView", views, "view")
        if "uri" in item(view, "buffer", buffers, "buffer"):
            return None
        start = number(view, "byteOffset", 0)
        return binary[start : start + number(view, "byteLength")]
    return _embedded(uri) if isinstance(uri, str) and uri.startswith("data:") else None
