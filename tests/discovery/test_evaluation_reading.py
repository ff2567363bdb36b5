"""Evaluation reads some objects and some pairs of each, however they are filed."""

import json
import shutil

import pytest

from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.discovery.evaluation import read_split
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Four chairs with three pairs each, in files of their own and all in one."""
    plain, packed = (tmp_path_factory.mktemp(name) for name in ("plain", "packed"))
    views = PairConfig(size=16)
    job = RenderJob(shapes="chair", objects=4, pairs=3, views=views, dev_count=0, test_count=0)
    run_job(job, plain, workers=1, progress=False)
    parts = [(plain / f"{n:04d}.tfrecord").read_bytes() for n in range(4)]
    (packed / "train-0.tfrecord").write_bytes(b"".join(parts))
    for name in ("meta.json", "projection.txt", "job.txt"):
        shutil.copy(plain / name, packed)
    (packed / "train.txt").write_text("train-0\n")
    entry = {
        "name": "train-0",
        "bytes": sum(map(len, parts)),
        "sha256": "0" * 64,
        "objects": [[f"chair_0_{n:06d}", 3] for n in range(4)],
    }
    (packed / "manifest.json").write_text(json.dumps({"format": 1, "files": [entry]}))
    return plain, packed


@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize(
    ("objects", "pairs", "expected"),
    [(None, None, [3, 3, 3, 3]), (2, None, [3, 3]), (None, 1, [1, 1, 1, 1]), (3, 2, [2, 2, 2])],
)
def test_objects_and_pairs_are_counted(folders, layout, objects, pairs, expected):
    found = read_split(RecordSet(folders[layout]), "train", objects=objects, pairs=pairs)
    ids = [f"chair_0_{n:06d}" for n, count in enumerate(expected) for _ in range(count)]
    assert found.object_ids.tolist() == ids


def test_an_empty_split_is_named(folders):
    with pytest.raises(ValueError, match="split 'test' is empty"):
        read_split(RecordSet(folders[0]), "test", pairs=2)
