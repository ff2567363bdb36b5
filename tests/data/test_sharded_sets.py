"""Files of several objects: objects and pairs are counted by the manifest, offsets found late."""

import json

import numpy as np
import pytest

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.manifest import FileEntry
from keypointnet_tf.data.record_index import SplitIndex
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.storage import LocalFolder


@pytest.fixture
def objects(handmade):
    """Objects a to f of 2, 1, 3, 1, 2 and 2 pairs, each a view of its own."""
    counts = {"a": 2, "b": 1, "c": 3, "d": 1, "e": 2, "f": 2}
    return {
        name: [handmade.make_pair(100 * o + i, landmarks=False) for i in range(count)]
        for o, (name, count) in enumerate(counts.items())
    }


@pytest.fixture
def sharded(tmp_path, handmade, objects):
    """Two files for training, with a to c and d, and one each for dev and test, with e and f."""
    files = {"s0": "abc", "s1": "d", "s2": "e", "s3": "f"}
    groups = {name: {o: objects[o] for o in members} for name, members in files.items()}
    handmade.write_sharded(tmp_path, groups)
    (tmp_path / "dev.txt").write_text("s2\n")
    (tmp_path / "test.txt").write_text("s3\n")
    (tmp_path / "job.txt").write_text("a\nb\nc\nd\ne\nf\n")
    (tmp_path / "meta.json").write_text('{"records_up": "y"}')
    return tmp_path


@pytest.fixture
def one_per_file(tmp_path_factory, handmade, objects):
    """The same pairs, one object per file, without a manifest."""
    folder = tmp_path_factory.mktemp("plain")
    handmade.write_published(folder, objects)
    (folder / "dev.txt").write_text("e\n")
    (folder / "test.txt").write_text("f\n")
    (folder / "meta.json").write_text('{"records_up": "y"}')
    return folder


def edited(folder, change):
    content = json.loads((folder / "manifest.json").read_text())
    change(content["files"])
    (folder / "manifest.json").write_text(json.dumps(content))


def test_both_layouts_hold_the_same_pairs(sharded, one_per_file):
    sets = RecordSet(sharded), RecordSet(one_per_file)
    for split in ("train", "dev", "test"):
        one, other = (PairArrays.from_record_set(s, split, progress=False) for s in sets)
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.object_ids, other.object_ids)
        chosen = [[pair.object_id for pair in s.pairs(split, range(s.count(split)))] for s in sets]
        assert chosen[0] == chosen[1] == one.object_ids.tolist()
    assert sets[0].names("train") == ("s0", "s1")


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6]),
        ({"objects": 3}, [0, 1, 2, 3, 4, 5]),
        ({"objects": 2, "pairs": 1}, [0, 2]),
        ({"pairs": 2}, [0, 1, 2, 3, 4, 6]),
        ({"objects": 99, "pairs": 99}, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_limits_count_objects_and_their_pairs(sharded, one_per_file, limits, expected):
    for folder in (sharded, one_per_file):
        found = RecordSet(folder).index("train").first_pairs(**limits)
        assert found.dtype == np.int64 and found.tolist() == expected


def test_an_object_in_two_places_is_one_object(tmp_path):
    entries = {"s": FileEntry("s", 9, "", (("a", 2), ("b", 2), ("a", 2), ("c", 1)))}
    (tmp_path / "s.tfrecord").write_bytes(bytes(9))
    index = SplitIndex(LocalFolder(tmp_path), ["s"], manifest=entries, object_ids={})
    assert index.first_pairs(objects=2, pairs=3).tolist() == [0, 1, 2, 3, 4]
    assert index.first_pairs(objects=1).tolist() == [0, 1, 4, 5]


def test_locations_lead_to_whole_frames(sharded):
    found = RecordSet(sharded)
    index = found.index("train")
    places = [index.location(n) for n in range(len(index))]
    assert [place.name for place in places] == ["s0"] * 6 + ["s1"]
    assert [place.index for place in places] == [0, 1, 2, 3, 4, 5, 0]
    assert [place.object_id for place in places] == ["a", "a", "b", "c", "c", "c", "d"]
    assert places[0].offset == places[6].offset == 0
    for before, after in zip(places[:5], places[1:6], strict=True):
        assert before.offset + before.length == after.offset
    assert places[5].offset + places[5].length == (sharded / "s0.tfrecord").stat().st_size


def test_offsets_are_found_when_a_file_is_first_asked_for(sharded, monkeypatch):
    walked = []
    walk = SplitIndex._walk
    monkeypatch.setattr(SplitIndex, "_walk", lambda self, n: walked.append(n) or walk(self, n))
    index = RecordSet(sharded).index("train")
    assert len(index) == 7 and walked == []
    index.location(6)
    assert walked == ["s1"]
    for number in (3, 0, 5, 6):
        index.location(number)
    assert walked == ["s1", "s0"]


def test_batches_of_both_layouts_are_the_same(sharded, one_per_file):
    tf_pipeline = pytest.importorskip("keypointnet_tf.data.tf_pipeline")
    batches = [
        tf_pipeline.tf_dataset(RecordSet(folder), "train", batch_size=4, seed=5, first_step=3)
        for folder in (sharded, one_per_file)
    ]
    for one, other in zip(*(b.take(4).as_numpy_iterator() for b in batches), strict=True):
        for key, value in one.items():
            np.testing.assert_array_equal(other[key], value)


def test_a_manifest_of_single_objects_changes_no_fingerprint(one_per_file, handmade, objects):
    before = RecordSet(one_per_file).fingerprint()
    handmade.write_sharded(one_per_file, {name: {name: pairs} for name, pairs in objects.items()})
    assert RecordSet(one_per_file).fingerprint() == before


def test_other_objects_change_the_fingerprint(sharded):
    before = RecordSet(sharded).fingerprint()
    edited(sharded, lambda files: files[0]["objects"].reverse())
    assert RecordSet(sharded).fingerprint() != before


def test_a_cut_file_is_told_by_its_size(sharded):
    path = sharded / "s1.tfrecord"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ValueError, match=f"s1.tfrecord: has {size - 3} bytes; expected {size} as"):
        RecordSet(sharded).index("train")


def test_another_number_of_records_than_told(sharded):
    edited(sharded, lambda files: files[0].update(objects=[["a", 5]]))
    found = RecordSet(sharded)
    with pytest.raises(ValueError, match="s0.tfrecord: holds 6 records; expected 5 as in"):
        found.index("train").location(2)
    with pytest.raises(ValueError, match="s0.tfrecord: holds 6 records; expected 5 as in"):
        list(found.pairs("train"))


def test_files_and_manifest_must_name_each_other(sharded):
    (sharded / "s9.tfrecord").write_bytes((sharded / "s1.tfrecord").read_bytes())
    with pytest.raises(ValueError, match="s9.tfrecord is not in manifest.json.*unfinished"):
        RecordSet(sharded)
    (sharded / "s9.tfrecord").unlink()
    (sharded / "s1.tfrecord").unlink()
    with pytest.raises(ValueError, match="manifest.json: record 's1' is listed; expected s1.tfre"):
        RecordSet(sharded)


def test_an_unfinished_rendering_is_told(sharded):
    (sharded / "manifest.json").rename(sharded / "manifest.partial.json")
    with pytest.raises(ValueError, match="rendering is unfinished"):
        RecordSet(sharded)


def test_an_index_of_many_pairs_is_small(tmp_path):
    files, objects, pairs = 8, 500, 100
    entries = {}
    for number in range(files):
        members = tuple((f"o{number}_{i}", pairs) for i in range(objects))
        entries[f"{number}"] = FileEntry(f"{number}", 10**9, "", members)
        with open(tmp_path / f"{number}.tfrecord", "wb") as file:
            file.truncate(10**9)
    index = SplitIndex(LocalFolder(tmp_path), list(entries), manifest=entries, object_ids={})
    assert len(index) == files * objects * pairs
    assert index._offsets.nbytes == 8 * len(index)
    assert len(index.first_pairs(objects=3, pairs=2)) == 6
