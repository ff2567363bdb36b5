"""Framing and examples: bytes made by hand, TensorFlow's own files, and damage."""

import os
import struct

import numpy as np
import pytest

from keypointnet_tf.data import records


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "two.tfrecord"
    records.write_records(path, [{"a": [1.5, -2.0], "b": b"\x00x"}, {"n": [3, -4]}])
    return path


def assert_same(features, expected):
    assert sorted(features) == sorted(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(features[name], value)
        if not isinstance(value, list):
            assert features[name].dtype == value.dtype


def test_round_trip(written):
    first, second = records.read_records(written)
    assert_same(first, {"a": np.array([1.5, -2], np.float32), "b": [b"\x00x"]})
    assert_same(second, {"n": np.array([3, -4])})


def test_arrays_are_flattened_by_rows():
    data = records.encode_example({"m": np.arange(4.0).reshape(2, 2)})
    np.testing.assert_array_equal(records.decode_example(data, where="x")["m"], [0, 1, 2, 3])


def test_reads_bytes_made_by_hand(tmp_path, handmade):
    path = tmp_path / "hand.tfrecord"
    features = {"x": [0.5, 2.0], "s": b"text", "i": 300}
    path.write_bytes(handmade.framed(handmade.example(features)))
    expected = {"x": np.array([0.5, 2], np.float32), "s": [b"text"], "i": np.array([300])}
    assert_same(next(records.read_records(path)), expected)


def test_writes_the_bytes_made_by_hand(tmp_path, handmade):
    path = tmp_path / "ours.tfrecord"
    records.write_records(path, [{"b": b"text", "a": [0.5]}])
    assert path.read_bytes() == handmade.framed(handmade.example({"a": [0.5], "b": b"text"}))


def test_order_of_features_does_not_matter():
    one = records.encode_example({"a": [1.0], "b": b"x", "c": [2]})
    assert one == records.encode_example({"c": [2], "b": b"x", "a": [1.0]})


def test_agrees_with_tensorflow_both_ways(tmp_path, written):
    tf = pytest.importorskip("tensorflow")
    theirs = [tf.train.Example.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(written))]
    assert theirs[0].features.feature["a"].float_list.value == [1.5, -2.0]
    assert theirs[0].features.feature["b"].bytes_list.value == [b"\x00x"]
    assert theirs[1].features.feature["n"].int64_list.value == [3, -4]
    path = tmp_path / "theirs.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for item in theirs:
            writer.write(item.SerializeToString())
    for ours, back in zip(records.read_records(written), records.read_records(path), strict=True):
        assert_same(back, ours)


def test_a_failed_write_leaves_the_old_file_alone(tmp_path, written):
    before = written.read_bytes()

    def examples():
        yield {"a": [1.0]}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        records.write_records(written, examples())
    assert written.read_bytes() == before
    assert os.listdir(tmp_path) == [written.name]


@pytest.mark.parametrize("value", ["text", [b"x", 1], None, np.array(["x"])])
def test_refuses_other_values(value):
    with pytest.raises(ValueError, match="feature 'a' is a"):
        records.encode_example({"a": value})


def test_refuses_no_examples(tmp_path):
    with pytest.raises(ValueError, match="no examples"):
        records.write_records(tmp_path / "none.tfrecord", [])


def read_damaged(path, change):
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))
    return list(records.read_records(path))


def flip(position):
    def change(data):
        data[position] ^= 4
        return data

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], "record 1: data is cut short"),
        (lambda data: data + b"abc", "record 2: length is cut short at 3 bytes; expected 12"),
        (flip(0), "record 0: length has checksum"),
        (flip(9), "record 0: length has checksum"),
        (flip(14), "record 0: data has checksum"),
        (flip(-1), "record 1: data has checksum"),
        (lambda data: b"", "the file is empty"),
    ],
)
def test_damage_is_named(written, change, message):
    with pytest.raises(ValueError, match=message) as error:
        read_damaged(written, change)
    assert str(written) in str(error.value)


def test_bytes_that_are_no_example(tmp_path, handmade):
    path = tmp_path / "other.tfrecord"
    path.write_bytes(handmade.framed(b"\xff\xff\xff"))
    with pytest.raises(ValueError, match="record 0: 3 bytes that do not decode"):
        list(records.read_records(path))


def test_a_huge_length_is_not_read(tmp_path, handmade):
    path = tmp_path / "huge.tfrecord"
    header = handmade.framed(b"")[:0] + struct.pack("<Q", 1 << 60)
    crc = struct.pack("<I", records._masked_crc(header))
    path.write_bytes(header + crc + b"few")
    with pytest.raises(ValueError, match="data is cut short at 3 bytes"):
        list(records.read_records(path))
