"""The node tree of a glTF scene: that it is one, and how much it places (section 3.5)."""

from __future__ import annotations

from typing import Any

from keypointnet_tf.shapes.gltf_json import item, number, objects
from keypointnet_tf.shapes.mesh_limits import (
    MAX_DEPTH,
    MAX_FACES,
    MAX_PLACEMENTS,
    check_count,
)

_STRIP = 5


def check_nodes(tree: dict[str, Any]) -> None:
    """Refuses nodes that form no tree, or one too deep, or that place too much.

    Raises:
      ValueError: as it says.
    """
    nodes = objects(tree, "nodes")
    children = [_children(node, len(nodes)) for node in nodes]
    parents = [0] * len(nodes)
    for below in children:
        for child in below:
            parents[child] += 1
            if parents[child] > 1:
                raise ValueError(f"node {child} has two parents")
    level, seen, depth = [i for i, count in enumerate(parents) if not count], 0, 0
    while level:
        seen, depth = seen + len(level), depth + 1
        check_count("nodes above one another", depth, MAX_DEPTH)
        level = [child for node in level for child in children[node]]
    if seen < len(nodes):
        raise ValueError("nodes form a cycle")
    _check_placements(tree, nodes)


def _children(node: dict[str, Any], count: int) -> list[int]:
    found = node.get("children", [])
    if not isinstance(found, list):
        raise ValueError("the children of a node are no list")
    for child in found:
        if not isinstance(child, int) or not 0 <= child < count:
            raise ValueError(f"a node has the child {str(child)[:40]} of {count:,} nodes")
    return found


def _check_placements(tree: dict[str, Any], nodes: list[dict[str, Any]]) -> None:
    """Bounds what is placed, as often as it is placed."""
    meshes, accessors = objects(tree, "meshes"), objects(tree, "accessors")
    sizes = []
    for mesh in meshes:
        primitives = objects(mesh, "primitives")
        faces = sum(_faces(primitive, accessors) for primitive in primitives)
        sizes.append({"parts": len(primitives), "faces": faces})
    placed = [item(node, "mesh", sizes, "mesh") for node in nodes if "mesh" in node]
    check_count("placed parts", sum(size["parts"] for size in placed), MAX_PLACEMENTS)
    check_count("faces", sum(size["faces"] for size in placed), MAX_FACES)


def _faces(primitive: dict[str, Any], accessors: list[dict[str, Any]]) -> int:
    """Triangles of a primitive, or a little more."""
    source = primitive if "indices" in primitive else primitive["attributes"]
    name = "indices" if "indices" in primitive else "POSITION"
    count = number(item(source, name, accessors, "accessor"), "count") if name in source else 0
    return count if primitive.get("mode") == _STRIP else count // 3
