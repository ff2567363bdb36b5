"""Published folders load unchanged but for the turn to z up; broken folders say what is wrong."""

import json

import numpy as np
import pytest

from keypointnet_tf.data import records, schema
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.up_axis import YUP_FROM_ZUP, find_up
from keypointnet_tf.geometry import placement


@pytest.fixture
def published(tmp_path, handmade):
    """Four y-up records of two pairs, `0002` for dev and `0003` for test, with extra features."""
    pairs = {
        f"{number:04d}": [handmade.make_pair(10 * number + i, landmarks=False) for i in range(2)]
        for number in range(4)
    }
    handmade.write_published(tmp_path, pairs, extra=[1.0, 2.0], other=b"more")
    (tmp_path / "train.txt").write_text("0000\n")
    (tmp_path / "dev.txt").write_text("0002\n")
    (tmp_path / "test.txt").write_text("0003\n\n")
    return tmp_path, pairs


def test_published_records_load_in_our_frame(published):
    folder, pairs = published
    found = RecordSet(folder)
    assert (found.records_up, found.size, found.focal) == ("y", 8, pytest.approx(22.9))
    read = list(found.pairs("train"))
    assert len(read) == found.count("train") == 4
    for pair, expected in zip(read, pairs["0000"] + pairs["0001"], strict=True):
        np.testing.assert_array_equal(pair.image0, expected.image0)
        np.testing.assert_array_equal(pair.image1, expected.image1)
        for name in ("object_to_camera0", "object_to_camera1"):
            np.testing.assert_allclose(getattr(pair, name), getattr(expected, name), atol=1e-5)
        assert pair.focal0 == pytest.approx(22.9)


def test_a_record_in_no_list_is_training_data(published):
    found = RecordSet(published[0])
    assert found.names("train") == ("0000", "0001")
    assert found.names("dev") == ("0002",) and found.names("test") == ("0003",)
    with pytest.raises(ValueError, match="split is 'val'"):
        found.names("val")


def test_job_lines_name_the_objects(published):
    folder, _ = published
    assert next(RecordSet(folder).pairs("dev")).object_id == "0002"
    (folder / "job.txt").write_text("a\nb\nc\nd\n")
    assert next(RecordSet(folder).pairs("dev")).object_id == "c"


def test_turn_maps_hand_made_points():
    # Nose ahead, tail fin above, left wing: in a y-up frame with x ahead, z points to the right.
    ours = np.array([[1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1]], float)
    theirs = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, -1, 1]], float)
    np.testing.assert_array_equal(ours @ YUP_FROM_ZUP.T, theirs)
    assert np.linalg.det(YUP_FROM_ZUP) == pytest.approx(1)


def test_landmarks_turn_with_the_cameras(tmp_path, handmade):
    pair = handmade.make_pair()
    features = schema.encode_pair(pair)
    features |= {k: v for k, v in handmade.published(pair).items() if k.startswith("m")}
    features["landmarks"] = pair.landmarks @ YUP_FROM_ZUP[:3, :3].T
    records.write_records(tmp_path / "0.tfrecord", [features])
    found = next(RecordSet(tmp_path, records_up="y").pairs("train"))
    np.testing.assert_allclose(found.landmarks, pair.landmarks, atol=1e-6)
    np.testing.assert_allclose(found.object_to_camera0, pair.object_to_camera0, atol=1e-5)


@pytest.mark.parametrize("up", ["y", "z"])
def test_up_axis_is_seen_from_cameras(up):
    rng = np.random.default_rng(1)
    poses = np.concatenate([placement.sample_pair(rng, placement.CameraSampling()) for _ in "abcd"])
    turn = np.eye(4) if up == "z" else np.linalg.inv(YUP_FROM_ZUP)
    assert find_up(poses @ turn) == up


def test_up_axis_that_cannot_be_told():
    with pytest.raises(ValueError, match="folder: mean camera centre .* records_up"):
        find_up(placement.look_at([30, 0, 0])[None], where="folder")
    with pytest.raises(ValueError, match="records_up"):
        find_up(placement.look_at([0, 20, 20])[None])


def test_meta_and_argument_decide_the_up_axis(published):
    folder, _ = published
    (folder / "meta.json").write_text(json.dumps({"records_up": "z", "landmark_names": ["a"]}))
    found = RecordSet(folder)
    assert found.records_up == "z" and found.landmark_names == ("a",)
    assert RecordSet(folder, records_up="y").records_up == "y"
    with pytest.raises(ValueError, match="records_up is 'x'"):
        RecordSet(folder, records_up="x")


def test_landmarks_must_be_as_many_as_named(tmp_path, handmade):
    features = schema.encode_pair(handmade.make_pair())
    records.write_records(tmp_path / "0.tfrecord", [features])
    (tmp_path / "meta.json").write_text('{"records_up": "z", "landmark_names": ["a"]}')
    with pytest.raises(
        ValueError, match="record 0: feature 'landmarks' holds 3 points; expected 1"
    ):
        list(RecordSet(tmp_path).pairs("train"))


def test_encoded_pairs_are_those_of_the_sweep(published):
    found = RecordSet(published[0])
    index = found.index("train")
    for number, pair in zip(range(len(index)), found.pairs("train"), strict=True):
        encoded = found.encoded_pair(index.location(number))
        np.testing.assert_array_equal(encoded.object_to_camera1, pair.object_to_camera1)
        assert encoded.object_id == pair.object_id


def test_some_pairs_by_their_numbers(published):
    folder, pairs = published
    read = list(RecordSet(folder).pairs("train", [3, 0, 3]))
    expected = [pairs["0001"][1], pairs["0000"][0], pairs["0001"][1]]
    for pair, other in zip(read, expected, strict=True):
        np.testing.assert_array_equal(pair.image0, other.image0)
    with pytest.raises(IndexError, match="pair is 4; expected 0 to 3"):
        list(RecordSet(folder).pairs("train", [4]))


def test_mixed_image_sizes_name_the_file(published, handmade):
    folder, _ = published
    odd = handmade.published(handmade.make_pair(size=4))
    (folder / "0001.tfrecord").write_bytes(handmade.framed(handmade.example(odd)))
    found = RecordSet(folder)
    with pytest.raises(ValueError, match="0001.tfrecord: record 0: feature 'img0' is 4 .* 8"):
        list(found.pairs("train"))
    with pytest.raises(ValueError, match="0001.tfrecord: record 0: feature 'img0' is 4 .* 8"):
        found.encoded_pair(found.index("train").location(2))


def test_a_missing_feature_names_file_record_and_field(published, handmade):
    folder, pairs = published
    whole = handmade.published(pairs["0001"][0])
    broken = {name: value for name, value in whole.items() if name != "mvi1"}
    frames = [handmade.framed(handmade.example(features)) for features in (whole, broken)]
    (folder / "0001.tfrecord").write_bytes(b"".join(frames))
    with pytest.raises(ValueError, match="0001.tfrecord: record 1: feature 'mvi1' is missing"):
        list(RecordSet(folder).pairs("train"))


def test_folders_without_records(tmp_path):
    with pytest.raises(ValueError, match="holds nothing; expected .tfrecord files"):
        RecordSet(tmp_path)
    (tmp_path / "notes.md").write_text("x")
    with pytest.raises(ValueError, match="notes.md"):
        RecordSet(tmp_path)
    with pytest.raises(ValueError, match="gone is not a folder"):
        RecordSet(tmp_path / "gone")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("train.txt", "0000\n0009\n", "record '0009' is listed"),
        ("test.txt", "0002\n", "is in dev.txt too"),
        ("projection.txt", "1 2 3", "holds 3 numbers"),
        ("projection.txt", "a " * 16, "expected 4 x 4 numbers"),
        ("projection.txt", "0 " * 16, "expected one focal length above 0"),
        ("meta.json", "{", "expected a JSON object"),
        ("meta.json", '{"records_up": "x"}', "records_up 'y' or 'z'"),
    ],
)
def test_broken_side_files_are_named(published, file, text, message):
    folder, _ = published
    (folder / file).write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        RecordSet(folder)
    assert str(folder / file) in str(error.value)


def test_without_a_projection_the_record_must_tell(published):
    folder, _ = published
    (folder / "projection.txt").unlink()
    with pytest.raises(ValueError, match="record 0: feature 'f0' is missing"):
        RecordSet(folder)
