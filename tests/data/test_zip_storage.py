"""A zip of records is read in place as the folder it holds; hostile zips are refused by name."""

import json
import pickle
import stat
import zipfile

import fsspec
import numpy as np
import pytest

from keypointnet_tf.data.array_dataset import ArrayDataset
from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.storage import open_storage

METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}


@pytest.fixture
def folder(tmp_path, handmade):
    """A folder as published in 2018: four records of three pairs, y up, no feature of ours."""
    path = tmp_path / "cars_with_keypoints"
    path.mkdir()
    pairs = {
        f"{n:04d}": [handmade.make_pair(10 * n + i, landmarks=False) for i in range(3)]
        for n in range(4)
    }
    handmade.write_published(path, pairs)
    (path / "train.txt").write_text("0000\n0001\n")
    (path / "dev.txt").write_text("0002\n")
    (path / "test.txt").write_text("0003\n")
    (path / "job.txt").write_text("a1\nb2\nc3\nd4\n")
    return path


def zipped(folder, *, inside="cars_with_keypoints", method="deflated", name="cars.zip"):
    path = folder.parent / name
    with zipfile.ZipFile(path, "w", METHODS[method]) as archive:
        if inside:
            archive.mkdir(inside)
        for file in sorted(folder.iterdir()):
            archive.write(file, f"{inside}/{file.name}" if inside else file.name)
        archive.writestr(f"__MACOSX/{inside}/._0000.tfrecord", b"a resource fork")
    return path


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("inside", ["cars_with_keypoints", "", "data/deep/cars"])
def test_a_published_zip_gives_the_batches_of_its_folder(folder, method, inside):
    path = zipped(folder, inside=inside, method=method)
    plain, packed = RecordSet(folder), RecordSet(path)
    assert (packed.records_up, packed.up_source, packed.size) == ("y", "cameras", 8)
    assert packed.fingerprint() == plain.fingerprint()
    assert packed.names("train") == ("0000", "0001") and packed.count("train") == 6
    arrays = [PairArrays.from_record_set(s, "train", progress=False) for s in (plain, packed)]
    assert arrays[1].object_ids.tolist() == ["a1"] * 3 + ["b2"] * 3
    expected, found = (ArrayDataset(a, batch_size=4, seed=3, size=4) for a in arrays)
    for step in range(4):
        for key, value in expected[step].items():
            np.testing.assert_array_equal(found[step][key], value)
    assert not list(folder.parent.glob("**/*.tmp")) and len(list(folder.parent.iterdir())) == 2


@pytest.mark.parametrize("method", list(METHODS))
def test_streams_from_a_zip(folder, method):
    pytest.importorskip("tensorflow")
    from keypointnet_tf.data.tf_pipeline import tf_dataset

    sets = RecordSet(folder), RecordSet(zipped(folder, method=method))
    batches = [tf_dataset(s, "train", batch_size=4, seed=1).take(3) for s in sets]
    for expected, found in zip(*(b.as_numpy_iterator() for b in batches), strict=True):
        for key, value in expected.items():
            np.testing.assert_array_equal(found[key], value)


def test_a_zip_behind_a_url(folder):
    fs = fsspec.filesystem("memory")
    fs.pipe("/zips/cars.zip", zipped(folder).read_bytes())
    locations = (
        "memory://zips/cars.zip",
        "zip://cars_with_keypoints::memory://zips/cars.zip",
        f"zip://cars_with_keypoints::{folder.parent / 'cars.zip'}",
    )
    expected = [pair.image0 for pair in RecordSet(folder).pairs("train")]
    for location in locations:
        found = RecordSet(location)
        np.testing.assert_array_equal([p.image0 for p in found.pairs("train")], expected)
    assert RecordSet(locations[0]).folder == locations[1]
    fs.rm("/zips", recursive=True)


def test_a_remote_zip_is_copied_whole(folder, tmp_path):
    fs = fsspec.filesystem("memory")
    fs.pipe("/zips/cars.zip", zipped(folder).read_bytes())
    found = RecordSet("memory://zips/cars.zip", cache_dir=tmp_path / "cache")
    assert len(list(found.pairs("train"))) == 6
    (copy,) = (tmp_path / "cache").iterdir()
    assert copy.read_bytes() == (folder.parent / "cars.zip").read_bytes()
    fs.rm("/zips", recursive=True)


@pytest.mark.parametrize("cache_bytes", [0, 10**9])
def test_ranges_of_members_with_and_without_room_to_keep_them(folder, cache_bytes):
    content = (folder / "0001.tfrecord").read_bytes()
    for method in METHODS:
        storage = open_storage(zipped(folder, method=method), cache_bytes=cache_bytes)
        assert storage.read_range("0001.tfrecord", 7, 9) == content[7:16]
        assert storage.read_range("0001.tfrecord", len(content) - 2, 9) == content[-2:]
        assert storage.size("0001.tfrecord") == len(content)
        with storage.open("0001.tfrecord") as file:
            assert file.read(5) == content[:5]
            file.seek(20)
            assert file.read() == content[20:]
        again = pickle.loads(pickle.dumps(storage))
        assert again.read_range("0001.tfrecord", 0, 9) == content[:9]


def test_messages_name_zip_and_member(folder):
    (folder / "0001.tfrecord").write_bytes(b"short")
    path = zipped(folder)
    where = f"zip://cars_with_keypoints/0001.tfrecord::{path}"
    with pytest.raises(ValueError, match=f"{where}: record 0: length is cut short at 5 bytes"):
        list(RecordSet(path).pairs("train"))


def test_several_folders_must_be_chosen_from(folder):
    path = zipped(folder)
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("0000.tfrecord", "projection.txt"):
            archive.write(folder / name, f"cars_with_keypoints/more/{name}")
    with pytest.raises(ValueError, match="records in 2 folders .*'cars_with_keypoints/more'"):
        RecordSet(path)
    assert RecordSet(f"zip://cars_with_keypoints::{path}").count("train") == 6
    assert RecordSet(f"zip://cars_with_keypoints/more::{path}", records_up="y").count("train") == 3
    with pytest.raises(ValueError, match="holds no folder 'planes'; expected one of"):
        RecordSet(f"zip://planes::{path}")


def test_zips_without_records(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.md", "x")
    with pytest.raises(ValueError, match="x.zip: holds .'notes.md'.; expected .tfrecord files"):
        RecordSet(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("all/cars.zip", "x")
    with pytest.raises(ValueError, match="holds 'all/cars.zip', a zip in a zip"):
        RecordSet(path)
    path.write_bytes(b"GIF89a")
    with pytest.raises(ValueError, match="x.zip: .*expected a folder or a whole zip file"):
        RecordSet(path)


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999])
def test_a_truncated_zip_is_told(folder, share):
    path = zipped(folder)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match="cars.zip: .*is it cut short"):
        RecordSet(path)


@pytest.mark.parametrize(
    "name",
    ["../evil.tfrecord", "/etc/evil.tfrecord", "a/../../evil.tfrecord", "C:\\evil.tfrecord"],
)
def test_names_that_point_outside_are_left_out(folder, name):
    path = zipped(folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"evil")
    assert RecordSet(path).names("train") == ("0000", "0001")


def test_links_are_left_out(folder):
    path = zipped(folder)
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("cars_with_keypoints/0009.tfrecord")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert RecordSet(path).names("train") == ("0000", "0001")


def test_a_name_twice_is_refused(folder):
    path = zipped(folder)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("cars_with_keypoints/0000.tfrecord", b"other")
    with pytest.raises(ValueError, match="holds 'cars_with_keypoints/0000.tfrecord' twice"):
        RecordSet(path)


def test_a_bomb_is_refused_before_it_is_read(folder):
    path = zipped(folder)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cars_with_keypoints/0009.tfrecord", bytes(100 * 2**20))
    with pytest.raises(ValueError, match="0009.tfrecord::.*: declares 104857600 bytes out of"):
        RecordSet(path)


@pytest.mark.parametrize("method", list(METHODS))
def test_a_member_that_declares_more_than_it_holds(folder, method):
    path = folder.parent / "cars.zip"
    with zipfile.ZipFile(path, "w", METHODS[method]) as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
        archive.getinfo("0001.tfrecord").file_size += 50
    with pytest.raises(ValueError, match="zip://0001.tfrecord::.*cars.zip: "):
        list(RecordSet(path).pairs("train"))


def test_an_encrypted_member_is_refused(folder):
    path = folder.parent / "cars.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
        archive.getinfo("0001.tfrecord").flag_bits |= 1
    with pytest.raises(ValueError, match="zip://0001.tfrecord::.*cars.zip: is encrypted"):
        RecordSet(path)


def test_a_damaged_member_is_named(folder):
    path = zipped(folder)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("cars_with_keypoints/0001.tfrecord")
    content = bytearray(path.read_bytes())
    middle = info.header_offset + info.compress_size // 2
    content[middle : middle + 20] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="0001.tfrecord::.*expected an undamaged zip member"):
        list(RecordSet(path).pairs("train"))


def test_an_unknown_method_is_refused(folder):
    path = folder.parent / "cars.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "0000.tfrecord", "0000.tfrecord")
        archive.getinfo("0000.tfrecord").compress_type = 9
    with pytest.raises(ValueError, match="compression method 9; expected stored or deflated"):
        RecordSet(path)


def test_sharded_sets_in_a_zip(tmp_path, handmade):
    folder = tmp_path / "set"
    folder.mkdir()
    objects = {
        "a": [handmade.make_pair(1, landmarks=False)],
        "b": [handmade.make_pair(s, landmarks=False) for s in (2, 3)],
    }
    handmade.write_sharded(folder, {"train-00000": objects})
    (folder / "meta.json").write_text(json.dumps({"records_up": "y"}))
    found = RecordSet(zipped(folder, inside="set"))
    assert [pair.object_id for pair in found.pairs("train")] == ["a", "b", "b"]
