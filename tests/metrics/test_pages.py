"""The pages on metrics and predictions: the example runs, and every name is explained."""

import dataclasses
import itertools
import pathlib
import re

import numpy as np
import pytest

from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.schema import OPTIONAL, REQUIRED
from keypointnet_tf.metrics.summary import score

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
METRICS = (DOCS / "metrics.md").read_text(encoding="utf-8")
PREDICTIONS = (DOCS / "predictions.md").read_text(encoding="utf-8")


def expanded(name):
    """`a_{b,c}` as `a_b` and `a_c`."""
    parts = re.split(r"\{(.*?)\}", name)
    choices = [part.split(",") if i % 2 else [part] for i, part in enumerate(parts)]
    return {"".join(chosen) for chosen in itertools.product(*choices)}


@pytest.fixture
def described(linear):
    """`linear` with descriptors, so that no figure is missing."""
    vectors = np.broadcast_to(np.eye(4), (*linear.depth.shape[:2], 4, 4))
    return dataclasses.replace(linear, descriptors=vectors)


@pytest.fixture
def explained():
    """Every name in backticks on the page of metrics."""
    return set().union(*(expanded(name) for name in re.findall(r"`([\w{},.]+)`", METRICS)))


def test_every_figure_is_explained(described, explained):
    scores = score(described)
    assert set(scores.summary) - explained == set()
    assert set(scores.summary["intervals"]) - explained == set()
    assert set(scores.summary["floors"]) - explained == set()
    assert set(scores.summary["interval_settings"]) - explained == set()


def test_every_column_and_property_is_explained(linear, explained):
    scores = score(linear)
    assert set(scores.per_example) - explained == set()
    assert set(scores.conditions) - explained == set()
    assert set(scores.conditions["property"]) - explained == set()


def test_every_explained_figure_is_written(described):
    """Names in the first column of the tables of figures are keys of the summary."""
    scores = score(described)
    known = {*scores.summary, *scores.summary["failures"], *scores.conditions["property"]}
    known |= {"mask_share", "luminance", "texture"}  # the properties of pictures
    rows = re.findall(r"^\| (`.*?) \|", METRICS.split("## The rows of")[0], flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    named = set().union(*(expanded(name) for name in named))
    named = {name for name in named if not name.endswith((".json", ".csv", ".txt"))}
    assert len(named) > 80 and named - known == set()


def test_fields_of_the_page_are_those_of_the_file():
    rows = re.findall(r"^\| `(\w+)` \| (?:`\[(.*?)\]`|scalar)", PREDICTIONS, flags=re.MULTILINE)
    shapes = {name: field.shape for name, field in {**REQUIRED, **OPTIONAL}.items()}
    expected = {name: shape.replace(" ", ", ") for name, shape in shapes.items()}
    assert dict(rows) == {**expected, "steps": "", "schema_version": ""}


def test_example_is_short_writes_a_file_and_scores(tmp_path, monkeypatch):
    code = re.search(r"```python\n(.*?)```", PREDICTIONS, flags=re.DOTALL).group(1)
    assert len(code.splitlines()) <= 22
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/predictions.md", "exec"), {})
    loaded = Predictions.load("mine.npz")
    assert (len(loaded), loaded.keypoints) == (4, 3)
    summary = score(loaded).summary
    assert 0 < summary["angular_error_mean_deg"] < 15
    assert 0 < summary["consistency"] < 0.1


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda fields: fields.pop("depth"), "fields ['depth'] are missing"),
        (lambda f: f.update(depth=np.zeros((4, 2, 4)) - 30), "field 'depth' has shape (4, 2, 4)"),
        (lambda f: f["uv"].__setitem__((0, 1, 2, 0), np.nan), "field 'uv' at [0, 1, 2, 0] is nan"),
        (
            lambda f: f.update(split=np.array(["test", "train"] * 2)),
            "field 'split' puts object 'first' in both 'train' and 'test'",
        ),
    ],
)
def test_refusals_of_the_page_are_those_of_the_program(tmp_path, monkeypatch, change, name):
    code = re.search(r"```python\n(.*?)```", PREDICTIONS, flags=re.DOTALL).group(1)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/predictions.md", "exec"), {})
    fields = dict(np.load("mine.npz"))
    change(fields)
    np.savez("mine.npz", **fields)
    with pytest.raises(ValueError) as caught:
        Predictions.load("mine.npz")
    assert str(caught.value).startswith(f"mine.npz: {name}")
    shown = re.search(r"```\n(mine\.npz: .*?)```", PREDICTIONS, flags=re.DOTALL).group(1)
    assert any(line.startswith(f"mine.npz: {name}") for line in shown.splitlines())
