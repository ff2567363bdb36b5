"""Files that appear whole or not at all, for every part of the package that writes."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import BinaryIO

_LEFTOVERS = ".*.tmp"


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """A file to write that gets the name `path` when the block ends without an error.

    Until then it has a hidden temporary name in the same folder, which must exist. The content is
    on disk before the name is, so that a power cut leaves no empty file under a good name.

    Raises:
      OSError: the folder cannot be written; what lay at `path` is then untouched.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(path: str | os.PathLike, content: bytes) -> None:
    """Puts `content` at `path`, making its folder where it is absent.

    Raises:
      OSError: the folder cannot be made or written; what lay at `path` is then untouched.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        file.write(content)


def remove_leftovers(folder: str | os.PathLike) -> None:
    """Removes the temporary files that killed processes left in a folder that nobody writes to."""
    for path in pathlib.Path(folder).glob(_LEFTOVERS):
        path.unlink(missing_ok=True)
