"""View pairs as features and back, and an exact message for every broken field."""

import numpy as np
import pytest

from keypointnet_tf.data import records, schema


def stored(features):
    return records.decode_example(records.encode_example(features), where="test")


def assert_same_pair(pair, expected):
    for name in ("image0", "image1", "object_to_camera0", "object_to_camera1", "landmarks"):
        np.testing.assert_array_equal(getattr(pair, name), getattr(expected, name))
    for name in ("focal0", "focal1", "object_id", "kind"):
        assert getattr(pair, name) == getattr(expected, name)


@pytest.mark.parametrize("landmarks", [True, False])
def test_round_trip(handmade, landmarks):
    pair = handmade.make_pair(landmarks=landmarks)
    back = schema.decode_pair(stored(schema.encode_pair(pair)), path="f", index=0)
    assert_same_pair(back, pair)


def test_stores_the_inverse_of_each_matrix(handmade):
    features = stored(schema.encode_pair(handmade.make_pair()))
    for view in range(2):
        product = features[f"mv{view}"].reshape(4, 4) @ features[f"mvi{view}"].reshape(4, 4)
        np.testing.assert_allclose(product, np.eye(4), atol=1e-5)


def test_published_features_need_a_focal_length(handmade):
    features = stored(handmade.published(handmade.make_pair()) | {"odd": [1, 2]})
    pair = schema.decode_pair(features, path="f", index=0, focal=22.9)
    assert (pair.focal0, pair.focal1, pair.landmarks, pair.kind) == (22.9, 22.9, None, "")
    with pytest.raises(ValueError, match="feature 'f0' is missing"):
        schema.decode_pair(features, path="f", index=0)


def scaled(matrix, factor):
    result = np.array(matrix)
    result[:3, :3] *= factor
    return result


def matrix_with(entry, value):
    matrix = np.eye(4)
    matrix[entry] = value
    return matrix


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mv0", None, "is missing"),
        ("img1", None, "is missing"),
        ("mv1", [1.0] * 15, "holds 15 values; expected 16"),
        ("mv1", list(range(16)), "holds int64 numbers; expected float32"),
        ("mv1", b"x", "holds bytes; expected float32"),
        ("img0", [1.0], "holds float32 numbers; expected bytes"),
        ("img0", [b"x", b"y"], "holds 2 values; expected 1"),
        ("img0", b"not a picture", "does not decode; expected a PNG"),
        ("mv0", np.zeros((4, 4)), "has last row"),
        ("mv0", scaled(np.eye(4), 0), "is singular"),
        ("mv0", scaled(np.eye(4), 1.1), "off orthonormal"),
        ("mv0", np.diag([1.0, 1, -1, 1]), "determinant -1"),
        ("mv0", matrix_with((0, 3), np.nan), "non-finite"),
        ("mv0", matrix_with((3, 0), 5.0), "has last row"),
        ("mvi1", np.eye(4), "off identity; expected the inverse"),
        ("mvi1", matrix_with((0, 0), np.nan), "off identity; expected the inverse"),
        ("landmarks", [1.0, 2.0], "holds 2 values; expected a multiple of 3"),
        ("landmarks", [1.0, 2.0, np.inf], "infinite"),
        ("f1", [-1.0], "expected a finite focal length above 0"),
        ("object_id", b"\xff", "is not UTF-8"),
    ],
)
def test_broken_fields_are_named(handmade, name, value, message):
    features = schema.encode_pair(handmade.make_pair())
    features.pop(name) if value is None else features.update({name: value})
    with pytest.raises(ValueError, match=message) as error:
        schema.decode_pair(stored(features), path="folder/7.tfrecord", index=5)
    assert f"folder/7.tfrecord: record 5: feature '{name}'" in str(error.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 6, 4), "is 6 x 4 pixels; expected a square image"),
        ((8, 8, 3), "has PNG colour type 2; expected 6"),
        ((4, 4, 4), "feature 'img1' is 4 x 4 pixels; expected 8 as img0"),
    ],
)
def test_broken_images_are_named(handmade, shape, message):
    features = schema.encode_pair(handmade.make_pair(size=8))
    features["img1"] = handmade.png(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match=message):
        schema.decode_pair(stored(features), path="f", index=0)


def test_damaged_pixels_are_named(handmade):
    features = schema.encode_pair(handmade.make_pair())
    features["img1"] = features["img1"][:60]
    with pytest.raises(ValueError, match="f: record 2: feature 'img1' of 60 bytes does not decode"):
        schema.decode_pair(stored(features), path="f", index=2)
