"""Backgrounds for training on more than black: procedural textures, and crops of a user's photos.

A *bank* is made once, `[N, T, T, 3]` uint8 with tiles somewhat larger than the networks' images;
every view then takes a random crop of a random tile. Domain randomisation by such backgrounds:
Tobin et al., "Domain Randomization for Transferring Deep Neural Networks", IROS 2017.
Letters: N tiles, T pixels of a tile's side, S pixels of a view's side.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter
from tqdm import tqdm

from keypointnet_tf.data.photos import find_photos, read_photo

TILE_RATIO = 1.5
PROCEDURAL_TILES = 1024
CROPS_PER_FOLDER = 1024


def make_bank(
    size: int, *, seed: int = 0, folder: str | os.PathLike = "", progress: bool = False
) -> np.ndarray:
    """The bank of backgrounds for views of one size.

    Args:
      size: S.
      seed: of all draws; the same seed and files give the same bank.
      folder: photos, a file, a folder or a glob; crops of them stand beside the procedural tiles.
      progress: whether to show a bar.

    Returns:
      uint8 `[N, T, T, 3]`, T about 1.5 S.

    Raises:
      ValueError: the folder holds no photo, or one cannot be read.
    """
    tile = round(size * TILE_RATIO)
    rng = np.random.default_rng([seed, 7])
    numbers = tqdm(range(PROCEDURAL_TILES), "backgrounds", unit="tile", disable=not progress)
    bank = np.stack([procedural_tile(rng, tile) for _ in numbers])
    return np.concatenate([bank, photo_crops(rng, folder, tile)]) if folder else bank


def photo_bank(folder: str | os.PathLike, size: int, *, seed: int = 0) -> np.ndarray:
    """A bank of nothing but crops of photos; see `make_bank`."""
    return photo_crops(np.random.default_rng([seed, 7]), folder, round(size * TILE_RATIO))


def photo_crops(rng: np.random.Generator, folder: str | os.PathLike, tile: int) -> np.ndarray:
    """uint8 `[CROPS_PER_FOLDER, T, T, 3]`: random squares of the photos, from a quarter of the
    shorter side to all of it, each photo as often as any other."""
    photos = [_shrunk(path, 4 * tile) for path in find_photos(folder)]
    return np.stack(
        [_random_square(rng, photos[i % len(photos)], tile) for i in range(CROPS_PER_FOLDER)]
    )


def _shrunk(path, shorter: int) -> Image.Image:
    """A photo with its transparent parts black, its shorter side at most `shorter` pixels."""
    rgba = read_photo(path)
    rgb = rgba[..., :3] if rgba[..., 3].min() == 255 else rgba[..., :3] * (rgba[..., 3:] > 127)
    photo = Image.fromarray(np.ascontiguousarray(rgb))
    ratio = shorter / min(photo.size)
    return photo if ratio >= 1 else photo.resize([max(1, round(s * ratio)) for s in photo.size])


def _random_square(rng: np.random.Generator, photo: Image.Image, tile: int) -> np.ndarray:
    side = min(photo.size) * rng.uniform(0.25, 1.0)
    x, y = (rng.uniform(0, length - side) for length in photo.size)
    box = (x, y, x + side, y + side)
    return np.asarray(photo.resize((tile, tile), Image.Resampling.BILINEAR, box=box))


# === Procedural tiles ===


def procedural_tile(rng: np.random.Generator, tile: int) -> np.ndarray:
    """uint8 `[T, T, 3]`: one of the kinds in `KINDS`, in or out of focus, with some fine noise."""
    kind = KINDS[rng.integers(len(KINDS))]
    picture = _focused(rng, kind(rng, tile))
    grain = rng.normal(0, rng.uniform(0, 0.03), (tile, tile, 1))
    return np.round(np.clip(picture + grain, 0, 1) * 255).astype(np.uint8)


def _focused(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """As it is, or, in two of five, blurred as what lies far behind an object."""
    if rng.random() < 0.6:
        return picture
    soft = Image.fromarray(np.round(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    radius = rng.uniform(0, 0.03) * len(picture)
    return np.asarray(soft.filter(ImageFilter.GaussianBlur(radius))) / 255


def gradient(rng: np.random.Generator, tile: int) -> np.ndarray:
    """A linear gradient between two colours in a random direction."""
    x, y = _grid(tile)
    angle = rng.uniform(0, 2 * np.pi)
    share = (1 + x * np.cos(angle) + y * np.sin(angle))[..., None] / 2
    return _color(rng) * share + _color(rng) * (1 - share)


def clouds(rng: np.random.Generator, tile: int) -> np.ndarray:
    """Noise whose amplitude falls with frequency as that of natural pictures, in two colours.

    Power `1 / f^2` (Field, "Relations between the statistics of natural images", JOSA 1987), the
    exponent drawn around it.
    """
    share = fractal_noise(rng, tile, exponent=rng.uniform(0.7, 1.6))[..., None]
    return _color(rng) * share + _color(rng) * (1 - share)


def stripes(rng: np.random.Generator, tile: int) -> np.ndarray:
    """Stripes or a checkerboard of two colours, at random angle and width, slightly bent."""
    x, y = _grid(tile)
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.08, 0.5)
    bend = rng.uniform(0, 0.15) * np.sin(rng.uniform(1, 4) * y + rng.uniform(0, 6))
    along = np.floor((x * np.cos(angle) + y * np.sin(angle) + bend) / period)
    across = np.floor((y * np.cos(angle) - x * np.sin(angle)) / period)
    odd = ((along + across * (rng.random() < 0.5)) % 2)[..., None]
    return _color(rng) * odd + _color(rng) * (1 - odd)


def leaves(rng: np.random.Generator, tile: int) -> np.ndarray:
    """Discs and boxes that cover each other, sizes by a power law: edges as natural pictures have.

    The dead leaves model: Lee, Mumford, Huang, "Occlusion models for natural images", IJCV 2001.
    """
    x, y = _grid(tile)
    picture = np.broadcast_to(_color(rng), (tile, tile, 3)).copy()
    for _ in range(rng.integers(20, 60)):
        radius = 0.06 * rng.pareto(1.5) + 0.05
        dx, dy = x - rng.uniform(-1.1, 1.1), y - rng.uniform(-1.1, 1.1)
        inside = np.hypot(dx, dy) < radius
        if rng.random() < 0.4:
            inside = (np.abs(dx) < radius) & (np.abs(dy) < radius * rng.uniform(0.3, 1.5))
        shade = 1 + rng.uniform(-0.4, 0.4) * (dx[inside] / radius)[:, None]
        picture[inside] = _color(rng) * shade
    return picture


def scene(rng: np.random.Generator, tile: int) -> np.ndarray:
    """Sky over ground with a few boxes on the horizon, windows in some: a street from afar."""
    x, y = _grid(tile)
    horizon = rng.uniform(-0.5, 0.6)
    ground = fractal_noise(rng, tile, exponent=1.0)[..., None] * 0.3 + 0.7
    sky = 1 - 0.3 * (y[..., None] + 1) / 2
    picture = np.where((y < horizon)[..., None], _color(rng) * sky, _color(rng) * ground)
    for _ in range(rng.integers(0, 7)):
        left, width, top = rng.uniform(-1.2, 1), rng.uniform(0.1, 0.7), rng.uniform(0.1, 1.2)
        foot = horizon + rng.uniform(0, 0.3)
        inside = (x > left) & (x < left + width) & (y < foot) & (y > foot - top)
        picture[inside] = _color(rng)
        step = rng.uniform(0.06, 0.2)
        windows = inside & ((x - left) % step > step / 2) & ((y - foot) % step > step / 2)
        if rng.random() < 0.6:
            picture[windows] = _color(rng)
    return picture


def clutter(rng: np.random.Generator, tile: int) -> np.ndarray:
    """Things of any shape in front of each other, each with a texture and a light of its own."""
    textures = (gradient, clouds, stripes, leaves, plain)
    picture = textures[rng.integers(4)](rng, tile)
    for _ in range(rng.integers(3, 10)):
        inside, shade = _thing(rng, tile)
        texture = textures[rng.integers(len(textures))](rng, tile)
        picture = np.where(inside[..., None], texture * shade[..., None], picture)
    return picture


def _thing(rng: np.random.Generator, tile: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a lobed shape is, bool `[T, T]`, and its shading, `[T, T]` around 1."""
    x, y = _grid(tile)
    angle, size = rng.uniform(0, np.pi), 0.1 + 0.15 * rng.pareto(2.0)
    dx, dy = x - rng.uniform(-1, 1), y - rng.uniform(-1, 1)
    across = (dx * np.cos(angle) + dy * np.sin(angle)) / size
    along = (dy * np.cos(angle) - dx * np.sin(angle)) / (size * rng.uniform(0.3, 1))
    around, lobes = np.arctan2(along, across), np.arange(2, 5)
    waves = rng.normal(0, 0.15, 3) * np.cos(lobes * around[..., None] + rng.uniform(0, 6, 3))
    edge = 1 + waves.sum(axis=-1)
    light = rng.uniform(0, 2 * np.pi)
    shade = 1 + rng.uniform(0, 0.5) * (across * np.cos(light) + along * np.sin(light))
    return np.hypot(across, along) < edge, np.clip(shade, 0.3, 1.6)


def plain(rng: np.random.Generator, tile: int) -> np.ndarray:
    """One colour: a wall, a studio, a paper."""
    return np.broadcast_to(_color(rng), (tile, tile, 3))


KINDS: tuple[Callable[[np.random.Generator, int], np.ndarray], ...] = (
    gradient,
    clouds,
    stripes,
    leaves,
    leaves,
    scene,
    scene,
    clutter,
    clutter,
    clutter,
    clutter,
    plain,
)


def fractal_noise(rng: np.random.Generator, tile: int, *, exponent: float) -> np.ndarray:
    """`[T, T]` in [0, 1], amplitude `1 / f^exponent`."""
    frequency = np.hypot(np.fft.fftfreq(tile)[:, None], np.fft.rfftfreq(tile))
    frequency[0, 0] = np.inf
    phases = np.exp(2j * np.pi * rng.random(frequency.shape))
    noise = np.fft.irfft2(phases / frequency**exponent, (tile, tile))
    low, high = np.percentile(noise, [2, 98])
    return np.clip((noise - low) / max(high - low, 1e-12), 0, 1)


def _grid(tile: int) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y down, both in [-1, 1]."""
    place = (np.arange(tile) + 0.5) / tile * 2 - 1
    return np.broadcast_to(place, (tile, tile)), np.broadcast_to(place[:, None], (tile, tile))


def _color(rng: np.random.Generator) -> np.ndarray:
    """`[3]`: any brightness, mostly faint colours as in photos."""
    grey, tint = rng.uniform(0.05, 0.95), rng.normal(0, rng.choice([0.04, 0.25]), 3)
    return np.clip(grey + tint, 0, 1)
