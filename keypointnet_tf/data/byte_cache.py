"""A bounded store of the byte strings used last."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Hashable


class ByteCache:
    """Keeps values up to a number of bytes in all and forgets the one unused for longest.

    Several threads that ask for the same missing value wait for one of them to make it. A value
    larger than the limit is handed out and not kept.

    Args:
      limit: bytes.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._lock = threading.Lock()
        self._values: collections.OrderedDict[Hashable, bytes] = collections.OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The value of a key, made by `make` when it is not at hand."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
                with self._lock:
                    self._keep(key, value)
            finally:
                self._making.pop(key, None)
        return value

    def _keep(self, key: Hashable, value: bytes) -> None:
        if len(value) > self.limit or key in self._values:
            return
        self._values[key] = value
        self._bytes += len(value)
        while self._bytes > self.limit:
            _, dropped = self._values.popitem(last=False)
            self._bytes -= len(dropped)
