"""Sheets hold every object, its warnings in their colour, and all of its views."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.frame_sheet import GROUND, WARNING, frame_sheet, write_frame_sheet

SIZE = 48


@dataclasses.dataclass(frozen=True)
class View:
    caption: str
    rgba: np.ndarray
    depth: np.ndarray
    object_to_camera: np.ndarray
    focal: float = 21.0


@dataclasses.dataclass(frozen=True)
class Object:
    object_id: str
    details: str = "up z, front x"
    warnings: tuple = ()
    views: tuple = ()


def view(color):
    rgba = np.zeros((SIZE, SIZE, 4), np.uint8)
    rgba[4:12, 4:12] = (*color, 255)
    pose = placement.look_at(np.array([30.0, 0, 0]))
    return View("from +x", rgba, np.full((SIZE, SIZE), np.nan, np.float32), pose)


def count(sheet, color):
    return int((np.asarray(sheet) == color).all(axis=-1).sum())


def warned(sheet):
    """Pixels that tend to the colour of warnings; letters have soft edges."""
    return np.abs(np.asarray(sheet, int) - WARNING).max(axis=-1) < 60


def test_every_view_is_on_the_sheet():
    colors = [(200, 100, 0), (10, 90, 160), (120, 0, 120)]
    items = [Object(f"o{i}", views=(view(color), view(color))) for i, color in enumerate(colors)]
    sheet = frame_sheet(items)
    assert [count(sheet, color) for color in colors] == [128] * 3
    places = [np.argwhere((np.asarray(sheet) == color).all(axis=-1))[:, 0] for color in colors]
    assert places[0].max() < places[1].min() and places[1].max() < places[2].min()


def test_warnings_are_written_in_their_colour():
    plain = frame_sheet([Object("a", views=(view((9, 9, 9)),))])
    marked = frame_sheet([Object("a", warnings=("looks odd",), views=(view((9, 9, 9)),))])
    assert warned(marked).sum() > warned(plain).sum() + 20
    assert marked.height > plain.height and marked.width == plain.width


def test_an_object_without_views_shows_its_reason():
    sheet = frame_sheet([Object("a", warnings=("failed: no faces",))])
    assert warned(sheet)[30:].sum() > 20  # below the legend
    assert count(sheet, GROUND) > 0  # the rule above its name


def test_long_warnings_are_wrapped():
    short = frame_sheet([Object("a", warnings=("word",))])
    long = frame_sheet([Object("a", warnings=(" ".join(["word"] * 90),))])
    assert long.height > short.height and long.width == short.width
    rows = 30 + np.nonzero(warned(long)[30:].any(axis=1))[0]
    assert (np.diff(rows) > 3).sum() >= 2  # three lines at least


def test_no_object_is_refused():
    with pytest.raises(ValueError, match="objects is empty"):
        frame_sheet([])


def test_the_file_is_the_sheet(tmp_path):
    items = [Object("a", views=(view((200, 100, 0)),))]
    path = write_frame_sheet(items, tmp_path / "new" / "sheet.png")
    with Image.open(path) as found:
        np.testing.assert_array_equal(np.asarray(found), np.asarray(frame_sheet(items)))
    assert [file.name for file in path.parent.iterdir()] == ["sheet.png"]
