"""One entry of a file of human keypoints, every field checked.

The layout is told in `human_keypoints.py`; fields that are not used here are not looked at.
"""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np

WEIGHT_TOLERANCE = 1e-3


class Point(NamedTuple):
    """One keypoint: `xyz` in the file's coordinates, and where it lies on a face, if told."""

    semantic_id: int
    xyz: tuple[float, float, float]
    face_index: int = -1
    face_uv: tuple[float, float, float] | None = None


class Entry(NamedTuple):
    """One model; groups of `reflections` and `rotations` are positions in `points`."""

    where: str
    class_id: str
    model_id: str
    points: tuple[Point, ...]
    reflections: tuple[tuple[int, ...], ...]
    rotations: tuple[tuple[int, ...], ...]


def read_entry(value: Any, where: str) -> Entry:
    """Checks one entry.

    Args:
      value: what the JSON holds.
      where: file and entry, for messages.

    Raises:
      ValueError: a field is missing or wrong, or a semantic id occurs twice; names `where` and the
        field.
    """
    if not isinstance(value, dict):
        _fail(where, "entry", value, "an object of class_id, model_id and keypoints")
    class_id, model_id = (_text(value, name, where) for name in ("class_id", "model_id"))
    points = _list(value, "keypoints", where)
    read = tuple(_read_point(p, f"{where}: keypoint {i}") for i, p in enumerate(points))
    numbers = [point.semantic_id for point in read]
    for position, number in enumerate(numbers):
        if number in numbers[:position]:
            _fail(f"{where}: keypoint {position}", "semantic_id", number, "each id once per model")
    symmetries = value.get("symmetries") or {}
    if not isinstance(symmetries, dict):
        _fail(where, "symmetries", symmetries, "an object of reflection and rotation")
    reflections, rotations = (
        _groups(symmetries, kind, len(read), f"{where}: symmetries")
        for kind in ("reflection", "rotation")
    )
    return Entry(where, class_id, model_id, read, reflections, rotations)


def _read_point(value: Any, where: str) -> Point:
    if not isinstance(value, dict):
        _fail(where, "keypoint", value, "an object of xyz and semantic_id")
    number = value.get("semantic_id")
    if not _is_index(number):
        _fail(where, "semantic_id", number, "a whole number of at least 0")
    xyz = _triple(value.get("xyz"), where, "xyz")
    info = value.get("mesh_info")
    if info is None:
        return Point(number, xyz)
    if not isinstance(info, dict) or not _is_index(info.get("face_index")):
        _fail(where, "mesh_info", info, "an object of face_index, at least 0, and face_uv")
    face_uv = _triple(info.get("face_uv"), where, "face_uv")
    if abs(sum(face_uv) - 1) > WEIGHT_TOLERANCE:
        _fail(where, "face_uv", face_uv, "weights of a face's three corners, with the sum 1")
    return Point(number, xyz, info["face_index"], face_uv)


def _groups(symmetries: dict, kind: str, count: int, where: str) -> tuple[tuple[int, ...], ...]:
    groups = []
    for value in _list(symmetries, kind, where, default=[]):
        indexes = value.get("kp_indexes") if isinstance(value, dict) else None
        right = isinstance(indexes, list) and all(_is_index(i) and i < count for i in indexes)
        if not right:
            _fail(where, kind, value, f"kp_indexes below {count}, the number of keypoints")
        groups.append(tuple(indexes))
    return tuple(groups)


def _text(value: dict, name: str, where: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        _fail(where, name, found, "a text")
    return found


def _list(value: dict, name: str, where: str, default: list | None = None) -> list:
    found = value.get(name, default)
    if not isinstance(found, list):
        _fail(where, name, found, "a list")
    return found


def _triple(found: Any, where: str, name: str) -> tuple[float, float, float]:
    right = isinstance(found, list) and len(found) == 3
    right = right and all(
        isinstance(number, int | float) and not isinstance(number, bool) for number in found
    )
    if not right or not np.isfinite(found).all():
        _fail(where, name, found, "three finite numbers")
    return tuple(float(number) for number in found)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _fail(where: str, name: str, found: Any, expected: str) -> NoReturn:
    raise ValueError(f"{where}: field {name!r} is {found!r}; expected {expected}")
