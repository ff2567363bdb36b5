"""What the benchmarks share: repeated timing, the machine they ran on, and reports."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import gc
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import platform
import re
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


class Timing(NamedTuple):
    """Seconds of one run of a task: by the clock, and of this process on all its cores."""

    wall: float
    cpu: float


def interleaved(
    tasks: Mapping[str, Callable[[], object]], *, repeats: int
) -> dict[str, list[Timing]]:
    """Times the tasks in turn, `repeats` times over, so that all meet the same disturbances."""
    timings: dict[str, list[Timing]] = {name: [] for name in tasks}
    for _ in range(repeats):
        for name, task in tasks.items():
            timings[name].append(timed(task))
            release_memory()
    return timings


def release_memory() -> None:
    """Gives freed memory back to the system, where the C library keeps it for later (glibc).

    Steps of several GB that take turns in one process would otherwise hold the sum of their peaks.
    """
    gc.collect()
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


def timed(task: Callable[[], object]) -> Timing:
    """Runs a task once."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)


def median(timings: Sequence[Timing]) -> Timing:
    """The median of the walls and that of the cpus."""
    walls, cpus = zip(*timings, strict=True)
    return Timing(statistics.median(walls), statistics.median(cpus))


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns in a new process, which shares nothing with this one.

    Args:
      function: of a module's top level; what it returns pickles.
      arguments: for it.

    Raises:
      RuntimeError: the process ended without an answer, for want of memory say.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        return receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{function.__name__} left with code {process.exitcode}") from None
    finally:
        process.join(timeout=60)
        process.terminate()
        process.join()


def _answer(sender: Any, function: Callable[..., Any], arguments: Sequence[Any]) -> None:
    sender.send(function(*arguments))


def peak_bytes() -> int:
    """Largest resident memory of this program since its start, in bytes."""
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # `getrusage` counts what the process was before, too.
        return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1))
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def resident_bytes() -> int:
    """Resident memory of this process now, in bytes; Linux."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measured(timings: Sequence[Timing], *, flops: float = 0.0, moved: float = 0.0) -> dict:
    """A report's entry for a task: its work, its medians and every run.

    Args:
      timings: of the runs.
      flops: floating-point operations of one run.
      moved: bytes that one run must move at least.
    """
    middle = median(timings)
    entry = {"seconds": middle.wall, "cpu_seconds": middle.cpu, "flops": flops, "bytes": moved}
    if flops:
        entry["flops_per_second"] = flops / middle.wall
    if moved:
        entry["bytes_per_second"] = moved / middle.wall
    return entry | {"runs": [timing._asdict() for timing in timings]}


def define_common(values: Any, repeats: int) -> None:
    """Adds the flags that every benchmark has: `--out`, `--repeats` and `--quick`."""
    from absl import flags

    flags.DEFINE_string("out", "runs/benchmarks", "Folder for the JSON.", flag_values=values)
    flags.DEFINE_integer(
        "repeats",
        repeats,
        "Times that everything is measured; the median counts.",
        lower_bound=1,
        flag_values=values,
    )
    flags.DEFINE_boolean(
        "quick", False, "Sizes at which figures say nothing, to try the script.", flag_values=values
    )


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keeps this process, and threads that it starts, on one core, where the system can do so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def description(packages: Iterable[str]) -> dict[str, Any]:
    """Date, command, commit, machine and versions of the packages that are installed."""
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="minutes"),
        "command": shlex.join(["python", *_relative(sys.argv)]),
        "commit": _commit(),
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count(),
            "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
            "system": platform.platform(),
        },
        "versions": {"python": platform.python_version()} | dict(_versions(packages)),
    }


def write_json(report: Mapping[str, Any], folder: str | os.PathLike, name: str) -> pathlib.Path:
    """Writes `NAME_<date>_<time>.json`; returns its path."""
    from keypointnet_tf.atomic_file import write_atomic

    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}_{datetime.datetime.now():%Y%m%d_%H%M%S}.json"
    write_atomic(path, (json.dumps(report, indent=1) + "\n").encode())
    return path


def write_markdown(sections: Iterable[str], path: str | os.PathLike) -> None:
    """Writes a page of sections, one empty line between them."""
    from keypointnet_tf.atomic_file import write_atomic

    write_atomic(pathlib.Path(path), ("\n\n".join(sections) + "\n").encode())


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table, whose columns are also aligned in plain text."""
    lines = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def made_by(report: Mapping[str, Any]) -> str:
    """A paragraph of Markdown that says what made the report's figures."""
    machine = report["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    load = f"; load at the start {machine['load'][0]:.1f}" if machine["load"] else ""
    return (
        f"Measured {report['date']} at commit `{report['commit']}` by\n\n"
        f"    {report['command']}\n\n"
        f"on {machine['processor']}, {machine['cores']} cores{load}. {versions}."
    )


def _relative(arguments: Sequence[str]) -> list[str]:
    script = pathlib.Path(arguments[0]).resolve()
    inside = script.is_relative_to(REPOSITORY)
    return [script.relative_to(REPOSITORY).as_posix() if inside else script.name, *arguments[1:]]


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _versions(packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield name, importlib.metadata.version(name)
