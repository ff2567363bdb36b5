"""How much a COLLADA scene places, with nodes that place other nodes counted as often as placed.

Instances of instances multiply: thirty nodes that each place the next twice place the last one a
billion times.
"""

from __future__ import annotations

import dataclasses

from keypointnet_tf.shapes.mesh_limits import (
    MAX_DEPTH,
    MAX_FACES,
    MAX_PLACEMENTS,
    check_count,
)

_INSTANCES = ("instance_geometry", "instance_controller", "instance_node", "instance_visual_scene")


@dataclasses.dataclass
class _Node:
    """A node or visual scene: the nodes below it, and what it places by id."""

    children: list[_Node] = dataclasses.field(default_factory=list)
    placed: list[str] = dataclasses.field(default_factory=list)


class NodeTotals:
    """Follows the elements of a file, and counts what its scene places."""

    def __init__(self) -> None:
        self._top = _Node()
        self._open = [self._top]
        self._known: dict[str, _Node] = {}
        self._geometry = ""
        self._faces: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name in ("node", "visual_scene"):
            node = _Node()
            self._open[-1].children.append(node)
            self._open.append(node)
            self._known[attributes.get("id", "")] = node
        elif name in _INSTANCES:
            self._open[-1].placed.append(attributes.get("url", "").removeprefix("#"))
        elif name == "geometry":
            self._geometry = attributes.get("id", "")

    def end(self, name: str) -> None:
        """An element ends."""
        if name in ("node", "visual_scene"):
            self._open.pop()

    def add_faces(self, count: int) -> None:
        """Faces of the geometry that is read."""
        self._faces[self._geometry] = self._faces.get(self._geometry, 0) + count

    def check(self) -> None:
        """Checks the whole scene.

        Raises:
          ValueError: it places more parts or faces than are read, or nodes place themselves.
        """
        # Scenes and nodes of a library count as often as the file's one scene places them.
        top = _Node(placed=self._top.placed) if self._top.placed else self._top
        parts, faces = self._totals(top, {}, 0)
        check_count("placed parts", parts, MAX_PLACEMENTS)
        check_count("faces", max(faces, sum(self._faces.values())), MAX_FACES)

    def _totals(self, node: _Node, done: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
        """Parts and faces that a node places."""
        check_count("nodes above one another", depth, MAX_DEPTH)
        if id(node) not in done:
            parts, faces = 0, 0
            below = node.children + [self._known[i] for i in node.placed if i in self._known]
            for child in below:
                more = self._totals(child, done, depth + 1)
                parts, faces = parts + more[0], faces + more[1]
            shapes = [self._faces.get(i, 0) for i in node.placed if i not in self._known]
            done[id(node)] = parts + len(shapes), faces + sum(shapes)
        return done[id(node)]
