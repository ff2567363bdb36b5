"""The chart of a comparison: a panel per figure, and the same bytes again."""

import types

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.viz.compare_chart import COLORS, comparison_chart

NOTHING = (float("nan"), float("nan"))


def run(label, **figures):
    """A run whose figures are given as `(value, low, high)`."""
    return types.SimpleNamespace(
        label=label,
        value=lambda name: figures.get(name, NOTHING)[0],
        interval=lambda name: figures.get(name, (0, *NOTHING))[1:],
    )


def drawn(path, color):
    """How many pixels have exactly a colour."""
    wanted = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.asarray(Image.open(path).convert("RGB")) == wanted).all(axis=-1).sum())


def test_each_run_has_its_colour_in_each_panel(tmp_path):
    both = [
        run("a", three_d_se=(0.2, 0.1, 0.3), das=(0.5, 0.4, 0.6)),
        run("b", three_d_se=(0.25, 0.2, 0.3)),
    ]
    comparison_chart(both, tmp_path / "c.png")
    one, other = (drawn(tmp_path / "c.png", color) for color in COLORS[:2])
    assert other > 10 and one > 1.5 * other
    assert drawn(tmp_path / "c.png", COLORS[2]) == 0


def test_more_runs_make_a_taller_chart_and_equal_runs_equal_bytes(tmp_path):
    few = [run(f"run {i}", three_d_se=(0.2, *NOTHING)) for i in range(2)]
    many = [run(f"a long name that goes on and on {i}", three_d_se=(i, 0, i)) for i in range(9)]
    for name, runs in (("few", few), ("many", many), ("again", many)):
        comparison_chart(runs, tmp_path / f"{name}.png")
    assert Image.open(tmp_path / "many.png").height > Image.open(tmp_path / "few.png").height
    assert (tmp_path / "many.png").read_bytes() == (tmp_path / "again.png").read_bytes()


def test_nothing_to_show_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="1 runs hold no figure"):
        comparison_chart([run("a")], tmp_path / "c.png")
    assert not list(tmp_path.iterdir())
