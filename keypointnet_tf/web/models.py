"""The models that a page offers, by name, read when they are first chosen."""

from __future__ import annotations

import functools
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence

from keypointnet_tf.discovery.checkpoints import model_file
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.presets import preset_names

Loader = Callable[[str], Predictor]

KEPT = 4
"""Models that stay in memory."""
# Names that tell nothing of a run.
_COMMON_NAMES = {"model", "best", "last", ""}


def named_models(sources: Sequence[str | os.PathLike] = ()) -> dict[str, str | os.PathLike]:
    """Short names for models, unique, in their order.

    A model of the package has its own name. Another's is the last part of its path that tells runs
    apart: `runs/car/model` is `car`.

    Args:
      sources: names of the package's models, run folders and `.keras` files; none for all models
        of the package.

    Raises:
      ValueError: one is none of these.
    """
    names: dict[str, str | os.PathLike] = {}
    for source in sources or preset_names():
        name = short = _short_name(source)
        number = 1
        while name in names:
            number += 1
            name = f"{short} ({number})"
        names[name] = source
    return names


def loader_of(sources: Mapping[str, str | os.PathLike], *, kept: int = KEPT) -> Loader:
    """A function that reads a model by its name, and keeps the last few in memory.

    The function raises ValueError for a name that is not in `sources`, and for a file that is no
    model.
    """

    @functools.lru_cache(maxsize=kept)
    def load(name: str) -> Predictor:
        if name not in sources:
            raise ValueError(f"model is {name!r}; expected one of {', '.join(sources)}")
        return Predictor.from_preset(sources[name])

    return load


def _short_name(source: str | os.PathLike) -> str:
    if str(source) in preset_names():
        return str(source)
    _check(source)
    path = pathlib.Path(source).expanduser().absolute()
    for part in (path.with_suffix("") if path.suffix == ".keras" else path, *path.parents):
        if part.name not in _COMMON_NAMES:
            return part.name
    return str(path)


def _check(source: str | os.PathLike) -> None:
    try:
        model_file(source)
    except ValueError as error:
        models = ", ".join(preset_names())
        raise ValueError(f"{error}; models of the package are {models}") from error
