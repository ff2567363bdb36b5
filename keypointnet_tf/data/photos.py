"""Photos of any size and mode, and their masks, found and read.

A photo is taken as it is seen, turned by its EXIF tag. Letters: H W pixels of the photo.
"""

from __future__ import annotations

import glob
import os
import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS = 120_000_000
# A line of millions of pixels is no photo, and framing takes memory by its length.
MAX_SIDE = 65_535
SUFFIXES = frozenset(
    ".avif .bmp .gif .jfif .jp2 .jpe .jpeg .jpg .pbm .pgm .png .pnm".split()
    + ".ppm .tga .tif .tiff .webp".split()
)
# Only what SUFFIXES name: of the rest, some decoders run programs (EPS), and few are looked after.
FORMATS = "AVIF BMP GIF JPEG JPEG2000 PNG PPM TGA TIFF WEBP".split()
HALF = 127


def find_photos(path: str | os.PathLike) -> list[pathlib.Path]:
    """The photos that a file, a folder or a glob pattern names, sorted.

    A folder gives the files directly in it whose suffix is an image's; a pattern gives every file
    that it matches.

    Raises:
      ValueError: there is none.
    """
    given = pathlib.Path(path)
    if given.is_file():
        return [given]
    if given.is_dir():
        found = [file for file in given.iterdir() if _looks_like_photo(file)]
    else:
        found = [pathlib.Path(match) for match in glob.glob(str(path), recursive=True)]
        found = [file for file in found if file.is_file()]
    if not found:
        raise ValueError(f"{path} finds no photo; expected an image file, a folder or a glob")
    return sorted(found)


def find_mask(path: str | os.PathLike, photo: str | os.PathLike) -> pathlib.Path:
    """The mask of a photo: `path` itself, or the image with the photo's stem in the folder `path`.

    Raises:
      ValueError: there is no such file, or more than one.
    """
    path, photo = pathlib.Path(path), pathlib.Path(photo)
    if path.is_file():
        return path
    if not path.is_dir():
        raise ValueError(f"{path}: mask is absent; expected an image file or a folder of them")
    found = [f for f in path.iterdir() if f.stem == photo.stem and _looks_like_photo(f)]
    found = sorted(file for file in found if not file.samefile(photo))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise ValueError(f"{photo}: masks in {path}: {names}; expected one named {photo.stem}.*")
    return found[0]


def read_photo(path: str | os.PathLike, *, max_pixels: int | None = None) -> np.ndarray:
    """Reads an image of any mode, turned as its EXIF tag says; of an animation the first frame.

    Args:
      path: image file of one of `FORMATS`, by its content.
      max_pixels: larger ones are refused before they are decoded; None for `MAX_PIXELS`.

    Returns:
      uint8 `[H, W, 4]`, straight alpha, 255 where the file has none. 16-bit values are scaled.

    Raises:
      ValueError: the file is absent, empty, no image, damaged, or has too many pixels.
    """
    most = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        if not os.path.getsize(path):
            raise ValueError("it is empty, 0 bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_known_formats()) as image:
                if image.width * image.height > most or max(image.size) > MAX_SIDE:
                    raise ValueError(f"it is {image.width} x {image.height} pixels")
                return np.array(_to_rgba(ImageOps.exif_transpose(image)))
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files.
        raise ValueError(
            f"{path}: the photo cannot be read ({error}); expected an image of at most "
            f"{most:,} pixels, {MAX_SIDE:,} on a side"
        ) from error


Photo = str | os.PathLike | Image.Image | np.ndarray


def as_rgba(photo: Photo) -> np.ndarray:
    """A photo in memory, or read from its file, as `read_photo` gives it.

    Args:
      photo: a path; a Pillow image of any mode, turned as its EXIF tag says; or an array `[H, W]`,
        `[H, W, 3]` or `[H, W, 4]`, uint8 or floating point in [0, 1], straight alpha.

    Returns:
      uint8 `[H, W, 4]`.

    Raises:
      ValueError: the file cannot be read, or the image has another shape, type or range.
    """
    if isinstance(photo, str | os.PathLike):
        return read_photo(photo)
    if isinstance(photo, Image.Image):
        return np.array(_to_rgba(ImageOps.exif_transpose(photo)))
    pixels = np.asarray(photo)
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,), (4,)) or not pixels.size:
        raise ValueError(
            f"image array has shape {pixels.shape}; expected [H, W], [H, W, 3] or [H, W, 4]"
        )
    if np.issubdtype(pixels.dtype, np.floating):
        if not (0 <= pixels.min() and pixels.max() <= 1):
            raise ValueError(
                f"image array has values from {pixels.min():g} to {pixels.max():g}; expected "
                "floating point in [0, 1], or uint8"
            )
        pixels = np.round(pixels * 255).astype(np.uint8)
    if pixels.dtype != np.uint8:
        raise ValueError(f"image array is of {pixels.dtype}; expected uint8 or floating point")
    return np.array(Image.fromarray(pixels).convert("RGBA"))


def read_mask(path: str | os.PathLike, size: tuple[int, int]) -> np.ndarray:
    """Reads an object mask: the file's alpha where it varies, else its brightness, above one half.

    Args:
      path: an image of any mode.
      size: width and height of the photo that it belongs to, in pixels.

    Returns:
      bool `[H, W]`.

    Raises:
      ValueError: the file cannot be read, has another size, or marks no pixel.
    """
    rgba = read_photo(path)
    height, width = rgba.shape[:2]
    if (width, height) != tuple(size):
        raise ValueError(
            f"{path}: mask is {width} x {height} pixels; the photo is {size[0]} x {size[1]}"
        )
    values = rgba[..., 3]
    if values.min() == values.max():
        values = np.asarray(Image.fromarray(rgba[..., :3]).convert("L"))
    if values.max() <= HALF:
        raise ValueError(
            f"{path}: mask is empty, its largest value is {values.max()}; expected above {HALF} "
            "of 255 on the object"
        )
    return values > HALF


def _known_formats() -> list[str]:
    """Those of `FORMATS` that this Pillow has."""
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _looks_like_photo(file: pathlib.Path) -> bool:
    hidden = file.name.startswith(".")
    return not hidden and file.suffix.lower() in SUFFIXES and file.is_file()


def _to_rgba(image: Image.Image) -> Image.Image:
    if image.mode == "F":
        raise ValueError("it has mode F, whose range of brightness is unknown")
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError(f"it has values from {values.min()} to {values.max()}, not of 16 bits")
        image = Image.fromarray(np.round(values / 257).astype(np.uint8))
    return image.convert("RGBA")
