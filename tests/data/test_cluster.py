"""A job on a Ray cluster of two workers: the same records, also when a worker is killed."""

import contextlib
import os
import signal

import pytest

ray = pytest.importorskip("ray", reason="needs the extra [cluster]")

from keypointnet_tf.data.cluster import run_on_cluster  # noqa: E402
from keypointnet_tf.rendering.job import object_tasks  # noqa: E402
from keypointnet_tf.shapes.sources import file_sources  # noqa: E402


@pytest.fixture(scope="module")
def cluster():
    """The address of a cluster on this machine, with two workers of one core each."""
    from ray.cluster_utils import Cluster

    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0")
    started = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False}
    )
    yield started.address
    started.shutdown()


@pytest.fixture
def meshes(boxes, tmp_path):
    return file_sources([boxes.write_boxes(tmp_path / "meshes", 6)])


def test_a_cluster_writes_what_one_process_writes(boxes, cluster, meshes, tmp_path):
    job = boxes.make_job(meshes)
    boxes.run(job, tmp_path / "one")
    assert boxes.run(job, tmp_path / "many", cluster=cluster) == (6, 0, [])
    assert boxes.contents(tmp_path / "many") == boxes.contents(tmp_path / "one")
    assert boxes.run(job, tmp_path / "many", cluster=cluster) == (0, 6, [])


def test_killing_a_worker_loses_nothing(boxes, cluster, meshes, tmp_path):
    job = boxes.make_job(meshes, pairs=150)
    boxes.run(job, tmp_path / "one")
    (tmp_path / "many").mkdir()
    events = run_on_cluster(job, tmp_path / "many", object_tasks(job), address=cluster)
    found, killed = [], 0
    with contextlib.closing(events):
        for outcome in events:
            found.append(outcome)
            killed = killed or kill_workers()
    assert killed
    assert sorted(o.task.index for o in found) == list(range(6))
    assert [o.reason for o in found] == [""] * 6
    one, many = boxes.contents(tmp_path / "one"), boxes.contents(tmp_path / "many")
    for outcome in found:
        name = f"{outcome.task.record}.tfrecord"
        assert many[name] == one[name]


def kill_workers():
    """Kills the cluster's processes that are at work; returns how many."""
    import psutil

    busy = [p for p in psutil.process_iter(["cmdline"]) if "ray::_render" in _command(p)]
    for process in busy:
        os.kill(process.pid, signal.SIGKILL)
    return len(busy)


def _command(process):
    return " ".join(process.info["cmdline"] or [])


def test_a_wrong_mesh_fails_alone(boxes, cluster, meshes, tmp_path):
    open(meshes[1].path, "w").write("v 0 0 0\n")
    report = boxes.run(boxes.make_job(meshes), tmp_path / "out", cluster=cluster)
    assert report.written == 5 and [f.object_id for f in report.failures] == ["box1"]


def test_no_cluster_at_the_address_is_told(boxes, meshes, tmp_path):
    with pytest.raises(ValueError, match="cluster is '127.0.0.1:1'"):
        boxes.run(boxes.make_job(meshes), tmp_path / "out", cluster="127.0.0.1:1")
