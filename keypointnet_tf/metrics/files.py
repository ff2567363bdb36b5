"""Writing result files whole or not at all."""

from __future__ import annotations

import os
import pathlib


def write_atomic(path: str | os.PathLike, content: bytes) -> None:
    """Puts `content` at `path` through a temporary name in the same folder, made if absent.

    Raises:
      OSError: the folder cannot be made or written; what lay at `path` is then untouched.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
