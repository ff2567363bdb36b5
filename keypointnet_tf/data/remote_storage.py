"""Record folders behind a URL that fsspec understands: object stores, web servers, memory.

Without a cache folder each range is one request. With one, a file is copied when it is first
read and is local from then on; a copy belongs to one version of the file, as far as its server
tells versions apart (`AbstractFileSystem.ukey`).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from keypointnet_tf.data.storage import Storage


class RemoteFolder(Storage):
    """A folder of an fsspec file system.

    Args:
      url: of the folder; protocols may be chained with `::`.
      cache_dir: folder for whole copies of the files, made when it is first needed; None reads
        from the server each time.

    Raises:
      ValueError: the protocol is unknown or its package is not installed.
    """

    is_local = False

    def __init__(self, url: str, *, cache_dir: str | os.PathLike | None = None):
        import fsspec  # costs a fifth of a second, which local sets need not pay

        self.location = url.rstrip("/") if not url.endswith("://") else url
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise ValueError(f"{url}: {error}; expected a URL that fsspec can open") from error
        self._sizes: dict[str, int] = {}
        self._copies = None if cache_dir is None else _Copies(self._fs, cache_dir)

    def names(self) -> list[str]:
        try:
            entries = self._fs.ls(self._root, detail=True)
            if any(entry["name"].strip("/") == self._root.strip("/") for entry in entries):
                raise FileNotFoundError  # the one entry is the file that was named
        except Exception as error:  # each protocol has exceptions of its own
            detail = f" ({error})" if not isinstance(error, FileNotFoundError) else ""
            raise ValueError(
                f"{self.location} is not a folder{detail}; expected one with .tfrecord files, or "
                "the URL of a .zip"
            ) from error
        files = {e["name"].rpartition("/")[2]: e["size"] for e in entries if e["type"] == "file"}
        self._sizes = {k: v for k, v in files.items() if k and not k.startswith(".")}
        return sorted(self._sizes)

    def size(self, name: str) -> int:
        if self._sizes.get(name) is None:  # some web servers do not list sizes
            with self._named(name):
                self._sizes[name] = self._fs.info(self._path(name))["size"]
        return self._sizes[name]

    def locate(self, name: str) -> str:
        # In a chain, the first part that has a path is the one in which the folder lies.
        parts = self.location.split("::")
        place = next((i for i, part in enumerate(parts) if "://" in part), len(parts) - 1)
        parts[place] = f"{parts[place]}{'' if parts[place].endswith('/') else '/'}{name}"
        return "::".join(parts)

    def open(self, name: str) -> BinaryIO:
        with self._named(name):
            if self._copies is not None:
                return open(self._copies.path(self._path(name)), "rb")
            return self._fs.open(self._path(name), "rb")

    def read_range(self, name: str, start: int, length: int) -> bytes:
        with self._named(name):
            if self._copies is None:
                return self._fs.cat_file(self._path(name), start=start, end=start + length)
            with open(self._copies.path(self._path(name)), "rb", buffering=0) as file:
                file.seek(start)
                return file.read(length)

    @contextlib.contextmanager
    def ranges(self, name: str) -> Iterator[Callable[[int, int], bytes]]:
        # A stream fetches large blocks, where single ranges would cost a request each.
        with self.open(name) as file:
            yield functools.partial(_sought, file)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextlib.contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """Turns the exceptions of a protocol into an OSError that names the file."""
        try:
            yield
        except Exception as error:
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise OSError(f"{self.locate(name)}: {text}") from error


def _sought(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


class _Copies:
    """Whole copies of remote files, each whole or absent."""

    def __init__(self, fs, folder: str | os.PathLike):
        self._fs = fs
        self._folder = pathlib.Path(folder).expanduser()
        self._paths: dict[str, pathlib.Path] = {}
        self._locks = [threading.Lock() for _ in range(64)]

    def path(self, remote: str) -> pathlib.Path:
        """The copy of a remote file, made now if it is absent."""
        if remote in self._paths:
            return self._paths[remote]
        with self._locks[hash(remote) % len(self._locks)]:
            if remote not in self._paths:
                self._paths[remote] = self._copied(remote)
        return self._paths[remote]

    def _copied(self, remote: str) -> pathlib.Path:
        protocol = self._fs.protocol if isinstance(self._fs.protocol, str) else self._fs.protocol[0]
        key = f"{protocol} {remote} {self._fs.ukey(remote)}"
        name = remote.rpartition("/")[2].rpartition("?")[0] or remote.rpartition("/")[2]
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}-{name}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
            try:
                self._fs.get_file(remote, str(temporary))
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
        return path
