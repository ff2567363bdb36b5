"""Runs a rendering job: a folder of records in the published layout, on all cores, resumable.

One file `NNNN.tfrecord` per object holds its pairs. Records are in our own frame, `z` up, and
`meta.json` says so. A record that exists is complete, because records appear by renaming; running
the same job again renders what is missing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import connection, synchronize
from typing import NamedTuple

from tqdm import tqdm

from keypointnet_tf.data.records import write_records
from keypointnet_tf.data.render_folder import Failure, prepare_folder, record_path, write_lists
from keypointnet_tf.data.schema import encode_pair
from keypointnet_tf.rendering.job import ObjectTask, RenderJob, object_tasks
from keypointnet_tf.rendering.pairs import ViewPair, pair_rng, render_pair
from keypointnet_tf.rendering.scenes import AnyScene, check_installed, needs_worker, open_scene

# In a worker process, the event by which the main process asks it to stop.
_stop: synchronize.Event | None = None


class RenderReport(NamedTuple):
    """What a run did: records `written` now, records `kept` from before, and `failures`."""

    written: int
    kept: int
    failures: list[Failure]


def run_job(
    job: RenderJob, out: str | os.PathLike, *, workers: int = 0, progress: bool = True
) -> RenderReport:
    """Renders what the folder still lacks; the bytes do not depend on `workers` or interruptions.

    Objects that fail are left out of the split lists and listed in `failed.txt`; the rest is
    usable. They are tried again by the next run.

    Args:
      job: what to render.
      out: folder, made when absent.
      workers: processes; 0 for one per core; 1 renders in this process, unless the renderer is
        "blender".
      progress: whether to show a bar.

    Raises:
      ValueError: the folder holds the records of another job, the category is unknown, or the
        renderer is not installed.
      concurrent.futures.BrokenExecutor: a worker process died.
      KeyboardInterrupt: after the workers have stopped; the folder can be resumed.
    """
    if workers < 0:
        raise ValueError(f"workers is {workers}; expected 0 (all cores) or more")
    check_installed(job.renderer)
    folder, tasks = pathlib.Path(out), object_tasks(job)
    prepare_folder(job, folder, tasks)
    todo = [task for task in tasks if not record_path(folder, task).exists()]
    workers = min(workers or _cores(), max(1, len(todo)))
    here = workers == 1 and not needs_worker(job.renderer)
    run = _run_here if here else _run_on_workers
    failures = []
    bar = tqdm(
        total=len(tasks), initial=len(tasks) - len(todo), unit="object", disable=not progress
    )
    # Closed at once when this loop is left early, which stops the workers.
    with bar, contextlib.closing(run(job, folder, todo, workers)) as outcomes:
        for task, reason in outcomes:
            if reason is not None:
                failures.append(Failure(task.record, task.object_id, reason))
                bar.set_postfix(failed=len(failures))
            bar.update()
    failures.sort()
    write_lists(job, folder, tasks, failures)
    written = len(todo) - len(failures)
    return RenderReport(written, len(tasks) - len(todo), failures)


def render_object(job: RenderJob, folder: pathlib.Path, task: ObjectTask) -> str | None:
    """Renders one object's pairs and writes its record; returns the reason when that fails."""
    try:
        mesh = task.load(job)
        scene = open_scene(job.renderer, mesh, task.source, blender_samples=job.blender_samples)
        pairs = object_pairs(job, task, scene)
        write_records(record_path(folder, task), (encode_pair(pair) for pair in pairs))
    except Exception as error:
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        return kind + " ".join(str(error).split())
    return None


def object_pairs(job: RenderJob, task: ObjectTask, scene: AnyScene) -> Iterator[ViewPair]:
    """The object's pairs, one after the other.

    Raises:
      KeyboardInterrupt: the pool that this process works for is stopping.
    """
    for number in range(job.pairs):
        if _stop is not None and _stop.is_set():
            raise KeyboardInterrupt
        yield render_pair(scene, pair_rng(job.seed, task.index, number), job.views)


Outcomes = Generator[tuple[ObjectTask, str | None], None, None]


def _run_here(job: RenderJob, folder: pathlib.Path, todo: list[ObjectTask], _: int) -> Outcomes:
    for task in todo:
        yield task, render_object(job, folder, task)


def _run_on_workers(
    job: RenderJob, folder: pathlib.Path, todo: list[ObjectTask], workers: int
) -> Outcomes:
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(stop,))
    try:
        # The first submission starts all workers, and they inherit what it does with Ctrl-C: the
        # main process alone answers it.
        with _interrupts_ignored():
            futures = {pool.submit(render_object, job, folder, todo[0]): todo[0]}
        futures.update((pool.submit(render_object, job, folder, task), task) for task in todo[1:])
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(stop: synchronize.Event) -> None:
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """Ends this process when the main process is killed without a chance to say so."""
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
