"""The whole report: one file, nothing fetched, nothing injected, the same bytes again."""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from keypointnet_tf.viz import report_pairs, report_run, report_summary
from keypointnet_tf.viz.report import build_report
from keypointnet_tf.viz.report_conditions import condition_tables
from keypointnet_tf.viz.report_data import MadeBy

NASTY = "<img src=x onerror=alert(1)></script></svg></style>\"'&"
ALL = """summary errors keypoints landmarks turntables pairs failures conditions training
origin""".split()
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
    gone = "landmarks landmark_names images confidence kind on_object orient_uv".split()
    bare = predictions_of(**dict.fromkeys(gone))
    data = dataclasses.replace(report_data(bare), made_by=MadeBy(), conditions={})
    outline = Outline(build_report(data))
    gone = ("landmarks", "conditions", "training")
    assert outline.sections() == [x for x in ALL if x not in gone]
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


def row_of(summary, name):
    """Texts of the cells in the row of the summary's table that begins with a name."""
    rows = report_summary.summary_table(summary).iter("tr")
    texts = [["".join(cell.itertext()) for cell in row] for row in rows]
    return next((cells[1:] for cells in texts if cells[0].startswith(name)), None)


def test_summary_shows_value_interval_reference_and_meaning():
    summary = {
        "landmark_error": 0.25,
        "landmark_floor": 0.5,
        "accuracy_10deg": 0.75,
        "intervals": {"landmark_error": (0.2, 0.3), "accuracy_10deg": (0.7, 0.8)},
        "floors": {"random": {"accuracy_10deg": 0.1}, "mean_pose": {"accuracy_10deg": 0.2}},
    }
    value, span, compared, meaning = row_of(summary, "landmark error ↓")
    assert (value, span, compared) == ("0.250", "0.200 to 0.300", "mean landmarks 0.500")
    assert "linear map" in meaning
    value, span, compared, _ = row_of(summary, "pairs below 10 degrees ↑")
    assert (value, span) == ("75.0\u00a0%", "70.0 to 80.0\u00a0%")
    assert compared == "random 10.0\u00a0%mean pose 20.0\u00a0%"


def test_summary_without_intervals_and_floors():
    none = {"intervals": {"coverage": (None, float("nan"))}, "floors": {"mean_pose": None}}
    for more in ({}, none):
        assert row_of({"coverage": 0.5, **more}, "coverage")[:3] == ["0.500", "", ""]
        assert row_of({"consistency": 0.5, **more}, "consistency")[:3] == ["0.500", "", ""]


def test_other_figures_stand_behind_under_their_own_names():
    summary = {
        "new_figure": 0.125,
        "coverage": 0.5,
        "text": "x",
        "nothing": None,
        "yes": True,
        "intervals": {"new_figure": (0.1, 0.2)},
    }
    rows = [
        ["".join(cell.itertext()) for cell in row]
        for row in report_summary.further_figures(summary).iter("tr")
    ]
    assert rows[1:] == [["new_figure", "0.1250", "0.100 to 0.200"]]
    assert report_summary.further_figures({"coverage": 0.5}) is None


def test_what_could_not_be_measured_is_told_with_the_reason():
    summary = {
        "landmark_error": float("nan"),
        "coverage": None,
        "consistency": 0.5,
        "angular_error_median_deg_sym": None,
        "landmark_reason": "no such file",
        "template_reason": "",
    }
    text = report_summary.not_measured(summary).text
    assert text == "Not measured (no such file): landmark error, coverage."
    assert row_of(summary, "landmark error") is None
    assert report_summary.not_measured({"coverage": 0.5}) is None


def test_reasons_by_hand():
    table = {
        "failure": np.array(["", "flipped", "thin view", ""]),
        "orientation_ok0": np.array([True, False, True, False]),
        "orientation_ok1": np.array([1.0, 0.0, np.nan, 1.0]),
    }
    assert report_pairs.pair_reasons(table) == [
        [],
        ["flipped", "left/right wrong in view 0 and 1"],
        ["thin view"],
        [],
    ]


def test_failures_are_counted_and_shown_once(report_data, predictions_of):
    """Eight pairs fail; the worst six stand among the pairs already."""
    data = report_data(predictions_of())
    failed = np.arange(20) < 8
    data.per_example["angular_error_deg"][:] = np.where(failed, 100.0 + np.arange(20), 5.0)
    data.per_example["failure"][:] = np.where(failed, "flipped", "")
    parts = report_pairs.failures(data, [[]] * 20)
    assert parts[0].text.startswith("8 of 20 pairs (40.0\u00a0%)")
    shown = [b.text for part in parts for b in part.iter("b")]
    assert shown == ["101°", "100°"], "the worst first"
    worst = [b.text for b in report_pairs.extremes(data, [[]] * 20)[-1].iter("b")]
    assert worst == ["107°", "106°", "105°", "104°", "103°", "102°"]


def test_failures_are_explained(report_data, predictions_of):
    data = report_data(predictions_of())
    data.per_example["failure"][:] = ["flipped"] * 3 + ["moonshine"] + [""] * 16
    table = report_pairs.failures(data, [[]] * 20)[1]
    rows = [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")][1:]
    assert [row[:3] for row in rows] == [
        ["flipped", "3", "75.0\u00a0%"],
        ["moonshine", "1", "25.0\u00a0%"],
    ]
    assert "mixed up" in rows[0][-1] and rows[1][-1] == ""


def test_conditions_by_hand():
    columns = {
        "property": np.array(["texture", "texture", "novelty", "novelty", "constant"]),
        "bin": np.array([0, 1, 0, 1, 0]),
        "low": np.array([0.1, 0.2, 100, 136, 0]),
        "high": np.array([0.15, 0.3, 135, 180, 0]),
        "samples": np.array([5, 6, 7, 8, 9]),
        "objects": np.array([1, 1, 1, 1, 1]),
        "error_mean_deg": np.array([10.0, 40, 20, 5, 1]),
        "error_median_deg": np.array([1.0, 2, 3, 4, 5]),
        "accuracy_30deg": np.array([1.0, 0.5, 0.5, 0.5, 1]),
        "flipped_share": np.array([0.0, 0.25, 0, 0, 0]),
    }
    made = condition_tables(columns)
    assert [h.text for h in made.iter("h3")] == ["Contrast of its texture", "novelty"]
    rows = [["".join(cell.itertext()) for cell in row] for row in made.iter("tr")]
    assert rows[2] == ["0.20 to 0.30", "6", "40.0°", "2.00°", "50.0\u00a0%", "25.0\u00a0%"]
    assert rows[5][0] == "136 to 180"
    bars = [cell.get("style") for cell in made.iter("td") if cell.get("class") == "bar"]
    assert bars == ["--w:25%", "--w:100%", "--w:50%", "--w:12%"]
    assert condition_tables({}) is None


def test_without_failures_there_is_one_line(report_data, predictions_of):
    data = report_data(predictions_of())
    data.per_example["failure"][:] = ""
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
