"""A view pair as the features of one record, and back, with every field checked.

Published features: `img0`, `img1` PNG RGBA, square, straight alpha; `mv0`, `mv1` 16 floats, the
row-major object-to-camera matrices; `mvi0`, `mvi1` their inverses. Ours adds, for readers that
look: `landmarks` 3 L floats in the record's object frame (NaN where absent), `object_id`, `kind`
(bytes), `f0`, `f1` (the focal length in NDC units). Other features are ignored.
Letters: S pixels of a side, L landmarks.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping

import numpy as np
from PIL import Image

from keypointnet_tf.data import records
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.pairs import ViewPair

POSE_TOLERANCE = 1e-3


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


def decode_pair(
    features: records.Features,
    *,
    path: str | os.PathLike,
    index: int,
    focal: float | None = None,
) -> ViewPair:
    """The pair of one record, in the record's own object frame.

    Args:
      features: as `records.read_records` yields them.
      path: the record's file, for messages.
      index: the record's number in it, from 0, for messages.
      focal: focal length for records without `f0` and `f1`, from the set's `projection.txt`.

    Returns:
      The pair; `object_id` and `kind` are "" and `landmarks` None where the record has none.

    Raises:
      ValueError: a feature is absent, of the wrong type or length, an image does not decode to
        square RGBA or the two differ in size, a matrix is not rigid, or an inverse is not its
        inverse; names file, record and feature.
    """
    fields = _Fields(features, f"{path}: record {index}")
    images = [fields.image(f"img{view}") for view in range(2)]
    if images[0].shape != images[1].shape:
        fields.fail("img1", f"is {_size(images[1])} pixels", f"{_size(images[0])} as img0")
    poses = [fields.pose(view) for view in range(2)]
    return ViewPair(
        image0=images[0],
        image1=images[1],
        object_to_camera0=poses[0],
        object_to_camera1=poses[1],
        focal0=fields.focal("f0", focal),
        focal1=fields.focal("f1", focal),
        landmarks=fields.landmarks(),
        object_id=fields.text("object_id"),
        kind=fields.text("kind"),
    )


def encode_png(image: np.ndarray) -> bytes:
    """PNG bytes of a uint8 image `[H, W, 4]`."""
    stream = io.BytesIO()
    Image.fromarray(np.asarray(image, np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]} x {image.shape[0]}"


class _Fields:
    """Checked access to the features of one record."""

    def __init__(self, features: Mapping, where: str):
        self._features = features
        self._where = where

    def fail(self, name: str, received: str, expected: str, cause=None) -> None:
        raise ValueError(
            f"{self._where}: feature {name!r} {received}; expected {expected}"
        ) from cause

    def bytes(self, name: str) -> bytes:
        value = self._get(name)
        if not isinstance(value, list):
            self.fail(name, f"holds {value.dtype} numbers", "bytes")
        if len(value) != 1:
            self.fail(name, f"holds {len(value)} values", "1")
        return value[0]

    def floats(self, name: str, count: int | None = None) -> np.ndarray:
        value = self._get(name)
        if isinstance(value, list) or value.dtype != np.float32:
            kind = "bytes" if isinstance(value, list) else f"{value.dtype} numbers"
            self.fail(name, f"holds {kind}", "float32 numbers")
        if count is not None and len(value) != count:
            self.fail(name, f"holds {len(value)} values", str(count))
        return value

    def text(self, name: str) -> str:
        if name not in self._features:
            return ""
        try:
            return self.bytes(name).decode()
        except UnicodeDecodeError as error:
            self.fail(name, "is not UTF-8", "text", error)

    def focal(self, name: str, fallback: float | None) -> float:
        if name not in self._features and fallback is not None:
            return float(fallback)
        value = float(self.floats(name, 1)[0])
        if not (np.isfinite(value) and value > 0):
            self.fail(name, f"is {value}", "a finite focal length above 0")
        return value

    def landmarks(self) -> np.ndarray | None:
        if "landmarks" not in self._features:
            return None
        value = self.floats("landmarks")
        if len(value) % 3:
            self.fail("landmarks", f"holds {len(value)} values", "a multiple of 3")
        if np.isinf(value).any():
            self.fail("landmarks", "holds infinite values", "finite ones, or NaN where absent")
        return value.reshape(-1, 3)

    def image(self, name: str) -> np.ndarray:
        data = self.bytes(name)
        try:
            with Image.open(io.BytesIO(data)) as image:
                pixels, mode = np.array(image), image.mode
        except (OSError, SyntaxError, ValueError) as error:
            self.fail(name, f"of {len(data)} bytes does not decode", "a PNG image", error)
        if mode != "RGBA":
            self.fail(name, f"has mode {mode}", "RGBA")
        if pixels.shape[0] != pixels.shape[1]:
            self.fail(name, f"is {_size(pixels)} pixels", "a square image")
        return pixels

    def pose(self, view: int) -> np.ndarray:
        name, inverse_name = f"mv{view}", f"mvi{view}"
        matrix = self.floats(name, 16).reshape(4, 4)
        self._check_rigid(name, matrix.astype(np.float64))
        inverse = self.floats(inverse_name, 16).reshape(4, 4)
        error = np.abs(inverse.astype(np.float64) @ matrix - np.eye(4)).max()
        if not error <= POSE_TOLERANCE:
            self.fail(inverse_name, f"times {name!r} is {error:.3g} off identity", "the inverse")
        return matrix

    def _check_rigid(self, name: str, matrix: np.ndarray) -> None:
        if not np.isfinite(matrix).all():
            self.fail(name, "holds non-finite values", "a finite 4 x 4 matrix")
        if np.abs(matrix[3] - [0, 0, 0, 1]).max() > POSE_TOLERANCE:
            self.fail(name, f"has last row {matrix[3].tolist()}", "0 0 0 1 (row-major)")
        rotation = matrix[:3, :3]
        determinant = np.linalg.det(rotation)
        if abs(determinant) < POSE_TOLERANCE:
            self.fail(name, f"is singular (determinant {determinant:.3g})", "a rigid matrix")
        error = np.abs(rotation @ rotation.T - np.eye(3)).max()
        if error > POSE_TOLERANCE or determinant < 0:
            self.fail(
                name,
                f"is {error:.3g} off orthonormal with determinant {determinant:.3g}",
                "a rotation and a shift",
            )

    def _get(self, name: str):
        if name not in self._features:
            self.fail(name, "is missing", f"it beside {sorted(self._features)}")
        return self._features[name]
