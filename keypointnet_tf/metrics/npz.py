"""Reading `.npz` archives from anywhere: nothing is unpickled, blank pictures take no memory."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

CHUNK_ROWS = 64
_DAMAGED = (ValueError, EOFError, zipfile.BadZipFile, zlib.error)
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(
    path: str | os.PathLike, names: Sequence[str], *, blank: str = ""
) -> dict[str, np.ndarray]:
    """The arrays of the given names that an archive holds.

    Args:
      path: the archive.
      names: what to read of it; the rest is ignored.
      blank: an array many of whose rows may be all zero. It is read piece by piece, and its zero
        pieces are left to the system's untouched zero pages, which take no memory.

    Raises:
      FileNotFoundError: there is no such file.
      ValueError: it is no archive, or an array in it is damaged or needs unpickling.
    """
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"not an .npz archive ({error})") from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError("a single array; expected an .npz archive of named arrays")
    with archive:
        return {
            name: _read(archive, name, name == blank) for name in names if name in archive.files
        }


def _read(archive: np.lib.npyio.NpzFile, name: str, blank: bool) -> np.ndarray:
    try:
        return _read_blank(archive, name) if blank else archive[name]
    except _DAMAGED as error:
        hint = ""
        if "pickle" in str(error):
            hint = "; expected one array of numbers, bools or str, not rows of unequal length"
        raise ValueError(f"field {name!r} cannot be read ({error}){hint}") from error


def _read_blank(archive: np.lib.npyio.NpzFile, name: str) -> np.ndarray:
    with archive.zip.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        header = _HEADERS.get(version)
        shape, fortran, dtype = header(file) if header else ((), True, np.dtype(object))
        if fortran or not shape or dtype.hasobject:
            return archive[name]
        result = np.zeros(shape, dtype)
        for start in range(0, len(result) if result.size else 0, CHUNK_ROWS):
            piece = result[start : start + CHUNK_ROWS]
            data = np.frombuffer(_read_exactly(file, piece.nbytes), dtype)
            if data.any():
                piece[:] = data.reshape(piece.shape)
        file.read(1)  # at its end the checksum is compared
        return result


def _read_exactly(file: BinaryIO, count: int) -> bytes:
    parts = []
    while count:
        part = file.read(count)
        if not part:
            raise EOFError(f"the file ends {count} bytes early")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
