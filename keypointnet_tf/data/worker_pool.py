"""Worker processes on this machine that may crash without harming the job.

Each worker renders one object at a time and tells of every pair. One that dies, or gives no sign of
life for too long, is replaced, and its object is rendered again, up to `TRIES` times.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import pathlib
import signal
import time
from collections import Counter, deque
from collections.abc import Iterator
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess

from keypointnet_tf.data.processes import follow_parent
from keypointnet_tf.data.render_object import Outcome, render_object
from keypointnet_tf.rendering.job import ObjectTask, RenderJob

TRIES = 3
READY, PAIR = "ready", "pair"

_SPAWN = multiprocessing.get_context("spawn")


@dataclasses.dataclass
class _Worker:
    """A process, our end of its pipe, what it is at, and when it was last heard."""

    process: BaseProcess
    pipe: connection.Connection
    task: ObjectTask | None = None
    heard: float = 0.0
    ready: bool = False

    def give(self, task: ObjectTask) -> None:
        self.task, self.heard = task, time.monotonic()
        # A worker that has just died is noticed by the end of its pipe.
        with contextlib.suppress(OSError):
            self.pipe.send(task)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_on_workers(
    job: RenderJob,
    folder: pathlib.Path,
    todo: list[ObjectTask],
    *,
    workers: int,
    stall_seconds: float,
) -> Iterator[Outcome | str]:
    """Renders objects on `workers` processes; close the generator to stop them.

    Args:
      job: the job.
      folder: where the record files go.
      todo: the objects.
      workers: number of processes.
      stall_seconds: a worker that finishes no pair for so long is killed.

    Yields:
      `PAIR` after each rendered pair, and the `Outcome` of each object in order of completion.

    Raises:
      OSError: workers cannot even start.
    """
    waiting, deaths = deque(todo), Counter()
    crew: list[_Worker] = []
    try:
        while waiting or any(worker.task for worker in crew):
            _staff(crew, waiting, workers, (job, folder))
            for worker in _heard_from(crew, stall_seconds):
                message = _message(worker)
                if message is None:
                    crew.remove(worker)
                    yield from _mourn(worker, waiting, deaths)
                elif message == READY:
                    worker.ready = True
                else:
                    worker.task = worker.task if message == PAIR else None
                    yield message
    finally:
        for worker in crew:
            worker.stop()


def _staff(crew: list[_Worker], waiting: deque[ObjectTask], workers: int, work: tuple) -> None:
    """Gives work to idle workers and starts those that lack."""
    for worker in crew:
        if worker.task is None and waiting:
            worker.give(waiting.popleft())
    while waiting and len(crew) < workers:
        crew.append(_start(work))
        crew[-1].give(waiting.popleft())


def _start(work: tuple) -> _Worker:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_work, args=(theirs, *work), daemon=True)
    # The child inherits what is held here: the main process alone answers Ctrl-C.
    with _interrupts_held():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _heard_from(crew: list[_Worker], stall_seconds: float) -> list[_Worker]:
    """Workers with a message or at their end; those that stall are killed, which ends them."""
    busy = [worker for worker in crew if worker.task]
    ready = connection.wait([worker.pipe for worker in busy], timeout=1.0)
    now = time.monotonic()
    for worker in busy:
        if worker.pipe in ready:
            worker.heard = now
        elif now - worker.heard > stall_seconds:
            worker.process.kill()
    return [worker for worker in busy if worker.pipe in ready]


def _message(worker: _Worker) -> Outcome | str | None:
    """What a worker says, None where it has died."""
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        return None


def _mourn(worker: _Worker, waiting: deque[ObjectTask], deaths: Counter[int]) -> Iterator[Outcome]:
    """Puts a dead worker's object first in the queue, or tells that it has failed for good."""
    worker.stop()
    task, end = worker.task, _end(worker.process.exitcode)
    deaths[task.index] += 1
    if deaths[task.index] < TRIES:
        waiting.appendleft(task)
    elif not worker.ready:
        raise OSError(f"a worker process {end} before its first object, {TRIES} times")
    else:
        yield Outcome(task, None, f"its worker {end}, {TRIES} times")


def _end(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        hint = "; out of memory, or stalled" if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"left with exit code {exitcode}"


def _work(pipe: connection.Connection, job: RenderJob, folder: pathlib.Path) -> None:
    """A worker's life: objects in, signs of life and outcomes out, until the pipe closes."""
    follow_parent()
    with contextlib.suppress(EOFError, BrokenPipeError):
        pipe.send(READY)
        while True:
            task = pipe.recv()
            pipe.send(render_object(job, folder, task, on_pair=lambda: pipe.send(PAIR)))


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the block ends; processes that are started in it never get one."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # Its start would let interrupts through.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
