"""The report of an evaluation: one HTML file with figures, charts, pictures and turntables.

It needs no network and no other file, and equal data give equal text. Sections appear where
their data are there. `build_report` tells what stands where; each section has a module
`report_*` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keypointnet_tf.viz import report_errors as errors
from keypointnet_tf.viz import report_keypoints as keypoints
from keypointnet_tf.viz import report_pairs, report_run, report_summary
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_page import (
    Element,
    figure,
    number,
    page,
    percent,
    section,
    table,
    tag,
)
from keypointnet_tf.viz.report_turntable import turntables

TITLE = "Keypoint evaluation"


def build_report(data: ReportData) -> str:
    """The report as the text of an HTML file."""
    reasons = report_pairs.pair_reasons(data.per_example)
    parts = [
        _summary(data),
        _errors(data),
        _keypoints(data),
        _landmarks(data),
        _turntables(data),
        section("pairs", "Pairs", report_pairs.extremes(data, reasons)),
        section("failures", "Failures", report_pairs.failures(data, reasons)),
        _training(data),
        section("origin", "How it was made", report_run.origin(data)),
    ]
    sections = [part for part in parts if part is not None]
    return page(TITLE, _header(data), _navigation(sections, data), tag("main", sections))


def _header(data: ReportData) -> Element:
    counts = [
        f"{number(data.summary.get(name))} {unit}"
        for name, unit in (
            ("pairs", "pairs of views"),
            ("objects", "objects"),
            ("keypoints", "keypoints"),
            ("steps", "training steps"),
        )
        if data.summary.get(name) is not None
    ]
    return tag(
        "header",
        tag("h1", TITLE),
        tag("p", " · ".join(counts), class_="counts"),
        report_summary.tiles(data.summary),
    )


def _navigation(sections: list[Element], data: ReportData) -> Element:
    """Links to the sections, and a chip for each keypoint that singles it out in all pictures."""
    links = [tag("a", part.find("h2").text.strip(), href=f"#{part.get('id')}") for part in sections]
    count = data.pairs.uv.shape[2]
    chips = [
        tag(
            "button",
            keypoints.chip(k),
            type="button",
            data_k=k,
            aria_pressed="false",
            title=f"Show keypoint {k} alone in all pictures",
        )
        for k in range(count)
    ]
    chooser = tag("div", chips, class_="chooser", role="group", aria_label="Single out a keypoint")
    return tag("nav", tag("div", links, class_="links"), chooser, aria_label="Sections")


def _summary(data: ReportData) -> Element:
    note = tag(
        "p",
        "Lengths are in object units, the longest side is 2. An arrow tells which way "
        "is better; the floor is what is had for nothing.",
        class_="note",
    )
    parts = [report_summary.summary_table(data.summary), note]
    return section("summary", "Summary", parts, report_summary.further_figures(data.summary))


def _errors(data: ReportData) -> Element:
    """How large the error is, and how it depends on the two views."""
    columns = data.per_example
    twice = np.concatenate([data.errors, data.errors])
    azimuth, elevation = (
        np.concatenate([columns[f"{name}{view}_deg"] for view in (0, 1)])
        for name in ("azimuth", "elevation")
    )
    low, high = _tens(elevation)
    turns = tuple(range(0, 181, 30))
    charts = [
        errors.dependence(
            "angle between the views, degrees",
            columns["relative_angle_deg"],
            data.errors,
            np.linspace(0, 180, 13),
            x_ticks=turns,
        ),
        errors.dependence(
            "azimuth of either view",
            azimuth,
            twice,
            np.linspace(-180, 180, 13),
            x_ticks=(-180, -90, 0, 90, 180),
            names=("rear", "right", "front", "left", "rear"),
        ),
        errors.dependence(
            "elevation of either view, degrees",
            np.clip(elevation, low, high),
            twice,
            np.arange(low, high + 1, 10),
            x_ticks=tuple(np.arange(low, high + 1, 20 if high - low > 60 else 10)),
        ),
    ]
    return section(
        "errors",
        "Angular error",
        errors.distribution(data.errors),
        errors.legend(),
        tag("div", charts, class_="charts"),
        _kinds(data),
    )


def _tens(degrees: np.ndarray) -> tuple[int, int]:
    """Multiples of ten around the values; the small shift of the cameras is not counted."""
    low = int(np.floor((degrees.min() + 2) / 10)) * 10
    return low, max(int(np.ceil((degrees.max() - 2) / 10)) * 10, low + 10)


def _kinds(data: ReportData) -> Element | None:
    """Errors of each named type of object, the worst last; None where there is only one."""
    kind = data.pairs.kind
    if kind is None or len(np.unique(kind)) < 2:
        return None
    rows = []
    for name in np.unique(kind):
        own = data.errors[kind == name]
        objects = len(np.unique(data.pairs.object_id[kind == name]))
        quartiles = np.quantile(own, (0.5, 0.9)).tolist()
        share = float((own > report_pairs.FAILED_DEGREES).mean())
        rows.append(
            [
                str(name) or "(unnamed)",
                objects,
                len(own),
                *(number(x, unit="°") for x in (*quartiles, float(own.mean()))),
                percent(share),
            ]
        )
    rows.sort(key=lambda row: float(row[3].removesuffix("°").replace(",", "")))
    columns = ("type", "objects", "pairs", "median", "90 %", "mean", "failed")
    return tag("div", tag("h3", "By type of object"), table(columns, rows))


def _keypoints(data: ReportData) -> Element:
    found = keypoints.keypoint_figures(data.pairs)
    note = tag(
        "p",
        "Moves across views: distance of a view's prediction from the object's mean. "
        "Moves across objects: distance of an object's mean from that of all objects, the "
        "objects' own variety included. Distances in object units.",
        class_="note",
    )
    return section("keypoints", "Keypoints", keypoints.keypoint_table(found), note)


def _landmarks(data: ReportData) -> Element | None:
    found = keypoints.keypoint_figures(data.pairs)
    if not found.landmark_names:
        return None
    caption = (
        "Mean distance between each keypoint (row) and each true landmark (column), in "
        "object units; the nearest of each row is framed."
    )
    matrix = figure(keypoints.landmark_matrix(found), caption, class_="table")
    return section("landmarks", "Landmarks", matrix, _landmark_errors(data.summary))


def _landmark_errors(summary: Mapping[str, object]) -> Element | None:
    """What the linear map reaches for each landmark, against its floor."""
    reached, floor = (
        summary.get(f"landmark_{name}_per_landmark") or {} for name in ("error", "floor")
    )
    rows = []
    for name, error in reached.items():
        least = floor.get(name)
        ratio = error / least if error is not None and least else None
        rows.append([name.replace("_", " "), number(error, 2), number(least, 2), number(ratio, 2)])
    if not rows:
        return None
    head = tag("h3", "Landmarks from keypoints, by a linear map")
    return tag("div", head, table(("landmark", "error", "floor", "error / floor"), rows))


def _turntables(data: ReportData) -> Element | None:
    shown = turntables(data)
    if shown is None:
        return None
    note = tag(
        "p",
        "Test objects from the least to the largest median error. Large discs: each "
        "keypoint, averaged over the object's views; small dots: what the single views "
        "gave. Grey dots: the shape, as far as the silhouettes tell it; diamonds: true "
        "landmarks. Drag to turn.",
        class_="note",
    )
    return section("turntables", "In three dimensions", note, shown)


def _training(data: ReportData) -> Element | None:
    curves = report_run.training_curves(data.made_by.log)
    return section("training", "Training", curves) if curves else None
