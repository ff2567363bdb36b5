"""Photos of any size and mode, and their masks, found and read.

A photo is taken as it is seen, turned by its EXIF tag. Letters: H W pixels of the photo.
"""

from __future__ import annotations

import collections
import functools
import glob
import os
import pathlib
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PIL import Image

from keypointnet_tf.data.photo_pixels import brightness, rgba_of

# 12,000 x 9,000, as telephones take them. Reading holds 9 to 11 bytes a pixel with a mask, and the
# process 0.8 GB without: below 2 GiB together.
MAX_PIXELS = 108_000_000
# These decoders hold 11 to 24 bytes a pixel themselves.
COSTLY = {"AVIF": 60_000_000, "JPEG2000": 50_000_000, "WEBP": 60_000_000}
# A progressive JPEG of four channels holds 12 while it is decoded.
COSTLY_CMYK = 80_000_000
# Pillow takes a chunk of a file into memory twice, whatever the file says it is.
MAX_BYTES = 512 << 20
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
    that it matches. Links to nothing are among them, so that reading them tells.

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
        found = [file for file in found if _is_file_or_lost_link(file)]
    if not found:
        raise ValueError(f"{path} finds no photo; expected an image file, a folder or a glob")
    return sorted(found)


def find_mask(path: str | os.PathLike, photo: str | os.PathLike) -> pathlib.Path:
    """The mask of a photo: `path` itself, or the image with the photo's stem in the folder `path`.

    For many photos see `mask_finder`, which lists the folder once.

    Raises:
      ValueError: there is no such file, or more than one.
    """
    return mask_finder(path)(photo)


def mask_finder(path: str | os.PathLike) -> Callable[[str | os.PathLike], pathlib.Path]:
    """`find_mask` for many photos: the folder of masks is listed once.

    Raises:
      ValueError: `path` is absent.
    """
    path = pathlib.Path(path)
    if path.is_file():
        return lambda photo: path
    if not path.is_dir():
        raise ValueError(f"{path}: mask is absent; expected an image file or a folder of them")
    by_stem = collections.defaultdict(list)
    for file in path.iterdir():
        if _looks_like_photo(file):
            by_stem[file.stem].append(file)
    return functools.partial(_only_mask, path, by_stem)


def _only_mask(
    folder: pathlib.Path,
    by_stem: Mapping[str, Sequence[pathlib.Path]],
    photo: str | os.PathLike,
) -> pathlib.Path:
    photo = pathlib.Path(photo)
    found = sorted(file for file in by_stem.get(photo.stem, ()) if not _same(file, photo))
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise ValueError(f"{photo}: masks in {folder}: {names}; expected one named {photo.stem}.*")
    return found[0]


def _same(file: pathlib.Path, other: pathlib.Path) -> bool:
    return file.exists() and other.exists() and file.samefile(other)


def match_masks(
    photos: Sequence[str | os.PathLike], mask: str | os.PathLike | None
) -> tuple[list, list, list[dict[str, str]]]:
    """The photos that have a mask, their masks, and why others have none.

    Args:
      photos: files.
      mask: see `find_mask`; None for photos without masks.

    Returns:
      Photos, for each its mask or None, and failures with `file` and `reason`.

    Raises:
      ValueError: `mask` is absent.
    """
    if not mask:
        return list(photos), [None] * len(photos), []
    find, matched, masks, failures = mask_finder(mask), [], [], []
    for photo in photos:
        try:
            masks.append(find(photo))
            matched.append(photo)
        except ValueError as error:
            failures.append({"file": str(photo), "reason": str(error)})
    return matched, masks, failures


def read_photo(path: str | os.PathLike, *, max_pixels: int | None = None) -> np.ndarray:
    """Reads an image of any mode, turned as its EXIF tag says; of an animation the first frame.

    Args:
      path: image file of one of `FORMATS`, by its content.
      max_pixels: larger ones are refused before they are decoded; None for `MAX_PIXELS`. Of
        formats in `COSTLY` never more than is said there.

    Returns:
      uint8 `[H, W, 4]`, straight alpha, 255 where the file has none. 16-bit values are scaled.

    Raises:
      ValueError: the file is absent, empty, no file, no image, damaged, or has too many pixels or
        bytes.
    """
    most = MAX_PIXELS if max_pixels is None else max_pixels
    try:
        _check_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=_known_formats()) as image:
                most = min(most, COSTLY.get(image.format, most))
                most = min(most, COSTLY_CMYK) if image.mode == "CMYK" else most
                if image.width * image.height > most or max(image.size) > MAX_SIDE:
                    raise ValueError(f"it is {image.width} x {image.height} pixels")
                return rgba_of(image)
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
      uint8 `[H, W, 4]`; an array that is so already is not copied.

    Raises:
      ValueError: the file cannot be read, or the image has another shape, type or range.
    """
    if isinstance(photo, str | os.PathLike):
        return read_photo(photo)
    if isinstance(photo, Image.Image):
        return rgba_of(photo)
    pixels = np.asarray(photo)
    if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 4 and pixels.size:
        return pixels
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


def read_mask(path: str | os.PathLike, size: tuple[int, int] | None = None) -> np.ndarray:
    """Reads an object mask: the file's alpha where it varies, else its brightness, above one half.

    Args:
      path: an image of any mode.
      size: width and height of the photo that it belongs to, in pixels; None where unknown.

    Returns:
      bool `[H, W]`.

    Raises:
      ValueError: the file cannot be read, has another size, or marks no pixel.
    """
    rgba = read_photo(path)
    height, width = rgba.shape[:2]
    if size is not None:
        check_mask_size(path, (width, height), size)
    values = rgba[..., 3]
    if values.min() == values.max():
        values = brightness(rgba)
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


def check_mask_size(
    path: str | os.PathLike, size: tuple[int, int], photo_size: tuple[int, int]
) -> None:
    """Refuses a mask of another width and height than its photo's.

    Raises:
      ValueError: they differ.
    """
    if tuple(size) != tuple(photo_size):
        raise ValueError(
            f"{path}: mask is {size[0]} x {size[1]} pixels; the photo is "
            f"{photo_size[0]} x {photo_size[1]}"
        )


def _check_file(path: str | os.PathLike) -> None:
    """Refuses what only its size or kind tells apart from a photo; a pipe would never end."""
    if not os.path.isfile(path) and os.path.exists(path):
        raise ValueError("it is a folder, a pipe or a device")
    size = os.path.getsize(path)
    if not size:
        raise ValueError("it is empty, 0 bytes")
    if size > MAX_BYTES:
        raise ValueError(f"it has {size:,} bytes; expected at most {MAX_BYTES:,}")


def _looks_like_photo(file: pathlib.Path) -> bool:
    if file.name.startswith(".") or file.suffix.lower() not in SUFFIXES:
        return False
    return _is_file_or_lost_link(file)


def _is_file_or_lost_link(file: pathlib.Path) -> bool:
    return file.is_file() or (file.is_symlink() and not file.exists())
