"""Models by name: short, unique, read once."""

import pytest

from keypointnet_tf.discovery.presets import preset_names
from keypointnet_tf.web import models
from keypointnet_tf.web.models import loader_of, named_models


@pytest.fixture
def runs(tmp_path):
    """Paths of files that pass for models."""

    def make(*names):
        paths = []
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            paths.append(path)
        return paths

    return make


def test_names_tell_runs_apart(runs):
    paths = runs("car/model/best.keras", "chair/best.keras", "plane.keras", "b/car/model/x.keras")
    given = [paths[0].parent, paths[1].parent, paths[2], paths[3], paths[1]]
    assert list(named_models(given)) == ["car", "chair", "plane", "x", "chair (2)"]
    assert list(named_models(given).values()) == given


def test_absent_models_are_told_at_once(tmp_path):
    with pytest.raises(ValueError, match="best.keras: no model.*models of the package are car"):
        named_models([tmp_path])
    with pytest.raises(ValueError, match="sofa"):
        named_models(["sofa"])


def test_the_packages_own_models_are_meant_by_their_names():
    assert named_models(["chair", "car"]) == {"chair": "chair", "car": "car"}
    assert named_models() == {name: name for name in preset_names()}
    assert loader_of(named_models())("car").model.info["category"] == "car"


def test_a_model_is_read_when_it_is_first_asked_for(monkeypatch):
    read = []
    monkeypatch.setattr(models.Predictor, "from_preset", lambda path: read.append(path) or object())
    load = loader_of({"a": "A", "b": "B", "c": "C"}, kept=2)
    assert read == []
    first = load("a")
    assert load("a") is first and read == ["A"]
    load("b"), load("c"), load("a")
    assert read == ["A", "B", "C", "A"], "only the last two are kept"
    with pytest.raises(ValueError, match="model is 'd'; expected one of a, b, c"):
        load("d")


def test_a_real_model_is_read(pair_model, predictor, tmp_path):
    pair_model.save(tmp_path / "best.keras")
    load = loader_of({"tiny": tmp_path})
    assert load("tiny").virtual_camera == predictor.virtual_camera
