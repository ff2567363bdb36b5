"""The report of an evaluation: one HTML file with figures, charts, pictures and turntables.

It needs no network and no other file, and equal data give equal text. Sections appear where
their data are there. `build_report` tells what stands where; each section has a module
`report_*` of its own.
"""

from __future__ import annotations

from keypointnet_tf.viz import report_dependence as dependence
from keypointnet_tf.viz import report_keypoints as keypoints
from keypointnet_tf.viz import report_landmarks as landmarks
from keypointnet_tf.viz import report_pairs, report_run, report_summary
from keypointnet_tf.viz.report_conditions import condition_tables
from keypointnet_tf.viz.report_data import ReportData
from keypointnet_tf.viz.report_errors import distribution
from keypointnet_tf.viz.report_page import Element, figure, number, page, section, tag
from keypointnet_tf.viz.report_turntable import turntables

TITLE = "Keypoint evaluation"


def build_report(data: ReportData) -> str:
    """The report as the text of an HTML file."""
    reasons = report_pairs.pair_reasons(data.per_example)
    found = keypoints.keypoint_figures(data.pairs)
    parts = [
        _summary(data),
        _errors(data),
        _keypoints(found, data),
        _landmarks(found, data),
        _turntables(data),
        section("pairs", "Pairs", report_pairs.extremes(data, reasons)),
        section("failures", "Failures", report_pairs.failures(data, reasons)),
        _conditions(data),
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
    summary = data.summary
    note = tag(
        "p",
        "Lengths are in object units, the longest side is 2. An arrow tells which way is better. "
        "Random and mean pose are predictors that do not look at the image.",
        class_="note",
    )
    return section(
        "summary",
        "Summary",
        report_summary.summary_table(summary),
        report_summary.not_measured(summary),
        note,
        report_summary.further_figures(summary),
    )


def _errors(data: ReportData) -> Element:
    """How large the error is, and what it depends on."""
    return section(
        "errors",
        "Angular error",
        distribution(data.errors),
        dependence.legend(),
        tag("div", dependence.on_views(data), class_="charts"),
        dependence.on_kinds(data),
    )


def _keypoints(found: keypoints.KeypointFigures, data: ReportData) -> Element:
    note = tag(
        "p",
        "Moves across views: distance of a view's prediction from the object's mean. "
        "Moves across objects: distance of an object's mean from that of all objects, the "
        "objects' own variety included. Found again: within 0.1 of the same place from both "
        "views. Distances in object units.",
        class_="note",
    )
    return section(
        "keypoints",
        "Keypoints",
        keypoints.keypoint_table(found, data.summary),
        note,
        keypoints.found_by_angle(data.summary),
    )


def _landmarks(found: keypoints.KeypointFigures, data: ReportData) -> Element | None:
    if not found.landmark_names:
        return None
    caption = (
        "Mean distance between each keypoint (row) and each true landmark (column), in "
        "object units; the nearest of each row is framed."
    )
    return section(
        "landmarks",
        "Landmarks",
        figure(landmarks.landmark_matrix(found), caption, class_="table"),
        landmarks.correct_landmarks(data.summary),
        landmarks.mapped_landmarks(data.summary),
    )


def _turntables(data: ReportData) -> Element:
    note = tag(
        "p",
        "Test objects from the least to the largest median error. Large discs: each "
        "keypoint, averaged over the object's views; small dots: what the single views "
        "gave. Grey dots: the shape, as far as the silhouettes tell it; diamonds: true "
        "landmarks. Drag to turn.",
        class_="note",
    )
    return section("turntables", "In three dimensions", note, turntables(data))


def _training(data: ReportData) -> Element | None:
    curves = report_run.training_curves(data.made_by.log)
    return section("training", "Training", curves) if curves else None


def _conditions(data: ReportData) -> Element | None:
    """What makes a pair hard; None where no table was made."""
    tables = condition_tables(data.conditions)
    if tables is None:
        return None
    note = tag(
        "p",
        "The pairs in about equal parts by each property, from its least values to its "
        "largest. Properties of a view count each pair under both of its views. Flipped: "
        "the share of pairs that fail for that reason.",
        class_="note",
    )
    return section("conditions", "What makes it hard", note, tables)
