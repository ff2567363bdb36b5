"""By which protocol an evaluation is made, kept beside its predictions as `protocol.json`.

Scoring the predictions again then gives the same summary, notes included.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from keypointnet_tf.atomic_file import write_atomic

FILE = "protocol.json"


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How an evaluation is made.

    Attributes:
      name: of the preset, such as "synthetic".
      settings: what fixes its data, plain JSON values.
      min_objects: with fewer test objects the summary says that they are too few.
    """

    name: str = ""
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    min_objects: int = 0

    def entries(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        """What the protocol adds to a summary: `protocol`, `protocol_settings` and `notes`."""
        return {
            "protocol": self.name,
            "protocol_settings": dict(self.settings),
            "notes": self.notes(summary),
        }

    def notes(self, summary: Mapping[str, Any]) -> list[str]:
        """What a reader must know of the figures: a sentence each."""
        notes, found = [], summary["objects"]
        if found < self.min_objects:
            wanting = f"protocol {self.name}" if self.name else "--min_objects"
            notes.append(
                f"test objects: {found}, where {wanting} wants at least {self.min_objects}; "
                "the figures say little of the category"
            )
        if summary.get("landmark_reason"):
            notes.append(f"no landmark error: {summary['landmark_reason']}")
        return notes


def save_protocol(protocol: Protocol | None, folder: str | os.PathLike) -> None:
    """Writes `protocol.json`, or removes that of an evaluation before, where there is none."""
    path = pathlib.Path(folder) / FILE
    if protocol is None:
        path.unlink(missing_ok=True)
        return
    text = json.dumps(dataclasses.asdict(protocol), indent=2, allow_nan=False)
    write_atomic(path, (text + "\n").encode())


def load_protocol(folder: str | os.PathLike) -> Protocol | None:
    """Reads what `save_protocol` wrote; None where there is none.

    Raises:
      ValueError: the file is damaged; names it.
    """
    path = pathlib.Path(folder) / FILE
    if not path.exists():
        return None
    try:
        return Protocol(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}; expected the JSON of a protocol") from error
