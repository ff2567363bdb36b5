"""Errors against strength: rows that are kept, intervals, and files."""

import csv
import dataclasses
import json

import pytest
from PIL import Image

from keypointnet_tf.discovery import deformation_curve
from keypointnet_tf.discovery.checkpoints import load_model, model_file
from keypointnet_tf.discovery.deformation_curve import Curve, run_curve
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.rendered_evaluation import RenderedTest, evaluate_rendered
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.shapes.deformation import Deformation

TEST = RenderedTest("car", objects=3, pairs=2, fit_objects=3)
CURVE = Curve(TEST, ("bend", "taper"), (1.0, 0.0), Resampling(resamples=50))


@pytest.fixture(scope="module")
def model(finished_run):
    return load_model(finished_run[0])


@pytest.fixture(scope="module")
def file(finished_run):
    return model_file(finished_run[0])


@pytest.fixture(scope="module")
def folder(model, file, tmp_path_factory):
    path = tmp_path_factory.mktemp("curve")
    list(run_curve(Predictor(model), file, CURVE, path))
    return path


def rows_of(folder):
    with (folder / "curve.csv").open() as file:
        return list(csv.DictReader(file))


def test_rows_go_kind_by_kind_with_rising_strength():
    assert CURVE.rows() == [
        Deformation("bend", 0.0),
        Deformation("bend", 1.0),
        Deformation("taper", 0.0),
        Deformation("taper", 1.0),
    ]


def test_the_table_has_a_row_for_each_and_the_undeformed_one_is_shared(folder):
    rows = rows_of(folder)
    assert [(row["kind"], float(row["strength"])) for row in rows] == [
        ("bend", 0),
        ("bend", 1),
        ("taper", 0),
        ("taper", 1),
    ]
    assert len(json.loads((folder / "curve.json").read_text())["rows"]) == 3
    assert rows[0]["angular_error_mean_deg"] == rows[2]["angular_error_mean_deg"]
    assert rows[1]["angular_error_mean_deg"] != rows[3]["angular_error_mean_deg"]
    assert {(row["objects"], row["pairs"]) for row in rows} == {("3", "6")}
    assert Image.open(folder / "curve.png").width > 600


def test_figures_are_those_of_the_evaluation_within_their_intervals(folder, model, tmp_path):
    bent = dataclasses.replace(TEST, deformation=Deformation("bend", 1.0))
    summary = evaluate_rendered(Predictor(model), bent, tmp_path).summary
    row = rows_of(folder)[1]
    for panel in deformation_curve.PANELS:
        value = float(row[panel.figure])
        assert value == pytest.approx(summary[panel.figure], rel=1e-3)
        assert float(row[f"{panel.figure}_low"]) <= value <= float(row[f"{panel.figure}_high"])


def test_rows_that_are_done_are_not_computed_again(folder, model, file, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a row is computed again")

    monkeypatch.setattr(deformation_curve, "render_test_pairs", refuse)
    monkeypatch.setattr(deformation_curve, "render_fit_pairs", refuse)
    before = (folder / "curve.csv").read_bytes()
    assert len(list(run_curve(Predictor(model), file, CURVE, folder))) == 4
    assert (folder / "curve.csv").read_bytes() == before


def test_an_interrupted_curve_goes_on(folder, model, file, tmp_path):
    rows = run_curve(Predictor(model), file, CURVE, tmp_path)
    next(rows)
    next(rows)
    rows.close()
    assert not (tmp_path / "curve.csv").exists()
    list(run_curve(Predictor(model), file, CURVE, tmp_path))
    for name in ("curve.csv", "curve.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_rows_of_another_test_are_refused(folder, model, file):
    other = dataclasses.replace(CURVE, test=dataclasses.replace(TEST, seed=9))
    with pytest.raises(ValueError, match="curve.json: test is .* expected the same"):
        next(run_curve(Predictor(model), file, other, folder))


def test_rows_of_another_model_are_refused(folder, model, tmp_path):
    (tmp_path / "other.keras").write_bytes(b"other")
    with pytest.raises(ValueError, match="curve.json: model is"):
        next(run_curve(Predictor(model), tmp_path / "other.keras", CURVE, folder))


def test_a_damaged_state_is_named(model, file, tmp_path):
    (tmp_path / "curve.json").write_text("[]")
    with pytest.raises(ValueError, match="curve.json: .*expected the JSON of a curve"):
        next(run_curve(Predictor(model), file, CURVE, tmp_path))


def test_nothing_to_do_is_refused():
    with pytest.raises(ValueError, match="expected at least one each"):
        dataclasses.replace(CURVE, kinds=())
    with pytest.raises(ValueError, match="strength is 2"):
        dataclasses.replace(CURVE, strengths=(2.0,))
