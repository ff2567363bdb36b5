"""ShapeNet classes as mesh sources: chosen ids, published splits, frames by version."""

import builtins
import logging
import os
import pathlib

import numpy as np
import pytest

from keypointnet_tf.shapes.shapenet import shapenet_sources
from keypointnet_tf.shapes.shapenet_classes import SYNSETS, synset_of
from keypointnet_tf.shapes.shapenet_lists import parse_ids, read_splits

CHAIR, PLANE = "03001627", "02691156"
V1, V2 = "model.obj", "models/model_normalized.obj"
# Longest along x (4), tip at z = -2, top at y = 1.
OBJ = "v -2 0 0\nv 2 0 0\nv 0 0 -2\nv 0 1 0\nf 1 2 3\nf 1 2 4\n"


def write_models(root, names, *, synset=CHAIR, layout=V2):
    for name in names:
        path = root / synset / name / layout
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(OBJ)
    return root


def models(sources):
    return [source.object_id.partition("-")[2] for source in sources]


def splits(sources):
    return {source.object_id.partition("-")[2]: source.split for source in sources}


@pytest.fixture
def chairs(tmp_path):
    """Five chairs, one of version 1, and a plane."""
    root = tmp_path / "ShapeNetCore"
    write_models(root, "abcd")
    write_models(root, "e", layout=V1)
    (root / CHAIR / "f" / "images").mkdir(parents=True)
    return write_models(root, "p", synset=PLANE)


@pytest.mark.parametrize("category", ["chair", "Chair ", CHAIR])
def test_a_whole_class_with_the_frame_of_its_version(chairs, category):
    sources = shapenet_sources(chairs, category)
    assert [source.object_id for source in sources] == [f"{CHAIR}-{name}" for name in "abcde"]
    assert {(s.up, s.front) for s in sources[:4]} == {("y", "-z")}
    assert (sources[4].up, sources[4].front) == ("y", "x")
    assert {source.split for source in sources} == {""}
    assert sources[0].path == str(chairs / CHAIR / "a" / V2)
    assert sources[4].path == str(chairs / CHAIR / "e" / V1)


def test_versions_face_forward_when_loaded(chairs):
    sources = shapenet_sources(chairs, "chair")
    tip = [mesh.vertices[2] for mesh in (sources[0].load(), sources[4].load())]
    # Version 2 faces -z, so that its tip points forward; version 1 faces x, its tip to the left
    # of which is z = -2 in the file.
    np.testing.assert_allclose(tip[0], [0.5, 0, -0.25], atol=1e-6)
    np.testing.assert_allclose(tip[1], [0, 0.5, -0.25], atol=1e-6)


def test_axes_override_those_of_the_version(chairs):
    for source in shapenet_sources(chairs, "chair", front="x"):
        assert (source.up, source.front) == ("y", "x")
    for source in shapenet_sources(chairs, "chair", up="z", front="-y"):
        assert (source.up, source.front) == ("z", "-y")
    with pytest.raises(ValueError, match="model_normalized.obj: front is 'y'; expected an axis"):
        shapenet_sources(chairs, "chair", front="y")


def test_exceptions_override_single_models(chairs):
    overrides = {f"{CHAIR}-b": {"front": "z", "split": "test"}}
    sources = shapenet_sources(chairs, "chair", overrides=overrides)
    assert [s.front for s in sources] == ["-z", "z", "-z", "-z", "x"]
    assert [s.split for s in sources] == ["", "test", "", "", ""]
    with pytest.raises(ValueError, match="overrides name 'b'; expected the id of an object"):
        shapenet_sources(chairs, "chair", overrides={"b": {"up": "x"}})


def test_some_models_by_id(chairs):
    wanted = ["d", f"{CHAIR}-b", "b", f"{PLANE}-p"]
    assert models(shapenet_sources(chairs, "chair", ids=wanted)) == ["b", "d"]


@pytest.mark.parametrize(
    "ids, message",
    [
        (["a", "x"], "ids name 'x'; expected models of class 03001627, of which there are 5"),
        (list("xyzw") + ["a"], "ids name 'w', 'x', 'y' and 1 more; "),
        ([f"{PLANE}-p"], "ids name 1 models, of which none is of class 03001627"),
        (["f"], "ids name 'f'"),
    ],
)
def test_ids_without_models_are_named(chairs, ids, message):
    with pytest.raises(ValueError, match=message):
        shapenet_sources(chairs, "chair", ids=ids)


def test_ids_are_read_from_text(tmp_path):
    assert parse_ids("a") == ["a"] and parse_ids(f"a, {CHAIR}-b,") == ["a", f"{CHAIR}-b"]
    listed = tmp_path / "ids.txt"
    listed.write_text("# mine\n\na\n03001627-b\r\n")
    assert parse_ids(str(listed)) == ["a", f"{CHAIR}-b"]
    for text in ("", ",", str(tmp_path / "empty.txt")):
        (tmp_path / "empty.txt").write_text("# none\n")
        with pytest.raises(ValueError, match="expected model ids"):
            parse_ids(text)
    (tmp_path / "junk.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ValueError, match="junk.txt: no text"):
        parse_ids(str(tmp_path / "junk.txt"))


def write_lists(folder, **lists):
    folder.mkdir(exist_ok=True)
    for name, ids in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in ids))
    return folder


def test_published_lists_name_the_splits(chairs, tmp_path, caplog):
    lists = write_lists(
        tmp_path / "splits",
        train=[f"{CHAIR}-a", f"{PLANE}-p", f"{CHAIR}-not_there"],
        val=[f"{CHAIR}-b"],
        test=["c"],
    )
    caplog.set_level(logging.INFO)
    sources = shapenet_sources(chairs, "chair", splits=lists)
    assert splits(sources) == dict(a="train", b="dev", c="test", d="train", e="train")
    assert [record.getMessage() for record in caplog.records] == [
        f"{lists}: lacks 2 of the 5 models of class 03001627, such as d; they are training data"
    ]
    assert splits(shapenet_sources(chairs, "chair", ids=["c"], splits=lists)) == {"c": "test"}


@pytest.mark.parametrize("name, split", [("test", "test"), ("val", "dev"), ("train", "train")])
def test_one_list_alone(chairs, tmp_path, name, split):
    lists = write_lists(tmp_path / "splits", **{name: ["a"]})
    found = splits(shapenet_sources(chairs, "chair", splits=lists / f"{name}.txt"))
    assert found == dict(a=split, b="train", c="train", d="train", e="train")


@pytest.mark.parametrize("zero", ["", "0"])
@pytest.mark.parametrize("whole_folder", [False, True])
def test_the_official_table(chairs, tmp_path, zero, whole_folder):
    table = tmp_path / "lists" / "all.csv"
    table.parent.mkdir()
    table.write_text(
        "id,synsetId,subSynsetId,modelId,split\n"
        f"000001,{zero}3001627,{zero}4331277,a,val\n000002,{zero}3001627,,b,test\n"
        f"000003,{zero}2691156,,p,wrong\n000004,{zero}3001627,,c,train\n"
    )
    where = table.parent if whole_folder else table
    found = splits(shapenet_sources(chairs, "chair", splits=where))
    assert found == dict(a="dev", b="test", c="train", d="train", e="train")


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("all.csv", "id,model\n1,a\n", r"columns are \['id', 'model'\]; expected synsetId"),
        ("all.csv", "synsetId,modelId,split\n03001627,a,dev2\n", "line 2: split is 'dev2'"),
        ("all.csv", "synsetId,modelId,split\n02691156,a,val\n", "names no model of class 03001627"),
        ("all.csv", "synsetId,modelId,split\n3001627,a,val\n3001627,a,test\n", "in the splits dev"),
        ("test.txt", "", "names no model"),
        ("mine.txt", "a\n", "no lists of splits; expected all.csv, or train.txt"),
    ],
)
def test_lists_with_mistakes_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_splits(tmp_path / name, CHAIR)


def test_a_model_in_two_lists_and_missing_lists_are_refused(tmp_path):
    lists = write_lists(tmp_path / "splits", train=["a"], test=["a"])
    with pytest.raises(ValueError, match="test.txt: model 'a' is in the splits train and test"):
        read_splits(lists, CHAIR)
    for path in (tmp_path, tmp_path / "gone", tmp_path / "gone.csv"):
        with pytest.raises(ValueError, match="no lists of splits"):
            read_splits(path, CHAIR)


def test_listing_opens_no_mesh(chairs, monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError(f"opened {arguments[0]}")

    for owner, name in ((builtins, "open"), (os, "open"), (pathlib.Path, "open")):
        monkeypatch.setattr(owner, name, refuse)
    assert len(shapenet_sources(chairs, "chair")) == 5


def test_all_classes_have_names():
    assert len(set(SYNSETS.values())) == 55
    assert synset_of("airplane") == synset_of("plane") == PLANE
    assert synset_of("trash bin") == "02747177"


def test_published_splits_of_the_chairs(sample_data, caplog):
    lists = sample_data / "human_keypoints/splits"
    of_chair = read_splits(lists, CHAIR)
    assert len(of_chair) == 999
    counts = [list(of_chair.values()).count(split) for split in ("train", "dev", "test")]
    assert min(counts) > 50 and counts[0] > sum(counts[1:])
    (source,) = shapenet_sources(sample_data / "shapenet_v2", "chair", splits=lists)
    assert source.split == of_chair[source.object_id.partition("-")[2]] and not caplog.records
