"""Local folders and URLs give the same files; what is not there is named in full."""

import os
import pathlib
import sys
import uuid

import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.storage import LocalFolder, open_storage, record_names


@pytest.fixture
def folder(tmp_path, handmade):
    """Two published records of two pairs, one of them for dev, and things that are no records."""
    pairs = {
        f"{n:04d}": [handmade.make_pair(10 * n + i, landmarks=False) for i in range(2)]
        for n in (0, 1)
    }
    path = tmp_path / "set"
    path.mkdir()
    handmade.write_published(path, pairs)
    (path / "dev.txt").write_text("0001\n")
    (path / "._0000.tfrecord").write_bytes(b"a resource fork")
    (path / "deeper").mkdir()
    (path / "deeper" / "0009.tfrecord").write_bytes(b"no record")
    return path


@pytest.fixture
def memory(folder):
    """The same in fsspec's memory file system."""
    url = f"memory://{uuid.uuid4().hex}/set"
    fs = fsspec.filesystem("memory")
    fs.put(str(folder), url.removeprefix("memory:/"), recursive=True)
    yield url
    fs.rm(url.rpartition("/")[0], recursive=True)


def assert_same_sets(one, other):
    for split in ("train", "dev"):
        first, second = (PairArrays.from_record_set(s, split, progress=False) for s in (one, other))
        for name in ("images", "object_to_camera", "focal", "object_ids"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert (one.size, one.focal, one.up_source) == (other.size, other.focal, other.up_source)
    assert one.fingerprint() == other.fingerprint()


def test_storages_agree(folder, memory):
    local, remote = open_storage(folder), open_storage(memory)
    assert (
        local.names()
        == remote.names()
        == ["0000.tfrecord", "0001.tfrecord", "dev.txt", "projection.txt"]
    )
    assert list(record_names(remote)) == ["0000", "0001"]
    content = (folder / "0001.tfrecord").read_bytes()
    for storage in (local, remote):
        assert storage.size("0001.tfrecord") == len(content)
        assert storage.read_range("0001.tfrecord", 5, 7) == content[5:12]
        with storage.open("0001.tfrecord") as file:
            assert file.read() == content
        with storage.ranges("0001.tfrecord") as read_at:
            assert [read_at(0, 3), read_at(20, 4)] == [content[:3], content[20:24]]
        assert storage.read_text("dev.txt") == "0001\n" and storage.read_text("test.txt") == ""
        assert "dev.txt" in storage and "test.txt" not in storage
    assert local.is_local and not remote.is_local


def test_a_set_in_memory_is_read_as_the_folder(folder, memory):
    assert_same_sets(RecordSet(folder), RecordSet(memory))
    assert RecordSet(memory + "/").folder == memory
    pairs = [list(RecordSet(place).pairs("train", [1, 0])) for place in (folder, memory)]
    np.testing.assert_array_equal(pairs[0][0].image0, pairs[1][0].image0)


def test_the_home_folder_is_expanded(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert RecordSet("~/set").folder == str(folder)


def test_file_urls_are_local(folder):
    storage = open_storage(f"file://{folder}")
    assert isinstance(storage, LocalFolder) and storage.location == str(folder)


def test_messages_name_the_place_in_full(folder, memory, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder / "0001.tfrecord").write_bytes(b"short")
    with pytest.raises(ValueError, match=f"{folder}/0001.tfrecord: record 0: length is cut short"):
        list(RecordSet("set").pairs("dev"))
    fsspec.filesystem("memory").pipe(f"{memory}/0001.tfrecord", b"short")
    with pytest.raises(ValueError, match=f"{memory}/0001.tfrecord: record 0: length is cut short"):
        list(RecordSet(memory).pairs("dev"))
    chained = open_storage(f"dir::{memory}")
    assert chained.locate("a.txt") == f"dir::{memory}/a.txt"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("memory://no/such/set", "memory://no/such/set is not a folder"),
        ("memory://lone/0000.tfrecord", "memory://lone/0000.tfrecord is not a folder"),
        ("nosuch://bucket/set", "nosuch://bucket/set: Protocol not known"),
        ("memory://gone.zip", "memory://gone.zip"),
        ("zip://cars::/no/such.zip", "/no/such.zip"),
    ],
)
def test_what_is_not_there_is_named(location, message):
    fsspec.filesystem("memory").pipe("/lone/0000.tfrecord", b"x")
    with pytest.raises((ValueError, OSError), match=message):
        RecordSet(location)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(ValueError, match="s3://bucket/set: .*s3fs"):
        open_storage("s3://bucket/set").names()


@pytest.fixture
def fetched(monkeypatch):
    """Paths of the files that are fetched whole; no range may be asked for."""
    paths, get_file = [], MemoryFileSystem.get_file

    def counted(self, rpath, lpath, **arguments):
        paths.append(rpath.rpartition("/")[2])
        get_file(self, rpath, lpath, **arguments)

    def refused(self, path, **arguments):
        raise AssertionError(f"range of {path}")

    monkeypatch.setattr(MemoryFileSystem, "get_file", counted)
    monkeypatch.setattr(MemoryFileSystem, "cat_file", refused)
    return paths


def test_remote_files_are_copied_once_on_first_use(folder, memory, fetched, tmp_path):
    cached = RecordSet(memory, cache_dir=tmp_path / "cache")
    assert_same_sets(RecordSet(folder), cached)
    list(cached.pairs("train", [0, 1, 1]))
    assert_same_sets(RecordSet(folder), RecordSet(memory, cache_dir=tmp_path / "cache"))
    assert sorted(fetched) == ["0000.tfrecord", "0001.tfrecord", "dev.txt", "projection.txt"]
    copies = [path.name.partition("-")[2] for path in (tmp_path / "cache").iterdir()]
    assert sorted(copies) == sorted(fetched)


def test_a_changed_file_is_copied_again(memory, fetched, tmp_path):
    assert open_storage(memory, cache_dir=tmp_path).read_text("dev.txt") == "0001\n"
    fsspec.filesystem("memory").pipe(f"{memory}/dev.txt", b"0000\n")
    assert open_storage(memory, cache_dir=tmp_path).read_text("dev.txt") == "0000\n"
    assert fetched == ["dev.txt", "dev.txt"]


def test_a_failed_copy_leaves_nothing(memory, tmp_path, monkeypatch):
    def fails(self, rpath, lpath, **arguments):
        pathlib.Path(lpath).write_bytes(b"half")
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(MemoryFileSystem, "get_file", fails)
    storage = open_storage(memory, cache_dir=tmp_path / "cache")
    with pytest.raises(OSError, match=f"{memory}/dev.txt: ConnectionError: reset by peer"):
        storage.read_text("dev.txt")
    assert os.listdir(tmp_path / "cache") == []
