"""What a COLLADA file declares, checked in one pass before pycollada builds all of it in memory.

Element names are those of the COLLADA 1.4.1 specification (Khronos Group, 2008).
"""

from __future__ import annotations

import io
import zipfile
from xml.parsers import expat

import numpy as np

from keypointnet_tf.shapes.dae_placements import NodeTotals
from keypointnet_tf.shapes.mesh_limits import MAX_DEPTH, MAX_FILE_BYTES, check_count

MAX_ELEMENTS = 1_000_000
MAX_ATTRIBUTES = 5_000_000
PRIMITIVES = ("triangles", "polylist", "polygons", "trifans", "tristrips", "lines", "linestrips")
# Texts that are needed for the checks; others pass unseen.
_TEXTS = ("p", "vcount", "Name_array", "IDREF_array")


def check_dae(data: bytes) -> None:
    """Checks a file before it is parsed.

    Raises:
      ValueError: it is no XML, or defines entities, or is an archive; it declares more than it
        holds; or it has, or places, more than is read.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError("holds a ZIP archive")
    checks = _Checks()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = checks.doctype
    parser.StartElementHandler = checks.start
    parser.EndElementHandler = checks.end
    parser.CharacterDataHandler = checks.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"no XML: {error}") from error
    checks.nodes.check()


class _Checks:
    """Handlers of the parser."""

    def __init__(self) -> None:
        self.nodes = NodeTotals()
        self._path: list[str] = []
        self._elements = self._attributes = 0
        self._texts: list[str] | None = None
        self._stride, self._vcount, self._words = 1, -1, 0

    def doctype(self, *declaration) -> None:
        raise ValueError("holds a document type, which may define entities; expected none")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        self._path.append(name)
        self._elements += 1
        self._attributes += len(attributes)
        check_count("elements above one another", len(self._path), MAX_DEPTH)
        check_count("elements", self._elements, MAX_ELEMENTS)
        check_count("attributes", self._attributes, MAX_ATTRIBUTES)
        if name in _TEXTS:
            self._texts = []
        elif name in PRIMITIVES:
            self._stride, self._vcount, self._words = 1, -1, 0
        elif name == "input":
            offset = attributes.get("offset", "0")
            if not offset.isdecimal() or len(offset) > 4:
                raise ValueError(f"an input has the offset {offset[:40]!r}")
            self._stride = max(self._stride, int(offset) + 1)
        self.nodes.start(name, attributes)

    def text(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)

    def end(self, name: str) -> None:
        name = self._path.pop()
        if self._texts is not None and name in _TEXTS:
            words = "".join(self._texts).split()
            self._texts = None
            self._take(name, words)
        elif name in PRIMITIVES:
            self._check_primitive(name)
        self.nodes.end(name)

    def _take(self, name: str, words: list[str]) -> None:
        if name == "p":
            self._words += len(words)
        elif name == "vcount":
            counts = np.array(words, np.int64)
            if len(counts) and counts.min() < 0:
                raise ValueError("a polygon has a negative number of corners")
            self._vcount = sum(counts.tolist())
        else:
            # NumPy reserves room for the longest word at each place.
            longest = max(map(len, words), default=0)
            check_count("bytes of names", 4 * longest * len(words), MAX_FILE_BYTES)

    def _check_primitive(self, name: str) -> None:
        corners = self._words // self._stride
        if self._vcount > corners:
            raise ValueError(f"polygons declare {self._vcount:,} corners, but hold {corners:,}")
        self.nodes.add_faces(corners // 3 if name == "triangles" else corners)
