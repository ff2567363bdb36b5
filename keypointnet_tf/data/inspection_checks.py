"""The checks of an inspection, and what they found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, NamedTuple

ERROR, WARNING = "error", "warning"


class Check(NamedTuple):
    """How severe a finding is, what is counted, and what holds where all is well."""

    severity: str
    unit: str
    expects: str


CHECKS: dict[str, Check] = {
    "side_files": Check(ERROR, "file", "lists, projection, descriptions are well formed and agree"),
    "listed_files": Check(
        ERROR, "file", "every record file that a list or the manifest names is there"
    ),
    "manifest_files": Check(ERROR, "file", "the manifest names every record file"),
    "file_bytes": Check(ERROR, "file", "files have the sizes of the manifest"),
    "file_checksum": Check(ERROR, "file", "files have the SHA-256 checksums of the manifest"),
    "framing": Check(ERROR, "record", "records are whole and match their own checksums"),
    "manifest_objects": Check(ERROR, "file", "files hold the objects and pairs of the manifest"),
    "examples": Check(ERROR, "record", "records decode"),
    "fields": Check(ERROR, "record", "features are there, of their type and length"),
    "images": Check(ERROR, "record", "images are square RGBA PNGs that decode, two of one size"),
    "image_size": Check(ERROR, "record", "all images of the set have one size"),
    "rigid": Check(ERROR, "view", "matrices are orthonormal rotations with a shift"),
    "inverse": Check(ERROR, "view", "inverse matrices are those of the matrices"),
    "landmark_count": Check(ERROR, "record", "there are as many landmarks as names"),
    "up_axis": Check(ERROR, "set", "the up axis is known"),
    "empty_mask": Check(ERROR, "view", "something is seen"),
    "landmarks_on_mask": Check(ERROR, "view", "landmarks project onto the mask"),
    "landmarks_by_object": Check(ERROR, "object", "they do so on average over an object's views"),
    "mask_in_box": Check(ERROR, "view", "the mask lies within the projected bounds of the object"),
    "mask_size": Check(ERROR, "object", "masks are as large as focal length and distance tell"),
    "pair_views": Check(ERROR, "record", "the two views of a pair differ"),
    "object_splits": Check(ERROR, "object", "each object is in one split"),
    "shared_images": Check(ERROR, "view", "no image is in two splits"),
    "repeated_images": Check(WARNING, "view", "no image comes twice"),
    "repeated_poses": Check(WARNING, "view", "no camera comes twice for one object"),
    "focal": Check(WARNING, "record", "records have the focal length of projection.txt"),
    "touches_border": Check(WARNING, "view", "the mask keeps off the border"),
    "leaves_frame": Check(WARNING, "view", "all landmarks lie within the frame"),
}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
      check: key of `CHECKS`.
      file: the file in full, or the set's place.
      message: what was found and what was expected.
      record: number in the file, from 0; None where the file as a whole is meant.
      field: feature of the record, or None.
    """

    check: str
    file: str
    message: str
    record: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        record = "" if self.record is None else f": record {self.record}"
        field = "" if self.field is None else f": {self.field}"
        return f"{self.file}{record}{field}: {self.message}"


class Findings:
    """Findings by check, with how many things each check looked at."""

    def __init__(self):
        self.found: dict[str, list[Finding]] = {name: [] for name in CHECKS}
        self.looked: dict[str, int] = dict.fromkeys(CHECKS, 0)

    def add(self, findings: Iterable[Finding]) -> None:
        """Takes over what was found."""
        for finding in findings:
            self.found[finding.check].append(finding)

    def count(self, check: str, number: int = 1) -> None:
        """Notes that a check looked at `number` more things."""
        self.looked[check] += number

    def failed(self, *, strict: bool = False) -> bool:
        """Whether an error was found, or, where `strict`, a warning."""
        severities = (ERROR, WARNING) if strict else (ERROR,)
        return any(
            found and CHECKS[name].severity in severities for name, found in self.found.items()
        )

    def as_json(self) -> list[dict[str, Any]]:
        """Per check its name, severity, counts and findings, plain values."""
        return [
            {
                "check": name,
                **check._asdict(),
                "looked_at": self.looked[name],
                "found": len(self.found[name]),
                "findings": [
                    {k: v for k, v in dataclasses.asdict(finding).items() if k != "check"}
                    for finding in self.found[name]
                ],
            }
            for name, check in CHECKS.items()
        ]
