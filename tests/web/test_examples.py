"""Examples: rendered once, taken from a folder, with their masks."""

import logging

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.shapes.procedural import CATEGORIES
from keypointnet_tf.web.examples import ExampleShelf, given_examples, rendered_examples
from keypointnet_tf.web.workbench import stage_example


def test_renders_are_pairs_of_views_with_transparency(tmp_path):
    examples = rendered_examples("chair", tmp_path)
    assert [e.name for e in examples] == [f"chair_{n}{view}" for n in (6, 7, 8) for view in "ab"]
    for example in examples:
        alpha = np.asarray(Image.open(example.path))[..., 3]
        assert 0.05 < (alpha > 127).mean() < 0.8, example.name
        assert example.thumbnail.startswith("data:image/jpeg;base64,")
    first, second = (np.asarray(Image.open(e.path)) for e in examples[:2])
    assert (first != second).mean() > 0.1, "the two views differ"


def test_a_shelf_has_what_suits_a_model(tmp_path, save):
    save(tmp_path / "mine.png")
    shelf = ExampleShelf(tmp_path / "rendered", tmp_path)
    assert {e.name.split("_")[0] for e in shelf.of("plane")} == {"plane", "mine.png"}
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "rendered").iterdir()}
    kinds = {e.name.split("_")[0] for e in shelf.of("sofa")}
    assert kinds == {*CATEGORIES, "mine.png"}
    assert all(path.stat().st_mtime_ns == time for path, time in written.items()), "rendered once"
    assert len(ExampleShelf(tmp_path / "others").of("car")) == 6


def test_masks_lie_in_a_folder_beside(tmp_path, save):
    (tmp_path / "masks").mkdir()
    for name in ("a", "b"):
        save(tmp_path / f"{name}.png")
    mask = np.zeros((80, 120), np.uint8)
    mask[10:20, 30:50] = 255
    Image.fromarray(mask).save(tmp_path / "masks" / "a.png")
    first, second = given_examples(tmp_path)
    assert first.mask == tmp_path / "masks" / "a.png" and second.mask is None
    assert stage_example(first)[0].mask == first.mask
    assert stage_example(second)[0].mask is None


def test_what_cannot_be_read_is_left_out(tmp_path, save, caplog):
    save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    with caplog.at_level(logging.WARNING):
        assert [e.name for e in given_examples(tmp_path)] == ["a.png"]
    assert "b.png" in caplog.text
    with pytest.raises(ValueError, match="finds no photo"):
        given_examples(tmp_path / "nothing")
