"""Where the files of a record set lie: a local folder, a folder inside a zip, or any fsspec URL.

Everything above reads through `Storage`: names and sizes, whole files from their start on, and
ranges of bytes. Nothing is extracted or written, but for the optional copies of remote files.
"""

from __future__ import annotations

import abc
import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

CACHE_BYTES = 512 * 2**20

_ZIP_URL = re.compile(r"zip://(?P<inner>.*?)::(?P<outer>.+)", re.DOTALL)
_ZIP_NAME = re.compile(r"\.zip(\?.*)?$", re.IGNORECASE)


class Storage(abc.ABC):
    """A flat folder of files to read; safe to use from several threads.

    Attributes:
      location: the folder in full, a path or a URL.
      is_local: whether reading costs no round trip over a network.
    """

    location: str
    is_local = True

    @abc.abstractmethod
    def names(self) -> list[str]:
        """Names of the files, sorted; hidden ones and what lies in deeper folders are left out.

        Raises:
          ValueError: there is no such folder.
        """

    @abc.abstractmethod
    def size(self, name: str) -> int:
        """Bytes of a file."""

    @abc.abstractmethod
    def locate(self, name: str) -> str:
        """A file's place in full, for messages."""

    @abc.abstractmethod
    def open(self, name: str) -> BinaryIO:
        """A file to read from its start on; seeking back may be slow.

        Raises:
          ValueError: the file is damaged, where its container can tell.
        """

    @abc.abstractmethod
    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Bytes `start` to `start + length - 1` of a file; fewer where it ends before."""

    @contextlib.contextmanager
    def ranges(self, name: str) -> Iterator[Callable[[int, int], bytes]]:
        """`(start, length) -> bytes` of one file, for many short ranges from its start on."""
        yield functools.partial(self.read_range, name)

    def read_text(self, name: str) -> str:
        """A whole UTF-8 text file, or "" where there is none.

        Raises:
          ValueError: it is not UTF-8.
        """
        if name not in self:
            return ""
        try:
            with self.open(name) as file:
                return file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.locate(name)}: {error}; expected UTF-8 text") from error

    def __contains__(self, name: str) -> bool:
        return name in self._name_set

    @functools.cached_property
    def _name_set(self) -> frozenset[str]:
        return frozenset(self.names())


class LocalFolder(Storage):
    """A folder of this machine's file system; `~` is the home folder."""

    def __init__(self, path: str | os.PathLike):
        self.location = os.path.abspath(os.path.expanduser(path))

    def names(self) -> list[str]:
        if not os.path.isdir(self.location):
            raise ValueError(
                f"{self.location} is not a folder; expected one with .tfrecord files, a zip of "
                "one, or its URL"
            )
        with os.scandir(self.location) as entries:
            return sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))

    def size(self, name: str) -> int:
        return os.stat(self.locate(name)).st_size

    def locate(self, name: str) -> str:
        return os.path.join(self.location, name)

    def open(self, name: str) -> BinaryIO:
        return open(self.locate(name), "rb")

    def read_range(self, name: str, start: int, length: int) -> bytes:
        with open(self.locate(name), "rb", buffering=0) as file:
            file.seek(start)
            return file.read(length)

    @contextlib.contextmanager
    def ranges(self, name: str) -> Iterator[Callable[[int, int], bytes]]:
        with open(self.locate(name), "rb", buffering=0) as file:
            yield functools.partial(_read_at, file)


def open_storage(
    location: str | os.PathLike,
    *,
    cache_dir: str | os.PathLike | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> Storage:
    """The folder of records at a place.

    Args:
      location: a local folder or zip file; an fsspec URL of a folder or a zip file
        (`s3://bucket/set`, `https://host/cars.zip`); or `zip://FOLDER::ZIP` for a folder of a zip
        that holds several.
      cache_dir: folder into which remote files are copied when they are first read.
      cache_bytes: most bytes of decompressed zip members that are kept in memory.

    Raises:
      ValueError: there is nothing, its protocol is unknown or needs a package that is not
        installed, or it is a zip without exactly one folder of records.
    """
    if isinstance(location, os.PathLike):
        location = os.fspath(location)
    if match := _ZIP_URL.fullmatch(location):
        parent, name = _parent(match["outer"], cache_dir)
        return _zip_folder(parent, name, match["inner"].strip("/"), cache_bytes)
    if is_url(location):
        if _ZIP_NAME.search(location):
            return _zip_folder(*_parent(location, cache_dir), None, cache_bytes)
        return _remote_folder(location, cache_dir)
    path = os.path.expanduser(location)
    if os.path.isfile(path):
        return _zip_folder(*_parent(path, cache_dir), None, cache_bytes)
    return LocalFolder(path)


def _read_at(file: BinaryIO, start: int, length: int) -> bytes:
    if hasattr(os, "pread"):  # everywhere but on Windows
        return os.pread(file.fileno(), length, start)
    file.seek(start)
    return file.read(length)


def is_url(location: str) -> bool:
    """Whether a location is for fsspec: `protocol://...`, or several joined by `::`."""
    return "://" in location or "::" in location


def record_names(storage: Storage) -> Iterator[str]:
    """Names of the record files without `.tfrecord`, sorted."""
    suffix = ".tfrecord"
    return (name.removesuffix(suffix) for name in storage.names() if name.endswith(suffix))


def _parent(location: str, cache_dir: str | os.PathLike | None) -> tuple[Storage, str]:
    """The folder that a file lies in, and its name there."""
    if is_url(location):
        name = location.rpartition("/")[2]
        return _remote_folder(location.removesuffix(name), cache_dir), name
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(location)))
    return LocalFolder(folder), name


def _zip_folder(parent: Storage, name: str, inner: str | None, cache_bytes: int) -> Storage:
    from keypointnet_tf.data.zip_storage import ZipFolder

    return ZipFolder(parent, name, inner=inner, cache_bytes=cache_bytes)


def _remote_folder(url: str, cache_dir: str | os.PathLike | None) -> Storage:
    if url.startswith("file://"):
        return LocalFolder(url.removeprefix("file://"))
    from keypointnet_tf.data.remote_storage import RemoteFolder

    return RemoteFolder(url, cache_dir=cache_dir)
