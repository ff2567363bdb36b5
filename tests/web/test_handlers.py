"""The page's events without a browser: what is trusted, and what is answered."""

import json
import pathlib

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery.photo_json import keypoints_json, photo_json


@pytest.fixture
def handlers(gradio, bench, tmp_path, monkeypatch):
    from keypointnet_tf.web.handlers import Handlers

    (tmp_path / "uploads").mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    return Handlers(bench, tmp_path / "uploads")


@pytest.fixture
def event(gradio):
    """`event(**data)`: what a browser sends with an event."""
    return lambda **data: gradio.EventData(None, data)


@pytest.fixture
def staged(handlers, event, save):
    """`staged(seed)`: the state of an uploaded photo."""

    def stage(seed=0):
        path = save(handlers.uploads / f"{seed}.png", seed)
        return handlers.give(None, event(path=str(path), name="a.png", kind="photo"))[1]

    return stage


def refused(gradio, message, function, *arguments):
    with pytest.raises(gradio.Error, match=message) as caught:
        function(*arguments)
    assert caught.value.print_exception is False
    return caught.value.message


def test_only_uploads_are_read(gradio, handlers, event, save, tmp_path):
    """The browser names the file: any other on this machine is refused, whatever it is."""
    outside = save(tmp_path / "private.png")
    (handlers.uploads / "link.png").symlink_to(outside)
    for path in (outside, "/etc/passwd", handlers.uploads / ".." / "private.png", None,
                 handlers.uploads / "link.png", handlers.uploads):  # fmt: skip
        given = event(path=str(path), name="a.png", kind="photo")
        message = refused(gradio, "the upload did not arrive", handlers.give, None, given)
        assert str(tmp_path) not in message
    refused(gradio, "the upload did not arrive", handlers.give, None, event())


def test_a_mask_needs_a_photo_first(gradio, handlers, event, save, staged):
    path = save(handlers.uploads / "mask.png")
    mask = event(path=str(path), name="mask.png", kind="mask")
    refused(gradio, "expected the photo before its mask", handlers.give, None, mask)
    value, photo = handlers.give(staged(), mask)
    assert photo.mask == path and value["photo"]["mask"] is True


def test_equal_photos_are_told_apart(staged, handlers, event):
    """Given again, a photo loses its box: the value must differ for the browser to notice."""
    values = [handlers.example("tiny", 0)[0] for _ in range(2)]
    assert values[0]["photo"] == values[1]["photo"] and values[0] != values[1]


@pytest.mark.parametrize("index", [-1, 7, "0", None, 1.5])
def test_examples_that_are_none_are_refused(gradio, handlers, event, index):
    refused(gradio, "example is", handlers.pick, "tiny", event(index=index))


def test_one_photo_is_answered(handlers, staged, bench):
    photo = staged()
    box = {"box": [20, 10, 60, 50], "outline": None}
    picture, facing, scene, table, button = handlers.find("tiny", photo, box)
    assert picture.mode == "RGB" and max(picture.size) >= 512
    assert "margin" in facing and len(scene["points"]) == 4 and "confidence" in table
    report = json.loads(pathlib.Path(button.value["path"]).read_text())
    (direct,) = bench.load("tiny").predict_photos([photo.path], boxes=[(20, 10, 60, 50)])
    predictor = bench.load("tiny")
    image = photo_json(direct, predictor.virtual_camera, pose=predictor.pose(direct))
    wanted = keypoints_json([image], model="tiny", category="car")
    assert report == json.loads(json.dumps(wanted)) | {"images": [image | {"file": "a.png"}]}


def test_a_mask_and_an_outline_of_it_give_the_same(handlers, staged, event):
    """The outline runs along the mask's edge: the frame is the same up to a pixel."""
    photo = staged()
    mask = np.zeros((80, 120), np.uint8)
    mask[20:60, 30:70] = 255
    Image.fromarray(mask).save(handlers.uploads / "m.png")
    _, masked = handlers.give(
        photo, event(path=str(handlers.uploads / "m.png"), name="m.png", kind="mask")
    )
    outline = [[30.5, 20.5], [69.5, 20.5], [69.5, 59.5], [30.5, 59.5]]
    crops = [
        json.loads(pathlib.Path(handlers.find("tiny", p, drawn)[-1].value["path"]).read_text())
        ["images"][0]["crop"] for p, drawn in ((masked, None), (photo, {"outline": outline}))
    ]  # fmt: skip
    assert crops[1] == pytest.approx(crops[0], abs=1.7)


def test_without_a_photo_all_is_empty(handlers):
    assert handlers.find("tiny", None, None)[:4] == (None, "", None, "")
    assert handlers.compare("tiny", None, None, None, None)[:4] == (None, None, None, "")


def test_a_pair_needs_both_photos(handlers, staged):
    picture, none, scene, figures, button = handlers.compare("tiny", staged(), None, None, None)
    assert picture is not None and (none, scene, figures) == (None, None, "")
    assert not button.interactive


def test_a_photo_with_itself_has_no_turn(handlers, staged):
    photo = staged(3)
    *pictures, scene, figures, button = handlers.compare("tiny", photo, None, photo, None)
    assert np.array_equal(*map(np.asarray, pictures)) and scene["points"] == scene["goals"]
    report = json.loads(pathlib.Path(button.value["path"]).read_text())
    rotation = report["relative_rotation"]
    assert rotation["degrees"] == pytest.approx(0, abs=1e-4) and rotation["determined"]
    np.testing.assert_allclose(rotation["matrix"], np.eye(3), atol=1e-6)
    assert "0.0°" in figures


def test_messages_are_escaped(gradio, handlers, staged):
    """They are shown as HTML, and hold what came from files and browsers."""
    message = refused(gradio, "cannot be read", handlers.find, "broken", staged(), None)
    assert "&lt;b&gt;at all&lt;/b&gt;" in message
    message = refused(
        gradio, "pairs of numbers", handlers.find, "tiny", staged(), {"box": ["<i>", 1, 2, 3]}
    )
    assert "<i>" not in message
