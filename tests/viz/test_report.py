"""The whole report: one file, nothing fetched, nothing injected, the same bytes again."""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from keypointnet_tf.viz import report_pairs, report_run, report_summary
from keypointnet_tf.viz.report import build_report
from keypointnet_tf.viz.report_data import MadeBy

NASTY = "<img src=x onerror=alert(1)></script></svg></style>\"'&"
ALL = ["summary", "errors", "keypoints", "landmarks", "turntables", "pairs", "failures",
       "training", "origin"]  # fmt: skip
VOID = {"meta", "input"}


class Outline(HTMLParser):
    """Elements, identifiers and links; fails where elements do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def values(self, *names):
        return [v for _, a in self.elements for k, v in a.items() if k in names]

    def sections(self):
        return [a["id"] for tag, a in self.elements if tag == "section"]


@pytest.fixture(scope="module")
def html(report_data):
    return build_report(report_data())


def test_every_section_is_there_and_linked(html):
    outline = Outline(html)
    assert outline.sections() == ALL
    assert {f"#{name}" for name in ALL} <= set(outline.values("href"))
    ids = outline.values("id")
    assert len(ids) == len(set(ids))


def test_nothing_is_fetched(html):
    outline = Outline(html)
    assert all(v.startswith("#") for v in outline.values("href") if not v.startswith("data:"))
    assert outline.values("src", "srcset", "action", "poster", "background") == []
    assert not {tag for tag, _ in outline.elements} & {"link", "iframe", "object", "embed", "base"}
    assert "url(" not in html and "@import" not in html
    assert not re.search(r"(https?:)?//[a-z]", re.sub(r"base64,[A-Za-z0-9+/=]*", "", html))


def test_equal_data_give_equal_text(html, report_data):
    assert build_report(report_data()) == html


def test_every_picture_is_described(html):
    outline = Outline(html)
    pictures = [a for tag, a in outline.elements if tag == "svg"]
    assert len(pictures) > 20
    assert all(a["role"] == "img" and a["aria-label"] for a in pictures)


def test_what_comes_from_files_does_not_become_markup(report_data, predictions_of):
    names = np.array([f"{NASTY}{i // 5}" for i in range(20)])
    predictions = predictions_of(
        object_id=names, kind=names, landmark_names=np.array([NASTY, "x\x00\ud800"])
    )
    made_by = MadeBy(NASTY, NASTY, {"config": {NASTY: NASTY}, "versions": {NASTY: NASTY}},
                     {"step": [1.0, 2.0], NASTY: [1.0, 2.0]})  # fmt: skip
    html = build_report(report_data(predictions, made_by))
    html.encode("utf-8", "xmlcharrefreplace")
    outline = Outline(html)
    tags = [tag for tag, _ in outline.elements]
    assert "img" not in tags and tags.count("style") == 1
    assert not [name for _, a in outline.elements for name in a if name.startswith("on")]
    kinds = [a.get("type") for tag, a in outline.elements if tag == "script"]
    assert kinds.count(None) == 1 and set(kinds) == {None, "application/json"}
    assert outline.sections() == ALL


def test_sections_vanish_with_their_data(report_data, predictions_of):
    bare = predictions_of(
        landmarks=None, landmark_names=None, images=None, confidence=None, kind=None
    )
    data = dataclasses.replace(report_data(bare), made_by=MadeBy())
    outline = Outline(build_report(data))
    assert outline.sections() == [x for x in ALL if x not in ("landmarks", "training")]
    assert "image" not in [tag for tag, _ in outline.elements]


@pytest.mark.parametrize(
    "options",
    [
        {"objects": 1, "pairs": 1},
        {"keypoints": 1},
        {"keypoints": 2},
        {"keypoints": 23, "objects": 2, "pairs": 2},
        {"noise": 0.0},
        {"noise": 5.0},
    ],
)
def test_unusual_predictions_are_reported(options, report_data, predictions_of):
    html = build_report(report_data(predictions_of(**options)))
    Outline(html)
    assert not re.search(r'="[^"]*\b(nan|inf)\b', html), "no number is missing in a drawing"


def test_summary_shows_each_figure_with_floor_and_meaning(report_data):
    data = report_data()
    summary = {**data.summary, "landmark_error": 0.25, "landmark_floor": 0.5, "new_figure": 0.125}
    (row,) = [
        "".join(tr.itertext())
        for tr in report_summary.summary_table(summary).iter("tr")
        if "landmark error ↓" in "".join(tr.itertext())
    ]
    assert "0.250" in row and "0.500mean landmarks" in row and "linear map" in row
    rest = "".join(report_summary.further_figures(summary).itertext())
    assert "new_figure0.1250" in rest and "landmark_floor" not in rest


def test_absent_figures_are_dashes(report_data):
    summary = {**report_data().summary, "landmark_error": float("nan"), "coverage": None}
    text = "".join(report_summary.summary_table(summary).itertext())
    assert "nan" not in text and "None" not in text


def test_reasons_by_hand():
    table = {
        "angular_error_deg": np.array([1.0, 2, 3]),
        "orientation_ok0": np.array([True, False, True]),
        "orientation_ok1": np.array([True, False, False]),
        "elevation0_deg": np.array([45.0, 45, 5]),
        "elevation1_deg": np.array([45.0, -3, 45]),
    }
    assert report_pairs.pair_reasons(table) == [
        [],
        ["left/right wrong in view 0 and 1", "view 1 from low down"],
        ["left/right wrong in view 1", "view 0 from low down"],
    ]


def test_failures_are_counted_and_shown_once(report_data, predictions_of):
    """Eight pairs fail; the worst six stand among the pairs already."""
    data = report_data(predictions_of())
    errors = np.where(np.arange(20) < 8, 100.0 + np.arange(20), 5.0)
    data.per_example["angular_error_deg"][:] = errors
    parts = report_pairs.failures(data, [[] for _ in errors])
    assert parts[0].text.startswith("8 of 20 pairs (40.0\u00a0%)")
    shown = [b.text for part in parts for b in part.iter("b")]
    assert shown == ["101°", "100°"], "the worst first"
    worst = [b.text for b in report_pairs.extremes(data, [[]] * 20)[-1].iter("b")]
    assert worst == ["107°", "106°", "105°", "104°", "103°", "102°"]


def test_without_failures_there_is_one_line(report_data, predictions_of):
    data = report_data(predictions_of())
    data.per_example["angular_error_deg"][:] = 1.0
    (only,) = report_pairs.failures(data, [[]] * 20)
    assert only.text.startswith("0 of 20")


def test_curves_pair_training_with_validation():
    log = {"step": [1.0, 2, 3], "loss": [3.0, 2, 1], "val_loss": [4.0, 3, 2],
           "pose": [1.0, 1, 1], "weight/pose": [0.5, 1, 2]}  # fmt: skip
    key, charts, schedules = report_run.training_curves(log)
    captions = [f.find("figcaption").find("b").text for f in charts.iter("figure")]
    assert captions == ["loss", "pose"]
    lines = [[p.get("class") for p in f.iter("path")] for f in charts.iter("figure")]
    assert lines == [["line a", "line b"], ["line a"]]
    assert [b.text for b in schedules.iter("b")] == ["weight: pose"]


@pytest.mark.parametrize("log", [{}, {"step": []}, {"step": [5.0], "loss": [1.0]}])
def test_no_curves_of_fewer_than_two_rows(log):
    assert report_run.training_curves(log) == []


def test_origin_tells_command_date_and_configuration(html):
    for part in ("python eval.py --out=e", "2001-02-03", "keras 3.15", "loss.pose", "0:1"):
        assert part in html
