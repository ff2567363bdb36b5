"""Record folders inside zip files, read in place and distrusted.

Members that are stored are read by byte range; compressed ones are decompressed whole and kept in
a bounded cache, since records are drawn at random. Nothing is ever extracted, so that a member's
name cannot reach outside; unsafe names are left out all the same, and what no honest archive of
records holds (encryption, an absurd declared size, a name twice) is refused.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from absl import logging

from keypointnet_tf.data.byte_cache import ByteCache
from keypointnet_tf.data.storage import CACHE_BYTES, Storage

# Images are compressed already: records shrink by a few per cent, blank ones perhaps tenfold.
LARGEST_RATIO = 200
UNCHECKED_BYTES = 64 * 2**20
COPIED_CACHE_BYTES = 64 * 2**20

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, then lengths of name and extra field
_ENCRYPTED = 0x1


class ZipFolder(Storage):
    """The one folder of records of a zip file, or the folder of it that is named.

    Args:
      parent: folder that the zip lies in.
      name: its file name there.
      inner: folder inside the zip, "" for its top; None for the only one that holds records.
      cache_bytes: most bytes of decompressed members that are kept.

    Raises:
      ValueError: no zip, cut short, not exactly one folder of records, or a member that no honest
        archive holds; names the member.
    """

    def __init__(
        self,
        parent: Storage,
        name: str,
        *,
        inner: str | None = None,
        cache_bytes: int = CACHE_BYTES,
    ):
        self._parent, self._name = parent, name
        self._where = parent.locate(name)
        self.is_local = parent.is_local
        self._zip = self._opened()
        members = safe_members(self._zip.infolist(), self._where)
        self._folder = _only_folder(members, self._where) if inner is None else inner
        self._members = _direct_members(members, self._folder)
        if not self._members:
            raise ValueError(
                f"{self._where}: holds no folder {self._folder!r}; expected one of "
                f"{sorted({_folder_of(m) for m in members})[:5]}"
            )
        for member_name, info in self._members.items():
            _check_member(info, self.locate(member_name))
        self.location = f"zip://{self._folder}::{self._where}" if self._folder else self._where
        self._cache = ByteCache(cache_bytes)
        self._starts: dict[str, int] = {}

    def names(self) -> list[str]:
        return sorted(self._members)

    def size(self, name: str) -> int:
        return self._member(name).file_size

    def locate(self, name: str) -> str:
        return f"zip://{self._folder + '/' if self._folder else ''}{name}::{self._where}"

    def open(self, name: str) -> BinaryIO:
        info = self._member(name)
        if info.file_size > self._cache.limit:
            with _damage_named(self.locate(name)):
                return _NamedDamage(self._zip.open(info), self.locate(name))
        return io.BytesIO(self._content(name, info))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        info = self._member(name)
        length = max(0, min(length, info.file_size - start))
        if info.compress_type == zipfile.ZIP_STORED:
            return self._parent.read_range(self._name, self._start(name, info) + start, length)
        return self._content(name, info)[start : start + length]

    def __reduce__(self):
        # Processes that share the work each read a part of the members, one after the other.
        limit = min(self._cache.limit, COPIED_CACHE_BYTES)
        return _reopened, (self._parent, self._name, self._folder, limit)

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._parent.open(self._name))
        except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
            raise ValueError(
                f"{self._where}: {error}; expected a folder or a whole zip file (is it cut short?)"
            ) from error

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise FileNotFoundError(f"{self.locate(name)}: no such member")
        return self._members[name]

    def _content(self, name: str, info: zipfile.ZipInfo) -> bytes:
        def read() -> bytes:
            with _damage_named(self.locate(name)):
                return self._zip.read(info)

        return self._cache.get(name, read)

    def _start(self, name: str, info: zipfile.ZipInfo) -> int:
        """First byte of a stored member's data in the zip file."""
        if name not in self._starts:
            header = self._parent.read_range(self._name, info.header_offset, _LOCAL_HEADER.size)
            if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
                raise ValueError(f"{self.locate(name)}: its header is damaged; expected PK 3 4")
            _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
            skipped = _LOCAL_HEADER.size + name_length + extra_length
            self._starts[name] = info.header_offset + skipped
        return self._starts[name]


def safe_members(infos: Iterable[zipfile.ZipInfo], where: str) -> list[zipfile.ZipInfo]:
    """The files of an archive, without links, hidden files and names that point outside of it.

    Raises:
      ValueError: a name comes twice.
    """
    files = [info for info in infos if not info.is_dir()]
    unsafe = [info for info in files if _is_unsafe(info)]
    if unsafe:
        logging.warning(
            "%s: ignoring %d members with unsafe names, such as %r",
            where,
            len(unsafe),
            unsafe[0].orig_filename,
        )
    kept = {}
    for info in files:
        if info.filename in kept:
            raise ValueError(f"{where}: holds {info.filename!r} twice; expected each name once")
        if not _is_unsafe(info) and not _is_hidden(info):
            kept[info.filename] = info
    return list(kept.values())


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    name = info.orig_filename
    odd = "\\" in name or "\0" in name or name.startswith("/") or re.match("[A-Za-z]:", name)
    return bool(odd) or ".." in name.split("/") or stat.S_ISLNK(info.external_attr >> 16)


def _is_hidden(info: zipfile.ZipInfo) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in info.filename.split("/"))


def _folder_of(info: zipfile.ZipInfo) -> str:
    return info.filename.rpartition("/")[0]


def _direct_members(members: list[zipfile.ZipInfo], folder: str) -> dict[str, zipfile.ZipInfo]:
    return {m.filename.rpartition("/")[2]: m for m in members if _folder_of(m) == folder}


def _only_folder(members: list[zipfile.ZipInfo], where: str) -> str:
    folders = sorted({_folder_of(m) for m in members if m.filename.endswith(".tfrecord")})
    if len(folders) == 1:
        return folders[0]
    if folders:
        shown = ", ".join(repr(folder) for folder in folders[:5])
        raise ValueError(
            f"{where}: holds records in {len(folders)} folders ({shown}); expected one: name it as "
            f"zip://FOLDER::{where}"
        )
    names = sorted(m.filename for m in members)
    nested = next((name for name in names if name.lower().endswith(".zip")), None)
    if nested:
        raise ValueError(f"{where}: holds {nested!r}, a zip in a zip; expected .tfrecord files")
    raise ValueError(f"{where}: holds {names[:5] or 'nothing'}; expected .tfrecord files")


def _check_member(info: zipfile.ZipInfo, where: str) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(f"{where}: is encrypted; expected a zip without a password")
    if info.compress_type not in _METHODS:
        raise ValueError(
            f"{where}: has compression method {info.compress_type}; expected stored or deflated"
        )
    stored = info.compress_type == zipfile.ZIP_STORED
    largest = info.compress_size * (1 if stored else LARGEST_RATIO)
    if info.file_size > max(largest, 0 if stored else UNCHECKED_BYTES):
        raise ValueError(
            f"{where}: declares {info.file_size} bytes out of {info.compress_size} in the zip; "
            f"expected at most {largest}"
        )


class _NamedDamage(io.RawIOBase):
    """A member that is too large to hold, as a stream whose errors name it."""

    def __init__(self, stream: BinaryIO, where: str):
        self._stream, self._where = stream, where

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        with _damage_named(self._where):
            return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        with _damage_named(self._where):
            return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        super().close()


@contextlib.contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{where}: {error}; expected an undamaged zip member") from error


def _reopened(parent: Storage, name: str, folder: str, cache_bytes: int) -> ZipFolder:
    return ZipFolder(parent, name, inner=folder, cache_bytes=cache_bytes)
