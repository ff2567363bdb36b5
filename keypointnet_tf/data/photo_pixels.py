"""Pixels of a Pillow image of any mode as the image is seen, at 8 bytes a pixel.

Pillow's own way from a file to an array (turn, convert, copy) holds four images at a time; here the
decoded one is turned and converted into the result a band of rows at a time. Letters: H W pixels of
the image as seen, h w as stored.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

BAND_PIXELS = 1 << 20
ORIENTATION = 0x0112
_TURNS = (5, 6, 7, 8)


def rgba_of(image: Image.Image) -> np.ndarray:
    """An image as it is seen, turned by its EXIF tag; of an animation the frame it is at.

    Returns:
      uint8 `[H, W, 4]`, straight alpha, 255 where there is none. 16-bit values are scaled.

    Raises:
      ValueError: the range of brightness of its mode is unknown, or exceeds 16 bits.
    """
    image.load()  # Of a TIFF this applies the tag, and removes it.
    turn = image.getexif().get(ORIENTATION, 1)
    width, height = image.size[::-1] if turn in _TURNS else image.size
    seen = np.empty((height, width, 4), np.uint8)
    stored = as_stored(seen, turn)
    for rows, band in bands(image):
        stored[rows] = np.asarray(_to_rgba(band))
    return seen


def as_stored(seen: np.ndarray, turn: int) -> np.ndarray:
    """View `[h, w, ...]` of the array `[H, W, ...]` by an EXIF orientation; 1 for unknown ones."""
    if turn not in (2, 3, 4, *_TURNS):
        return seen
    views = {
        2: seen[:, ::-1],
        3: seen[::-1, ::-1],
        4: seen[::-1],
        5: seen.swapaxes(0, 1),
        6: np.rot90(seen),
        7: seen[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(seen, -1),
    }
    return views[turn]


def bands(image: Image.Image):
    """Yields a slice of rows and the image's part there, until all rows were given."""
    step = max(1, BAND_PIXELS // image.width)
    for start in range(0, image.height, step):
        stop = min(start + step, image.height)
        yield slice(start, stop), image.crop((0, start, image.width, stop))


def brightness(rgba: np.ndarray) -> np.ndarray:
    """uint8 `[H, W]`: ITU-R 601 luma of uint8 `[H, W, 4]`, without regard to alpha."""
    result = np.empty(rgba.shape[:2], np.uint8)
    for rows, band in bands(Image.fromarray(rgba)):
        result[rows] = np.asarray(band.convert("RGB").convert("L"))
    return result


def _to_rgba(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("it has mode F, whose range of brightness is unknown")
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError(f"it has values from {values.min()} to {values.max()}, not of 16 bits")
        image = Image.fromarray(np.round(values / 257).astype(np.uint8))
    return image.convert("RGBA")
