"""The files that a mesh file refers to: material libraries, textures and buffers.

trimesh drops a texture that it cannot read without a word, and takes none from outside the mesh's
folder, where ShapeNet v2 keeps them all. `AssetFolder` finds them and reports what is missing.
"""

from __future__ import annotations

import logging
import os
import pathlib
import re
import urllib.parse

from PIL import Image
from trimesh.resolvers import Resolver

logger = logging.getLogger(__name__)

# Options before the file name in a `map_Kd` line, such as `-s 1 1 1 -clamp on`; not applied.
_MAP_OPTIONS = re.compile(r"^(?:-[a-zA-Z]+\s+(?:(?:on|off|[-+]?[\d.]+(?:[eE][-+]?\d+)?)\s+)+)+")

_reported: set[tuple[str, str]] = set()


def report_unreadable(source: pathlib.Path, name: str, reason: str) -> None:
    """Warns, once per process, of a reference `name` in the file `source` that cannot be used."""
    if (str(source), name) not in _reported:
        _reported.add((str(source), name))
        logger.warning(
            "%s: %r cannot be read (%s); what it covers is drawn in its plain colour",
            source,
            name,
            reason,
        )


class AssetFolder(Resolver):
    """Reads what the mesh file at `path` refers to; given to trimesh as its resolver.

    Paths are relative to the mesh's folder. Images may lie anywhere (the published ShapeNet v2 has
    them in `../images/`), any other file only below that folder; nothing is fetched from the
    network, and nothing but regular files is opened.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._folder = path.parent
        self._source = path
        self.file_name = path.name

    def get(self, name: str) -> bytes:
        """The content of an asset.

        Raises:
          FileNotFoundError: there is none, or it may not be read; a warning has been logged.
        """
        try:
            path = self._find(name)
        except (OSError, ValueError) as error:
            report_unreadable(self._source, name, str(error))
            raise FileNotFoundError(f"{name!r}: {error}") from error
        if path.suffix.lower() == ".mtl":
            self._source = path
        return path.read_bytes()

    def _find(self, name: str) -> pathlib.Path:
        name = name.strip().strip('"')
        plain = _MAP_OPTIONS.sub("", name)
        for candidate in (name, plain, plain.replace("\\", "/"), urllib.parse.unquote(name)):
            path = self._folder / candidate
            if path.is_file():
                break
        else:
            raise FileNotFoundError("no such file")
        # By name, not by place: what a link inside the folder points at was put there on purpose.
        inside = _is_below(path, self._folder)
        if not inside or path.suffix.lower() in Image.registered_extensions():
            _check_image(path)
        return path

    def keys(self) -> list[str]:
        """Names of the files in the mesh's folder."""
        return [path.name for path in self._folder.iterdir() if path.is_file()]

    def write(self, name: str, data: bytes) -> None:
        raise PermissionError(f"{name!r}: the folder of a mesh is only read")

    def namespaced(self, namespace: str) -> AssetFolder:
        return AssetFolder(self._folder / namespace / self.file_name)


def _is_below(path: pathlib.Path, folder: pathlib.Path) -> bool:
    return pathlib.Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))


def _check_image(path: pathlib.Path) -> None:
    """Reads no more than the header.

    Raises:
      ValueError: the file is no image.
    """
    try:
        with Image.open(path):
            pass
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError("not an image") from error
