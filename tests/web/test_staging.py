"""Photos given to the page: named, measured, previewed, refused without telling paths."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.viz.canvas import BACKGROUND
from keypointnet_tf.web.staging import plain_name, preview_uri, stage_mask, stage_photo


def seen(uri):
    """The picture in a data URI, `[H, W, 3]`."""
    kind, content = uri.split(",", 1)
    assert kind == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))), float)


def test_a_photo_keeps_its_size_and_its_turn(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20), (200, 10, 10)).save(tmp_path / "a.png", exif=exif)
    photo, preview = stage_photo(tmp_path / "a.png", "my photo.png")
    assert (photo.name, photo.width, photo.height, photo.mask) == ("my photo.png", 20, 30, None)
    assert seen(preview).shape == (30, 20, 3)


def test_previews_are_small_and_opaque():
    rgba = np.zeros((1500, 3000, 4), np.uint8)
    picture = seen(preview_uri(rgba))
    assert picture.shape == (512, 1024, 3)
    np.testing.assert_allclose(picture.mean(axis=(0, 1)), BACKGROUND, atol=2)
    assert seen(preview_uri(rgba, side=100)).shape == (50, 100, 3)


def test_a_mask_darkens_what_it_hides(tmp_path):
    Image.new("L", (40, 20), 200).save(tmp_path / "a.png")
    half = np.zeros((20, 40), np.uint8)
    half[:, 20:] = 255
    Image.fromarray(half).save(tmp_path / "m.png")
    photo, _ = stage_photo(tmp_path / "a.png", "a.png")
    masked, preview = stage_mask(photo, tmp_path / "m.png")
    assert masked.mask == tmp_path / "m.png" and photo.mask is None
    picture = seen(preview)
    assert picture[:, :16].mean() == pytest.approx(60, abs=3)
    assert picture[:, 24:].mean() == pytest.approx(200, abs=3)


def test_messages_have_the_visitors_names(tmp_path):
    path = tmp_path / "secret" / "upload.png"
    path.parent.mkdir()
    path.write_bytes(b"no image")
    with pytest.raises(ValueError, match="^car.jpg: the photo cannot be read") as caught:
        stage_photo(path, "../car.jpg")
    assert str(tmp_path) not in str(caught.value)
    Image.new("L", (40, 20), 200).save(tmp_path / "a.png")
    photo, _ = stage_photo(tmp_path / "a.png", "a.png")
    Image.new("L", (41, 20), 200).save(path)
    with pytest.raises(ValueError, match="^the mask: mask is 41 x 20.*photo is 40 x 20") as caught:
        stage_mask(photo, path)
    assert str(tmp_path) not in str(caught.value)


def test_large_photos_and_masks_are_refused(tmp_path):
    Image.new("1", (100, 100)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="it is 100 x 100 pixels.*at most 9,999"):
        stage_photo(tmp_path / "a.png", "a.png", most_pixels=9999)
    photo, _ = stage_photo(tmp_path / "a.png", "a.png")
    Image.new("1", (100, 100), 1).save(tmp_path / "m.png")
    with pytest.raises(ValueError, match="the mask: .*at most 9,999"):
        stage_mask(photo, tmp_path / "m.png", most_pixels=9999)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\a.png", "a.png"),
        ("line\nbreak\x00.png", "linebreak.png"),
        ("folder/", "photo"),
        (None, "None"),
        ("x" * 200 + ".png", "x" * 76 + ".png"),
    ],
)
def test_names_are_made_plain(name, plain):
    assert plain_name(name) == plain
