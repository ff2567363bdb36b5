"""Pictures of views: keypoints on their pixels, and the crop around the object."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.viz import report_views as views


def picture(size=50, box=(10, 20, 30, 35)):
    """Opaque between columns `box[0], box[2]` and rows `box[1], box[3]`; hidden colour around."""
    image = np.full((size, size, 4), 99, np.uint8)
    image[..., 3] = 0
    image[box[1] : box[3], box[0] : box[2]] = (200, 10, 20, 255)
    return image


def decoded(address, kind="webp"):
    head, content = address.split(";base64,")
    assert head == f"data:image/{kind}"
    return Image.open(io.BytesIO(base64.b64decode(content)))


def test_picture_survives_and_hidden_colour_does_not():
    pixels = np.asarray(decoded(views.embedded_picture(picture())).convert("RGBA"), int)
    assert pixels.shape == (50, 50, 4)
    assert np.abs(pixels[27, 20] - [200, 10, 20, 255]).max() <= 12
    assert pixels[45, 45].tolist()[3] == 0 and (pixels[45, 45, :3] < 60).all()


def test_without_webp_pictures_are_png(monkeypatch):
    monkeypatch.setattr(views.features, "check", lambda name: False)
    pixels = np.asarray(decoded(views.embedded_picture(picture()), "png"))
    assert pixels[27, 20].tolist() == [200, 10, 20, 255] and not pixels[45, 45].any()


def test_large_pictures_are_made_small():
    large = picture(400, (100, 100, 300, 300))
    assert decoded(views.embedded_picture(large)).size == (128, 128)


def test_crop_by_hand():
    """The object spans 20..60 by 40..70 of 100 units; 5 around it; a square of side 50."""
    inside = np.array([[40.0, 55.0]])
    x, y, side = views.crop(picture(), inside)
    assert side == pytest.approx(48) and (x, y) == (pytest.approx(16), pytest.approx(31))
    x, y, side = views.crop(picture(), np.array([[99.0, 99.0]]))
    assert x + side <= 100 and y + side <= 100 and side > 60, "takes in far keypoints"
    assert views.crop(None, inside)[2] == views.LEAST_CROP
    assert views.crop(picture(), np.array([[-500.0, 900.0]]))[2] <= 100


def test_keypoints_stand_on_their_pixels(predictions_of):
    data = predictions_of()
    svg = views.view_svg(data, 3, 1)
    u, v = data.uv[3, 1, 2]
    (mark,) = [g for g in svg.iter("g") if g.get("class") == "kp k2"]
    x, y = map(float, re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", mark.get("transform")).groups())
    assert (x, y) == (pytest.approx((u + 1) * 50, abs=0.06), pytest.approx((1 - v) * 50, abs=0.06))


def test_low_confidence_is_a_ring(predictions_of):
    data = predictions_of()
    confidence = np.ones_like(data.confidence)
    confidence[0, 0, 1] = 0.2
    svg = views.view_svg(predictions_of(confidence=confidence), 0, 0)
    fills = {g.get("data-k"): g.findall("circle")[-1].get("fill") for g in svg.iter("g")}
    assert fills["1"] == "none" and fills["0"].startswith("#")


def test_views_without_pictures_and_confidence(predictions_of):
    svg = views.view_svg(predictions_of(images=None, confidence=None), 0, 0)
    assert svg.find("image") is None and len(svg.findall("g")) == 4


def test_coinciding_keypoints_are_drawn(predictions_of):
    data = predictions_of()
    svg = views.view_svg(predictions_of(uv=np.zeros_like(data.uv)), 0, 0)
    assert len(svg.findall("text")) == 4 and "nan" not in "".join(f"{e.attrib}" for e in svg.iter())


def test_card_tells_what_is_known(report_data):
    data = report_data()
    card = views.pair_card(data, 7, ["because"])
    text = "".join(card.itertext())
    for part in ("ball_1 · blue", "because", "pair 7", "°", "apart"):
        assert part in text
    assert len(list(card.iter("image"))) == 2


@pytest.mark.parametrize(
    "azimuth, elevation, text",
    [(0, 10, "front, 10° up"), (-178, -4, "rear, 4° below"), (91, 0, "left, 0° up"),
     (-50, 89.6, "front right, 90° up"), (160, 5, "rear, 5° up")],
)  # fmt: skip
def test_cameras_in_words(report_data, azimuth, elevation, text):
    data = report_data()
    data.per_example["azimuth0_deg"][0] = azimuth
    data.per_example["elevation0_deg"][0] = elevation
    assert views.camera(data, 0, 0) == text
