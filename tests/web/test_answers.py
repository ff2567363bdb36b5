"""What the page shows of keypoints: scenes in 3D, tables and gauges."""

import dataclasses
import json
from xml.etree import ElementTree

import numpy as np
import pytest

from keypointnet_tf.data.framing import Framing
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.metrics.relative_rotation import relative_rotation
from keypointnet_tf.viz.report_keypoints import css_color
from keypointnet_tf.web import fragments
from keypointnet_tf.web.scenes import turning_scene, turntable_scene

XYZ = np.array([[0.5, 0.0, -29.5], [-0.5, 0.2, -30.5], [0.0, 0.7, -30.0], [0.0, -0.9, -30.0]])
QUARTER = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])


def found(xyz=XYZ, *, confidence=0.97, faces_right=True, **changes):
    values = {
        "file": "a.png",
        "width": 640,
        "height": 480,
        "framing": Framing((320, 240), 640),
        "xy": np.arange(8.0).reshape(4, 2),
        "depth": xyz[:, 2],
        "xyz_camera": xyz,
        "confidence": np.array([0.9, 0.49, 0.5, 0.1]),
        "front": np.array([400.0, 200]),
        "back": np.array([200.0, 200]),
        "margin": 0.8,
        "faces_right": faces_right,
        "faces_confidence": confidence,
    }
    return PhotoKeypoints(**{**values, **changes})


def parsed(html):
    """The fragment as a tree: it is well-formed."""
    return ElementTree.fromstring(html)


def texts(tree, name):
    return ["".join(element.itertext()) for element in tree.iter(name)]


def test_a_turntable_is_centred_in_hundredths():
    scene = json.loads(json.dumps(turntable_scene(found())))
    assert scene["points"] == [[50, 0, 50], [-50, 20, -50], [0, 70, 0], [0, -90, 0]]
    assert scene["floor"] < -90 and scene["reach"] == 90
    assert scene["unsure"] == [False, True, False, True]
    assert scene["colors"] == [css_color(k) for k in range(4)]


def test_points_in_one_place_still_have_a_scene():
    scene = turntable_scene(found(np.tile([0.0, 0, -30], (4, 1))))
    assert scene["reach"] > 0 and scene["points"] == [[0, 0, 0]] * 4


def test_a_turning_scene_has_both_photos_and_the_turn():
    turned = XYZ @ QUARTER.T
    rotation = relative_rotation(XYZ, turned)
    scene = json.loads(json.dumps(turning_scene(found(), found(turned), rotation)))
    assert scene["points"] == turntable_scene(found())["points"]
    assert scene["goals"] == turntable_scene(found(turned))["points"]
    assert scene["degrees"] == pytest.approx(90) and scene["axis"] == pytest.approx([0, 1, 0])


def test_the_table_has_a_row_per_keypoint():
    tree = parsed(fragments.keypoint_table(found()))
    rows = [texts(row, "td") for row in tree.iter("tr")][1:]
    assert rows[0] == ["0.0", "1.0", "-29.50", "0.90"]
    assert texts(tree, "th")[5:] == ["0", "1", "2", "3"]
    assert "640 × 480" in texts(tree, "p")[0] and "2 of 4 below 0.5" in texts(tree, "p")[0]
    sure = dataclasses.replace(found(), confidence=np.full(4, 0.7))
    assert "below" not in fragments.keypoint_table(sure)


@pytest.mark.parametrize("faces_right", [True, False])
def test_the_gauge_points_to_the_side_that_is_faced(faces_right):
    tree = parsed(fragments.orientation_panel(found(faces_right=faces_right)))
    assert texts(tree, "b") == [f"faces {'right' if faces_right else 'left'}"]
    left, width = (float(part.split(":")[1].rstrip("%")) for part in
                   next(tree.iter("i")).get("style").split(";"))  # fmt: skip
    assert width == pytest.approx(20) and left == pytest.approx(50 if faces_right else 30)
    assert texts(tree, "p") == ["margin 0.80 of 2; probability 0.970"]


def test_a_close_call_is_called_a_guess():
    assert "guess" in texts(parsed(fragments.orientation_panel(found(confidence=0.6))), "b")[0]
    assert "guess" not in texts(parsed(fragments.orientation_panel(found(confidence=0.8))), "b")[0]


def test_no_probability_is_called_certain():
    assert "probability above 0.999" in fragments.orientation_panel(found(confidence=0.99996))
    assert "probability 0.999" in fragments.orientation_panel(found(confidence=0.9994))


def test_a_rotation_is_told_by_angle_axis_and_matrix():
    tree = parsed(fragments.rotation_panel(relative_rotation(XYZ, XYZ @ QUARTER.T)))
    assert texts(tree, "b") == ["90.0°"] and "(0.000, 1.000, 0.000)" in texts(tree, "p")[0]
    cells = np.array([float(text) for text in texts(tree, "td")]).reshape(3, 3)
    np.testing.assert_allclose(cells, QUARTER, atol=1e-4)


def test_no_rotation_is_made_up():
    line = np.outer(np.arange(4.0), [1, 2, 3])
    html = fragments.rotation_panel(relative_rotation(line, line))
    assert texts(parsed(html), "b") == ["no rotation"] and "°" not in html


def test_text_is_escaped():
    text = "<script>x</script> & more"
    assert fragments.paragraph(text) == "<p>&lt;script&gt;x&lt;/script&gt; &amp; more</p>"
