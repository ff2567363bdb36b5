"""Sheets: sizes, order, and that each keypoint lands on its own tile."""

import types

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz import canvas, grid
from keypointnet_tf.viz.palette import KEYPOINT_COLORS

SIZE = 32
GAP, INNER = canvas.GAP, 2
CAPTION = round(canvas.CAPTION_SIZE * 1.5)
PAIR_WIDTH, PAIR_HEIGHT = 2 * (2 * SIZE) + 3 * INNER, 2 * SIZE + 2 * INNER


def pictured(count, **change):
    """Grey pictures; the brightness of a pair's pictures is its position."""
    images = np.full((count, 2, SIZE, SIZE, 4), 255, np.uint8)
    images[..., :3] = np.arange(count)[:, None, None, None, None]
    eyes = [(20, i + 1, 10) for i in range(2 * count)]
    poses = np.stack([placement.look_at(eye) for eye in eyes]).reshape(count, 2, 4, 4)
    fields = {
        "images": images,
        "uv": np.zeros((count, 2, 1, 2)),
        "object_id": np.array([f"o{i // 2}" for i in range(count)]),
        "object_to_camera": poses,
        "confidence": None,
    }
    return types.SimpleNamespace(**{**fields, **change})


def test_pair_grid_size_and_places():
    data = pictured(5)
    data.uv[4, 1] = [[0.5, 0.5]]
    sheet = grid.pair_grid(data.images, data.uv, [f"pair {i}" for i in range(5)], 2, columns=3)
    assert sheet.width == 3 * PAIR_WIDTH + 4 * GAP
    assert sheet.height == 2 * (PAIR_HEIGHT + CAPTION) + 3 * GAP
    x = GAP + PAIR_WIDTH + GAP + INNER + 2 * SIZE + INNER + 48
    y = GAP + PAIR_HEIGHT + CAPTION + GAP + CAPTION + INNER + 16
    assert sheet.getpixel((x, y)) == KEYPOINT_COLORS[0]


def test_pair_grid_without_captions():
    data = pictured(2)
    sheet = grid.pair_grid(data.images, data.uv, upscale=2)
    assert sheet.size == (2 * PAIR_WIDTH + 3 * GAP, PAIR_HEIGHT + 2 * GAP)


@pytest.mark.parametrize("size, side", [(32, 192), (64, 192), (200, 200), (400, 400)])
def test_tiles_are_about_as_large_whatever_the_pictures(size, side):
    images = np.zeros((1, 2, size, size, 4), np.uint8)
    sheet = grid.pair_grid(images, np.zeros((1, 2, 1, 2)))
    assert sheet.height == side + 2 * (GAP + INNER)
    strip = grid.heatmap_strip(images[0, 0], np.ones((1, 4, 4)))
    assert strip.height == side + CAPTION + 2 * GAP


def test_pair_grid_refuses_what_does_not_belong_together():
    data = pictured(2)
    with pytest.raises(ValueError, match="'captions': 1"):
        grid.pair_grid(data.images, data.uv, ["one"])
    with pytest.raises(ValueError, match="at least 1"):
        grid.pair_grid(data.images[:0], data.uv[:0])


def test_ranked_by_hand():
    best, median, worst = grid.ranked(np.array([5.0, 1, 4, 2, 3]), 1)
    assert (best.tolist(), median.tolist(), worst.tolist()) == ([1], [4], [0])
    best, median, worst = grid.ranked(np.array([5.0, 1, 4, 2, 3]), 3)
    assert (best.tolist(), median.tolist(), worst.tolist()) == ([1, 3, 4], [3, 4, 2], [0, 2, 4])
    assert [len(x) for x in grid.ranked(np.array([1.0, 2]), 6)] == [2, 2, 2]


def test_best_median_worst_shows_them_in_order(tmp_path):
    data = pictured(7)
    errors = np.array([50.0, 10, 20, 60, 30, 40, 0])
    path = tmp_path / "new" / "sheet.png"
    sheet = grid.best_median_worst(data, errors, path, count=1, upscale=2)
    assert Image.open(path).size == sheet.size
    height = CAPTION + PAIR_HEIGHT + 2 * GAP + GAP
    shown = [
        sheet.getpixel((2 * GAP + INNER + 3, GAP + i * height + GAP + CAPTION + INNER + 3))[0]
        for i in range(3)
    ]
    assert shown == [6, 4, 3]
    assert [p.name for p in path.parent.iterdir()] == ["sheet.png"]


def test_sheets_repeat_byte_for_byte(tmp_path):
    for name in ("a.png", "b.png"):
        grid.best_median_worst(pictured(3), np.arange(3.0), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_best_median_worst_refuses(tmp_path):
    with pytest.raises(ValueError, match=r"errors has shape \(2,\); expected \[3\]"):
        grid.best_median_worst(pictured(3), np.zeros(2), tmp_path / "a.png")
    with pytest.raises(ValueError, match="'images' is absent"):
        grid.best_median_worst(pictured(3, images=None), np.zeros(3), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_instances_grid_has_a_row_for_each_object(tmp_path):
    sheet = grid.instances_grid(pictured(6), tmp_path / "i.png", rows=2, columns=3, upscale=2)
    row = CAPTION + PAIR_HEIGHT
    assert sheet.size == (3 * 2 * SIZE + 4 * INNER + 2 * GAP, 2 * row + 3 * GAP)
    assert (tmp_path / "i.png").exists()


def test_instances_grid_orders_views_by_azimuth():
    """View 1 of each pair is put to the right of the front, view 0 to its left."""
    poses = np.stack([placement.look_at((9, 9, 9)), placement.look_at((9, -9, 9))])
    data = pictured(1, object_to_camera=poses[None])
    data.images[0, 1, ..., :3] = 200
    sheet = grid.instances_grid(data, upscale=1)
    x, y = GAP + INNER + 2, GAP + CAPTION + INNER + 2
    assert sheet.getpixel((x, y))[0] == 200
    assert sheet.getpixel((x + SIZE + INNER, y))[0] == 0


def test_same_views_has_a_row_for_each_model():
    """Objects 0 to 2 with two pairs each: the first pair of each is shown, once per row."""
    here, there = pictured(6), pictured(6)
    there.uv[2, 0] = [[0.5, 0.5]]
    sheet = grid.same_views({"full": here, "less": there}, columns=3, upscale=2)
    strip = 3 * 2 * SIZE + 4 * INNER
    row = 2 * SIZE + 2 * INNER + CAPTION
    assert sheet.size == (strip + 2 * GAP, 2 * row + 3 * GAP)
    x, y = GAP + 2 * INNER + 2 * SIZE + 48, GAP + row + GAP + CAPTION + INNER + 16
    assert sheet.getpixel((x, y)) == KEYPOINT_COLORS[0]
    assert sheet.getpixel((x, y - row - GAP)) != KEYPOINT_COLORS[0]


def test_same_views_refuses_other_pairs():
    with pytest.raises(ValueError, match="row 'b' shows other objects"):
        grid.same_views({"a": pictured(4), "b": pictured(6)})
    with pytest.raises(ValueError, match="no predictions"):
        grid.same_views({})


def test_heatmap_strip_lights_up_where_the_heat_is():
    """An 8 x 8 grid over a 32-pixel picture, enlarged twice: cell (row 1, column 6)."""
    heat = np.zeros((2, 8, 8))
    heat[0, 1, 6] = 0.25
    sheet = grid.heatmap_strip(np.full((SIZE, SIZE, 3), 100, np.uint8), heat, upscale=2)
    assert sheet.size == (3 * 2 * SIZE + 4 * GAP, 2 * SIZE + CAPTION + 2 * GAP)
    x0, y0 = GAP + 2 * SIZE + GAP, GAP + CAPTION
    lit = np.array(sheet.getpixel((x0 + 52, y0 + 12)))
    assert np.abs(lit - KEYPOINT_COLORS[0]).max() <= 60
    assert sheet.getpixel((x0 + 12, y0 + 52)) == (60, 60, 60)
    x1 = x0 + 2 * SIZE + GAP
    assert sheet.getpixel((x1 + 52, y0 + 12)) == (60, 60, 60)


def test_heatmap_strip_refuses():
    with pytest.raises(ValueError, match=r"heatmaps has shape \(8, 8\)"):
        grid.heatmap_strip(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8)))


def test_long_captions_are_shortened_to_the_picture():
    tile = canvas.captioned(Image.new("RGB", (60, 10)), "a very long caption " * 9)
    assert tile.width == 60
    margin = np.asarray(tile)[: CAPTION - 1, -2:]
    assert (margin == canvas.PAPER).all()


def test_a_palette_keeps_the_colours(tmp_path):
    """Nearly; a format without palettes is written as it is."""
    sheet = grid.pair_grid(pictured(2).images, np.zeros((2, 2, 1, 2)))
    saved = Image.open(canvas.save_picture(sheet, tmp_path / "a.png", palette=True))
    assert saved.mode == "P" and saved.size == sheet.size
    difference = np.abs(np.asarray(saved.convert("RGB"), int) - np.asarray(sheet, int))
    assert difference.mean() < 2 and difference.max() < 32
    assert Image.open(canvas.save_picture(sheet, tmp_path / "a.jpg", palette=True)).mode == "RGB"


def test_failed_save_leaves_the_old_picture(tmp_path):
    (tmp_path / "a.nonsense").write_text("old")
    with pytest.raises(ValueError):
        canvas.save_picture(Image.new("RGB", (2, 2)), tmp_path / "a.nonsense")
    assert [p.name for p in tmp_path.iterdir()] == ["a.nonsense"]
    assert (tmp_path / "a.nonsense").read_text() == "old"
