"""The predictions file: what goes in comes out, and what is malformed is refused by name."""

import dataclasses
import re

import numpy as np
import pytest

from keypointnet_tf.metrics.predictions import Predictions

OPTIONAL = {
    "confidence": np.full((4, 2, 5), 0.5, np.float32),
    "landmarks": np.array([[[0.0, 0, 1], [np.nan] * 3]] * 4, np.float32),
    "landmark_names": np.array(["nose", "tail"]),
    "images": np.zeros((4, 2, 8, 8, 4), np.uint8),
    "kind": np.array(["jet", "jet", "", ""]),
}


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
    del fields["orient_uv"]
    np.savez(tmp_path / "p.npz", **fields)
    with pytest.raises(ValueError, match=r"p\.npz: fields \['orient_uv'\] are missing"):
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
