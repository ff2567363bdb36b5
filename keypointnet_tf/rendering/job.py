"""What a rendering job makes: the objects, their views and their splits, before any is rendered.

A job's output is a pure function of its config (and of the mesh files); where it is written and
on how many processes is no part of it. Nothing here loads a mesh.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keypointnet_tf.rendering.pairs import PairConfig

AXES = ("x", "y", "z", "-x", "-y", "-z")
SPLITS = ("train", "dev", "test")

# File and folder names that say nothing about which object a mesh file holds.
_NAMELESS = ("model", "models", "model_normalized")


@dataclasses.dataclass(frozen=True)
class RenderJob:
    """Config of a rendering job. Exactly one of `shapes` and `meshes` is given.

    Attributes:
      shapes: a procedural category ("plane", "car", "chair"), or "".
      objects: how many procedural objects.
      meshes: mesh files, one object each.
      up, front: which axis of the mesh files points up and forward, one of `AXES`.
      pairs: view pairs per object.
      seed: of objects, cameras, lights and splits.
      views: how pairs are taken.
      dev_share, test_share: shares of the objects held out; the rest is training data.
      dev_count, test_count: explicit numbers of objects in place of the shares.
    """

    shapes: str = ""
    objects: int = 200
    meshes: tuple[str, ...] = ()
    up: str = "z"
    front: str = "x"
    pairs: int = 20
    seed: int = 0
    views: PairConfig = PairConfig()
    dev_share: float = 0.05
    test_share: float = 0.15
    dev_count: int | None = None
    test_count: int | None = None

    def __post_init__(self) -> None:
        if bool(self.shapes) == bool(self.meshes):
            raise ValueError(
                f"shapes is {self.shapes!r} and meshes holds {len(self.meshes)} files; "
                "expected exactly one of the two"
            )
        for name, low, high in _RANGES:
            value = self.value(name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}; expected {low} to {high}")
        for name in ("up", "front"):
            if getattr(self, name) not in AXES:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected one of {', '.join(AXES)}"
                )
        if self.up[-1] == self.front[-1]:
            raise ValueError(f"front is {self.front!r}; expected an axis across up {self.up!r}")
        self.split_counts()

    def value(self, name: str) -> Any:
        """A number of the job, its views or its cameras by its field name."""
        for part in (self, self.views, self.views.sampling):
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(name)

    def split_counts(self) -> tuple[int, int]:
        """Numbers of dev and test objects; shares are rounded, to 1 at least of 3 objects or more.

        Raises:
          ValueError: together they exceed the number of objects.
        """
        total = len(self.meshes) or self.objects
        dev = self.dev_count if self.dev_count is not None else _share_of(self.dev_share, total)
        test = self.test_count if self.test_count is not None else _share_of(self.test_share, total)
        if dev + test > total:
            raise ValueError(
                f"dev and test take {dev} and {test} objects; expected at most {total} together"
            )
        return dev, test


def _share_of(share: float, total: int) -> int:
    least = 1 if share > 0 and total >= 3 else 0
    return max(least, round(share * total))


# Bounds of the fields, ends included. Cameras stay outside any object of longest side 2, whose
# corners reach sqrt(3) from the origin.
_RANGES = (
    ("objects", 1, 10_000_000),
    ("pairs", 1, 1_000_000),
    ("seed", 0, 2**63 - 1),
    ("size", 8, 4096),
    ("supersample", 1, 16),
    ("field_of_view_degrees", 0.1, 150),
    ("distance", 2.5, 10_000),
    ("max_angle_degrees", 1, 180),
    ("max_roll_degrees", 0, 180),
    ("dev_share", 0, 1),
    ("test_share", 0, 1),
    ("dev_count", 0, 10_000_000),
    ("test_count", 0, 10_000_000),
)


class ObjectTask(NamedTuple):
    """One object to render: its number, its record's name, its id, and its file, if any."""

    index: int
    record: str
    object_id: str
    path: str | None


def object_tasks(job: RenderJob) -> list[ObjectTask]:
    """The job's objects in order; records are numbered with at least four digits."""
    count = len(job.meshes) or job.objects
    width = max(4, len(str(count - 1)))
    if job.meshes:
        ids: Sequence[str] = mesh_object_ids(job.meshes)
        paths: Sequence[str | None] = job.meshes
    else:
        ids = [f"{job.shapes}_{job.seed}_{i:06d}" for i in range(count)]
        paths = [None] * count
    return [ObjectTask(i, f"{i:0{width}d}", ids[i], paths[i]) for i in range(count)]


def mesh_object_ids(paths: Sequence[str]) -> list[str]:
    """Unique object ids of mesh files: file names without suffix where those tell them apart.

    Where a file name says nothing (ShapeNet's `<model>/models/model_normalized.obj`), the folder's
    does; where names repeat, the path below the common folder is joined with `_`.

    Raises:
      ValueError: two files get the same id.
    """
    parts = [_telling_parts(path) for path in paths]
    ids = [p[-1] for p in parts]
    if len(set(ids)) < len(ids):
        shared = len(os.path.commonprefix([p[:-1] for p in parts]))
        ids = ["_".join(p[shared:]) for p in parts]
    for first, second in _repeats(ids):
        raise ValueError(
            f"mesh files {paths[first]} and {paths[second]} share the id {ids[first]!r}; "
            "expected names that differ in more than their suffix, or a pattern for one of them"
        )
    return ids


def assign_splits(job: RenderJob, records: Sequence[str]) -> dict[str, list[str]]:
    """Record names of each split, drawn at random by object from the job's seed, in order."""
    dev, test = job.split_counts()
    order = np.random.default_rng(job.seed).permutation(len(records))
    chosen = {"test": order[:test], "dev": order[test : test + dev], "train": order[test + dev :]}
    return {name: [records[i] for i in sorted(chosen[name])] for name in SPLITS}


def _telling_parts(path: str) -> tuple[str, ...]:
    """The path's parts without suffix, cut after the last one that names something."""
    absolute = pathlib.PurePath(os.path.abspath(path))
    parts = (*absolute.parts[:-1], absolute.stem)
    end = len(parts)
    while end > 2 and parts[end - 1] in _NAMELESS:
        end -= 1
    return parts[:end]


def _repeats(ids: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of positions with equal ids."""
    seen: dict[str, int] = {}
    return [(seen[i], n) for n, i in enumerate(ids) if seen.setdefault(i, n) != n]
