"""Charts of figures against strength."""

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.viz.curves import COLORS, Panel, draw_curves

PANELS = (Panel("error", "error"), Panel("share", "share"))


def row(kind, strength, value, spread=1.0):
    figures = {"error": [value, value - spread, value + spread], "share": [None, None, None]}
    return {"kind": kind, "strength": strength, "figures": figures}


def count_color(path, color):
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return (np.abs(pixels - wanted).max(axis=-1) < 12).sum()


def test_each_kind_has_a_line_of_its_color(tmp_path):
    rows = [row("bend", 0, 1.0), row("bend", 1, 4.0), row("twist", 0, 1.0), row("twist", 1, 9.0)]
    draw_curves(rows, PANELS, tmp_path / "c.png", title="cars")
    assert count_color(tmp_path / "c.png", COLORS[0]) > 100
    assert count_color(tmp_path / "c.png", COLORS[1]) > 100
    assert count_color(tmp_path / "c.png", COLORS[2]) == 0


def test_figures_without_intervals_are_drawn_too(tmp_path):
    bare = {"kind": "bend", "strength": 0.0, "figures": {"error": [1.0, None, None]}}
    draw_curves([bare, {**bare, "strength": 1.0}], PANELS[:1], tmp_path / "c.png")
    assert count_color(tmp_path / "c.png", COLORS[0]) > 100


def test_equal_rows_give_equal_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        draw_curves([row("bend", 0, 1.0), row("bend", 1, 2.0)], PANELS, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_nothing_to_draw_is_refused(tmp_path):
    with pytest.raises(ValueError, match="got 0 rows"):
        draw_curves([], PANELS, tmp_path / "c.png")
