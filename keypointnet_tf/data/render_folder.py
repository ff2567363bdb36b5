"""The folder of a rendering job: its lists, its description, and the refusal to mix two jobs.

Besides the records it holds `train.txt`, `dev.txt`, `test.txt`, `projection.txt`, `job.txt`
(object ids, in the order of the records) in the published layout, and our `meta.json` and
`manifest.json`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import keypointnet_tf
from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.data.human_keypoints import cached_human_keypoints
from keypointnet_tf.geometry.placement import projection_matrix
from keypointnet_tf.rendering.job import ObjectTask, RenderJob, assign_splits
from keypointnet_tf.shapes.deformation import Deformation
from keypointnet_tf.shapes.sources import MeshSource

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

META_FILE = "meta.json"
FAILED_FILE = "failed.txt"


class Failure(NamedTuple):
    """An object that could not be rendered, and why."""

    record: str
    object_id: str
    reason: str


def prepare_folder(job: RenderJob, folder: pathlib.Path, tasks: list[ObjectTask]) -> None:
    """Writes everything but the records and what is known only when they are there.

    Raises:
      ValueError: the folder holds records without `meta.json`, or of another job; names the
        first field that differs.
    """
    meta = describe(job)
    ids = "".join(f"{task.object_id}\n" for task in tasks)
    if (folder / META_FILE).exists():
        _refuse_other_job(folder, meta, ids)
    elif next(folder.glob("*.tfrecord"), None):
        raise ValueError(f"{folder}: holds records but no {META_FILE}; expected an empty folder")
    write_text(folder / META_FILE, json.dumps(meta, indent=2) + "\n")
    write_text(folder / "job.txt", ids)
    rows = projection_matrix(job.views.focal).tolist()
    write_text(folder / "projection.txt", "".join(" ".join(map(repr, r)) + "\n" for r in rows))
    if not job.shard_mb:
        write_lists(folder, assign_splits(job, [task.record for task in tasks]))


def describe(job: RenderJob) -> dict[str, Any]:
    """The contents of `meta.json`: all that readers need, and the job's config for resuming.

    The mesh files themselves are told by `job.txt`, so that a folder can be moved; their frames and
    splits, and a file of human keypoints, by a digest.

    Raises:
      ValueError: unknown category, or a file of human keypoints that cannot be read.
    """
    names: dict[str, Any] = {"landmark_names": [], "symmetric_pairs": [], "kinds": []}
    if job.shapes:
        from keypointnet_tf.shapes.procedural import CATEGORIES

        if job.shapes not in CATEGORIES:
            raise ValueError(f"shapes is {job.shapes!r}; expected one of {', '.join(CATEGORIES)}")
        names = {name: getattr(CATEGORIES[job.shapes], name) for name in names}
    elif job.human_keypoints:
        keypoints = cached_human_keypoints(job.human_keypoints)
        names |= {
            "landmark_names": keypoints.names,
            "symmetric_pairs": keypoints.symmetric_pairs,
        }
    config = {field.name: getattr(job, field.name) for field in dataclasses.fields(job)}
    config["views"] = job.views.as_dict()
    del config["objects"], config["meshes"]
    config |= _optional_parts(config.pop("deformation"), config.pop("human_keypoints"))
    config["frames_and_splits"] = _digest(job.meshes)
    views = config.pop("views")
    sampling = views.pop("sampling")
    meta = {
        "format": 1,
        "package_version": keypointnet_tf.__version__,
        "category": job.shapes,
        "records_up": "z",
        **names,
        "objects": len(job.meshes) or job.objects,
        "pairs": job.pairs,
        "seed": job.seed,
        "size": job.views.size,
        "views": views,
        "camera": {**sampling, "focal": job.views.focal},
        "config": config,
    }
    return json.loads(json.dumps(meta))


def _optional_parts(deformation: Deformation | None, human_keypoints: str) -> dict[str, Any]:
    """What only some jobs have, so that the others keep the `meta.json` that they always had."""
    parts: dict[str, Any] = {}
    if deformation is not None:
        parts["deformation"] = dataclasses.asdict(deformation)
    if human_keypoints:
        content = pathlib.Path(human_keypoints).read_bytes()
        parts["human_keypoints"] = hashlib.sha256(content).hexdigest()[:16]
    return parts


def _digest(sources: tuple[MeshSource, ...]) -> str:
    """Hash of the frames and splits, "" for no sources."""
    if not sources:
        return ""
    lines = [f"{s.up} {s.front} {s.split}\n" for s in sources]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def write_lists(folder: pathlib.Path, lists: Mapping[str, Sequence[str]]) -> None:
    """Writes `train.txt`, `dev.txt` and `test.txt` with the names of their record files."""
    for split, names in lists.items():
        write_text(folder / f"{split}.txt", "".join(f"{name}\n" for name in names))


def write_failures(folder: pathlib.Path, failures: Sequence[Failure]) -> None:
    """Writes `failed.txt`, or removes it where nothing has failed."""
    if failures:
        lines = ["\t".join(failure) + "\n" for failure in failures]
        write_text(folder / FAILED_FILE, "".join(lines))
    else:
        (folder / FAILED_FILE).unlink(missing_ok=True)


def write_text(path: pathlib.Path, text: str) -> None:
    """Writes a file that appears whole or not at all."""
    write_atomic(path, text.encode())


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
    """Keeps the folder from a second job while the block runs; the system frees it at any end.

    Where folders cannot be locked (some network file systems, Windows), nothing is done.

    Raises:
      ValueError: another process holds the folder.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ValueError(f"{folder}: another process renders into it; expected one") from error
        except OSError:
            pass
        yield
    finally:
        os.close(handle)


def _refuse_other_job(folder: pathlib.Path, meta: dict[str, Any], ids: str) -> None:
    path = folder / META_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}; expected the JSON of a rendering job") from error
    for name, old, new in _differences(found, meta):
        raise ValueError(
            f"{path}: {name} is {old!r} and now {new!r}; expected the same job, or another folder"
        )
    names = folder / "job.txt"
    if names.exists() and names.read_text(encoding="utf-8") != ids:
        raise ValueError(
            f"{names}: lists other objects than the meshes given; expected the same, or another "
            "folder"
        )


def _differences(old: Any, new: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Dotted names and values of the fields in which two nested dictionaries differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(old.get(key), new.get(key), f"{name}.{key}".lstrip("."))
    elif old != new:
        yield name, old, new
