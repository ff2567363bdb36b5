"""Photos on their way into the networks, and keypoints on their way back into the photos.

Pixel coordinates are those of `data.framing`. Letters: K keypoints, S pixels of the networks'
image side.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data import photos
from keypointnet_tf.data.framing import Box, Framing, frame_photo
from keypointnet_tf.viz.photo_picture import shrunk


@dataclasses.dataclass(frozen=True)
class FramedPhoto:
    """A photo on its way into the networks.

    Attributes:
      file: path as given.
      width, height: of the photo, turned by its EXIF tag.
      framing: the crop.
      image: float32 `[S, S, 3]`.
      picture: uint8 `[h, w, 4]`, the photo shrunk to be drawn on, or None where none was asked for.
    """

    file: str
    width: int
    height: int
    framing: Framing
    image: np.ndarray
    picture: np.ndarray | None = None


@dataclasses.dataclass(frozen=True)
class PhotoKeypoints:
    """Keypoints of one photo, `x, y` in its pixels (first pixel's centre 0.5), EXIF tag applied.

    Attributes:
      file, width, height, framing: see `FramedPhoto`.
      xy: `[K, 2]`.
      depth: `[K]`, negative; xyz_camera: `[K, 3]`: in the crop's virtual camera,
        `Predictor.virtual_camera`.
      confidence: `[K]`.
      front, back: `[2]` where the object's `+x` and `-x` axis points are.
      margin: by how much of the crop's NDC the two differ in `u`; near 0 the side is a guess.
      faces_right: whether the front is right of the back.
      faces_confidence: in [0.5, 1], how probable it is that this is right.
      descriptors: `[K, D]` unit vectors, see `photo_matching`; None where the model has none.
    """

    file: str
    width: int
    height: int
    framing: Framing
    xy: np.ndarray
    depth: np.ndarray
    xyz_camera: np.ndarray
    confidence: np.ndarray
    front: np.ndarray
    back: np.ndarray
    margin: float
    faces_right: bool
    faces_confidence: float
    descriptors: np.ndarray | None = None


def name_of(photo: photos.Photo, index: int) -> str:
    """What a photo is called in results and messages: its path, or its number in the list."""
    return str(photo) if isinstance(photo, str | os.PathLike) else f"image {index}"


def read_framed(
    photo: photos.Photo,
    *,
    name: str,
    size: int,
    object_share: float,
    mask: str | os.PathLike | np.ndarray | None = None,
    box: Box | None = None,
    picture_side: int | None = None,
) -> FramedPhoto:
    """Reads and frames a photo.

    Args:
      photo: see `photos.as_rgba`.
      name: of the photo, for messages.
      size: S.
      object_share: mean share of the frame that objects fill in the training data.
      mask: mask file, bool array `[H, W]`, or None.
      box: `x0, y0, x1, y1` in the photo's pixels, or None.
      picture_side: of the `picture` that is kept, in pixels; None for none.

    Raises:
      ValueError: the photo, its mask or its box cannot be used; the message names the file.
    """
    try:
        # Before the photo: reading either holds several times its result.
        from_file = isinstance(mask, str | os.PathLike)
        object_mask = photos.read_mask(mask) if from_file else mask
        rgba = photos.as_rgba(photo)
        height, width = rgba.shape[:2]
        if from_file:
            photos.check_mask_size(mask, object_mask.shape[::-1], (width, height))
        image, _, framing = frame_photo(
            rgba, size=size, object_share=object_share, mask=object_mask, box=box
        )
        picture = None if picture_side is None else shrunk(rgba, longest=picture_side)
    except ValueError as error:
        told = str(error)
        raise ValueError(told if name in told else f"{name}: {told}") from error
    return FramedPhoto(name, width, height, framing, image, picture)


def framed_batches(
    frame: Callable[..., FramedPhoto],
    paths: Sequence[photos.Photo],
    *,
    step: int,
    masks: Sequence | None = None,
    boxes: Sequence | None = None,
    on_failure: Callable[[str, ValueError], None] | None = None,
    progress: bool = False,
) -> Iterator[list[FramedPhoto]]:
    """Frames photos one after the other, so that only a batch of them is in memory.

    Args:
      frame: called with a photo, its `name`, `mask` and `box`.
      paths, masks, boxes, on_failure, progress: see `Predictor.predict_photos`.
      step: photos in a batch; the last one may be smaller.

    Raises:
      ValueError: a photo cannot be used and `on_failure` is None, or lengths differ.
    """
    masks = [None] * len(paths) if masks is None else masks
    boxes = [None] * len(paths) if boxes is None else boxes
    jobs = zip(paths, masks, boxes, strict=True)
    waiting = []
    bar = tqdm(jobs, total=len(paths), unit="photo", disable=not progress)
    for index, (photo, mask, box) in enumerate(bar):
        name = name_of(photo, index)
        try:
            waiting.append(frame(photo, name=name, mask=mask, box=box))
        except ValueError as error:
            if on_failure is None:
                raise
            on_failure(name, error)
        if len(waiting) == step:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def on_photo(photo: FramedPhoto, values: Mapping[str, np.ndarray]) -> PhotoKeypoints:
    """What the networks say of a crop, in its photo's pixels.

    Args:
      photo: the photo.
      values: one image's `uv`, `depth`, `xyz_camera`, `confidence`, `orient_uv`, `faces_right`
        and `faces_confidence`, and `descriptors` where the model has them; see `Prediction`.
    """
    front, back = photo.framing.to_pixels(values["orient_uv"])
    margin = abs(float(values["orient_uv"][0, 0] - values["orient_uv"][1, 0]))
    return PhotoKeypoints(
        file=photo.file,
        width=photo.width,
        height=photo.height,
        framing=photo.framing,
        xy=photo.framing.to_pixels(values["uv"]),
        depth=values["depth"],
        xyz_camera=values["xyz_camera"],
        confidence=values["confidence"],
        front=front,
        back=back,
        margin=margin,
        faces_right=bool(values["faces_right"]),
        faces_confidence=float(values["faces_confidence"]),
        descriptors=values.get("descriptors"),
    )
