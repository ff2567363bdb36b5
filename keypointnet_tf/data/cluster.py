"""Rendering on a cluster through Ray (extra `[cluster]`): the same objects, records and failures.

Every node needs this package in the same version, the mesh files under the same paths, and the
output folder, which workers write to: a folder that all nodes share.
"""

from __future__ import annotations

import os
import pathlib
import socket
from collections import deque
from collections.abc import Iterator

import keypointnet_tf
from keypointnet_tf.data.render_object import Outcome, render_object
from keypointnet_tf.rendering.job import ObjectTask, RenderJob

TRIES = 3
IN_FLIGHT_PER_CORE = 4


def run_on_cluster(
    job: RenderJob, folder: pathlib.Path, todo: list[ObjectTask], *, address: str
) -> Iterator[Outcome]:
    """Renders objects as Ray tasks of one core each; close the generator to stop them.

    An object whose worker dies is rendered again, up to `TRIES` times in all.

    Args:
      job: the job.
      folder: where the record files go, on every node.
      todo: the objects.
      address: of a running cluster ("auto" finds it), or "local" for one on this machine alone.

    Yields:
      The `Outcome` of each object in order of completion.

    Raises:
      ValueError: Ray is not installed, or no cluster answers at the address.
    """
    ray = _connect(address)
    try:
        render = ray.remote(num_cpus=1, max_retries=TRIES - 1)(_render)
        shared = ray.put((job, folder.absolute(), keypointnet_tf.__version__))
        waiting, running = deque(todo), {}
        room = max(1, int(ray.cluster_resources().get("CPU", 1))) * IN_FLIGHT_PER_CORE
        while waiting or running:
            while waiting and len(running) < room:
                task = waiting.popleft()
                running[render.remote(shared, task)] = task
            done, _ = ray.wait(list(running), num_returns=1, timeout=1.0)
            for reference in done:
                yield _outcome(ray, reference, running.pop(reference))
    finally:
        ray.shutdown()


def _connect(address: str):
    """The connected `ray` module."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ValueError(
            f"cluster is {address!r}, which needs Ray: pip install 'keypointnet-tf[cluster]'"
        ) from error
    local = {"include_dashboard": False} if address == "local" else {}
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **local)
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"cluster is {address!r}: {error}; expected the address of a running Ray cluster, "
            "'auto' where one runs on this machine, or 'local'"
        ) from error
    return ray


def _knock(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself tries for many minutes."""
    host, found, port = address.rpartition("://")[2].rpartition(":")
    if found:
        socket.create_connection((host, int(port)), timeout=10).close()


def _render(shared: tuple[RenderJob, pathlib.Path, str], task: ObjectTask) -> Outcome:
    """What a worker of the cluster runs; a node that is set up wrongly fails the object."""
    job, folder, version = shared
    found = keypointnet_tf.__version__
    if found != version:
        return Outcome(task, None, f"a node has keypointnet_tf {found}; expected {version}")
    if not folder.is_dir():
        node = os.uname().nodename
        return Outcome(task, None, f"{folder} is not on node {node}; expected a shared folder")
    return render_object(job, folder, task)


def _outcome(ray, reference, task: ObjectTask) -> Outcome:
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[:200]
        return Outcome(task, None, f"its worker ended {TRIES} times: {reason}")
