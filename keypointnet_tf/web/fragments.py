"""Parts of the page that tell figures, as HTML; everything is escaped when it is written."""

from __future__ import annotations

from xml.etree import ElementTree

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.metrics.relative_rotation import RelativeRotation
from keypointnet_tf.viz.overlay import LOW_CONFIDENCE
from keypointnet_tf.viz.report_keypoints import chip
from keypointnet_tf.viz.report_page import Element, bar_cell, table, tag

CLOSE_CALL = 0.75
"""Decisions less probable than this are called a guess."""
FULL_MARGIN = 2.0


def paragraph(text: str) -> str:
    """The text as a paragraph."""
    return _html(tag("p", text))


def keypoint_table(found: PhotoKeypoints) -> str:
    """A row per keypoint: place in the photo, depth, confidence."""
    rows = [
        (
            chip(k),
            f"{x:.1f}",
            f"{y:.1f}",
            f"{depth:.2f}",
            bar_cell(f"{confidence:.2f}", float(confidence)),
        )
        for k, ((x, y), depth, confidence) in enumerate(
            zip(found.xy, found.depth, found.confidence, strict=True)
        )
    ]
    unsure = int((found.confidence < LOW_CONFIDENCE).sum())
    note = f"x, y in pixels of the photo, {found.width} × {found.height}; depth in object units."
    if unsure:
        note += f" {unsure} of {len(rows)} below {LOW_CONFIDENCE:g}: drawn as rings."
    grid = table(["keypoint", "x", "y", "depth", "confidence"], rows)
    return _html(tag("div", grid, tag("p", note, class_="note"), class_="kp-table"))


def orientation_panel(found: PhotoKeypoints) -> str:
    """Which way the object faces in the photo, how probable that is, and by what margin."""
    side = "right" if found.faces_right else "left"
    sure = found.faces_confidence >= CLOSE_CALL
    share = min(found.margin / FULL_MARGIN, 1.0)
    head = tag("b", f"faces {side}" if sure else f"faces {side}, but that is a guess")
    offset = (0.5 if found.faces_right else 0.5 - share / 2) * 100
    bar = tag("i", style=f"left:{offset:.1f}%;width:{share * 50:.1f}%")
    gauge = tag(
        "div",
        tag("span", "left"),
        tag("div", bar, class_="kp-gauge", role="img", aria_label=f"margin {found.margin:.2f}"),
        tag("span", "right"),
        class_="kp-side",
    )
    margin = f"margin {found.margin:.2f} of {FULL_MARGIN:g}"
    note = tag("p", margin, "; probability ", _probability(found.faces_confidence), class_="note")
    return _html(tag("div", head, gauge, note, class_=f"kp-facing{'' if sure else ' unsure'}"))


def rotation_panel(rotation: RelativeRotation) -> str:
    """The rotation from the first photo to the second, as axis and angle and as a matrix."""
    if not rotation.determined:
        text = "The keypoints lie in a line or in one place: they determine no rotation."
        return _html(tag("div", tag("b", "no rotation"), tag("p", text), class_="kp-rotation"))
    axis = ", ".join(_fixed(value, 3) for value in rotation.axis)
    facts = tag(
        "p",
        f"about the axis ({axis}). The turned points miss the second photo's ",
        f"by {rotation.residual:.3f} on average (root mean square; the longest side is 2).",
    )
    note = tag(
        "p",
        "From the first photo's camera frame to the second's: x right, y up, z towards the ",
        "viewer. Each photo's crop is taken to be seen by the model's virtual camera.",
        class_="note",
    )
    head = tag("b", f"{rotation.degrees:.1f}°")
    return _html(tag("div", head, facts, _matrix(rotation), note, class_="kp-rotation"))


def _matrix(rotation: RelativeRotation) -> Element:
    rows = [tag("tr", [tag("td", _fixed(value, 4)) for value in row]) for row in rotation.matrix]
    return tag("table", tag("tbody", rows), class_="kp-matrix", aria_label="rotation matrix")


def _probability(value: float) -> str:
    """Never rounded up to a certainty."""
    return f"{value:.3f}" if value < 0.9995 else "above 0.999"


def _fixed(value: float, digits: int) -> str:
    """The number with so many decimals, and no sign where they are all 0."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def _html(element: Element) -> str:
    return ElementTree.tostring(element, "unicode", "html")
