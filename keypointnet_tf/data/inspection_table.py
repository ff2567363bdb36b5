"""What is kept of each inspected pair, and the checks that need all of them at once.

Letters: N pairs, M views (2 N), O objects.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keypointnet_tf.data import camera_facts
from keypointnet_tf.data.inspection_record import RecordFacts

# Of the extent that an object of longest side 2 must show, what share is still taken for it.
LEAST_SIZE = 0.75

_ROW = np.dtype(
    [
        ("file", "i4"),
        ("record", "i4"),
        ("offset", "i8"),
        ("length", "i8"),
        ("object", "i4"),
        ("split", "u1"),
        ("landmarks", "u2"),
        ("direction", "f4", (2, 3)),
        ("distance", "f4", 2),
        ("roll", "f4", 2),
        ("off_aim", "f4", 2),
        ("focal", "f4", 2),
        ("rotation", "f4"),
        ("extent", "f4", 2),
        ("off_mask", "f4", 2),
        ("image", "u8", 2),
        ("pose", "u8", 2),
    ]
)
_CHUNK = 4096


class PairTable:
    """Rows of about 140 bytes, one per pair, gathered one by one."""

    def __init__(self):
        self.objects: dict[str, int] = {}
        self._rows: list[tuple] = []
        self._chunks: list[np.ndarray] = []

    def add(self, facts: RecordFacts, *, file: int, split: int) -> None:
        """Takes in a record whose views were looked at; `file` and `split` are numbers."""
        place, pair = facts.place, facts.pair
        cameras, views = pair.cameras, pair.views
        self._rows.append(
            (
                file,
                place.index,
                place.offset,
                place.length,
                self.objects.setdefault(pair.object_id, len(self.objects)),
                split,
                pair.landmarks,
                cameras.direction,
                cameras.distance,
                cameras.roll,
                cameras.off_aim,
                pair.focal,
                pair.rotation,
                [view.extent for view in views],
                [view.off_mask_share for view in views],
                [view.image_digest for view in views],
                [view.pose_digest for view in views],
            )
        )
        if len(self._rows) == _CHUNK:
            self._flush()

    def rows(self) -> np.ndarray:
        """`[N]` structured array of all pairs."""
        self._flush()
        return np.concatenate([np.zeros(0, _ROW), *self._chunks])

    def _flush(self) -> None:
        self._chunks.append(np.array(self._rows, _ROW))
        self._rows = []


def repeats(keys: np.ndarray, owners: np.ndarray) -> Iterator[tuple[int, int]]:
    """Positions `(first, later)` of keys `[M]` that come again with another owner.

    The digest 0, of views that show nothing, does not count.
    """
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[:1]] + 1))
    first = np.zeros(len(keys), np.int64)
    first[order] = np.repeat(order[starts], np.diff(starts, append=len(order)))
    later = np.flatnonzero((keys != 0) & (owners != owners[first]))
    yield from zip(first[later].tolist(), later.tolist(), strict=True)


def size_ratios(rows: np.ndarray, objects: int) -> np.ndarray:
    """`[O]` largest extent of each object's masks over the least that its views must show.

    The longest side, 2, is along one of the three axes. A view shows `2 sin` of its angle to the
    axis; of the three axes the one that would show least is taken, so that the ratio is below 1
    only for views that hide the true longest side. NaN where no mask keeps off the border.
    """
    seen = np.isfinite(rows["extent"])
    owner = np.repeat(rows["object"][:, None], 2, axis=1)[seen]
    shown = 2 * np.sqrt(np.maximum(0, 1 - rows["direction"][seen] ** 2))
    largest_shown = np.full((objects, 3), -np.inf)
    np.maximum.at(largest_shown, owner, shown)
    largest_extent = np.full(objects, -np.inf)
    np.maximum.at(largest_extent, owner, rows["extent"][seen])
    least = largest_shown.min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.isfinite(least) & (least > 0), largest_extent / least, np.nan)


def mean_by_object(
    rows: np.ndarray, values: np.ndarray, objects: int
) -> tuple[np.ndarray, np.ndarray]:
    """Means `[O]` and counts `[O]` of values of views `[N, 2]`, NaN left out."""
    owner = np.repeat(rows["object"][:, None], 2, axis=1)
    known = np.isfinite(values)
    counts = np.bincount(owner[known], minlength=objects)
    sums = np.bincount(owner[known], values[known], minlength=objects)
    return sums / np.maximum(counts, 1), counts


def camera_statistics(rows: np.ndarray) -> dict:
    """Statistics of the cameras of all pairs, and the shares of azimuth sectors."""
    direction = rows["direction"].astype(np.float64)
    values = {
        "distance": rows["distance"],
        "elevation": camera_facts.elevation(direction),
        "azimuth": camera_facts.azimuth(direction),
        "roll": rows["roll"],
        "off_aim": rows["off_aim"],
        "view_angle": camera_facts.angle_between(direction[:, 0], direction[:, 1]),
        "rotation": rows["rotation"],
    }
    result = {name: camera_facts.statistics(value) for name, value in values.items()}
    result["azimuth_sectors"] = camera_facts.sector_shares(values["azimuth"])
    return result
