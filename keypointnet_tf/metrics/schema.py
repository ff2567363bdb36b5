"""Layout of a predictions file and the checks on it; `docs/predictions.md` is its manual.

Letters: N pairs, K keypoints, D numbers of a descriptor, L true landmarks, G landmark permutations,
S picture size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

SCHEMA_VERSION = 1
SPLITS = ("test", "train")
RIGID_TOLERANCE = 1e-3
UNIT_TOLERANCE = 1e-2
ANY_TURN = 0


class Field(NamedTuple):
    """Expected array: `shape` in letters and digits, `kind` a key of `KINDS`."""

    shape: str
    kind: str


KINDS = {"f": "floating point", "b": "bool", "U": "str", "u": "uint8", "i": "integer"}

REQUIRED: dict[str, Field] = {
    "uv": Field("N 2 K 2", "f"),
    "depth": Field("N 2 K", "f"),
    "object_to_camera": Field("N 2 4 4", "f"),
    "focal": Field("N 2", "f"),
    "object_id": Field("N", "U"),
}
OPTIONAL: dict[str, Field] = {
    "split": Field("N", "U"),
    "orient_uv": Field("N 2 2 2", "f"),
    "on_object": Field("N 2 K", "b"),
    "confidence": Field("N 2 K", "f"),
    "descriptors": Field("N 2 K D", "f"),
    "landmarks": Field("N L 3", "f"),
    "landmark_names": Field("L", "U"),
    "landmark_visible": Field("N 2 L", "b"),
    "boxes": Field("N 2 4", "f"),
    "images": Field("N 2 S S 4", "u"),
    "kind": Field("N", "U"),
    "mirror_symmetric": Field("N", "b"),
    "rotation_fold": Field("N", "i"),
    "landmark_permutations": Field("N G L", "i"),
}
PER_PAIR = [k for k, field in {**REQUIRED, **OPTIONAL}.items() if field.shape.startswith("N")]
FINITE = ("uv", "depth", "object_to_camera", "focal", "orient_uv", "confidence", "descriptors")
OF_LANDMARKS = ("landmark_visible", "landmark_permutations")
OF_OBJECTS = ("mirror_symmetric", "rotation_fold", "landmark_permutations")


def validate(fields: Mapping[str, np.ndarray | int | None]) -> None:
    """Checks every field of a predictions file; absent optional ones are None.

    Raises:
      ValueError: naming the first field that is wrong, what it holds and what was expected.
    """
    _check_scalars(fields)
    sizes: dict[str, int] = {}
    for name, field in {**REQUIRED, **OPTIONAL}.items():
        value = fields.get(name)
        if value is None and name in REQUIRED:
            raise ValueError(f"field {name!r} is missing; expected [{_letters(field)}]")
        if value is not None:
            _check_type(name, value, field)
            _check_shape(name, value, field, sizes)
    if sizes["K"] < 1:
        raise ValueError("field 'uv' holds 0 keypoints; expected at least 1")
    _check_values(fields)
    _check_poses(fields["object_to_camera"])
    if fields.get("split") is not None:
        _check_splits(fields["object_id"], fields["split"])
    if fields.get("landmarks") is not None:
        _check_landmarks(fields["landmarks"])
    _check_symmetry(fields)


def _check_scalars(fields: Mapping[str, object]) -> None:
    for name in ("schema_version", "steps"):
        value = np.asarray(fields[name])
        if value.shape != () or value.dtype.kind not in "iu" or value < 0:
            raise ValueError(
                f"field {name!r} is {value.dtype} of shape {value.shape} ({value}); expected one "
                "integer of at least 0"
            )
    if int(fields["schema_version"]) != SCHEMA_VERSION:
        raise ValueError(
            f"field 'schema_version' is {int(fields['schema_version'])}; expected {SCHEMA_VERSION}"
        )


def _check_type(name: str, value: np.ndarray, field: Field) -> None:
    accepted = "iu" if field.kind == "i" else field.kind
    wrong_width = field.kind == "u" and value.dtype.itemsize != 1
    if value.dtype.kind not in accepted or wrong_width:
        raise ValueError(f"field {name!r} is of type {value.dtype}; expected {KINDS[field.kind]}")


def _check_shape(name: str, value: np.ndarray, field: Field, sizes: dict[str, int]) -> None:
    """Compares with what is known of the letters, and learns those not met before."""
    letters = field.shape.split()
    if value.ndim == len(letters):
        for letter, size in zip(letters, value.shape, strict=True):
            sizes.setdefault(letter, int(letter) if letter.isdigit() else size)
        if tuple(sizes[letter] for letter in letters) == value.shape:
            return
    known = ", ".join(str(sizes.get(x, x)) for x in letters)
    raise ValueError(
        f"field {name!r} has shape {value.shape}; expected [{_letters(field)}] = [{known}]"
    )


def _letters(field: Field) -> str:
    return field.shape.replace(" ", ", ")


def _check_values(fields: Mapping[str, np.ndarray]) -> None:
    for name in FINITE:
        if fields.get(name) is not None:
            _refuse(name, fields[name], ~np.isfinite(fields[name]), "a finite number")
    _refuse("depth", fields["depth"], fields["depth"] >= 0, "below 0, in front of the camera")
    _refuse("focal", fields["focal"], fields["focal"] <= 0, "above 0")
    _refuse("object_id", fields["object_id"], fields["object_id"] == "", "a name")
    vectors = fields.get("descriptors")
    if vectors is not None:
        lengths = np.linalg.norm(vectors.astype(float), axis=-1)
        wrong = np.abs(lengths - 1) > UNIT_TOLERANCE
        _refuse("descriptors", vectors, wrong, "a vector of length 1")
    boxes = fields.get("boxes")
    if boxes is not None:
        right = np.isfinite(boxes).all(-1) & (boxes[..., :2] < boxes[..., 2:]).all(-1)
        right |= np.isnan(boxes).all(-1)
        _refuse("boxes", boxes, ~right, "u0 < u1, v0 < v1 in the order u0, v0, u1, v1, or four NaN")


def _refuse(name: str, value: np.ndarray, wrong: np.ndarray, expected: str) -> None:
    """Raises with the place and value of the first wrong element, if any."""
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"field {name!r} at {list(at)} is {value[at].tolist()!r}; expected {expected} "
            f"({int(wrong.sum())} such)"
        )


def _check_poses(poses: np.ndarray) -> None:
    rotation = poses[..., :3, :3].astype(np.float64)
    excess = rotation @ np.swapaxes(rotation, -1, -2) - np.eye(3)
    wrong = np.abs(excess).max(axis=(-1, -2)) > RIGID_TOLERANCE
    wrong |= np.linalg.det(rotation) < 0
    wrong |= np.abs(poses[..., 3, :] - [0, 0, 0, 1]).max(axis=-1) > RIGID_TOLERANCE
    if wrong.any():
        pair, view = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"field 'object_to_camera' at [{pair}, {view}] is {poses[pair, view].tolist()}; "
            "expected a rotation (no scale, no mirror), a translation and the row 0 0 0 1 "
            f"({int(wrong.sum())} such)"
        )


def _check_splits(object_id: np.ndarray, split: np.ndarray) -> None:
    """A map fitted on a test object would score its own training data."""
    _refuse("split", split, ~np.isin(split, SPLITS), f"one of {SPLITS}")
    both = set(object_id[split == "train"]) & set(object_id[split == "test"])
    if both:
        raise ValueError(
            f"field 'split' puts object {str(min(both))!r} in both 'train' and 'test' "
            f"({len(both)} such); expected one split for each object"
        )


def _check_landmarks(landmarks: np.ndarray) -> None:
    absent = np.isnan(landmarks)
    wrong = (absent.any(-1) & ~absent.all(-1)) | np.isinf(landmarks).any(-1)
    _refuse("landmarks", landmarks, wrong, "three finite numbers, or three NaN where absent")


def _check_symmetry(fields: Mapping[str, np.ndarray]) -> None:
    given = {name: fields[name] for name in OF_OBJECTS if fields.get(name) is not None}
    for name in OF_LANDMARKS:
        if fields.get(name) is not None and fields.get("landmarks") is None:
            raise ValueError(f"field {name!r} is given without 'landmarks'; expected both")
    if "rotation_fold" in given:
        fold = given["rotation_fold"]
        _refuse("rotation_fold", fold, fold < 0, "0 (any turn), 1 (none) or a number of turns")
    if "landmark_permutations" in given:
        rows = given["landmark_permutations"]
        wrong = (np.sort(rows, axis=-1) != np.arange(rows.shape[-1])).any(axis=-1)
        _refuse("landmark_permutations", rows, wrong, "each landmark's number once")
    _, first, group = np.unique(fields["object_id"], return_index=True, return_inverse=True)
    for name, value in given.items():
        differs = value != value[first][group.reshape(-1)]
        wrong = differs.any(axis=tuple(range(1, value.ndim)))
        _refuse(name, value, wrong, "the same for every pair of an object")
