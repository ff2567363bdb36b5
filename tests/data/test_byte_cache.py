"""The cache keeps to its bytes, forgets the oldest and makes each value once."""

import threading
import time

import pytest

from keypointnet_tf.data.byte_cache import ByteCache


def made(cache, key, size=4):
    """Whether the value was made anew."""
    calls = []
    cache.get(key, lambda: calls.append(key) or bytes(size))
    return bool(calls)


def test_keeps_up_to_its_limit_and_forgets_the_least_used():
    cache = ByteCache(10)
    assert made(cache, "a") and made(cache, "b")
    assert not made(cache, "a")
    assert made(cache, "c")  # 12 bytes: "b" was unused for longest
    assert [made(cache, key) for key in "ac"] == [False, False]
    assert made(cache, "b")


def test_what_exceeds_the_limit_is_not_kept():
    cache = ByteCache(10)
    assert made(cache, "a")
    assert made(cache, "large", 11) and made(cache, "large", 11)
    assert not made(cache, "a")


def test_threads_wait_for_the_one_that_makes_a_value():
    cache, calls, results = ByteCache(10), [], []

    def make():
        calls.append(1)
        time.sleep(0.05)
        return b"value"

    threads = [
        threading.Thread(target=lambda: results.append(cache.get("k", make))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"value"] * 8 and len(calls) == 1


def test_a_failure_is_not_kept():
    cache = ByteCache(10)
    with pytest.raises(ValueError):
        cache.get("k", lambda: int("x"))
    assert cache.get("k", lambda: b"ok") == b"ok"
