"""Which mesh files become objects, under which ids, in which frame and split.

A `MeshSource` says all that is to be known of a file before it is opened, so that a job of any
size is planned without loading a mesh. Files and patterns give them here, ShapeNet folders in
`shapenet.py`.
"""

from __future__ import annotations

import csv
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from keypointnet_tf.shapes.frames import AXES, frame_rotation
from keypointnet_tf.shapes.mesh import Mesh

SPLITS = ("train", "dev", "test")

# File and folder names that say nothing about which object a mesh file holds.
_NAMELESS = ("model", "models", "model_normalized")
# Columns of a table of exceptions that a preview adds for people.
_NOTES = ("file", "faces", "hints")


@dataclasses.dataclass(frozen=True)
class MeshSource:
    """One mesh file that is to become one object.

    Attributes:
      path: the file.
      object_id: unique name of the object.
      up, front: axes of the file that point up and forward, see `frames.py`.
      split: "train", "dev" or "test"; "" leaves it to the job.

    Raises:
      ValueError: the axes do not fit or the split is unknown; names the file.
    """

    path: str
    object_id: str
    up: str = "z"
    front: str = "x"
    split: str = ""

    def __post_init__(self) -> None:
        try:
            frame_rotation(self.up, self.front)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from error
        if self.split not in ("", *SPLITS):
            raise ValueError(
                f"{self.path}: split is {self.split!r}; expected one of {', '.join(SPLITS)}"
            )

    def load(self) -> Mesh:
        """The mesh in our frame, normalised, under the source's id.

        Raises:
          ValueError: the file cannot be read as a mesh; names the file.
        """
        from keypointnet_tf.shapes.mesh_file import load_mesh  # trimesh takes a while to import

        return load_mesh(self.path, up=self.up, front=self.front, object_id=self.object_id)


def file_sources(
    patterns: Iterable[str | os.PathLike],
    *,
    up: str = "z",
    front: str = "x",
    overrides: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[MeshSource, ...]:
    """The mesh files that files, folders and glob patterns name, each once, sorted by path.

    Args:
      patterns: see `mesh_file.find_meshes`.
      up, front: axes of the files.
      overrides: object id -> the fields of its `MeshSource` that differ, see `read_overrides`.

    Raises:
      ValueError: a pattern finds nothing, two files get the same id, an override names no object,
        or axes do not fit.
    """
    from keypointnet_tf.shapes.mesh_file import find_meshes

    found = (file for pattern in patterns for file in find_meshes(pattern))
    paths = sorted({os.path.abspath(file) for file in found})
    overrides = dict(overrides or {})
    sources = tuple(
        MeshSource(path, name, **({"up": up, "front": front} | dict(overrides.pop(name, {}))))
        for path, name in zip(paths, mesh_object_ids(paths), strict=True)
    )
    if overrides:
        known = ", ".join(source.object_id for source in sources[:5])
        raise ValueError(
            f"overrides name {sorted(overrides)[0]!r}; expected the id of an object, such as "
            f"{known}"
        )
    return sources


def read_overrides(path: str | os.PathLike) -> dict[str, dict[str, str]]:
    """Reads a CSV of exceptions: a column `object`, and any of `up`, `front` and `split`.

    Empty cells change nothing, nor do the other columns of a preview's table (`file`, `faces`,
    `hints`). The result goes to `file_sources`.

    Raises:
      ValueError: another column, a value that cannot be, or an object named twice; names the file
        and the line.
    """
    overrides: dict[str, dict[str, str]] = {}
    allowed = {"up": tuple(AXES), "front": tuple(AXES), "split": SPLITS}
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        columns = reader.fieldnames or []
        if "object" not in columns or not set(columns) <= {"object", *allowed, *_NOTES}:
            raise ValueError(
                f"{path}: columns are {columns}; expected 'object' and any of {', '.join(allowed)}"
            )
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            name = (row.pop("object") or "").strip()
            values = {key: row[key].strip() for key in allowed if row.get(key)}
            if None in row or not name or name in overrides:
                raise ValueError(f"{where}: object is {name!r}; expected a new one, one per line")
            for key, value in values.items():
                if value not in allowed[key]:
                    raise ValueError(
                        f"{where}: {key} is {value!r}; expected one of {', '.join(allowed[key])}"
                    )
            overrides[name] = {key: value for key, value in values.items() if value}
    return overrides


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
