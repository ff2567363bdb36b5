"""Colours and small textures for the procedural shapes.

All colours are display-referred RGB in [0, 1]; textures are uint8 `[H, W, 3]`, first row on top.
"""

from __future__ import annotations

import colorsys

import numpy as np

from keypointnet_tf.shapes.mesh import Material

Color = tuple[float, float, float]

GLASS: Color = (0.10, 0.13, 0.18)
RUBBER: Color = (0.09, 0.09, 0.10)
METAL: Color = (0.62, 0.64, 0.67)


def vivid(rng: np.random.Generator, *, value: tuple[float, float] = (0.35, 0.95)) -> Color:
    """A random saturated colour, for accents and paint."""
    return colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(0.45, 0.95), rng.uniform(*value))


def neutral(rng: np.random.Generator, low: float = 0.3, high: float = 0.95) -> Color:
    """A random grey with a slight tint."""
    return colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(0, 0.12), rng.uniform(low, high))


def wood(rng: np.random.Generator) -> Color:
    """A random brown."""
    hue, saturation, value = rng.uniform([0.05, 0.4, 0.3], [0.11, 0.7, 0.8])
    return colorsys.hsv_to_rgb(hue, saturation, value)


def contrasting(rng: np.random.Generator, color: Color, least: float = 0.25) -> Color:
    """A random colour whose luminance differs from `color`'s by at least `least`."""
    for _ in range(50):
        other = vivid(rng, value=(0.1, 1.0)) if rng.uniform() < 0.7 else neutral(rng, 0.1, 1.0)
        if abs(luminance(other) - luminance(color)) >= least:
            return other
    return (0.95, 0.95, 0.95) if luminance(color) < 0.5 else (0.12, 0.12, 0.14)


def luminance(color: Color) -> float:
    """Rec. 709 luma."""
    return float(np.dot(color, (0.2126, 0.7152, 0.0722)))


def canvas(color: Color, height: int = 64, width: int = 128) -> np.ndarray:
    """A plain texture to paint on."""
    return np.broadcast_to(
        np.asarray(np.round(np.multiply(color, 255)), np.uint8), (height, width, 3)
    ).copy()


def fill(
    texture: np.ndarray,
    color: Color,
    *,
    u: tuple[float, float] = (0, 1),
    v: tuple[float, float] = (0, 1),
) -> None:
    """Paints a rectangle in texture coordinates (`v` up) in place."""
    height, width = texture.shape[:2]
    rows = slice(int(round((1 - v[1]) * height)), int(round((1 - v[0]) * height)))
    columns = slice(int(round(u[0] * width)), int(round(u[1] * width)))
    texture[rows, columns] = np.round(np.multiply(color, 255)).astype(np.uint8)


def windows(
    texture: np.ndarray,
    color: Color,
    *,
    count: int,
    u: tuple[float, float],
    v: tuple[float, float],
    gap: float = 0.45,
) -> None:
    """Paints a row of `count` rectangles; `gap` is the share of the pitch left between them."""
    pitch = (u[1] - u[0]) / count
    for i in range(count):
        left = u[0] + i * pitch
        fill(texture, color, u=(left, left + pitch * (1 - gap)), v=v)


def speckle(rng: np.random.Generator, texture: np.ndarray, strength: float = 0.05) -> None:
    """Adds coarse and fine brightness noise in place, so that surfaces are not flat."""
    height, width = texture.shape[:2]
    coarse = rng.normal(size=(max(1, height // 8), max(1, width // 8)))
    noise = np.kron(coarse, np.ones((8, 8)))[:height, :width]
    noise = np.pad(noise, [(0, height - noise.shape[0]), (0, width - noise.shape[1])], mode="edge")
    noise = (noise + 0.5 * rng.normal(size=(height, width))) * strength * 255
    texture[:] = np.clip(texture + noise[..., None], 0, 255).astype(np.uint8)


def stripes(
    rng: np.random.Generator,
    first: Color,
    second: Color,
    count: int,
    height: int = 64,
    width: int = 64,
) -> np.ndarray:
    """A texture of `count` upright stripes of two colours, or a check with even odds."""
    texture = canvas(first, height, width)
    columns = (np.arange(width) * count // width) % 2
    checked = rng.uniform() < 0.5
    rows = (np.arange(height) * count // height) % 2 * checked
    odd = (columns[None] + rows[:, None]) % 2 == 1
    texture[odd] = np.round(np.multiply(second, 255)).astype(np.uint8)
    return texture


def plain(name: str, color: Color) -> Material:
    """A material without texture."""
    return Material(name, tuple(float(c) for c in color))


def textured(name: str, texture: np.ndarray) -> Material:
    """A material that shows `texture` as it is."""
    return Material(name, (1.0, 1.0, 1.0), texture)
