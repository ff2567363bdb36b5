"""What all worker processes of this package do alike, and how many of them there is room for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def follow_parent() -> None:
    """To be called first in a worker process: the parent alone decides when it ends.

    Ctrl-C, which goes to the whole group, is left to the parent. A parent that is killed cannot
    stop its workers, which would wait for work for ever: they end with it.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
