"""Batches made ahead of time by threads or spawned processes, addressed by step.

Keras' own worker queue is not used: it keeps batches over from the iterator with which the model
is built, so that with several workers the order is off by some batches. Here each batch is looked
up by its step, whatever was asked before.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import threading
import weakref
from collections.abc import Callable

from keypointnet_tf.data.processes import follow_parent

Source = Callable[[int], dict]

# Keras reads the first two batches for their shapes and then starts over.
_KEPT_BEHIND = 2


class Prefetcher:
    """Calls a function of the step, some steps ahead of the one asked for.

    Pickles without its pool. Processes are spawned, never forked, and get the source once: what
    defines it should import neither Keras nor TensorFlow, or every worker pays for that.

    Args:
      source: step to batch; picklable where `use_multiprocessing` is set.
      workers: threads or processes; 0 makes each batch when it is asked for.
      use_multiprocessing: processes instead of threads.
      ahead: batches to make ahead; None is twice the workers.

    Raises:
      ValueError: a negative number, or processes without workers.
    """

    def __init__(
        self,
        source: Source,
        *,
        workers: int = 0,
        use_multiprocessing: bool = False,
        ahead: int | None = None,
    ):
        ahead = 2 * workers if ahead is None else ahead
        if workers < 0 or ahead < 0 or (use_multiprocessing and not workers):
            raise ValueError(
                f"got workers {workers}, ahead {ahead}, use_multiprocessing "
                f"{use_multiprocessing}; expected numbers from 0 and workers for processes"
            )
        self.source, self.workers = source, workers
        self.use_multiprocessing, self.ahead = use_multiprocessing, ahead
        self._reset()

    def __call__(self, step: int) -> dict:
        """The batch of a step; an error of the source is raised here."""
        if not self.workers:
            return self.source(step)
        with self._lock:
            # A step back must not throw away what was made ahead.
            self._forget_all_but(step - _KEPT_BEHIND, step + self.ahead + _KEPT_BEHIND)
            for wanted in range(step, step + self.ahead + 1):
                if wanted not in self._futures:
                    self._futures[wanted] = self._submit(wanted)
            future = self._futures[step]
        return future.result()

    def close(self) -> None:
        """Stops the workers; a later call starts new ones."""
        with self._lock:
            self._forget_all_but(0, -1)
            if self._pool is not None:
                self._finalizer()
            self._pool = None

    def __getstate__(self) -> dict:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._futures: dict[int, concurrent.futures.Future] = {}
        self._pool = None

    def _forget_all_but(self, low: int, high: int) -> None:
        for step in [step for step in self._futures if not low <= step <= high]:
            self._futures.pop(step).cancel()

    def _submit(self, step: int) -> concurrent.futures.Future:
        if self._pool is None:
            self._pool = self._start()
            self._finalizer = weakref.finalize(
                self, self._pool.shutdown, wait=False, cancel_futures=True
            )
        if self.use_multiprocessing:
            return self._pool.submit(_make, step)
        return self._pool.submit(self.source, step)

    def _start(self) -> concurrent.futures.Executor:
        if not self.use_multiprocessing:
            return concurrent.futures.ThreadPoolExecutor(self.workers)
        return concurrent.futures.ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_worker,
            initargs=(self.source,),
        )


_worker_source: Source | None = None


def _start_worker(source: Source) -> None:
    global _worker_source
    follow_parent()
    _worker_source = source


def _make(step: int) -> dict:
    return _worker_source(step)
