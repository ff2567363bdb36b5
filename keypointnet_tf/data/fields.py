"""Typed access to the features of one record, with the file, record and feature in each error."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NoReturn

import numpy as np

POSE_TOLERANCE = 1e-3

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">16sIIxB")  # signature and chunk head, width, height, depth, type
_PNG_RGBA = 6


class FieldError(ValueError):
    """One feature of one record is wrong.

    Attributes:
      field: its name.
      problem: the message without file and record.
    """

    def __init__(self, where: str, field: str, problem: str):
        super().__init__(f"{where}: feature {field!r} {problem}")
        self.field, self.problem = field, problem


class Fields:
    """Checked access to the features of one record; every failure is a `FieldError`."""

    def __init__(self, features: Mapping, where: str):
        self._features = features
        self._where = where

    def fail(self, name: str, received: str, expected: str, cause=None) -> NoReturn:
        """Raises the error of one feature."""
        raise FieldError(self._where, name, f"{received}; expected {expected}") from cause

    def bytes(self, name: str) -> bytes:
        """The one bytes value of a feature."""
        value = self._get(name)
        if not isinstance(value, list):
            self.fail(name, f"holds {value.dtype} numbers", "bytes")
        if len(value) != 1:
            self.fail(name, f"holds {len(value)} values", "1")
        return value[0]

    def floats(self, name: str, count: int | None = None) -> np.ndarray:
        """`[count]` float32 values of a feature."""
        value = self._get(name)
        if isinstance(value, list) or value.dtype != np.float32:
            kind = "bytes" if isinstance(value, list) else f"{value.dtype} numbers"
            self.fail(name, f"holds {kind}", "float32 numbers")
        if count is not None and len(value) != count:
            self.fail(name, f"holds {len(value)} values", str(count))
        return value

    def text(self, name: str) -> str:
        """UTF-8 text of a feature, "" where it is absent."""
        if name not in self._features:
            return ""
        try:
            return self.bytes(name).decode()
        except UnicodeDecodeError as error:
            self.fail(name, "is not UTF-8", "text", error)

    def focal(self, name: str, fallback: float | None) -> float:
        """A focal length above 0, `fallback` where it is absent."""
        if name not in self._features and fallback is not None:
            return float(fallback)
        value = float(self.floats(name, 1)[0])
        if not (np.isfinite(value) and value > 0):
            self.fail(name, f"is {value}", "a finite focal length above 0")
        return value

    def landmarks(self) -> np.ndarray | None:
        """`[L, 3]` float32 points, None where they are absent."""
        if "landmarks" not in self._features:
            return None
        value = self.floats("landmarks")
        if len(value) % 3:
            self.fail("landmarks", f"holds {len(value)} values", "a multiple of 3")
        if np.isinf(value).any():
            self.fail("landmarks", "holds infinite values", "finite ones, or NaN where absent")
        return value.reshape(-1, 3)

    def image_size(self, name: str) -> int:
        """Side in pixels of a square RGBA image, from its PNG header."""
        data = self.bytes(name)
        if len(data) < _PNG_HEADER.size or not data.startswith(_PNG_SIGNATURE):
            self.fail(name, f"of {len(data)} bytes does not decode", "a PNG image")
        _, width, height, color_type = _PNG_HEADER.unpack_from(data)
        if color_type != _PNG_RGBA:
            self.fail(name, f"has PNG colour type {color_type}", f"{_PNG_RGBA} (RGBA)")
        if width != height or not width:
            self.fail(name, f"is {width} x {height} pixels", "a square image")
        return width

    def poses(self) -> np.ndarray:
        """`[2, 4, 4]` float32 rigid matrices of both views, compared with their inverses."""
        names = ("mv0", "mv1", "mvi0", "mvi1")
        values = np.stack([self.floats(name, 16) for name in names]).reshape(2, 2, 4, 4)
        if not _all_good(*values.astype(np.float64)):
            for view in range(2):  # the slow way, to say what is wrong
                self.inverse(view, self.pose(view))
        return values[0]

    def pose(self, view: int) -> np.ndarray:
        """`[4, 4]` float32 rigid matrix of a view."""
        name = f"mv{view}"
        matrix = self.floats(name, 16).reshape(4, 4)
        self._check_rigid(name, matrix.astype(np.float64))
        return matrix

    def inverse(self, view: int, matrix: np.ndarray) -> np.ndarray:
        """`[4, 4]` float32 inverse of a view's `matrix [4, 4]`."""
        name = f"mvi{view}"
        inverse = self.floats(name, 16).reshape(4, 4)
        error = np.abs(inverse.astype(np.float64) @ matrix - np.eye(4)).max()
        if not error <= POSE_TOLERANCE:
            self.fail(name, f"times 'mv{view}' is {error:.3g} off identity", "the inverse")
        return inverse

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


def _all_good(matrices: np.ndarray, inverses: np.ndarray) -> bool:
    """Whether `matrices [2, 4, 4]` are rigid and `inverses` are theirs; False where unsure."""
    rotations = matrices[:, :3, :3]
    errors = (
        inverses @ matrices - np.eye(4),
        rotations @ rotations.transpose(0, 2, 1) - np.eye(3),
        matrices[:, 3] - [0, 0, 0, 1],
    )
    # Comparisons with NaN are false.
    near = all(np.abs(error).max() <= POSE_TOLERANCE for error in errors)
    return near and bool((np.linalg.det(rotations) > 0).all())
