"""One record looked at closely: every field that is wrong is told, not only the first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from keypointnet_tf.data import schema
from keypointnet_tf.data.fields import FieldError, Fields
from keypointnet_tf.data.inspection_checks import CHECKS, Finding, Findings
from keypointnet_tf.data.inspection_pair import PairFacts, pair_facts, pair_problems
from keypointnet_tf.data.record_frames import frame_data
from keypointnet_tf.data.record_index import Location
from keypointnet_tf.data.records import decode_example
from keypointnet_tf.data.storage import Storage
from keypointnet_tf.data.up_axis import turn_to_zup
from keypointnet_tf.rendering.pairs import ViewPair

_REQUIRED = ("img0", "img1", "mv0", "mv1", "mvi0", "mvi1")
_FOCAL_TOLERANCE = 1e-3

Value = TypeVar("Value")


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the set's side files say of every record.

    Attributes:
      focal: of `projection.txt`, or None.
      focal_varies: whether records may have others.
      landmarks: number of landmark names, 0 where unknown.
      records_up: "y" or "z".
    """

    focal: float | None
    focal_varies: bool
    landmarks: int
    records_up: str


@dataclasses.dataclass(frozen=True)
class RecordFacts:
    """What a record holds.

    Attributes:
      place: where it lies.
      findings: what is wrong with it.
      reached: how far the reading came, which tells what was looked at: "", "framing",
        "examples", "fields" or "views".
      size: side of its images, None where unknown.
      object_id: as the record says, "" where it does not.
      pair: None where anything that the views need is damaged.
    """

    place: Location
    findings: list[Finding]
    reached: str
    size: int | None = None
    object_id: str = ""
    pair: PairFacts | None = None


def inspect_record(storage: Storage, place: Location, expected: Expected) -> RecordFacts:
    """Reads a record and tells all that is wrong with it; safe to call from several threads."""
    return _inspected(storage, place, expected)[0]


def undamaged_pair(storage: Storage, place: Location, expected: Expected) -> ViewPair | None:
    """The pair of a record in our frame, None where it cannot be drawn."""
    return _inspected(storage, place, expected)[1]


def _inspected(
    storage: Storage, place: Location, expected: Expected
) -> tuple[RecordFacts, ViewPair | None]:
    path = storage.locate(f"{place.name}.tfrecord")
    where = f"{path}: record {place.index}"
    reached, check = "", "framing"
    try:
        frame = storage.read_range(f"{place.name}.tfrecord", place.offset, place.length)
        data = frame_data(frame, where=where)
        reached, check = "framing", "examples"
        features = decode_example(data, where=where)
    except (ValueError, OSError) as error:
        message = str(error).removeprefix(f"{where}: ")
        return RecordFacts(place, [Finding(check, path, message, place.index)], reached), None
    reader = _Reader(features, path, place.index)
    if reader.lacks_features():
        return RecordFacts(place, reader.findings, "examples"), None
    return _facts(reader, place, expected)


class _Reader:
    """Takes fields of a record one by one and notes those that are wrong."""

    def __init__(self, features: dict, path: str, index: int):
        self.fields = Fields(features, f"{path}: record {index}")
        self.path, self.index = path, index
        self.findings: list[Finding] = []

    def note(self, check: str, message: str, field: str | None = None) -> None:
        """Notes a finding of this record."""
        self.findings.append(Finding(check, self.path, message, self.index, field))

    def take(self, check: str, read: Callable[[], Value]) -> Value | None:
        """What `read` gives, or None with a finding."""
        try:
            return read()
        except FieldError as error:
            self.note(check, error.problem, error.field)
            return None

    def lacks_features(self) -> bool:
        """Whether a required feature is absent or of the wrong type."""
        for name in _REQUIRED:
            if name.startswith("img"):
                self.take("fields", lambda name=name: self.fields.bytes(name))
            else:
                self.take("fields", lambda name=name: self.fields.floats(name, 16))
        return bool(self.findings)


def _facts(
    reader: _Reader, place: Location, expected: Expected
) -> tuple[RecordFacts, ViewPair | None]:
    fields = reader.fields
    size = _image_size(reader)
    poses = [_pose(reader, view) for view in range(2)]
    focal = [
        reader.take("fields", lambda v=view: fields.focal(f"f{v}", expected.focal))
        for view in range(2)
    ]
    landmarks = reader.take("fields", fields.landmarks)
    object_id, kind = (
        reader.take("fields", lambda n=name: fields.text(n)) for name in ("object_id", "kind")
    )
    pair = None
    if all(finding.check == "inverse" for finding in reader.findings):
        pngs = [fields.bytes(f"img{view}") for view in range(2)]
        told = object_id or place.object_id
        encoded = schema.EncodedPair(*pngs, size, *poses, *focal, landmarks, told, kind)
        _check_side_files(reader, encoded, expected)
        pair = _decoded(reader, encoded, expected.records_up)
    facts = None if pair is None else pair_facts(pair)
    for check, message, field in pair_problems(facts, size) if facts else ():
        reader.note(check, message, field)
    reached = "fields" if pair is None else "views"
    return RecordFacts(place, reader.findings, reached, size, object_id or "", facts), pair


def _image_size(reader: _Reader) -> int | None:
    sizes = [
        reader.take("images", lambda v=view: reader.fields.image_size(f"img{v}"))
        for view in range(2)
    ]
    if None in sizes:
        return None
    if sizes[0] != sizes[1]:
        reader.note("images", f"is {sizes[1]} pixels wide; expected {sizes[0]} as img0", "img1")
        return None
    return sizes[0]


def _pose(reader: _Reader, view: int) -> np.ndarray | None:
    """`[4, 4]` matrix of a view; a wrong inverse is noted and does no harm."""
    pose = reader.take("rigid", lambda: reader.fields.pose(view))
    if pose is not None:
        reader.take("inverse", lambda: reader.fields.inverse(view, pose))
    return pose


def _check_side_files(reader: _Reader, encoded: schema.EncodedPair, expected: Expected) -> None:
    landmarks = encoded.landmarks
    if expected.landmarks and landmarks is not None and len(landmarks) != expected.landmarks:
        reader.note(
            "landmark_count",
            f"holds {len(landmarks)} points; expected {expected.landmarks} as in meta.json",
            "landmarks",
        )
    told = None if expected.focal_varies else expected.focal
    for view, focal in enumerate((encoded.focal0, encoded.focal1)):
        if told is not None and abs(focal - told) > _FOCAL_TOLERANCE * told:
            reader.note("focal", f"is {focal:.4g}; projection.txt has {told:.4g}", f"f{view}")
            return


def _decoded(reader: _Reader, encoded: schema.EncodedPair, records_up: str) -> ViewPair | None:
    encoded = encoded if records_up == "z" else turn_to_zup(encoded)
    return reader.take(
        "images", lambda: schema.decode_images(encoded, path=reader.path, index=reader.index)
    )


_REACHED = {
    "": ("framing",),
    "framing": ("examples",),
    "examples": ("fields",),
    "fields": ("images", "image_size", "rigid", "inverse"),
    "views": (
        "landmark_count", "empty_mask", "landmarks_on_mask", "mask_in_box", "pair_views",
        "repeated_images", "repeated_poses", "shared_images", "focal", "touches_border",
        "leaves_frame",
    ),
}  # fmt: skip


def count_looked(findings: Findings, facts: RecordFacts) -> None:
    """Adds a record to the counts of the checks that it came to."""
    for stage, names in _REACHED.items():
        for name in names:
            findings.count(name, 2 if CHECKS[name].unit == "view" else 1)
        if stage == facts.reached:
            return
