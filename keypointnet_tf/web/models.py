"""The models that a page offers, by name, read when they are first chosen."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.presets import is_preset, source_name

Loader = Callable[[str], Predictor]

KEPT = 4
"""Models that stay in memory."""
# Names that tell nothing of a run.
_COMMON_NAMES = {"model", "best", "last", ""}


def named_models(paths: Sequence[str | os.PathLike]) -> dict[str, str | os.PathLike]:
    """Short names for run folders, `.keras` files and models of the package, unique, in order.

    A name is the last part of the path that tells runs apart: `runs/car/model` is `car`.

    Raises:
      ValueError: there is no path, or a path holds no model.
    """
    if not paths:
        raise ValueError("there are no models; expected at least one run folder or .keras file")
    names: dict[str, str | os.PathLike] = {}
    for path in paths:
        source_name(path)
        name = short = str(path) if is_preset(path) else _short_name(pathlib.Path(path))
        number = 1
        while name in names:
            number += 1
            name = f"{short} ({number})"
        names[name] = path
    return names


def loader_of(paths: Mapping[str, str | os.PathLike], *, kept: int = KEPT) -> Loader:
    """A function that reads a model by its name, and keeps the last few in memory.

    The function raises ValueError for a name that is not in `paths`, and for a file that is no
    model.
    """

    @functools.lru_cache(maxsize=kept)
    def load(name: str) -> Predictor:
        if name not in paths:
            raise ValueError(f"model is {name!r}; expected one of {', '.join(paths)}")
        return Predictor.from_preset(paths[name])

    return load


def _short_name(path: pathlib.Path) -> str:
    path = path.expanduser().absolute()
    for part in (path.with_suffix("") if path.suffix == ".keras" else path, *path.parents):
        if part.name not in _COMMON_NAMES:
            return part.name
    return str(path)
