"""A view pair as the features of one record, and back, with every field checked.

Published features: `img0`, `img1` PNG RGBA, square, straight alpha; `mv0`, `mv1` 16 floats, the
row-major object-to-camera matrices; `mvi0`, `mvi1` their inverses. Ours adds, for readers that
look: `landmarks` 3 L floats in the record's object frame (NaN where absent), `object_id`, `kind`
(bytes), `f0`, `f1` (the focal length in NDC units). Other features are ignored.
Letters: S pixels of a side, L landmarks.
"""

from __future__ import annotations

import dataclasses
import io
import os

import numpy as np
from PIL import Image

from keypointnet_tf.data import records
from keypointnet_tf.data.fields import FieldError, Fields
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.pairs import ViewPair


def encode_pair(pair: ViewPair) -> dict[str, records.Value]:
    """Features of a pair for `records.write_records`, published ones and ours."""
    features: dict[str, records.Value] = {
        "object_id": pair.object_id.encode(),
        "kind": pair.kind.encode(),
    }
    images = (pair.image0, pair.image1)
    poses = (pair.object_to_camera0, pair.object_to_camera1)
    focals = (pair.focal0, pair.focal1)
    for view in range(2):
        pose = np.asarray(poses[view], np.float64)
        features[f"img{view}"] = encode_png(images[view])
        features[f"mv{view}"] = pose.astype(np.float32)
        features[f"mvi{view}"] = placement.invert_pose(pose).astype(np.float32)
        features[f"f{view}"] = [float(focals[view])]
    if pair.landmarks is not None:
        features["landmarks"] = np.asarray(pair.landmarks, np.float32)
    return features


@dataclasses.dataclass(frozen=True)
class EncodedPair:
    """A checked record whose images are still PNG bytes.

    Attributes:
      png0, png1: RGBA images of `size` x `size` pixels by their headers.
      size: S of both images.
      object_to_camera0, object_to_camera1: `[4, 4]` float32, from the record's own object frame.
      focal0, focal1: in NDC units.
      landmarks: `[L, 3]` float32 in the record's own object frame, or None.
      object_id, kind: "" where the record has none.
    """

    png0: bytes
    png1: bytes
    size: int
    object_to_camera0: np.ndarray
    object_to_camera1: np.ndarray
    focal0: float
    focal1: float
    landmarks: np.ndarray | None
    object_id: str
    kind: str


def decode_fields(
    features: records.Features,
    *,
    path: str | os.PathLike,
    index: int,
    focal: float | None = None,
) -> EncodedPair:
    """Checks the features of one record, leaving the pixels undecoded.

    Args:
      features: as `records.read_records` yields them.
      path: the record's file, for messages.
      index: the record's number in it, from 0, for messages.
      focal: focal length for records without `f0` and `f1`, from the set's `projection.txt`.

    Raises:
      ValueError: a feature is absent, of the wrong type or length, an image is not square RGBA
        or the two differ in size, a matrix is not rigid, or an inverse is not its inverse; names
        file, record and feature.
    """
    fields = Fields(features, f"{path}: record {index}")
    sizes = [fields.image_size(f"img{view}") for view in range(2)]
    if sizes[0] != sizes[1]:
        fields.fail("img1", f"is {sizes[1]} x {sizes[1]} pixels", f"{sizes[0]} as img0")
    poses = fields.poses()
    return EncodedPair(
        png0=fields.bytes("img0"),
        png1=fields.bytes("img1"),
        size=sizes[0],
        object_to_camera0=poses[0],
        object_to_camera1=poses[1],
        focal0=fields.focal("f0", focal),
        focal1=fields.focal("f1", focal),
        landmarks=fields.landmarks(),
        object_id=fields.text("object_id"),
        kind=fields.text("kind"),
    )


def decode_images(encoded: EncodedPair, *, path: str | os.PathLike, index: int) -> ViewPair:
    """The pair with its pixels.

    Raises:
      ValueError: an image is damaged; names file, record and feature.
    """
    values = {
        field.name: getattr(encoded, field.name)
        for field in dataclasses.fields(encoded)
        if field.name not in ("png0", "png1", "size")
    }
    for view, png in enumerate((encoded.png0, encoded.png1)):
        values[f"image{view}"] = decode_png(png, f"img{view}", where=f"{path}: record {index}")
    return ViewPair(**values)


def decode_png(png: bytes, field: str, *, where: str) -> np.ndarray:
    """Pixels uint8 `[H, W, C]` of a PNG image.

    Raises:
      FieldError: the image is damaged.
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            return np.array(image)
    except (OSError, SyntaxError, ValueError) as error:
        problem = f"of {len(png)} bytes does not decode; expected a PNG image"
        raise FieldError(where, field, problem) from error


def decode_pair(
    features: records.Features,
    *,
    path: str | os.PathLike,
    index: int,
    focal: float | None = None,
) -> ViewPair:
    """`decode_fields` and `decode_images` in one: the pair in the record's own object frame."""
    encoded = decode_fields(features, path=path, index=index, focal=focal)
    return decode_images(encoded, path=path, index=index)


def encode_png(image: np.ndarray) -> bytes:
    """PNG bytes of a uint8 image `[H, W, 4]`."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(stream, "PNG")
    return stream.getvalue()
