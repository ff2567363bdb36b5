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

from keypointnet_tf.shapes.mesh_limits import MAX_FILE_BYTES, MAX_IMAGE_BYTES, read_file
from keypointnet_tf.shapes.mesh_textures import IMAGE_SUFFIXES, open_image

logger = logging.getLogger(__name__)

# Where exporters put pictures, seen from the mesh's folder.
IMAGE_FOLDERS = ("", "../images", "images", "textures", "../textures")
MOST_REPORTS = 5

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_reported: dict[str, set[str]] = {}


def report(source: str | os.PathLike, what: str) -> None:
    """Warns of something in the file `source`, once per process, of `MOST_REPORTS` at most."""
    known = _reported.setdefault(str(source), set())
    if what in known or len(known) > MOST_REPORTS:
        return
    known.add(what)
    if len(known) > MOST_REPORTS:
        what = "has more such faults, which are not listed"
    logger.warning("%s: %s", source, what)


def report_unreadable(source: str | os.PathLike, name: str, reason: str) -> None:
    """Warns, once per process, of a reference `name` in the file `source` that cannot be used."""
    name = name if len(name) <= 200 else name[:200] + "..."
    report(
        source,
        f"{name!r} cannot be read ({reason}); what it covers is drawn in its plain colour",
    )


class AssetFolder(Resolver):
    """Reads what the mesh file at `path` refers to; given to trimesh as its resolver.

    Paths are relative to the mesh's folder. Images may lie anywhere (the published ShapeNet v2 has
    them in `../images/`), any other file only below that folder; nothing is fetched from the
    network, and nothing but regular files is opened. An image that is not where a path says, often
    one of the exporter's own disk, is looked for by its name in `IMAGE_FOLDERS`, in any case of
    letters. Addresses such as `model://` or `http://` are not resolved.

    Attributes:
      source: the mesh file.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._folder = path.parent
        self.source = path
        self._listings: dict[pathlib.Path, dict[str, pathlib.Path]] = {}
        self.file_name = path.name

    def get(self, name: str) -> bytes:
        """The content of an asset.

        Raises:
          FileNotFoundError: there is none, or it may not be read; a warning has been logged.
        """
        try:
            return self.read(name)
        except (OSError, ValueError) as error:
            report_unreadable(self.source, name, _reason(error))
            raise FileNotFoundError(f"{name[:200]!r}: {_reason(error)}") from error

    def read(self, name: str) -> bytes:
        """The content of an asset, without a warning.

        Raises:
          OSError: there is none.
          ValueError: it may not be read.
        """
        path = self.find(name)
        image = path.suffix.lower() in IMAGE_SUFFIXES
        data = read_file(path, MAX_IMAGE_BYTES if image else MAX_FILE_BYTES)
        # By name, not by place: what a link inside the folder points at was put there on purpose.
        if image or not self.holds(path):
            open_image(data)
        return data

    def image(self, name: str) -> Image.Image:
        """An image asset, opened.

        Raises:
          OSError: there is none.
          ValueError: it is no image, or too large.
        """
        return open_image(read_file(self.find(name), MAX_IMAGE_BYTES))

    def find(self, name: str) -> pathlib.Path:
        """Where an asset is.

        Raises:
          FileNotFoundError: there is none.
          ValueError: the name cannot be one of a file.
        """
        name = name.strip().strip("\"'")
        scheme = _SCHEME.match(name)
        if scheme and scheme[1].lower() == "file":
            name = urllib.parse.unquote(urllib.parse.urlsplit(name).path)
        elif scheme:
            raise FileNotFoundError("not a file's path")
        for spelling in (name, name.replace("\\", "/"), urllib.parse.unquote(name)):
            path = self._folder / spelling
            if spelling and path.is_file():
                return path
        namesake = self._namesake(re.split(r"[\\/]", name)[-1])
        if namesake:
            return namesake
        raise FileNotFoundError("no such file")

    def has(self, name: str) -> bool:
        """Whether there is an asset of that name."""
        try:
            return bool(self.find(name))
        except (OSError, ValueError):
            return False

    def holds(self, path: pathlib.Path) -> bool:
        """Whether the path, by its parts, is below the mesh's folder."""
        folder = os.path.abspath(self._folder)
        return pathlib.Path(os.path.abspath(path)).is_relative_to(folder)

    def _namesake(self, name: str) -> pathlib.Path | None:
        """An image of that name, whatever the case of its letters, in the usual places."""
        names = dict.fromkeys((name.lower(), urllib.parse.unquote(name).lower()))
        if pathlib.PurePath(name.lower()).suffix not in IMAGE_SUFFIXES:
            return None
        listings = (self._listing(self._folder / folder) for folder in IMAGE_FOLDERS)
        found = (listing[name] for listing in listings for name in names if name in listing)
        return next(found, None)

    def _listing(self, folder: pathlib.Path) -> dict[str, pathlib.Path]:
        """The files of a folder by their names in small letters."""
        if folder not in self._listings:
            found = sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []
            self._listings[folder] = {p.name.lower(): p for p in found if p.is_file()}
        return self._listings[folder]

    def keys(self) -> list[str]:
        """Names of the files in the mesh's folder."""
        return [path.name for path in self._listing(self._folder).values()]

    def write(self, name: str, data: bytes) -> None:
        raise PermissionError(f"{name!r}: the folder of a mesh is only read")

    def namespaced(self, namespace: str) -> AssetFolder:
        return AssetFolder(self._folder / namespace / self.file_name)


def _reason(error: Exception) -> str:
    """What is wrong, without the path that the system's messages repeat."""
    return getattr(error, "strerror", None) or str(error)
