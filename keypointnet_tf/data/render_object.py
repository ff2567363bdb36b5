"""One object's share of a rendering job, which is what every worker runs: render, write, tell."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from keypointnet_tf.data.manifest import FileEntry, describe_file
from keypointnet_tf.data.object_mesh import object_mesh
from keypointnet_tf.data.records import write_records
from keypointnet_tf.data.schema import encode_pair
from keypointnet_tf.rendering.job import ObjectTask, RenderJob
from keypointnet_tf.rendering.pairs import ViewPair, pair_rng, render_pair
from keypointnet_tf.rendering.scenes import AnyScene, open_scene


class Outcome(NamedTuple):
    """How one object ended: `entry` of its record file, or None and the `reason` of its failure."""

    task: ObjectTask
    entry: FileEntry | None
    reason: str = ""


def render_object(
    job: RenderJob,
    folder: pathlib.Path,
    task: ObjectTask,
    *,
    on_pair: Callable[[], None] = lambda: None,
) -> Outcome:
    """Renders one object's pairs into its record file; a failure is told, not raised.

    Args:
      job: the job.
      folder: where the record file goes.
      task: the object.
      on_pair: called after each pair.
    """
    try:
        path = record_path(folder, task)
        mesh = object_mesh(job, task)
        source = task.source if job.deformation is None else None
        scene = open_scene(job.renderer, mesh, source, blender_samples=job.blender_samples)
        pairs = (encode_pair(pair) for pair in object_pairs(job, task, scene, on_pair))
        count = write_records(path, pairs)
        return Outcome(task, describe_file(path, [(task.object_id, count)]))
    except Exception as error:
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        return Outcome(task, None, kind + " ".join(str(error).split()))


def object_pairs(
    job: RenderJob, task: ObjectTask, scene: AnyScene, on_pair: Callable[[], None] = lambda: None
) -> Iterator[ViewPair]:
    """The object's pairs, one after the other."""
    for number in range(job.pairs):
        yield render_pair(scene, pair_rng(job.seed, task.index, number), job.views)
        on_pair()


def record_path(folder: pathlib.Path, task: ObjectTask) -> pathlib.Path:
    """The object's record file."""
    return folder / f"{task.record}.tfrecord"
