"""Which pairs are shown: the best, middle and worst, and those that failed, with the reasons.

Letters: N pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from keypointnet_tf.viz.grid import ranked
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_page import Element, number, percent, table, tag
from keypointnet_tf.viz.report_views import cards

FAILED_DEGREES = 30.0
THIN_ELEVATION = 10.0
PAIRS_OF_A_SORT = 6
UNKNOWN = "no reason found"


def pair_reasons(table_: Mapping[str, np.ndarray]) -> list[list[str]]:
    """For each pair what may have made it hard: wrong left/right bits, views from very low.

    Args:
      table_: columns of `per_example.csv`.
    """
    reasons = []
    for i in range(len(table_["angular_error_deg"])):
        wrong = [v for v in (0, 1) if not table_[f"orientation_ok{v}"][i]]
        low = [v for v in (0, 1) if abs(table_[f"elevation{v}_deg"][i]) < THIN_ELEVATION]
        found = [f"left/right wrong in view {' and '.join(map(str, wrong))}"] if wrong else []
        found += [f"view {' and '.join(map(str, low))} from low down"] if low else []
        reasons.append(found)
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
    failed = data.errors > FAILED_DEGREES
    count = int(failed.sum())
    share = percent(count / len(failed))
    head = tag(
        "p",
        f"{count:,} of {len(failed):,} pairs ({share}) have an angular error above "
        f"{FAILED_DEGREES:g} degrees.",
    )
    if not count:
        return [head]
    parts = [head, _reason_table(data, reasons)]
    sorts = np.array([_sort(found) for found in reasons])
    failed[ranked(data.errors, PAIRS_OF_A_SORT)[2]] = False
    for sort, _ in Counter(sorts[failed].tolist()).most_common():
        rows = _varied(data, np.flatnonzero(failed & (sorts == sort)))
        parts += [tag("h3", f"{sort.capitalize()}"), cards(data, rows, reasons)]
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


def _reason_table(data: ReportData, reasons: Sequence[Sequence[str]]) -> Element:
    """Reasons with how often they occur among the failed and among all pairs, and their error."""
    kinds = [(_sort(found)) for found in reasons]
    bad = data.errors > FAILED_DEGREES
    rows = []
    for kind, total in Counter(kinds).most_common():
        members = np.array([k == kind for k in kinds])
        failed = int((members & bad).sum())
        errors = data.errors[members]
        rows.append(
            [
                kind,
                failed,
                percent(failed / int(bad.sum())),
                total,
                percent(failed / total),
                number(float(np.median(errors)), unit="°"),
                number(float(errors.mean()), unit="°"),
            ]
        )
    rows.sort(key=lambda row: -row[1])
    columns = ("reason", "failed", "of the failed", "pairs", "of these fail", "median", "mean")
    return table(columns, rows)


def _sort(reasons: Sequence[str]) -> str:
    """A pair's reasons without the views' numbers."""
    words = {
        r.split(" in view ")[0] if " in view " in r else "a view from low down" for r in reasons
    }
    return ", ".join(sorted(words)) or UNKNOWN
