"""Figures of single keypoints by hand, and how they are shown."""

import types

import numpy as np
import pytest

from keypointnet_tf.viz import report_keypoints as kp


def pairs_of(xyz, object_id, **change):
    xyz = np.array(xyz, float)
    fields = {
        "xyz_object": xyz,
        "object_id": np.array(object_id),
        "on_object": np.ones(xyz.shape[:3], bool),
        "confidence": None,
        "landmarks": None,
        "landmark_names": None,
    }
    return types.SimpleNamespace(**{**fields, **change})


@pytest.fixture
def two_objects():
    """Keypoint 0 sways by 0.1 between views; keypoint 1 is at 1 and 3 in the two objects."""
    a = [[[0.1, 0, 0], [0, 1, 0]], [[-0.1, 0, 0], [0, 1, 0]]]
    b = [[[0.1, 0, 0], [0, 3, 0]], [[-0.1, 0, 0], [0, 3, 0]]]
    return pairs_of([a, a, b], ["a", "a", "b"])


def test_figures_by_hand(two_objects):
    found = kp.keypoint_figures(two_objects)
    np.testing.assert_allclose(found.across_views, [0.1, 0], atol=1e-12)
    np.testing.assert_allclose(found.across_objects, [0, 1], atol=1e-12)
    np.testing.assert_allclose(found.least_distance, [2, 2])
    np.testing.assert_allclose(found.on_object, [1, 1])
    assert found.confidence is None and found.landmark_names == ()


def test_an_object_with_more_pairs_weighs_no_more(two_objects):
    """Means of the keypoint's places are 1 and 3: their mean is 2 whatever the pairs."""
    found = kp.keypoint_figures(two_objects)
    assert found.across_objects[1] == pytest.approx(1)


def test_one_keypoint_has_no_next():
    found = kp.keypoint_figures(pairs_of(np.zeros((1, 2, 1, 3)), ["a"]))
    assert np.isnan(found.least_distance).all()


def test_nearest_landmark_over_the_objects_that_have_it(two_objects):
    landmarks = np.full((3, 3, 3), np.nan)
    landmarks[:, 0] = [0, 0.5, 0]
    landmarks[2, 1] = [0, 3, 0.25]
    two_objects.landmarks = landmarks
    two_objects.landmark_names = np.array(["left_wheel", "top", "never"])
    found = kp.keypoint_figures(two_objects)
    np.testing.assert_allclose(found.to_landmarks[0], [0.5, np.hypot(3, 0.25), np.nan])
    np.testing.assert_allclose(found.to_landmarks[1], [1.5, 0.25, np.nan])
    assert found.nearest(0) == 0 and found.nearest(1) == 1
    assert found.landmark_names == ("left wheel", "top", "never")
    text = "".join(kp.keypoint_table(found).itertext())
    assert "left wheel at 0.50" in text and "top at 0.25" in text


def test_matrix_frames_the_nearest_and_dashes_what_is_absent(two_objects):
    two_objects.landmarks = np.full((3, 2, 3), np.nan)
    two_objects.landmarks[:, 1] = [0, 1, 0]
    matrix = kp.landmark_matrix(kp.keypoint_figures(two_objects))
    cells = list(matrix.iter("td"))
    assert [cell.text for cell in cells] == ["–", "1.00", "–", "1.00"]
    assert ["best" in (cell.get("class") or "") for cell in cells] == [False, True, False, True]
    assert [head.text for head in matrix.iter("span")][:2] == ["0", "1"], "named by number"


def test_chips_are_legible():
    """Dark text on light colours, light on dark: a contrast of at least 4.5."""
    for k in range(20):
        style = dict(part.split(":") for part in kp.chip(k).get("style").split(";"))
        ground = [int(c) for c in style["background"][4:-1].split(",")]
        ink = {"#000": 0.0, "#fff": 1.0}[style["color"]]
        low, high = sorted([luminance(ground), ink])
        assert (high + 0.05) / (low + 0.05) >= 4.5, k
    assert kp.chip(21).get("style") == kp.chip(1).get("style")


def luminance(rgb):
    """Relative luminance by WCAG 2."""
    c = np.array(rgb) / 255
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(c @ [0.2126, 0.7152, 0.0722])
