"""The flags of deformed objects and of human keypoints."""

import json

import pytest
from absl import flags as absl_flags

from flags import render_flags
from keypointnet_tf.shapes import skinning
from keypointnet_tf.shapes.deformation import Deformation


def config(*arguments):
    values = absl_flags.FlagValues()
    render_flags.define(values)
    values(["render.py", "--out=x", *arguments])
    return render_flags.config_from_flags(values)


def test_deformation_is_off_by_default_and_follows_the_seed():
    assert config("--shapes=car").deformation is None
    job = config("--shapes=car", "--deform=twist", "--deform_strength=0.3", "--seed=5")
    assert job.deformation == Deformation("twist", 0.3, 5)


def test_bad_strengths_and_missing_libraries_are_told_at_once(monkeypatch):
    with pytest.raises(ValueError, match="--deform: strength is 2.0; expected 0 to 1"):
        config("--shapes=car", "--deform=bend", "--deform_strength=2")
    monkeypatch.setattr(skinning.importlib.util, "find_spec", lambda name: None)
    assert config("--shapes=car", "--deform=bend").deformation.kind == "bend"
    with pytest.raises(ValueError, match="tensorflow-graphics is not installed"):
        config("--shapes=car", "--deform=all")


@pytest.fixture
def annotated(tmp_path):
    meshes = tmp_path / "03001627"
    for model in ("aaa", "bbb"):
        (meshes / model / "models").mkdir(parents=True)
        (meshes / model / "models" / "model_normalized.obj").write_text("")
    points = [{"xyz": [0, 0, 0], "semantic_id": 0}]
    entries = [{"class_id": "03001627", "model_id": "bbb", "keypoints": points}]
    (tmp_path / "chair.json").write_text(json.dumps(entries))
    (tmp_path / "test.txt").write_text("03001627-bbb\n")
    return tmp_path


def test_meshes_without_keypoints_are_left_out(annotated):
    job = config(
        f"--shapenet={annotated}/03001627",
        f"--human_keypoints={annotated}/chair.json",
        f"--split_lists={annotated}",
    )
    found = [(source.object_id, source.split) for source in job.meshes]
    assert found == [("03001627-bbb", "test")]
    assert job.human_keypoints == f"{annotated}/chair.json"


def test_keypoints_need_meshes(annotated):
    with pytest.raises(ValueError, match="--human_keypoints needs the meshes"):
        config("--shapes=chair", f"--human_keypoints={annotated}/chair.json")
