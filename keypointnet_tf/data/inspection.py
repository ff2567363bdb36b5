"""Looks at a record set as a whole: what it holds, where its cameras stand, what is wrong with it.

Unlike `RecordSet`, which stops at the first damage, an inspection goes on as long as the framing
lets it and tells all it finds.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.inspection_checks import Finding, Findings
from keypointnet_tf.data.inspection_files import check_file, walk_file
from keypointnet_tf.data.inspection_record import (
    Expected,
    RecordFacts,
    count_looked,
    undamaged_pair,
)
from keypointnet_tf.data.inspection_sets import SetChecks
from keypointnet_tf.data.inspection_sides import SideFiles, read_side_files
from keypointnet_tf.data.inspection_table import PairTable
from keypointnet_tf.data.inspection_workers import inspect_places, suitable_workers
from keypointnet_tf.data.manifest import MANIFEST_FILE
from keypointnet_tf.data.record_index import Location
from keypointnet_tf.data.side_files import SPLITS
from keypointnet_tf.data.storage import CACHE_BYTES, Storage, open_storage
from keypointnet_tf.data.up_axis import find_up
from keypointnet_tf.rendering.pairs import ViewPair

_GUESSED_PAIRS = 20
_SAMPLED_FILES, _SAMPLED_RECORDS = 16, 64


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was found.

    Attributes:
      holds: what the set holds, plain values; `docs/data.md` tells the keys.
      cameras: statistics of the cameras, plain values; {} where no pair could be read.
      findings: what is wrong.
      examples: some pairs in our frame, of different objects where there are several.
    """

    holds: dict
    cameras: dict
    findings: Findings
    examples: list[ViewPair]

    def as_json(self, *, strict: bool = False) -> dict:
        """Plain values for `inspection.json`; `strict` lets warnings fail."""
        return {
            "passed": not self.findings.failed(strict=strict),
            "strict": strict,
            "holds": self.holds,
            "cameras": self.cameras,
            "checks": self.findings.as_json(),
        }


def inspect_set(
    location: str | os.PathLike,
    *,
    split: str | None = None,
    limit: int | None = None,
    records_up: str = "auto",
    examples: int = 12,
    cache_dir: str | os.PathLike | None = None,
    cache_bytes: int = CACHE_BYTES,
    workers: int = 1,
    progress: bool = True,
) -> Inspection:
    """Inspects a record set.

    Args:
      location: folder, zip or URL, see `storage.open_storage`.
      split: look at this split only; None for all.
      limit: look at so many pairs at most, spread over the files; the checksums of whole files
        are left out then. None for all.
      records_up: "auto", "y" or "z", see `RecordSet`.
      examples: pairs to bring back for pictures.
      cache_dir: folder for copies of remote files.
      cache_bytes: most bytes of decompressed zip members that are kept in memory.
      workers: processes; 0 for one per core where there is enough to do. Behind a URL threads
        are used instead. The result does not depend on it.
      progress: whether to show a bar.

    Raises:
      ValueError: there is no folder of records, or an argument is out of range.
    """
    if split not in (None, *SPLITS) or (limit is not None and limit < 1):
        raise ValueError(
            f"split is {split!r} and limit {limit}; expected one of {SPLITS} and at least 1"
        )
    if workers < 0:
        raise ValueError(f"workers is {workers}; expected 0 (all cores) or more")
    if records_up not in ("auto", "y", "z"):
        raise ValueError(f"records_up is {records_up!r}; expected 'auto', 'y' or 'z'")
    storage = open_storage(location, cache_dir=cache_dir, cache_bytes=cache_bytes)
    findings = Findings()
    sides = read_side_files(storage, findings)
    names = [name for name in sides.names if split in (None, sides.split_of[name])]
    if not names:
        found = f"split {split!r} is empty" if sides.names else f"holds {storage.names()[:5]}"
        raise ValueError(f"{storage.location}: {found}; expected .tfrecord files")
    return _Inspector(storage, sides, names, findings, limit).run(
        records_up, examples, workers, progress
    )


class _Inspector:
    """One inspection under way."""

    def __init__(
        self,
        storage: Storage,
        sides: SideFiles,
        names: list[str],
        findings: Findings,
        limit: int | None,
    ):
        self._storage, self._sides, self._names, self._limit = storage, sides, names, limit
        self._findings, self._table = findings, PairTable()
        self._numbers = {name: number for number, name in enumerate(names)}
        self._records = dict.fromkeys(names, 0)
        self._size: int | None = None

    def run(self, records_up: str, examples: int, workers: int, progress: bool) -> Inspection:
        """Looks at all that is asked for."""
        up, up_source = self._find_up(records_up)
        expected, total = self._expected(up), self._known_pairs()
        workers = workers or suitable_workers(total or _GUESSED_PAIRS * len(self._names))
        facts = inspect_places(self._storage, self._places(), expected, workers=workers)
        for fact in tqdm(facts, total=total, desc="inspect", unit="pair", disable=not progress):
            self._take(fact)
        checks = SetChecks(self._sides, self._names, self._table, self._path)
        checks.run(self._findings)
        places = checks.example_places(examples)
        pairs = [undamaged_pair(self._storage, place, expected) for place in places]
        holds = self._holds(checks) | {"records_up": up, "up_source": up_source}
        return Inspection(holds, checks.cameras(), self._findings, pairs)

    def _path(self, name: str) -> str:
        return self._storage.locate(f"{name}.tfrecord")

    def _expected(self, up: str) -> Expected:
        meta = self._sides.meta
        views = meta.get("views")
        varies = isinstance(views, dict) and bool(views.get("field_of_view_range"))
        names = meta.get("landmark_names") or ()
        return Expected(self._sides.focal, varies, len(names), up)

    def _find_up(self, records_up: str) -> tuple[str, str]:
        """Up axis and how it is known; damaged records are passed over."""
        self._findings.count("up_axis")
        if records_up != "auto":
            return records_up, "as given"
        if self._sides.meta.get("records_up"):
            return self._sides.meta["records_up"], "meta.json"
        sampled = self._names[:: -(-len(self._names) // _SAMPLED_FILES)]
        each, poses = -(-_SAMPLED_RECORDS // len(sampled)), []
        for name in sampled:
            for place in walk_file(self._storage, name, self._sides)[0][:each]:
                pair = undamaged_pair(self._storage, place, self._expected("z"))
                poses += [pair.object_to_camera0, pair.object_to_camera1] if pair else []
        try:
            if not poses:
                raise ValueError("no camera can be read; expected undamaged records")
            return find_up(np.stack(poses), where="cameras"), "cameras"
        except ValueError as error:
            self._findings.add([Finding("up_axis", self._storage.location, str(error))])
            return "z", "assumed"

    def _known_pairs(self) -> int | None:
        """Pairs to look at, where that is known beforehand."""
        entries = [self._sides.manifest.get(name) for name in self._names]
        known = None if None in entries else sum(entry.pairs for entry in entries)
        return known if self._limit is None or known is None else min(known, self._limit)

    def _places(self) -> Iterator[Location]:
        """The records to look at; checks each file as a whole on the way."""
        edges = np.linspace(0, self._limit or 0, len(self._names) + 1).round().astype(int)
        for name, quota in zip(self._names, np.diff(edges), strict=True):
            if self._limit is not None and not quota:
                continue
            places, problem = walk_file(self._storage, name, self._sides)
            self._records[name] = len(places)
            self._check_file(name, places, problem)
            if self._limit is not None:
                count = min(int(quota), len(places))
                chosen = np.linspace(0, len(places) - 1, count).round().astype(int)
                places = [places[number] for number in chosen]
            yield from places

    def _check_file(self, name: str, places: list[Location], problem: Finding | None) -> None:
        if problem is not None:
            self._findings.count("framing")
            self._findings.add([problem])
        if name in self._sides.manifest:
            records = len(places) if problem is None else None
            entry, whole = self._sides.manifest[name], self._limit is None
            check_file(self._storage, entry, records, self._findings, whole=whole)

    def _take(self, facts: RecordFacts) -> None:
        """Takes over a record's facts, and compares it with its file and the first record."""
        count_looked(self._findings, facts)
        self._findings.add(facts.findings)
        place, found = facts.place, []
        if place.name in self._sides.manifest and facts.object_id not in ("", place.object_id):
            text = f"is {facts.object_id!r}; expected {place.object_id!r} as in {MANIFEST_FILE}"
            found.append(("manifest_objects", text, "object_id"))
        self._size = self._size or facts.size
        if facts.size not in (None, self._size):
            text = f"is {facts.size} pixels wide; expected {self._size} as the first record"
            found.append(("image_size", text, "img0"))
        self._findings.add(
            Finding(check, self._path(place.name), text, place.index, field)
            for check, text, field in found
        )
        if facts.pair is not None:
            split = SPLITS.index(self._sides.split_of[place.name])
            self._table.add(facts, file=self._numbers[place.name], split=split)

    def _holds(self, checks: SetChecks) -> dict:
        meta, records = self._sides.meta, self._records if self._limit is None else None
        splits = checks.splits(records)
        pairs = [split["pairs"] for split in splits.values()]
        return {
            "location": self._storage.location,
            "category": meta.get("category", ""),
            "files": len(self._names),
            "objects": sum(split["objects"] for split in splits.values()),
            "pairs": None if None in pairs else sum(pairs),
            "pairs_looked_at": self._findings.looked["framing"],
            "splits": splits,
            "image_size": self._size,
            "landmarks": checks.landmarks(),
            "landmark_names": list(meta.get("landmark_names") or ()),
            "projection_focal": self._sides.focal,
            "focal_lengths": checks.focal_lengths(),
            "manifest": bool(self._sides.manifest),
        }
