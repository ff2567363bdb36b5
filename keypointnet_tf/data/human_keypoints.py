"""Keypoints that people marked on ShapeNet models.

Source: You et al., "KeypointNet: A Large-scale 3D Keypoint Dataset Aggregated from Numerous Human
Annotations", CVPR 2020. One JSON file per class: a list of `{class_id, model_id, keypoints,
symmetries}`, each keypoint `{xyz, semantic_id, mesh_info: {face_index, face_uv}, ...}`. Points are
in the coordinates of the files of ShapeNetCore v2 (`frames.KNOWN_FRAMES["shapenet_v2"]`). Their
published splits are read by `shapes/shapenet_lists.py`.
Letters: L semantic ids of the class.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Mapping

import numpy as np

from keypointnet_tf.data.human_entries import Entry, read_entry


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """The keypoints of one model.

    Attributes:
      class_id: synset of the class, such as "03001627".
      model_id: the model.
      xyz: `[L, 3]` float64 in the coordinates of the model's file, NaN where absent.
      face_index: `[L]` int64 face of the annotators' mesh that each lies on, -1 where unknown.
      face_uv: `[L, 3]` float64 weights of that face's corners, which sum to 1, NaN where unknown.
        Faces count in the order of the annotators' own copy of the mesh; that of the v2 chair at
        hand has the order of its OBJ file.
      reflections: pairs of rows that a mirror plane swaps.
      rotations: groups of rows that a turn about an axis carries into one another.
    """

    class_id: str
    model_id: str
    xyz: np.ndarray
    face_index: np.ndarray
    face_uv: np.ndarray
    reflections: tuple[tuple[int, ...], ...] = ()
    rotations: tuple[tuple[int, ...], ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class HumanKeypoints:
    """All annotated models of one class.

    Attributes:
      class_id: synset of the class.
      semantic_ids: the L ids that occur in the class, ascending; rows are in this order.
      annotations: model id -> its keypoints.
    """

    class_id: str
    semantic_ids: tuple[int, ...]
    annotations: Mapping[str, Annotation]

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each row, `keypoint_<semantic id>`."""
        return tuple(f"keypoint_{number}" for number in self.semantic_ids)

    @property
    def symmetric_pairs(self) -> tuple[tuple[str, str], ...]:
        """Names that a mirror plane swaps, in any model."""
        pairs = {
            tuple(sorted(pair))
            for annotation in self.annotations.values()
            for pair in annotation.reflections
            if len(pair) == 2
        }
        return tuple((self.names[first], self.names[second]) for first, second in sorted(pairs))

    def find(self, object_id: str) -> Annotation | None:
        """The annotation of `<model>` or `<class>-<model>`, None where there is none."""
        return self.annotations.get(object_id.removeprefix(f"{self.class_id}-"))


def read_human_keypoints(path: str | os.PathLike, class_id: str = "") -> HumanKeypoints:
    """Reads an annotation file.

    Args:
      path: the JSON file.
      class_id: which class to take from a file of several.

    Raises:
      ValueError: the file is absent or no such JSON; an entry or field is missing or wrong; a model
        is named twice; or the file holds several classes, or not the one asked for. Names the
        file, the entry's number from 0 and the field.
    """
    entries = [read_entry(value, f"{path}: entry {i}") for i, value in enumerate(_read_list(path))]
    classes = sorted({entry.class_id for entry in entries})
    if class_id:
        entries = [entry for entry in entries if entry.class_id == class_id]
    if not entries or (len(classes) > 1 and not class_id):
        raise ValueError(
            f"{path}: holds the classes {', '.join(classes) or 'of no entry'} and class_id is "
            f"{class_id!r}; expected the id of one of them"
        )
    semantic_ids = tuple(sorted({point.semantic_id for entry in entries for point in entry.points}))
    annotations: dict[str, Annotation] = {}
    for entry in entries:
        if entry.model_id in annotations:
            raise ValueError(
                f"{entry.where}: field 'model_id' is {entry.model_id!r} as in an earlier entry; "
                "expected each model once"
            )
        annotations[entry.model_id] = _annotation(entry, semantic_ids)
    return HumanKeypoints(entries[0].class_id, semantic_ids, annotations)


@functools.lru_cache(maxsize=2)
def cached_human_keypoints(path: str) -> HumanKeypoints:
    """`read_human_keypoints`, once per process."""
    return read_human_keypoints(path)


def _read_list(path: str | os.PathLike) -> list:
    try:
        values = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); expected a file") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}; expected the JSON of annotations") from error
    if not isinstance(values, list) or not values:
        raise ValueError(f"{path}: holds {type(values).__name__}; expected a list of entries")
    return values


def _annotation(entry: Entry, semantic_ids: tuple[int, ...]) -> Annotation:
    """The entry in rows by semantic id."""
    count = len(semantic_ids)
    xyz, face_uv = np.full((count, 3), np.nan), np.full((count, 3), np.nan)
    face_index = np.full(count, -1, np.int64)
    rows = [semantic_ids.index(point.semantic_id) for point in entry.points]
    for row, point in zip(rows, entry.points, strict=True):
        xyz[row] = point.xyz
        if point.face_uv is not None:
            face_index[row], face_uv[row] = point.face_index, point.face_uv
    return Annotation(
        entry.class_id,
        entry.model_id,
        xyz,
        face_index,
        face_uv,
        tuple(tuple(rows[i] for i in group) for group in entry.reflections),
        tuple(tuple(rows[i] for i in group) for group in entry.rotations),
    )
