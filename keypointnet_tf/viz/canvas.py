"""Backgrounds, enlargement, tiles with captions, and saving, shared by all pictures.

Letters: H W pixels.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keypointnet_tf.atomic_file import atomic_file

BACKGROUND = (178, 193, 212)
PAPER = (250, 250, 250)
INK = (30, 30, 30)
CAPTION_SIZE = 12
GAP = 6


def font(size: float) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Pillow's own font, so that pictures are the same everywhere."""
    return ImageFont.load_default(size)


def opaque(
    image: np.ndarray, *, scale: int = 1, ground: tuple[int, int, int] = BACKGROUND
) -> Image.Image:
    """Enlarges a picture and puts it on a plain ground where it is transparent.

    Args:
      image: `[H, W, 3]` or `[H, W, 4]` uint8, straight alpha.
      scale: whole factor of enlargement, at least 1.
      ground: colour of the ground; by default a light blue-grey.

    Returns:
      RGB picture of `W scale` by `H scale`.

    Raises:
      ValueError: another shape or type, or a scale below 1.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] not in (3, 4) or image.dtype != np.uint8:
        raise ValueError(
            f"image is {image.dtype} of shape {image.shape}; expected uint8 [H, W, 3 or 4]"
        )
    if scale < 1 or scale != int(scale):
        raise ValueError(f"scale is {scale}; expected a whole number of at least 1")
    picture = Image.fromarray(np.ascontiguousarray(image))
    if scale > 1:
        size = (picture.width * int(scale), picture.height * int(scale))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    if picture.mode == "RGB":
        return picture
    below = Image.new("RGBA", picture.size, ground)
    return Image.alpha_composite(below, picture).convert("RGB")


def captioned(picture: Image.Image, caption: str, *, size: float = CAPTION_SIZE) -> Image.Image:
    """The picture with a line of text above it, shortened to the picture's width."""
    height = round(size * 1.5)
    tile = Image.new("RGB", (picture.width, picture.height + height), PAPER)
    tile.paste(picture, (0, height))
    draw = ImageDraw.Draw(tile)
    text, kind = caption, font(size)
    while len(text) > 1 and draw.textlength(text, font=kind) > picture.width - 2:
        text = text.removesuffix("…")[:-1] + "…"
    draw.text((1, height / 2), text, fill=INK, font=kind, anchor="lm")
    return tile


def tile_rows(rows: Sequence[Sequence[Image.Image]], *, gap: int = GAP) -> Image.Image:
    """Pictures in rows, each row as high as its highest, on light paper with gaps around."""
    widths = [sum(tile.width + gap for tile in row) for row in rows]
    heights = [max((tile.height for tile in row), default=0) + gap for row in rows]
    sheet = Image.new("RGB", (max(widths, default=0) + gap, sum(heights) + gap), PAPER)
    y = gap
    for row, height in zip(rows, heights, strict=True):
        x = gap
        for tile in row:
            sheet.paste(tile, (x, y))
            x += tile.width + gap
        y += height
    return sheet


def save_picture(
    picture: Image.Image, path: str | os.PathLike, *, palette: bool = False
) -> pathlib.Path:
    """Writes a picture, whole or not at all; the suffix tells the format; makes the folder.

    Args:
      picture: RGB.
      path: file.
      palette: whether a PNG is written with 256 colours of its own, in a third of the bytes.

    Raises:
      ValueError: Pillow does not know the suffix.
    """
    path = pathlib.Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: suffix is {path.suffix!r}; expected that of a picture, as .png")
    if palette and kind == "PNG":
        colors = picture.quantize(256, method=Image.Quantize.FASTOCTREE)
        picture = picture.quantize(palette=colors, dither=Image.Dither.NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as file:
        picture.save(file, kind)
    return path
