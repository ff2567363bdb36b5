"""Which files become objects: ids, frames, exceptions from a CSV."""

import pytest

from keypointnet_tf.shapes.sources import (
    MeshSource,
    file_sources,
    mesh_object_ids,
    read_overrides,
)


def test_mesh_ids_are_file_names_where_those_differ():
    assert mesh_object_ids(["/a/one.obj", "/b/two.ply"]) == ["one", "two"]


def test_mesh_ids_of_shapenet_are_the_models():
    paths = [f"/shapes/02691156/{model}/models/model_normalized.obj" for model in ("10a", "3ff")]
    assert mesh_object_ids(paths) == ["10a", "3ff"]
    assert mesh_object_ids(["/shapes/02691156/10a/model.obj"]) == ["10a"]


def test_mesh_ids_that_repeat_take_their_folders():
    assert mesh_object_ids(["/d/a/seat.obj", "/d/b/seat.obj"]) == ["a_seat", "b_seat"]
    with pytest.raises(ValueError, match="share the id"):
        mesh_object_ids(["/d/seat.obj", "/d/seat.ply"])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"up": "w"}, "seat.obj: up is 'w'"),
        ({"up": "-x"}, "seat.obj: front is 'x'; expected an axis across up '-x'"),
        ({"split": "val"}, "seat.obj: split is 'val'; expected one of train, dev, test"),
    ],
)
def test_sources_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        MeshSource("seat.obj", "seat", **change)


@pytest.fixture
def folder(tmp_path):
    for name in ("b.obj", "a.obj", "c.ply"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_exceptions_replace_the_common_frame(folder):
    table = folder / "frames.csv"
    table.write_text("object, up, front, split\nb,y,-z,test\nc,,-y,\n")
    sources = file_sources([folder], up="z", front="x", overrides=read_overrides(table))
    assert [(s.object_id, s.up, s.front, s.split) for s in sources] == [
        ("a", "z", "x", ""),
        ("b", "y", "-z", "test"),
        ("c", "z", "-y", ""),
    ]
    assert sources[0].path == str(folder / "a.obj")


def test_columns_of_a_preview_change_nothing(folder):
    table = folder / "preview.csv"
    table.write_text('object,file,up,front,faces,hints\nb,/d/b.obj,y,-z,12,"odd: w, v"\n')
    assert read_overrides(table) == {"b": {"up": "y", "front": "-z"}}


def test_exceptions_of_unknown_objects_are_refused(folder):
    with pytest.raises(ValueError, match="overrides name 'boat'; .* such as a, b, c"):
        file_sources([folder], overrides={"boat": {"up": "y"}})


@pytest.mark.parametrize(
    "text, message",
    [
        ("file,up\na,y\n", r"columns are \['file', 'up'\]; expected 'object'"),
        ("object,up\na,w\n", "line 2: up is 'w'; expected one of x, y"),
        ("object,split\na,val\n", "line 2: split is 'val'; expected one of train, dev, test"),
        ("object,up\na,y\na,z\n", "line 3: object is 'a'; expected a new one"),
        ("object,up\n,y\n", "line 2: object is ''"),
        ("", "columns are"),
    ],
)
def test_tables_with_mistakes_are_refused(tmp_path, text, message):
    table = tmp_path / "frames.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_overrides(table)
