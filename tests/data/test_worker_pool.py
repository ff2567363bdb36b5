"""Workers that die or stall: their objects are rendered again, and the job goes on."""

import contextlib
import multiprocessing
import os
import signal

import pytest

from keypointnet_tf.data import worker_pool
from keypointnet_tf.data.worker_pool import PAIR, run_on_workers
from keypointnet_tf.rendering.job import object_tasks
from keypointnet_tf.shapes.sources import file_sources

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals to processes")


@pytest.fixture
def job(boxes, tmp_path):
    return boxes.make_job(file_sources([boxes.write_boxes(tmp_path / "meshes", 3)]), pairs=30)


def outcomes(job, folder, on_pair, *, workers=1, stall_seconds=60.0):
    """What comes of all objects while `on_pair` is called with the number of each pair."""
    folder.mkdir()
    events = run_on_workers(
        job, folder, object_tasks(job), workers=workers, stall_seconds=stall_seconds
    )
    found, pairs = [], 0
    with contextlib.closing(events):
        for event in events:
            if event == PAIR:
                pairs += 1
                on_pair(pairs)
            else:
                found.append(event)
    assert not multiprocessing.active_children()
    return sorted(found, key=lambda outcome: outcome.task.index)


def end_at_once(*_):
    os._exit(7)


def send(number):
    for child in multiprocessing.active_children():
        os.kill(child.pid, number)


def test_killing_a_worker_loses_nothing(boxes, job, tmp_path):
    killed = outcomes(
        job,
        tmp_path / "killed",
        lambda pairs: send(signal.SIGKILL) if pairs in (3, 40) else None,
        workers=2,
    )
    assert [outcome.reason for outcome in killed] == ["", "", ""]
    boxes.run(job, tmp_path / "whole")
    whole = boxes.contents(tmp_path / "whole")
    records = {name: data for name, data in whole.items() if name.endswith(".tfrecord")}
    found = boxes.contents(tmp_path / "killed")
    assert {name: found[name] for name in records} == records


def test_an_object_that_always_kills_its_worker_fails_alone(job, tmp_path):
    killed = set()

    def kill_three_workers(pairs):
        for child in multiprocessing.active_children():
            if len(killed) < 3:
                killed.add(child.pid)
                os.kill(child.pid, signal.SIGKILL)

    first, second, third = outcomes(job, tmp_path / "out", kill_three_workers)
    assert first.entry is None
    assert first.reason.startswith("its worker was ended by SIGKILL") and "3 times" in first.reason
    assert second.entry.pairs == third.entry.pairs == 30


def test_a_worker_that_stalls_is_replaced(job, tmp_path):
    found = outcomes(
        job,
        tmp_path / "out",
        lambda pairs: send(signal.SIGSTOP) if pairs == 5 else None,
        stall_seconds=3.0,
    )
    assert [outcome.entry.pairs for outcome in found] == [30, 30, 30]


def test_leaving_early_stops_the_workers(job, tmp_path):
    (tmp_path / "out").mkdir()
    events = run_on_workers(job, tmp_path / "out", object_tasks(job), workers=2, stall_seconds=60)
    with contextlib.closing(events):
        next(events)
    assert not multiprocessing.active_children()


def test_workers_that_cannot_start_end_the_job(job, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_pool, "_work", end_at_once)
    with pytest.raises(OSError, match="a worker process left with exit code 7"):
        outcomes(job, tmp_path / "out", lambda pairs: None)
