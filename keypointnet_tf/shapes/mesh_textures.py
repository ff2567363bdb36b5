"""Pictures on meshes: opened without trust in what they declare, and decoded once each.

Letters: H W pixels.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
from PIL import Image

MAX_TEXTURE_PIXELS = 1 << 26
MAX_PIXELS_PER_MESH = 1 << 30
# Longer sides are shrunk: at the sizes rendered here finer texels would only flicker.
LONGEST_STORED = 1024

# Formats that Pillow decodes by itself. Others, such as EPS, would start another program.
_FORMATS = ("PNG", "JPEG", "BMP", "TGA", "TIFF", "GIF", "WEBP", "PPM", "DDS", "PCX", "JPEG2000")
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tga", ".tif", ".tiff", ".gif", ".webp", ".ppm")
_MORE_SUFFIXES = (".pgm", ".pbm", ".dds", ".pcx", ".jp2", ".jfif", ".jpe", ".dib")
IMAGE_SUFFIXES = frozenset(_SUFFIXES + _MORE_SUFFIXES)


class Texture(NamedTuple):
    """A decoded picture: `rgb` uint8 `[H, W, 3]`, and `alpha` uint8 `[H, W]` where it has one."""

    rgb: np.ndarray
    alpha: np.ndarray | None


def open_image(data: bytes) -> Image.Image:
    """Opens a picture, reading no more than its header.

    Raises:
      ValueError: it is none of a known format, or has too many pixels.
    """
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # checked below
            image = Image.open(io.BytesIO(data), formats=formats)
    except Image.DecompressionBombError as error:
        raise ValueError(f"more than {MAX_TEXTURE_PIXELS:,} pixels") from error
    except Exception as error:  # whatever a decoder makes of damaged data
        raise ValueError("not an image") from error
    check_pixels(image)
    return image


def check_pixels(image: Image.Image) -> None:
    """Refuses a picture by the size in its header.

    Raises:
      ValueError: it has more than `MAX_TEXTURE_PIXELS`.
    """
    width, height = image.size
    if width * height > MAX_TEXTURE_PIXELS:
        raise ValueError(
            f"{width:,} x {height:,} pixels; at most {MAX_TEXTURE_PIXELS:,} are decoded"
        )


class TextureDecoder:
    """Decodes the pictures of one mesh file, each once, within a budget of pixels."""

    def __init__(self) -> None:
        self._pixels = 0
        self._known: dict[Hashable, Texture | ValueError] = {}

    def decode(self, key: Hashable, opened: Callable[[], Image.Image]) -> Texture:
        """The colours and opacity of a picture; its own pixels are freed.

        Args:
          key: what tells it from others.
          opened: opens it; not called for a known key.

        Raises:
          ValueError: it cannot be opened, or is damaged or too large.
        """
        if key not in self._known:
            self._known[key] = self._decoded(opened)
        result = self._known[key]
        if isinstance(result, ValueError):
            raise result
        return result

    def _decoded(self, opened: Callable[[], Image.Image]) -> Texture | ValueError:
        try:
            with opened() as image:
                check_pixels(image)
                self._pixels += image.width * image.height
                if self._pixels > MAX_PIXELS_PER_MESH:
                    raise ValueError(f"more than {MAX_PIXELS_PER_MESH:,} pixels in all textures")
                texture = _texture(image)
            image.close()  # which frees the pixels, unlike the end of the block
            return texture
        except Exception as error:  # whatever a decoder makes of damaged data
            return ValueError(
                getattr(error, "strerror", None) or str(error) or type(error).__name__
            )


def _texture(image: Image.Image) -> Texture:
    """Decoded and shrunk; 16-bit pictures keep the upper byte."""
    image.draft("RGB", (LONGEST_STORED, LONGEST_STORED))
    if image.mode.startswith("I"):
        values = np.asarray(image)
        grey = values // 257 if values.max(initial=0) > 255 else values
        image = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    if not image.has_transparency_data:
        return Texture(np.array(_shrunk(image.convert("RGB"))), None)
    pixels = np.array(_shrunk(image.convert("RGBA")))
    return Texture(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))


def _shrunk(image: Image.Image) -> Image.Image:
    size = tuple(min(side, LONGEST_STORED) for side in image.size)
    return image if size == image.size else image.resize(size, Image.Resampling.BOX)
