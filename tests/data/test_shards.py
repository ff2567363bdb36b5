"""Shards: the same records in fewer files, and a manifest that tells what lies where."""

import hashlib
import json

import pytest

from keypointnet_tf.data import records, shards
from keypointnet_tf.data.manifest import (
    FileEntry,
    describe_file,
    parse_manifest,
    read_manifest,
    write_manifest,
)
from keypointnet_tf.data.render_ledger import Ledger
from keypointnet_tf.rendering.job import object_tasks
from keypointnet_tf.shapes.sources import file_sources


def entry(name, size):
    return FileEntry(name, size, "", ((name, 1),))


def test_shards_are_filled_in_order_up_to_the_limit():
    parts = [entry(name, size) for name, size in zip("abcdef", (4, 5, 2, 20, 1, 9), strict=True)]
    found = [[part.name for part in group] for group in shards.groups(parts, 10)]
    assert found == [["a", "b"], ["c"], ["d"], ["e", "f"]]
    assert list(shards.groups([], 10)) == []


@pytest.fixture
def meshes(boxes, tmp_path):
    return file_sources([boxes.write_boxes(tmp_path / "meshes", 6)])


def test_shards_hold_the_records_of_single_files(boxes, meshes, tmp_path):
    boxes.run(boxes.make_job(meshes), tmp_path / "single")
    size = (tmp_path / "single" / "0000.tfrecord").stat().st_size
    job = boxes.make_job(meshes, shard_mb=2.5 * size / shards.MEBIBYTE)
    assert boxes.run(job, tmp_path / "sharded") == (6, 0, [])
    single, sharded = boxes.contents(tmp_path / "single"), boxes.contents(tmp_path / "sharded")
    files = {name for name in sharded if name.endswith(".tfrecord")}
    assert files == {f"{n}.tfrecord" for n in ("dev-00000", "test-00000", *TRAIN)}
    assert sharded["train.txt"].decode().split() == list(TRAIN)
    assert sharded["job.txt"] == single["job.txt"]
    names = single["train.txt"].decode().split()
    joined = b"".join(single[f"{name}.tfrecord"] for name in names)
    assert sharded["train-00000.tfrecord"] + sharded["train-00001.tfrecord"] == joined
    shard = tmp_path / "sharded" / "train-00000.tfrecord"
    found = [features["object_id"][0].decode() for features in records.read_records(shard)]
    manifest = read_manifest(tmp_path / "sharded" / "manifest.json")
    assert [name for name, pairs in manifest["train-00000"].objects for _ in range(pairs)] == found
    assert boxes.run(job, tmp_path / "sharded") == (0, 6, [])
    assert boxes.contents(tmp_path / "sharded") == sharded


TRAIN = ("train-00000", "train-00001")


def test_packing_that_was_cut_goes_on(boxes, meshes, tmp_path, monkeypatch):
    job = boxes.make_job(meshes, shard_mb=0.001)
    boxes.run(job, tmp_path / "whole")
    add, calls = Ledger._add_shard, []

    def cut(ledger, shard):
        calls.append(shard)
        if len(calls) == 2:
            raise KeyboardInterrupt
        add(ledger, shard)

    monkeypatch.setattr(Ledger, "_add_shard", cut)
    with pytest.raises(KeyboardInterrupt):
        boxes.run(job, tmp_path / "cut")
    assert (tmp_path / "cut" / "manifest.partial.json").is_file()
    monkeypatch.undo()
    assert boxes.run(job, tmp_path / "cut") == (0, 6, [])
    assert boxes.contents(tmp_path / "cut") == boxes.contents(tmp_path / "whole")


def test_objects_that_failed_join_in_shards_of_their_own(boxes, meshes, tmp_path):
    good = open(meshes[2].path).read()
    open(meshes[2].path, "w").write("v 0 0 0\n")
    job = boxes.make_job(meshes, shard_mb=1, dev_count=0, test_count=0)
    assert boxes.run(job, tmp_path / "out").written == 5
    open(meshes[2].path, "w").write(good)
    assert boxes.run(job, tmp_path / "out") == (1, 5, [])
    assert (tmp_path / "out" / "train.txt").read_text().split() == list(TRAIN)
    manifest = read_manifest(tmp_path / "out" / "manifest.json")
    assert manifest["train-00001"].objects == (("box2", 2),)


def test_the_manifest_tells_sizes_and_checksums(boxes, meshes, tmp_path):
    boxes.run(boxes.make_job(meshes), tmp_path / "out")
    files = boxes.contents(tmp_path / "out")
    listed = json.loads(files["manifest.json"])["files"]
    assert [f["name"] for f in listed] == [f"{i:04d}" for i in range(6)]
    for f in listed:
        data = files[f"{f['name']}.tfrecord"]
        assert (f["bytes"], f["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert f["objects"] == [[f"box{int(f['name'])}", 2]]


def test_a_ledger_knows_what_is_missing(boxes, meshes, tmp_path):
    job = boxes.make_job(meshes)
    boxes.run(job, tmp_path / "out")
    (tmp_path / "out" / "0004.tfrecord").unlink()
    (tmp_path / "out" / "manifest.json").unlink()
    ledger = Ledger(job, tmp_path / "out", object_tasks(job), progress=False)
    assert [task.record for task in ledger.missing()] == ["0004"]


def test_manifests_survive_the_round_trip(tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(b"12345")
    found = describe_file(tmp_path / "a.tfrecord", [("x", 2), ("y", 3)])
    assert (found.name, found.bytes, found.pairs) == ("a", 5, 5)
    write_manifest(tmp_path / "manifest.json", [found])
    assert read_manifest(tmp_path / "manifest.json") == {"a": found}
    assert read_manifest(tmp_path / "absent.json") == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2, "files": []}', '{"format": 1}'])
def test_damaged_manifests_are_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json: "):
        read_manifest(tmp_path / "manifest.json")
    with pytest.raises(ValueError):
        parse_manifest(text.encode())
