"""Which pairs are shown: the best, middle and worst, and those that failed, with the reasons.

Letters: N pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from keypointnet_tf.viz.grid import ranked
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_page import Element, bar_cell, number, percent, table, tag
from keypointnet_tf.viz.report_views import cards

FAILED_DEGREES = 30.0
PAIRS_OF_A_SORT = 6
MEANINGS = {
    "undetermined": "the keypoints lie on a line or in a point, and fix no rotation",
    "flipped": "left and right, or front and back, are mixed up",
    "occluded": "few landmarks are seen from both views",
    "thin view": "a view from near the ground plane, or a very small one",
    "unknown": "none of these",
}


def pair_reasons(table_: Mapping[str, np.ndarray]) -> list[list[str]]:
    """For each pair why it failed, and in which views left and right were mixed up.

    Args:
      table_: columns of `per_example.csv`; `failure` is "" for pairs that did not fail.
    """
    reasons = []
    for i, failure in enumerate(table_["failure"].tolist()):
        wrong = [str(v) for v in (0, 1) if table_[f"orientation_ok{v}"][i] == 0]
        hint = [f"left/right wrong in view {' and '.join(wrong)}"] if wrong else []
        reasons.append([failure, *hint] if failure else [])
    return reasons


def extremes(data: ReportData, reasons: Sequence[Sequence[str]]) -> list[Element]:
    """The pairs with the least, middle and largest errors."""
    parts = []
    sorts = ranked(data.errors, PAIRS_OF_A_SORT)
    for title, rows in zip(("Best", "Median", "Worst"), sorts, strict=True):
        parts += [tag("h3", title), cards(data, rows, reasons)]
    return parts


def failures(data: ReportData, reasons: Sequence[Sequence[str]]) -> list[Element]:
    """How many pairs failed for which reason, and for each reason some that are not shown above."""
    failure = data.per_example["failure"]
    count = int((failure != "").sum())
    share = percent(count / len(failure))
    head = tag(
        "p",
        f"{count:,} of {len(failure):,} pairs ({share}) have an angular error of "
        f"{FAILED_DEGREES:g} degrees or more.",
    )
    if not count:
        return [head]
    parts = [head, _reason_table(data)]
    fresh = np.ones(len(failure), bool)
    fresh[ranked(data.errors, PAIRS_OF_A_SORT)[2]] = False
    for reason, _ in _counted(failure[fresh]):
        rows = _varied(data, np.flatnonzero(fresh & (failure == reason)))
        parts += [tag("h3", reason.capitalize()), cards(data, rows, reasons)]
    return parts


def _varied(data: ReportData, failed: np.ndarray) -> list[int]:
    """The worst pair of each object, then the second worst of each, a few altogether."""
    order = failed[np.argsort(-data.errors[failed], kind="stable")]
    seen: Counter[str] = Counter()
    rank = []
    for name in data.pairs.object_id[order].tolist():
        rank.append(seen[name])
        seen[name] += 1
    return order[np.argsort(rank, kind="stable")][:PAIRS_OF_A_SORT].tolist()


def _counted(failure: np.ndarray) -> list[tuple[str, int]]:
    """The reasons that occur, the most frequent first."""
    return Counter(failure[failure != ""].tolist()).most_common()


def _reason_table(data: ReportData) -> Element:
    failure = data.per_example["failure"]
    found = _counted(failure)
    total = sum(count for _, count in found)
    rows = [
        [
            reason,
            number(count),
            bar_cell(percent(count / total), count / total),
            number(float(np.median(data.errors[failure == reason])), unit="°"),
            tag("td", MEANINGS.get(reason, ""), class_="text"),
        ]
        for reason, count in found
    ]
    columns = (
        "reason",
        "pairs",
        "of the failed",
        "median error",
        tag("span", "meaning", class_="text"),
    )
    return table(columns, rows, class_="barred")
