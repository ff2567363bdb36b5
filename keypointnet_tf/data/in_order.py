"""A function of many items on several threads, its results in the order of the items."""

from __future__ import annotations

import collections
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import BinaryIO, TypeVar

from keypointnet_tf.data.storage import Storage

# Files up to this size are fetched whole and ahead.
AHEAD_BYTES = 16 * 2**20
AHEAD_WORKERS = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    pool: Executor | None = None,
) -> Iterator[Result]:
    """Results in order; at most twice as many as there are threads wait to be taken.

    An error of the function is raised where its result would come. When the iteration is left,
    what has not begun is dropped.

    Args:
      function: safe to call from several threads.
      items: taken as they are needed.
      workers: threads; 1 calls the function when a result is asked for, in the caller's thread.
      pool: of as many threads or processes, shut down at the end; None starts threads.
    """
    if workers == 1 and pool is None:
        yield from map(function, items)
        return
    pool, waiting = pool or ThreadPoolExecutor(workers), collections.deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def open_in_order(storage: Storage, files: Iterable[str]) -> Iterator[BinaryIO]:
    """Files of a folder, open at their start; behind a URL small ones are fetched ahead."""
    if storage.is_local:
        return map(storage.open, files)
    return map_in_order(lambda file: _fetched(storage, file), files, workers=AHEAD_WORKERS)


def _fetched(storage: Storage, file: str) -> BinaryIO:
    stream = storage.open(file)
    if storage.size(file) > AHEAD_BYTES:
        return stream
    with stream:
        return io.BytesIO(stream.read())
