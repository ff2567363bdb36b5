"""An inspection as lines to read."""

from __future__ import annotations

import math
from collections.abc import Iterator

from keypointnet_tf.data.inspection import Inspection
from keypointnet_tf.data.inspection_checks import CHECKS, ERROR, Finding

SHOWN_FINDINGS = 3

_COLUMNS = ("min", "p5", "median", "mean", "p95", "max")
_LABELS = {
    "distance": "distance",
    "off_aim": "off the aim",
    "elevation": "elevation, degrees",
    "azimuth": "azimuth, degrees",
    "roll": "roll, degrees",
    "view_angle": "angle between the views",
    "rotation": "rotation between them",
}


def report_lines(inspection: Inspection, *, strict: bool = False) -> list[str]:
    """What the set holds, its cameras, and each check with its first findings."""
    findings = inspection.findings
    checks = (
        line
        for name in CHECKS
        if findings.looked[name] or findings.found[name]
        for line in _check(name, findings.looked[name], findings.found[name])
    )
    end = "FAILED" if findings.failed(strict=strict) else "all is well"
    return [*_contents(inspection.holds), *_cameras(inspection.cameras), *checks, end]


def _contents(holds: dict) -> Iterator[str]:
    size = holds["image_size"] or "?"
    yield holds["location"]
    yield (
        f"  {holds['category'] or 'no category'}, {holds['objects']} objects, "
        f"{_count(holds['pairs'])} pairs in {holds['files']} files, {size} x {size} pixels"
    )
    if holds["pairs_looked_at"] != holds["pairs"]:
        yield f"  looked at {holds['pairs_looked_at']} pairs"
    for split, counts in holds["splits"].items():
        yield f"  {split:<5} {counts['objects']} objects, {_count(counts['pairs'])} pairs"
    names = ", ".join(holds["landmark_names"])
    yield f"  {holds['landmarks'] or 'no'} landmarks{': ' if names else ''}{names}"
    yield f"  up axis {holds['records_up']} ({holds['up_source']})"
    focal = holds["focal_lengths"]
    ends = [_focal(value) for value in (focal["min"], focal["max"]) if value is not None]
    yield f"  focal length {' to '.join(dict.fromkeys(ends)) or '?'}"


def _focal(value: float) -> str:
    return f"{value:.2f} ({2 * math.degrees(math.atan(1 / value)):.2f} degrees)"


def _cameras(cameras: dict) -> Iterator[str]:
    if not cameras:
        yield "  no camera could be read"
        return
    yield f"{'cameras':<28}" + "".join(f"{column:>9}" for column in _COLUMNS)
    for name, label in _LABELS.items():
        values = (cameras[name][column] for column in _COLUMNS)
        numbers = (f"{'-':>9}" if value is None else f"{value:>9.2f}" for value in values)
        yield f"  {label:<26}" + "".join(numbers)
    shares = " ".join(f"{100 * share:.0f}" for share in cameras["azimuth_sectors"])
    yield f"  azimuth, % in sectors of 30 degrees from the front leftwards: {shares}"


def _check(name: str, looked: int, found: list[Finding]) -> Iterator[str]:
    check = CHECKS[name]
    mark = "ok" if not found else "ERROR" if check.severity == ERROR else "warning"
    units = f"{len(found)} of {looked} {check.unit}s" if found else f"{looked} {check.unit}s"
    yield f"{mark:<8}{name:<19}{units:<24} {check.expects}"
    for finding in found[:SHOWN_FINDINGS]:
        yield f"        {finding}"
    if len(found) > SHOWN_FINDINGS:
        yield f"        and {len(found) - SHOWN_FINDINGS} more"


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)
