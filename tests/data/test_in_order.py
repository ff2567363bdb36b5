"""Results of threads come in the order of the items, lazily, and errors where they belong."""

import threading
import time

import pytest

from keypointnet_tf.data.in_order import map_in_order


@pytest.mark.parametrize("workers", [1, 3])
def test_order_is_that_of_the_items(workers):
    def slow_first(n):
        time.sleep(0.02 if n == 0 else 0)
        return n * n

    assert list(map_in_order(slow_first, range(20), workers=workers)) == [n * n for n in range(20)]


def test_one_worker_stays_in_the_callers_thread():
    names = set(map_in_order(lambda _: threading.current_thread().name, range(3), workers=1))
    assert names == {threading.current_thread().name}


def test_items_are_taken_as_needed():
    taken = []
    results = map_in_order(lambda n: n, (taken.append(n) or n for n in range(100)), workers=2)
    assert next(results) == 0
    assert len(taken) <= 4
    results.close()
    assert len(taken) <= 4


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_comes_in_its_place(workers):
    results = map_in_order(lambda n: 1 / (n - 2), range(9), workers=workers)
    assert [next(results), next(results)] == [-0.5, -1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)
