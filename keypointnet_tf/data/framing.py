"""Photos cropped, padded and resized so that their object fills the frame as in training.

Pixel coordinates `(x, y)` are continuous and belong to the photo as it is seen, turned by its EXIF
tag; the first pixel's centre is 0.5. Letters: H W pixels of the photo, S pixels of a framed side.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.data.photos import HALF
from keypointnet_tf.geometry import placement

Box = tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True)
class Framing:
    """The square of a photo that the networks see; it may reach beyond the photo.

    Attributes:
      center: `(x, y)` in the photo's pixels.
      side: in the photo's pixels.
    """

    center: tuple[float, float]
    side: float

    @property
    def corner(self) -> tuple[float, float]:
        """`(x, y)` of the upper left corner in the photo's pixels."""
        return self.center[0] - self.side / 2, self.center[1] - self.side / 2

    def to_pixels(self, uv: np.ndarray) -> np.ndarray:
        """The square's NDC `[..., 2]`, `v` up, to the photo's pixels `(x, y)`."""
        return placement.ndc_to_pixels(np.asarray(uv, float), self.side, self.side) + self.corner

    def to_ndc(self, xy: np.ndarray) -> np.ndarray:
        """Inverse of `to_pixels`."""
        return placement.pixels_to_ndc(np.asarray(xy, float) - self.corner, self.side, self.side)


def frame_photo(
    rgba: np.ndarray,
    *,
    size: int,
    object_share: float,
    mask: np.ndarray | None = None,
    box: Box | None = None,
) -> tuple[np.ndarray, np.ndarray, Framing]:
    """Crops, pads and resizes a photo so that its object is framed as in training.

    With a mask the background becomes black and the larger side of the mask's box fills
    `object_share` of the frame. A box sets the frame in the same way, and keeps the background
    that no mask removes. An alpha channel that varies is a mask where none is given. With neither,
    the whole photo is padded to a square. What lies beyond the photo is black.

    Args:
      rgba: uint8 `[H, W, 4]`, straight alpha.
      size: S.
      object_share: mean share of the frame that objects fill in the training data, in (0, 1].
      mask: bool `[H, W]`.
      box: `x0, y0, x1, y1` in the photo's pixels.

    Returns:
      image: float32 `[S, S, 3]` in [0, 1], over black, area-averaged or enlarged linearly.
      mask: float32 `[S, S, 1]`, the share of each pixel on the object; ones where no mask is.
      framing: where the frame lies in the photo.

    Raises:
      ValueError: `object_share` is out of range, the mask has another shape or marks nothing, or
        the box is no box in the photo.
    """
    if not 0 < object_share <= 1:
        raise ValueError(f"object_share is {object_share}; expected in (0, 1]")
    height, width = rgba.shape[:2]
    if mask is not None and mask.shape != (height, width):
        raise ValueError(f"mask has shape {mask.shape}; expected {(height, width)} as the photo")
    alpha = rgba[..., 3]
    if not alpha.any():
        raise ValueError("the image is fully transparent; expected an object on it")
    masked = mask is not None or alpha.min() != alpha.max()
    if box is not None:
        check_box(box, width, height)
    elif masked:
        box = mask_box(alpha > HALF if mask is None else mask)
    framing = _whole(width, height) if box is None else _around(box, object_share)
    framed = _resample(rgba, mask, framing, size)
    coverage = framed[..., 3:] if masked else np.ones((size, size, 1), np.float32)
    return framed[..., :3], coverage, framing


def check_box(box: Box, width: int, height: int) -> None:
    """Refuses what is no box in a photo of this size.

    Raises:
      ValueError: its corners are not in order or not finite, or it lies beside the photo.
    """
    x0, y0, x1, y1 = box
    inside = max(x0, 0) < min(x1, width) and max(y0, 0) < min(y1, height)
    if not (np.isfinite(box).all() and x0 < x1 and y0 < y1 and inside):
        raise ValueError(
            f"box is {','.join(f'{value:g}' for value in box)}; expected x0,y0,x1,y1 with x0 < x1 "
            f"and y0 < y1 that meets the photo of {width} x {height} pixels"
        )


def mask_box(mask: np.ndarray) -> Box:
    """`x0, y0, x1, y1` around the true pixels of a mask `[H, W]`.

    Raises:
      ValueError: there is none.
    """
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        raise ValueError(f"mask is empty; expected a pixel above {HALF} of 255")
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _around(box: Box, share: float) -> Framing:
    x0, y0, x1, y1 = box
    return Framing(((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0) / share)


def _whole(width: int, height: int) -> Framing:
    """Padded by whole pixels, so that a photo of the network's size is not resampled."""
    side = max(width, height)
    left, top = (side - width) // 2, (side - height) // 2
    return Framing((side / 2 - left, side / 2 - top), float(side))


def _resample(rgba: np.ndarray, mask: np.ndarray | None, framing: Framing, size: int) -> np.ndarray:
    """float32 `[S, S, 4]`: colour over black, and the share of each pixel on the object.

    Goes through the photo in bands of rows, so that a large one never lies in memory as float.
    """
    x, y = framing.corner
    rows = _weights(y, framing.side, size, rgba.shape[0])
    columns = _weights(x, framing.side, size, rgba.shape[1])
    wide = _span(columns.any(axis=0))
    result = np.zeros((size, size, 4), np.float32)
    for target, weights in enumerate(rows):
        band = _span(weights > 0)
        pixels = rgba[band, wide].astype(np.float32) / 255
        if mask is not None:
            pixels[..., 3] *= mask[band, wide]
        pixels[..., :3] *= pixels[..., 3:]
        pixels[..., 3] = pixels[..., 3] > 0
        result[target] = columns[:, wide] @ np.tensordot(weights[band], pixels, 1)
    return np.clip(result, 0, 1)


def _weights(start: float, side: float, size: int, count: int) -> np.ndarray:
    """`[size, count]` float32 weights along one axis: each new pixel from `count` old ones.

    Shrinking takes the mean over what a new pixel covers, enlarging interpolates linearly; both
    agree at equal size. Rows sum to the share of the new pixel that lies in the photo.
    """
    step = side / size
    low = start + np.arange(size)[:, None] * step
    high = low + step
    pixels = np.arange(count)
    if step >= 1:
        overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
        return (np.maximum(overlap, 0) / step).astype(np.float32)
    inside = np.maximum(np.minimum(high, count) - np.maximum(low, 0), 0) / step
    centre = np.clip(low + step / 2, 0.5, count - 0.5)
    return (inside * np.maximum(0, 1 - np.abs(centre - (pixels + 0.5)))).astype(np.float32)


def _span(used: np.ndarray) -> slice:
    """From the first true entry to the last, empty where there is none."""
    found = np.flatnonzero(used)
    return slice(found[0], found[-1] + 1) if len(found) else slice(0, 0)
