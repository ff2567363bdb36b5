"""The reader of human keypoints: arrays by semantic id, and mistakes told by place."""

import copy
import json

import numpy as np
import pytest

from keypointnet_tf.data.human_keypoints import read_human_keypoints
from keypointnet_tf.shapes.shapenet_lists import read_splits


def point(semantic_id, xyz, **more):
    return {"xyz": list(xyz), "semantic_id": semantic_id, "rgb": [0, 0, 0], **more}


def entries():
    """Two chairs; the class has the ids 0, 2 and 5."""
    on_face = {"mesh_info": {"face_index": 7, "face_uv": [0.2, 0.3, 0.5]}}
    return [
        {
            "class_id": "03001627",
            "model_id": "aaa",
            "keypoints": [point(5, (0, 1, 2)), point(0, (0.1, 0.2, 0.3), **on_face)],
            "symmetries": {
                "reflection": [{"kp_indexes": [0, 1]}],
                "rotation": [{"kp_indexes": [0, 1], "is_circle": False, "circle": {}}],
            },
        },
        {"class_id": "03001627", "model_id": "bbb", "keypoints": [point(2, (-1, -2, -3))]},
    ]


@pytest.fixture
def written(tmp_path):
    def write(values):
        path = tmp_path / "chair.json"
        path.write_text(values if isinstance(values, str) else json.dumps(values))
        return path

    return write


def test_rows_are_the_classs_semantic_ids(written):
    keypoints = read_human_keypoints(written(entries()))
    assert keypoints.class_id == "03001627" and keypoints.semantic_ids == (0, 2, 5)
    assert keypoints.names == ("keypoint_0", "keypoint_2", "keypoint_5")
    first, second = keypoints.annotations["aaa"], keypoints.annotations["bbb"]
    np.testing.assert_array_equal(first.xyz, [[0.1, 0.2, 0.3], [np.nan] * 3, [0, 1, 2]])
    np.testing.assert_array_equal(second.xyz, [[np.nan] * 3, [-1, -2, -3], [np.nan] * 3])
    assert first.face_index.tolist() == [7, -1, -1]
    np.testing.assert_array_equal(first.face_uv[0], [0.2, 0.3, 0.5])
    # Groups name positions in the entry's list; here they are rows.
    assert first.reflections == ((2, 0),) and first.rotations == ((2, 0),)
    assert keypoints.symmetric_pairs == (("keypoint_0", "keypoint_5"),)


def test_models_are_found_with_and_without_their_class(written):
    keypoints = read_human_keypoints(written(entries()))
    assert keypoints.find("aaa").model_id == keypoints.find("03001627-aaa").model_id == "aaa"
    assert keypoints.find("02691156-aaa") is None and keypoints.find("ccc") is None


def test_a_file_of_several_classes_needs_one_named(written):
    both = entries()
    both[1]["class_id"] = "02691156"
    path = written(both)
    with pytest.raises(ValueError, match="holds the classes 02691156, 03001627"):
        read_human_keypoints(path)
    keypoints = read_human_keypoints(path, "02691156")
    assert list(keypoints.annotations) == ["bbb"] and keypoints.semantic_ids == (2,)
    with pytest.raises(ValueError, match="class_id is '1'; expected the id of one of them"):
        read_human_keypoints(path, "1")


def change(where, value):
    """The entries with the value at a path of keys and indexes replaced, or removed by None."""
    values = copy.deepcopy(entries())
    target = values
    for key in where[:-1]:
        target = target[key]
    if value is None:
        del target[where[-1]]
    else:
        target[where[-1]] = value
    return values


@pytest.mark.parametrize(
    "where, value, message",
    [
        ((1,), 3, "entry 1: field 'entry' is 3"),
        ((1, "model_id"), None, "entry 1: field 'model_id' is None; expected a text"),
        ((0, "class_id"), 3001627, "entry 0: field 'class_id' is 3001627"),
        ((0, "keypoints"), None, "entry 0: field 'keypoints' is None; expected a list"),
        ((0, "keypoints", 1, "xyz"), [0, 1], "keypoint 1: field 'xyz' is .0, 1.; expected three"),
        ((0, "keypoints", 1, "xyz"), [0, 1, float("nan")], "keypoint 1: field 'xyz'"),
        ((0, "keypoints", 1, "xyz"), [0, 1, "2"], "keypoint 1: field 'xyz'"),
        ((0, "keypoints", 1, "semantic_id"), -1, "keypoint 1: field 'semantic_id' is -1"),
        ((0, "keypoints", 1, "semantic_id"), True, "field 'semantic_id' is True"),
        ((0, "keypoints", 1, "semantic_id"), 5, "keypoint 1: field 'semantic_id' is 5; .* once"),
        ((0, "keypoints", 1, "mesh_info"), {}, "keypoint 1: field 'mesh_info'"),
        ((0, "keypoints", 1, "mesh_info", "face_uv"), [1, 1, 1], "'face_uv' is .*the sum 1"),
        ((0, "symmetries", "reflection"), [{"kp_indexes": [0, 2]}], "kp_indexes below 2"),
        ((0, "symmetries"), [1], "entry 0: field 'symmetries'"),
        ((1, "model_id"), "aaa", "entry 1: field 'model_id' is 'aaa' as in an earlier entry"),
    ],
)
def test_mistakes_are_told_by_file_entry_and_field(written, where, value, message):
    with pytest.raises(ValueError, match=f"chair.json: .*{message}"):
        read_human_keypoints(written(change(where, value)))


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', "3"])
def test_other_files_are_refused(written, text):
    with pytest.raises(ValueError, match="chair.json: "):
        read_human_keypoints(written(text))


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match="none.json: cannot be read"):
        read_human_keypoints(tmp_path / "none.json")


def test_the_published_chairs(sample_data):
    keypoints = read_human_keypoints(sample_data / "human_keypoints/annotations/chair.json")
    splits = read_splits(sample_data / "human_keypoints/splits", keypoints.class_id)
    assert len(keypoints.annotations) == 999 and keypoints.semantic_ids == tuple(range(21))
    total = sum(np.isfinite(a.xyz[:, 0]).sum() for a in keypoints.annotations.values())
    assert total == 12_060
    assert splits.keys() == keypoints.annotations.keys()


def test_mirrored_keypoints_mirror_in_the_published_chairs(sample_data):
    """A mirror plane of the file's frame is `x = 0`: pairs have opposite x, on average."""
    keypoints = read_human_keypoints(sample_data / "human_keypoints/annotations/chair.json")
    mean = np.nanmean([a.xyz for a in keypoints.annotations.values()], axis=0)
    assert len(keypoints.symmetric_pairs) == 7
    for names in keypoints.symmetric_pairs:
        first, second = (mean[keypoints.names.index(name)] for name in names)
        np.testing.assert_allclose(first * [-1, 1, 1], second, atol=0.01)
        assert abs(first[0]) > 0.1
