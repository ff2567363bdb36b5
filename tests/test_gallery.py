"""The gallery: what it composites, counts and tells."""

import importlib.util
import pathlib

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery.predictor import Predictor

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "examples" / "gallery.py"


@pytest.fixture(scope="module")
def gallery():
    spec = importlib.util.spec_from_file_location("gallery", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def half_disc(count=2, side=256):
    """Straight-alpha views, white and opaque in their left half, transparent in the other."""
    rgba = np.zeros((count, side, side, 4), np.uint8)
    rgba[:, :, : side // 2] = 255
    return rgba


def test_points_outside_picture_and_mask_are_not_on_the_object(gallery):
    mask = np.zeros((4, 6), bool)
    mask[1, 2] = True
    xy = np.array([[2.5, 1.5], [2.99, 1.01], [3.0, 1.5], [-1.0, 1.5], [2.5, 9.0]])
    assert gallery.points_on(xy, mask) == pytest.approx(2 / 5)


def test_black_stays_black_and_the_object_whole(gallery):
    seen = gallery.changed(half_disc(), gallery.CASES["black"], "")
    assert (seen[:, :, :128] == 255).all() and (seen[:, :, 128:] == 0).all()


def test_a_background_lies_behind_the_object_alone(gallery, tmp_path):
    Image.new("RGB", (300, 300), (200, 40, 20)).save(tmp_path / "wall.png")
    seen = gallery.changed(half_disc(), gallery.CASES["background"], str(tmp_path))
    assert (seen[:, :, :128] == 255).all()
    assert (np.abs(seen[:, :, 128:].astype(int) - (200, 40, 20)) <= 1).all()


def test_a_row_has_every_view_and_tells_what_was_found(gallery, capsys):
    """Over black a model of the package has nearly every point on the object, the right way."""
    tiles = gallery.case_row(Predictor.from_preset("car"), "black", gallery.CASES["black"], "")
    assert len(tiles) == len(gallery.VIEWS)
    told = capsys.readouterr().out.split()
    share, right = told[2], told[9]
    assert told[0] == "car," and int(share.rstrip("%")) >= 90 and int(right) >= 5, told


def test_masks_must_be_one_for_each_photo(gallery, tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    with pytest.raises(ValueError, match="2 masks for 3 photos"):
        gallery.photo_row(None, [str(tmp_path)], ["x.png", "y.png"])
