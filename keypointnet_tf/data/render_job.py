"""Runs a rendering job: a folder of records in the published layout, on all cores, resumable.

One file `NNNN.tfrecord` per object holds its pairs, or, on request, shards hold those of many. A
record file that exists is complete, because files appear by renaming; running the same job again
renders what is missing. Records are in our own frame, `z` up, and `meta.json` says so.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
from collections.abc import Generator, Iterator
from typing import NamedTuple

from tqdm import tqdm

from keypointnet_tf.atomic_file import remove_leftovers
from keypointnet_tf.data.processes import usable_cores
from keypointnet_tf.data.render_folder import Failure, locked, prepare_folder
from keypointnet_tf.data.render_ledger import Ledger
from keypointnet_tf.data.render_object import Outcome, render_object
from keypointnet_tf.data.worker_pool import PAIR, run_on_workers
from keypointnet_tf.rendering.job import STALL_SECONDS, ObjectTask, RenderJob, object_tasks
from keypointnet_tf.rendering.scenes import check_installed, needs_worker


class RenderReport(NamedTuple):
    """What a run did: objects `written` now, objects `kept` from before, and `failures`."""

    written: int
    kept: int
    failures: list[Failure]


def run_job(
    job: RenderJob,
    out: str | os.PathLike,
    *,
    workers: int = 0,
    cluster: str = "",
    stall_seconds: float = STALL_SECONDS,
    progress: bool = True,
) -> RenderReport:
    """Renders what the folder still lacks; the bytes do not depend on workers or interruptions.

    Objects that fail are left out of the split lists and listed in `failed.txt`; the rest is
    usable. They are tried again by the next run. An object whose worker dies is rendered again by
    another one, a few times, before it counts as failed.

    Args:
      job: what to render.
      out: folder, made when absent.
      workers: processes; 0 for one per core; 1 renders in this process, where a crash ends the job,
        unless the renderer is "blender".
      cluster: address of a Ray cluster to render on in place of local workers; see `cluster.py`.
      stall_seconds: a local worker that finishes no pair for so long is replaced.
      progress: whether to show a bar.

    Raises:
      ValueError: the folder holds the records of another job or is in use, the category is unknown,
        the renderer is not installed, or there is no such cluster.
      OSError: the folder cannot be written, or worker processes cannot start.
      KeyboardInterrupt: after the workers have stopped; the folder can be resumed.
    """
    if workers < 0:
        raise ValueError(f"workers is {workers}; expected 0 (all cores) or more")
    check_installed(job.renderer)
    folder, tasks = pathlib.Path(out), object_tasks(job)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        prepare_folder(job, folder, tasks)
        ledger = Ledger(job, folder, tasks, progress=progress)
        todo = ledger.missing()
        try:
            events = _events(job, ledger.records, todo, workers, cluster, stall_seconds)
            failures = _follow(events, job, ledger, kept=len(tasks) - len(todo), bar=progress)
        finally:
            remove_leftovers(ledger.records)
        ledger.finish(failures)
    return RenderReport(len(todo) - len(failures), len(tasks) - len(todo), failures)


Events = Generator[Outcome | str, None, None]


def _events(
    job: RenderJob,
    folder: pathlib.Path,
    todo: list[ObjectTask],
    workers: int,
    cluster: str,
    stall_seconds: float,
) -> Events:
    """What happens while the objects are rendered, wherever that is."""
    if cluster and todo:
        from keypointnet_tf.data.cluster import run_on_cluster

        return run_on_cluster(job, folder, todo, address=cluster)
    if workers == 1 and not needs_worker(job.renderer):
        return (render_object(job, folder, task) for task in todo)
    count = min(workers or usable_cores(), len(todo))
    return run_on_workers(job, folder, todo, workers=count, stall_seconds=stall_seconds)


def _follow(
    events: Events, job: RenderJob, ledger: Ledger, *, kept: int, bar: bool
) -> list[Failure]:
    """Enters outcomes into the ledger as they come, and returns the failures in order."""
    failures: list[Failure] = []
    advance = _progress_bar(job, len(ledger.tasks), kept, shown=bar)
    # Closed at once when this loop is left early, which stops the workers.
    with contextlib.closing(events), advance as step:
        for event in events:
            if event != PAIR:
                if event.entry is None:
                    task = event.task
                    failures.append(Failure(task.record, task.object_id, event.reason))
                else:
                    ledger.add(event.task, event.entry)
            step(event, len(failures))
    return sorted(failures)


@contextlib.contextmanager
def _progress_bar(job: RenderJob, objects: int, kept: int, *, shown: bool) -> Iterator:
    """A function of (event, failures so far) that moves a bar of pairs."""
    total = objects * job.pairs
    with tqdm(total=total, initial=kept * job.pairs, unit="pair", disable=not shown) as bar:
        yield functools.partial(_advance, bar, job.pairs, [kept])


def _advance(bar: tqdm, pairs: int, finished: list[int], event: Outcome | str, failed: int) -> None:
    if event == PAIR:
        bar.update(bar.n < bar.total)
        return
    finished[0] += 1
    # Objects rendered twice and objects that fail count as their pairs.
    bar.update(max(0, finished[0] * pairs - bar.n))
    if failed:
        bar.set_postfix(failed=failed)
