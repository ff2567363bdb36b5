"""The predictions file: what goes in comes out, and what is malformed is refused by name."""

import dataclasses
import re

import numpy as np
import pytest

from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import score

OPTIONAL = {
    "confidence": np.full((4, 2, 5), 0.5, np.float32),
    "landmarks": np.array([[[0.0, 0, 1], [np.nan] * 3]] * 4, np.float32),
    "landmark_names": np.array(["nose", "tail"]),
    "images": np.zeros((4, 2, 8, 8, 4), np.uint8),
    "kind": np.array(["jet", "jet", "", ""]),
    "landmark_visible": np.array([[[True, False]] * 2] * 4),
    "boxes": np.array([[[-0.5, -0.5, 0.5, 0.25], [np.nan] * 4]] * 4),
    "mirror_symmetric": np.array([True, True, False, False]),
    "rotation_fold": np.array([1, 1, 0, 0]),
    "landmark_permutations": np.array([[[1, 0]]] * 4, np.int16),
}
REQUIRED = ("uv", "depth", "object_to_camera", "focal", "object_id")


def fields_of(predictions):
    names = [f.name for f in dataclasses.fields(predictions)]
    return {n: getattr(predictions, n) for n in names if getattr(predictions, n) is not None}


def test_save_and_load_keep_everything_byte_for_byte(perfect, tmp_path):
    full = dataclasses.replace(perfect, **OPTIONAL)
    full.save(tmp_path / "new" / "a.npz")
    loaded = Predictions.load(tmp_path / "new" / "a.npz")
    for name, value in fields_of(full).items():
        np.testing.assert_array_equal(getattr(loaded, name), value, err_msg=name)
    assert type(loaded.steps) is int
    loaded.save(tmp_path / "new" / "b.npz")
    assert (tmp_path / "new/a.npz").read_bytes() == (tmp_path / "new/b.npz").read_bytes()
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["a.npz", "b.npz"]


def test_absent_optional_fields_stay_absent(perfect, tmp_path):
    perfect.save(tmp_path / "p.npz")
    assert Predictions.load(tmp_path / "p.npz").images is None


def test_unproject_by_hand(perfect):
    """f = 20, z = -30: u = 0.4 is x = 0.6, v = -0.2 is y = -0.3."""
    one = dataclasses.replace(
        perfect,
        uv=np.broadcast_to([0.4, -0.2], (4, 2, 5, 2)),
        depth=np.full((4, 2, 5), -30.0),
        focal=np.full((4, 2), 20.0),
    )
    np.testing.assert_allclose(one.xyz_camera[1, 1, 2], [0.6, -0.3, -30.0])


def test_object_frame_is_reached_from_every_view(perfect):
    points = np.random.default_rng(3).normal(size=(5, 3)) * 0.4
    np.testing.assert_allclose(perfect.xyz_object, np.broadcast_to(points, (4, 2, 5, 3)), atol=1e-9)


def test_select_keeps_order_and_optional_fields(linear):
    test = linear.select("test")
    assert len(test) == 8 and set(test.split) == {"test"}
    np.testing.assert_array_equal(test.object_id, linear.object_id[24:])
    np.testing.assert_array_equal(test.landmarks, linear.landmarks[24:])
    assert len(test.select("train")) == 0


CASES = [
    ({"depth": np.full((4, 2, 6), -30.0)}, r"'depth' has shape \(4, 2, 6\).*\[4, 2, 5\]"),
    ({"focal": np.ones(4)}, r"'focal' has shape \(4,\).*\[N, 2\] = \[4, 2\]"),
    ({"depth": np.full((4, 2, 5), 30.0)}, r"'depth' at \[0, 0, 0\] is .*30.*below 0.*40 such"),
    ({"focal": np.array([[1, 1], [1, 0], [1, 1], [1, 1.0]])}, r"'focal' at \[1, 1\].*above 0"),
    ({"on_object": np.ones((4, 2, 5))}, r"'on_object' is of type float64; expected bool"),
    ({"split": np.array(["test", "dev", "test", "test"])}, r"'split' at \[1\] is .*'dev'"),
    ({"split": np.array(["test", "train", "test", "test"])}, r"object 'a' in both"),
    ({"object_id": np.arange(4)}, r"'object_id' is of type int64; expected str"),
    ({"images": np.zeros((4, 2, 8, 9, 4), np.uint8)}, r"'images' has shape.*\[N, 2, S, S, 4\]"),
    ({"images": np.zeros((4, 2, 8, 8, 4), np.uint16)}, r"'images' is of type uint16"),
    ({"landmarks": np.full((4, 2, 3), [0, np.nan, 0])}, r"'landmarks' at \[0, 0\].*three NaN"),
    ({"schema_version": np.array(2)}, r"'schema_version' is 2; expected 1"),
    ({"steps": np.array(0.5)}, r"'steps' is float64"),
    ({"object_to_camera": np.broadcast_to(2 * np.eye(4), (4, 2, 4, 4))}, r"\[0, 0\].*no scale"),
    (
        {"object_to_camera": np.broadcast_to(np.diag([1.0, 1, -1, 1]), (4, 2, 4, 4))},
        r"no mirror",
    ),
    ({"object_to_camera": np.full((4, 2, 4, 4), np.nan)}, r"'object_to_camera'.*finite"),
    ({"uv": np.zeros((4, 2, 5, 2), int)}, r"'uv' is of type int64; expected floating point"),
    ({"uv": np.zeros((4, 5, 2))}, r"'uv' has shape \(4, 5, 2\); expected \[N, 2, K, 2\]"),
    ({"object_id": np.array(["a", "b"])}, r"'object_id' has shape \(2,\); expected \[N\] = \[4\]"),
    ({"object_id": np.array(["a", "a", "b", ""])}, r"'object_id' at \[3\].*a name"),
    ({"boxes": np.full((4, 2, 4), [0.5, 0, -0.5, 1])}, r"'boxes' at \[0, 0\].*u0 < u1"),
    ({"boxes": np.full((4, 2, 4), [0, 0, 1, np.nan])}, r"'boxes' at \[0, 0\].*four NaN"),
    ({"landmark_visible": np.ones((4, 2, 3), bool)}, r"'landmark_visible'.*without 'landmarks'"),
    ({"rotation_fold": np.array([1, 1, -2, -2])}, r"'rotation_fold' at \[2\] is -2; expected 0"),
    ({"rotation_fold": np.array([1, 2, 1, 1])}, r"'rotation_fold' at \[1\].*every pair of an obj"),
    ({"mirror_symmetric": np.ones(4)}, r"'mirror_symmetric' is of type float64; expected bool"),
    (
        {"landmarks": np.zeros((4, 2, 3)), "landmark_permutations": np.zeros((4, 1, 2), int)},
        r"'landmark_permutations' at \[0, 0\] is \[0, 0\]; expected each landmark's number once",
    ),
]


@pytest.mark.parametrize("change, message", CASES)
def test_malformed_file_is_refused_with_file_field_and_reason(perfect, tmp_path, change, message):
    path = tmp_path / "bad.npz"
    np.savez(path, **{**fields_of(perfect), **change})
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}: .*{message}"):
        Predictions.load(path)


def test_nan_position_is_refused(perfect):
    uv = perfect.uv.copy()
    uv[2, 1, 3, 0] = np.nan
    with pytest.raises(ValueError, match=r"'uv' at \[2, 1, 3, 0\] is .*nan.*finite"):
        dataclasses.replace(perfect, uv=uv)


def test_missing_field_is_named(perfect, tmp_path):
    fields = fields_of(perfect)
    del fields["depth"]
    np.savez(tmp_path / "p.npz", **fields)
    with pytest.raises(ValueError, match=r"p\.npz: fields \['depth'\] are missing; found \['focal"):
        Predictions.load(tmp_path / "p.npz")


def test_five_fields_are_enough(perfect, tmp_path):
    """Whatever else is missing is not scored; everything that can be had is."""
    fields = fields_of(perfect)
    np.savez(tmp_path / "p.npz", **{name: fields[name] for name in REQUIRED})
    loaded = Predictions.load(tmp_path / "p.npz")
    assert set(loaded.split) == {"test"} and loaded.steps == 0
    summary = score(loaded).summary
    np.testing.assert_allclose(summary["angular_error_mean_deg"], 0, atol=1e-5)
    for name in ("orientation_accuracy", "on_object_share", "pck_box_0.1", "das"):
        assert np.isnan(summary[name]), name


def test_points_on_the_object_are_read_off_the_images(perfect):
    images = np.zeros((4, 2, 8, 8, 4), np.uint8)
    images[:2, :, :, :, 3] = 9
    inside = perfect.uv * 0.5
    data = dataclasses.replace(perfect, uv=inside, on_object=None, images=images)
    np.testing.assert_array_equal(data.on_object, np.arange(4)[:, None, None] < [[[2] * 5] * 2])


def test_differing_numbers_of_keypoints_are_refused(perfect, tmp_path):
    """What `np.array` makes of lists of unequal length is an array of objects."""
    ragged = np.empty(2, object)
    ragged[:] = [[0.0] * 5, [0.0] * 6]
    np.savez(tmp_path / "p.npz", **{**fields_of(perfect), "depth": ragged})
    with pytest.raises(ValueError, match=r"'depth' cannot be read .*not rows of unequal length"):
        Predictions.load(tmp_path / "p.npz")


def test_adjoining_pairs_are_not_copied(perfect):
    full = dataclasses.replace(perfect, images=np.zeros((4, 2, 8, 8, 4), np.uint8))
    assert np.shares_memory(full.take([1, 2]).images, full.images)
    np.testing.assert_array_equal(full.take([2, 0]).uv, full.uv[[2, 0]])
    assert len(full.take([])) == 0


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_blank_images_among_others_come_back(perfect, tmp_path, save):
    """Read in pieces of 64 pairs, whole and partly blank ones among them."""
    rng = np.random.default_rng(0)
    images = np.zeros((150, 2, 4, 4, 4), np.uint8)
    images[[0, 70, 149]] = rng.integers(0, 255, (3, 2, 4, 4, 4))
    fields = fields_of(perfect.take(np.arange(150) % 4))
    save(tmp_path / "p.npz", **{**fields, "images": images})
    np.testing.assert_array_equal(Predictions.load(tmp_path / "p.npz").images, images)


def test_a_damaged_picture_is_refused(perfect, tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (4, 2, 16, 16, 4)).astype(np.uint8)
    np.savez(tmp_path / "p.npz", **{**fields_of(perfect), "images": images})
    data = bytearray((tmp_path / "p.npz").read_bytes())
    data[data.find(images.tobytes()[:64]) + 1000] ^= 255
    (tmp_path / "p.npz").write_bytes(data)
    with pytest.raises(ValueError, match=r"field 'images' cannot be read .*CRC"):
        Predictions.load(tmp_path / "p.npz")


def test_pickled_objects_are_not_loaded(perfect, tmp_path):
    fields = fields_of(perfect)
    fields["object_id"] = np.array(["a", "a", "b", None], object)
    np.savez(tmp_path / "p.npz", **fields)
    with pytest.raises(ValueError, match=r"p\.npz: field 'object_id' cannot be read"):
        Predictions.load(tmp_path / "p.npz")


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"p\.npz: not an \.npz archive"):
        Predictions.load(tmp_path / "p.npz")


def test_a_file_cut_off_in_writing_is_refused(perfect, tmp_path):
    perfect.save(tmp_path / "p.npz")
    (tmp_path / "p.npz").write_bytes((tmp_path / "p.npz").read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"p\.npz: not an \.npz archive"):
        Predictions.load(tmp_path / "p.npz")


def test_absent_file_stays_a_file_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Predictions.load(tmp_path / "p.npz")
