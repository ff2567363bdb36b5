"""Records inspected on several processes, or on threads where a server is waited for."""

from __future__ import annotations

import functools
import itertools
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from keypointnet_tf.data.in_order import map_in_order
from keypointnet_tf.data.inspection_record import Expected, RecordFacts, inspect_record
from keypointnet_tf.data.processes import follow_parent, usable_cores
from keypointnet_tf.data.record_index import REMOTE_WORKERS, Location
from keypointnet_tf.data.storage import Storage

_CHUNK = 32
_PAIRS_WORTH_A_PROCESS = 1000

# In a worker process, what to read and what to expect of it.
_work: tuple[Storage, Expected] | None = None


def inspect_places(
    storage: Storage, places: Iterable[Location], expected: Expected, *, workers: int
) -> Iterator[RecordFacts]:
    """Facts of records in the order of their places; places are taken as they are needed.

    Args:
      storage: the folder.
      places: of the records.
      expected: what the side files say of them.
      workers: processes; 1 stays in this one.
    """
    if not storage.is_local or workers == 1:
        inspect = functools.partial(inspect_record, storage, expected=expected)
        threads = 1 if storage.is_local else REMOTE_WORKERS
        yield from map_in_order(inspect, places, workers=threads)
        return
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(storage, expected),
    )
    for facts in map_in_order(_inspect_chunk, _chunks(places), workers=workers, pool=pool):
        yield from facts


def suitable_workers(pairs: int) -> int:
    """Processes that are worth their start for a number of pairs, at most one per core."""
    return max(1, min(usable_cores(), pairs // _PAIRS_WORTH_A_PROCESS))


def _chunks(places: Iterable[Location]) -> Iterator[list[Location]]:
    places = iter(places)
    while chunk := list(itertools.islice(places, _CHUNK)):
        yield chunk


def _start_worker(storage: Storage, expected: Expected) -> None:
    global _work
    follow_parent()
    _work = storage, expected


def _inspect_chunk(places: list[Location]) -> list[RecordFacts]:
    storage, expected = _work
    return [inspect_record(storage, place, expected) for place in places]
