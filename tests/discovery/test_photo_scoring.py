"""Figures of keypoints on photos, by hand, and the files of such an evaluation."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.data.framing import Framing
from keypointnet_tf.discovery.checkpoints import load_model
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.photo_scoring import (
    evaluate_photos,
    photo_figures,
    read_object_mask,
    score_photos,
)
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.protocol import Protocol


def photo(xy, confidence, **changes):
    """A photo of 40 x 20 pixels, framed by the square of side 20 on its left half."""
    count = len(xy)
    values = dict(
        file="a.png",
        width=40,
        height=20,
        framing=Framing((10.0, 10.0), 20.0),
        xy=np.array(xy, float),
        depth=np.full(count, -30.0),
        xyz_camera=np.zeros((count, 3)),
        confidence=np.array(confidence, float),
        front=np.array([15.0, 10.0]),
        back=np.array([5.0, 10.0]),
        margin=1.0,
        faces_right=True,
        faces_confidence=0.9,
    )
    return PhotoKeypoints(**{**values, **changes})


def test_figures_by_hand():
    # NDC (-0.5, 0), (0.5, 0), (2.5, 0): the last outside the frame, at x = 35 of the photo.
    found = photo_figures(
        photo([(5, 10), (15, 10), (35, 10)], [0.9, 0.4, 0.2]), None, object_share=0.5
    )
    places = np.array([-1, 1, 5])
    assert found["coverage"] == pytest.approx(np.abs(places - places.mean()).mean())
    assert found["least_distance"] == pytest.approx(2)
    assert found["outside_frame_share"] == pytest.approx(1 / 3)
    assert found["confidence_mean"] == pytest.approx(0.5)
    assert found["low_confidence_share"] == pytest.approx(2 / 3)
    assert np.isnan(found["on_object_share"]) and not found["masked"]
    single = photo_figures(photo([(5, 10)], [0.9]), None, object_share=0.5)
    assert single["coverage"] == 0 and np.isnan(single["least_distance"])


def test_points_on_the_mask_are_counted():
    mask = np.zeros((20, 40), bool)
    mask[10, 5] = mask[3, 30] = True
    points = [(5.9, 10.9), (4.9, 10.5), (30.1, 3.0), (45, 10), (-1, -1)]
    found = photo_figures(photo(points, [1] * 5), mask, object_share=0.5)
    assert found["on_object_share"] == pytest.approx(2 / 5) and found["masked"]


def test_means_count_each_photo_once_and_masked_ones_alone():
    mask = np.ones((20, 40), bool)
    photos = [photo([(5, 10), (15, 10)], [0.2, 0.4]), photo([(5, 10), (5, 10)], [0.6, 1.0])]
    photos[1] = dataclasses.replace(photos[1], faces_right=False, margin=0.5)
    summary = score_photos(photos, [mask, None], object_share=0.5).summary
    assert summary["photos"] == 2 and summary["masked_photos"] == 1
    assert summary["on_object_share"] == 1
    assert summary["coverage"] == pytest.approx(0.5)
    assert summary["confidence_median"] == pytest.approx(0.5)
    assert summary["confidence_per_keypoint"] == pytest.approx([0.4, 0.7])
    assert summary["orientation_margin_mean"] == pytest.approx(0.75)
    assert summary["faces_right_share"] == pytest.approx(0.5)


@pytest.fixture(scope="module")
def predictor(finished_run):
    return Predictor(load_model(finished_run[0]))


@pytest.fixture
def pictures(tmp_path):
    """An opaque photo with a mask, one with transparency, one without any, and a damaged one."""
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (3, 24, 32, 4), np.uint8)
    colors[..., 3] = 255
    colors[1, :, :10, 3] = 0
    for name, values in zip(("masked", "cut", "plain"), colors, strict=True):
        Image.fromarray(values).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    mask = np.zeros((24, 32), np.uint8)
    mask[4:20, 6:30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    return tmp_path


def test_masks_come_from_files_and_transparency(pictures):
    from_file = read_object_mask(pictures / "masked.png", pictures / "mask.png")
    assert from_file.sum() == 16 * 24
    from_alpha = read_object_mask(pictures / "cut.png", None)
    assert from_alpha.shape == (24, 32) and from_alpha.sum() == 24 * 22
    assert read_object_mask(pictures / "plain.png", None) is None


def test_an_evaluation_writes_figures_rows_and_a_sheet(pictures, predictor, tmp_path):
    files = [pictures / f"{name}.png" for name in ("masked", "cut", "plain", "broken")]
    masks = [pictures / "mask.png", None, None, None]
    out = tmp_path / "out"
    evaluate_photos(
        predictor,
        files,
        masks,
        out,
        failures=[{"file": "x.png", "reason": "no mask"}],
        protocol=Protocol("photos"),
    )
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["photos"], summary["masked_photos"], summary["failed_photos"]) == (3, 2, 2)
    assert summary["protocol"] == "photos" and 0 <= summary["on_object_share"] <= 1
    assert {failure["file"].split("/")[-1] for failure in summary["failures"]} == {
        "x.png",
        "broken.png",
    }
    assert any(note.startswith("1 of 3 photos have no mask") for note in summary["notes"])
    assert any(note.startswith("2 photos could not be used") for note in summary["notes"])
    rows = list(csv.DictReader((out / "per_example.csv").open()))
    assert [row["file"] for row in rows] == [str(file) for file in files[:3]]
    assert rows[2]["on_object_share"] == "" and rows[0]["masked"] == "1"
    assert Image.open(out / "photos.png").width > 3 * 200
    assert "coverage" in (out / "summary.txt").read_text()


def test_no_usable_photo_is_an_error(pictures, predictor, tmp_path):
    with pytest.raises(ValueError, match="none of 1 photos can be used: .*broken.png"):
        evaluate_photos(predictor, [pictures / "broken.png"], [None], tmp_path / "out")
    assert not (tmp_path / "out").exists()
