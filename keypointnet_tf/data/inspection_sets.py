"""What only all pairs together tell: objects in two splits, views that repeat, sizes, contents.

Letters: N pairs, O objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from keypointnet_tf.data import inspection_table
from keypointnet_tf.data.inspection_checks import Finding, Findings
from keypointnet_tf.data.inspection_sides import SideFiles
from keypointnet_tf.data.inspection_table import (
    PairTable,
    mean_by_object,
    repeats,
    size_ratios,
)
from keypointnet_tf.data.record_index import Location
from keypointnet_tf.data.side_files import SPLITS

# Shares of landmarks off the mask, averaged over many views. Sound sets of thin planes at 32 pixels
# have 0.01, a wrong up axis of cars 0.1.
OBJECT_OFF_MASK, SET_OFF_MASK, LEAST_VIEWS = 0.1, 0.05, 8

_SHOWN_FOCAL_LENGTHS = 5
_ODD = np.uint64(0x9E3779B97F4A7C15)


class SetChecks:
    """Checks and contents of a set whose pairs have been looked at.

    Args:
      sides: the side files.
      names: record files that were looked at.
      table: their pairs.
      locate: record file -> its place in full.
    """

    def __init__(
        self, sides: SideFiles, names: list[str], table: PairTable, locate: Callable[[str], str]
    ):
        self._sides, self._names, self._locate = sides, names, locate
        self._objects, self._rows = list(table.objects), table.rows()

    def run(self, findings: Findings) -> None:
        """Adds what is wrong with the set as a whole."""
        findings.add(self._object_splits(findings))
        findings.add(self._mask_sizes(findings))
        findings.add(self._landmarks(findings))
        findings.add(self._repeated_images())
        findings.add(self._repeated_poses())

    def cameras(self) -> dict:
        """Statistics of the cameras, {} without any pair."""
        return inspection_table.camera_statistics(self._rows) if len(self._rows) else {}

    def splits(self, records: dict[str, int] | None) -> dict[str, dict]:
        """Files, objects and pairs of each split; None for pairs where they are not known.

        Args:
          records: records of each file, None where not all were counted.
        """
        result = {}
        seen = {split: set() for split in SPLITS}
        for row in self._rows[self._object_split_rows()]:
            seen[SPLITS[row["split"]]].add(self._objects[row["object"]])
        for split in SPLITS:
            names = [name for name in self._names if self._sides.split_of[name] == split]
            told = {o for name in names for o in self._sides.objects_in(name)}
            entries = [self._sides.manifest.get(name) for name in names]
            pairs = None if records is None else sum(records[name] for name in names)
            if names and None not in entries:
                pairs = sum(entry.pairs for entry in entries)
            objects = len(told if self._sides.manifest else seen[split] or told)
            result[split] = {"files": len(names), "objects": objects, "pairs": pairs}
        return result

    def focal_lengths(self) -> dict:
        """Least and largest focal length, and the distinct ones where they are few."""
        values = np.unique(self._rows["focal"].round(4))
        if not len(values):
            return {"min": None, "max": None, "distinct": None}
        distinct = values.tolist() if len(values) <= _SHOWN_FOCAL_LENGTHS else None
        return {"min": float(values[0]), "max": float(values[-1]), "distinct": distinct}

    def landmarks(self) -> int:
        """Landmarks of a record, 0 for none."""
        return int(self._rows["landmarks"].max(initial=0))

    def example_places(self, count: int) -> list[Location]:
        """Pairs spread over the objects, or over all pairs where objects are fewer."""
        _, first = np.unique(self._rows["object"], return_index=True)
        chosen = np.sort(first) if len(first) >= count else np.arange(len(self._rows))
        picks = np.linspace(0, len(chosen) - 1, min(count, len(chosen))).round().astype(int)
        return [self._place(row) for row in self._rows[chosen[picks]]]

    def _object_split_rows(self) -> np.ndarray:
        """The first row of each object in each split, in order."""
        keys = self._rows["object"].astype(np.int64) * len(SPLITS) + self._rows["split"]
        return np.sort(np.unique(keys, return_index=True)[1])

    def _object_splits(self, findings: Findings) -> Iterator[Finding]:
        """By the side files for all files, and by what the records say."""
        first_split: dict[str, str] = {}
        places = [(o, n, None) for n in self._sides.names for o in self._sides.objects_in(n)]
        for row in self._rows[self._object_split_rows()]:
            name = self._names[row["file"]]
            places.append((self._objects[row["object"]], name, int(row["record"])))
        told = set()
        for object_id, name, record in places:
            split = self._sides.split_of[name]
            before = first_split.setdefault(object_id, split)
            if split != before and (object_id, split) not in told:
                told.add((object_id, split))
                text = f"object {object_id!r} is in {before} and {split}; expected one split"
                yield Finding("object_splits", self._locate(name), text, record)
        findings.count("object_splits", len(first_split))

    def _mask_sizes(self, findings: Findings) -> Iterator[Finding]:
        ratios = size_ratios(self._rows, len(self._objects))
        findings.count("mask_size", int(np.isfinite(ratios).sum()))
        for number in np.flatnonzero(ratios < inspection_table.LEAST_SIZE):
            text = (
                f"masks of object {self._objects[number]!r} are {ratios[number]:.2f} of the least "
                "size that focal length and distance tell of an object with longest side 2; "
                "expected 1 or more"
            )
            yield Finding("mask_size", self._place_of_object(number), text)

    def _landmarks(self, findings: Findings) -> Iterator[Finding]:
        """Too many off the mask on average, which single views may hide."""
        shares = self._rows["off_mask"].astype(np.float64)
        means, counts = mean_by_object(self._rows, shares, len(self._objects))
        told = counts >= LEAST_VIEWS
        findings.count("landmarks_by_object", int(told.sum()))
        for number in np.flatnonzero(told & (means > OBJECT_OFF_MASK)):
            text = (
                f"{100 * means[number]:.0f} % of the landmarks of object "
                f"{self._objects[number]!r} lie off the mask; expected at most "
                f"{100 * OBJECT_OFF_MASK:.0f} %"
            )
            yield Finding("landmarks_by_object", self._place_of_object(number), text)
        if counts.sum() >= LEAST_VIEWS and np.nanmean(shares) > SET_OFF_MASK:
            text = (
                f"{100 * np.nanmean(shares):.0f} % of all landmarks lie off the mask; expected at "
                f"most {100 * SET_OFF_MASK:.0f} %: is the up axis or a frame other than told?"
            )
            yield Finding("landmarks_by_object", self._locate(self._names[0]), text)

    def _place_of_object(self, number: int) -> str:
        """The first file that shows an object."""
        row = np.flatnonzero(self._rows["object"] == number)[0]
        return self._locate(self._names[self._rows["file"][row]])

    def _repeated_images(self) -> Iterator[Finding]:
        pairs = np.repeat(np.arange(len(self._rows)), 2)
        for first, later in repeats(self._rows["image"].ravel(), pairs):
            shared = self._rows["split"][first // 2] != self._rows["split"][later // 2]
            check = "shared_images" if shared else "repeated_images"
            yield self._repeat(check, first, later, "img")

    def _repeated_poses(self) -> Iterator[Finding]:
        pairs = np.repeat(np.arange(len(self._rows)), 2)
        keys = self._rows["pose"] ^ (self._rows["object"].astype(np.uint64) * _ODD)[:, None]
        for first, later in repeats(keys.ravel(), pairs):
            yield self._repeat("repeated_poses", first, later, "mv")

    def _repeat(self, check: str, first: int, later: int, field: str) -> Finding:
        place, before = (self._rows[view // 2] for view in (later, first))
        text = (
            f"is that of {self._names[before['file']]}.tfrecord, record {before['record']}, "
            f"{field}{first % 2}"
        )
        path = self._locate(self._names[place["file"]])
        return Finding(check, path, text, int(place["record"]), f"{field}{later % 2}")

    def _place(self, row: np.void) -> Location:
        numbers = (int(row[name]) for name in ("record", "offset", "length"))
        return Location(self._names[row["file"]], *numbers, self._objects[row["object"]])
