"""Banks of backgrounds: deterministic, varied, from drawn textures and from photos."""

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.data import backgrounds


@pytest.fixture(autouse=True)
def few_tiles(monkeypatch):
    monkeypatch.setattr(backgrounds, "PROCEDURAL_TILES", 24)
    monkeypatch.setattr(backgrounds, "CROPS_PER_FOLDER", 10)


@pytest.mark.parametrize("kind", backgrounds.KINDS)
def test_every_kind_fills_its_tile(kind):
    pictures = [kind(np.random.default_rng(seed), 24) for seed in range(4)]
    for picture in pictures:
        assert picture.shape == (24, 24, 3) and np.isfinite(picture).all()
    assert len({picture.tobytes() for picture in pictures}) == 4


def test_a_bank_is_a_function_of_its_seed():
    bank = backgrounds.make_bank(16, seed=3)
    assert bank.shape == (24, 24, 24, 3) and bank.dtype == np.uint8
    np.testing.assert_array_equal(bank, backgrounds.make_bank(16, seed=3))
    assert (bank != backgrounds.make_bank(16, seed=4)).any()
    assert bank.mean((1, 2, 3)).std() > 20, "dark and bright ones"


def test_photos_stand_beside_the_drawn_tiles(tmp_path):
    Image.new("RGB", (300, 200), (255, 0, 0)).save(tmp_path / "red.png")
    Image.new("L", (20, 60), 255).save(tmp_path / "white.png")
    bank = backgrounds.make_bank(16, folder=tmp_path)
    assert len(bank) == 34
    np.testing.assert_array_equal(bank[24::2].reshape(-1, 3), np.tile([255, 0, 0], (5 * 576, 1)))
    assert (bank[25::2] == 255).all()
    photos = backgrounds.photo_bank(tmp_path, 16)
    assert photos.shape == (10, 24, 24, 3)


def test_what_is_transparent_in_a_photo_is_black(tmp_path):
    Image.new("RGBA", (30, 30), (255, 255, 255, 0)).save(tmp_path / "clear.png")
    assert (backgrounds.photo_bank(tmp_path, 16) == 0).all()


def test_a_folder_without_photos_is_named(tmp_path):
    with pytest.raises(ValueError, match=str(tmp_path)):
        backgrounds.make_bank(16, folder=tmp_path)


def test_fractal_noise_fills_its_range():
    noise = backgrounds.fractal_noise(np.random.default_rng(0), 32, exponent=1.0)
    assert noise.shape == (32, 32) and noise.min() == 0 and noise.max() == 1
    smooth = backgrounds.fractal_noise(np.random.default_rng(0), 32, exponent=2.0)
    steps = [np.abs(np.diff(n, axis=0)).mean() for n in (noise, smooth)]
    assert steps[1] < steps[0]
