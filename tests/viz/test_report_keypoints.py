"""Figures of single keypoints by hand, and how they are shown."""

import types

import numpy as np
import pytest

from keypointnet_tf.viz import report_keypoints as kp
from keypointnet_tf.viz import report_landmarks as lm


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
    np.testing.assert_allclose(found.least_distance, [2, 2])
    np.testing.assert_allclose(found.on_object, [1, 1])
    assert found.confidence is None and found.landmark_names == ()


def test_an_object_with_more_pairs_weighs_no_more(two_objects):
    """The other keypoint is at 1 in one object and at 3 in the other: 2 on the mean."""
    two_objects.xyz_object = two_objects.xyz_object[[0, 0, 0, 2]]
    two_objects.object_id = np.array(["a", "a", "a", "b"])
    np.testing.assert_allclose(kp.keypoint_figures(two_objects).least_distance, [2, 2])


def test_table_shows_what_the_summary_holds(two_objects):
    summary = {
        "consistency_across_views_per_keypoint": [0.1, 0.2],
        "repeatability_per_keypoint": [0.25, 1.0],
        "three_d_se_per_keypoint": [7.0, 8.0],
    }
    two_objects.on_object = None
    made = kp.keypoint_table(kp.keypoint_figures(two_objects), summary)
    heads = ["".join(h.itertext()) for h in made.find("table").find("thead").iter("th")]
    assert heads == ["keypoint", "moves across views", "found again", "distance to the next"]
    cells = [(c.find("span").text, c.get("style")) for c in made.iter("td")]
    assert cells[:3] == [("0.10", "--w:50%"), ("25.0\u00a0%", "--w:25%"), ("2.0", "--w:100%")]


def test_steadiness_by_angle():
    rows = [
        {"low_deg": 0.0, "high_deg": 15.0, "pairs": 3, "repeatability": 0.5, "consistency": 0.125}
    ]
    text = "|".join(kp.found_by_angle({"repeatability_by_angle": rows}).itertext())
    assert "0 to 15°|3|50.0\u00a0%|0.12" in text
    assert kp.found_by_angle({}) is None


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
    text = "".join(kp.keypoint_table(found, {}).itertext())
    assert "left wheel at 0.50" in text and "top at 0.25" in text


def test_matrix_frames_the_nearest_and_dashes_what_is_absent(two_objects):
    two_objects.landmarks = np.full((3, 2, 3), np.nan)
    two_objects.landmarks[:, 1] = [0, 1, 0]
    matrix = lm.landmark_matrix(kp.keypoint_figures(two_objects))
    cells = list(matrix.iter("td"))
    assert [cell.text for cell in cells] == ["–", "1.00", "–", "1.00"]
    assert ["best" in (cell.get("class") or "") for cell in cells] == [False, True, False, True]
    assert [head.text for head in matrix.iter("span")][:2] == ["0", "1"], "named by number"


def test_landmarks_by_the_linear_map():
    summary = {
        "landmark_error_per_landmark": {"left_ear": 0.1, "tail": None, "nose": float("nan")},
        "landmark_floor_per_landmark": {"left_ear": 0.4, "tail": 0.2, "nose": float("nan")},
    }
    rows = [
        ["".join(cell.itertext()) for cell in row]
        for row in lm.mapped_landmarks(summary).iter("tr")
    ]
    assert rows[1:] == [
        ["left ear", "0.10", "0.40", "0.25"],
        ["tail", "–", "0.20", "–"],
        ["nose", "–", "–", "–"],
    ]
    assert lm.mapped_landmarks({}) is None
    assert lm.mapped_landmarks({"landmark_error_per_landmark": {"a": float("nan")}}) is None


def test_correct_landmarks_of_what_was_measured():
    summary = {"pck_box_0.1": 0.5, "pck_image_0.2_floor": 0.25, "pck_box_0.1_sym": float("nan")}
    made = lm.correct_landmarks(summary)
    rows = [["".join(cell.itertext()) for cell in row] for row in made.iter("tr")]
    assert rows[0] == [
        "",
        "0.05 of the box",
        "0.1 of the box",
        "0.2 of the box",
        "0.05 of the image",
        "0.1 of the image",
        "0.2 of the image",
    ]
    assert rows[1][2] == "50.0\u00a0%" and rows[2][6] == "25.0\u00a0%" and len(rows) == 3
    assert lm.correct_landmarks({"pck_box_0.1": None}) is None


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
