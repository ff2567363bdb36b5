"""What a job is made of: ids, record names, splits, and refused configs."""

import dataclasses

import pytest

from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.job import (
    RenderJob,
    assign_splits,
    object_tasks,
)
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.shapes.sources import MeshSource


def names(count):
    return [f"{i:04d}" for i in range(count)]


def test_splits_part_the_objects():
    job = RenderJob(shapes="car", objects=40, dev_share=0.1, test_share=0.25)
    splits = assign_splits(job, names(40))
    assert {name: len(split) for name, split in splits.items()} == {
        "train": 26,
        "dev": 4,
        "test": 10,
    }
    assert sorted(sum(splits.values(), [])) == names(40)
    assert all(split == sorted(split) for split in splits.values())


def test_splits_depend_on_the_seed_alone():
    job = RenderJob(shapes="car", objects=40)
    assert assign_splits(job, names(40)) == assign_splits(job, names(40))
    other = dataclasses.replace(job, seed=1)
    assert assign_splits(job, names(40)) != assign_splits(other, names(40))


def test_counts_take_the_place_of_shares():
    job = RenderJob(shapes="car", objects=10, dev_count=0, test_count=4)
    assert job.split_counts() == (0, 4)
    with pytest.raises(ValueError, match="dev and test take 8 and 4 objects; .* at most 10"):
        RenderJob(shapes="car", objects=10, dev_count=8, test_count=4)


def test_records_are_numbered_with_four_digits_or_more():
    few = object_tasks(RenderJob(shapes="car", objects=3, seed=7))
    assert [task.record for task in few] == ["0000", "0001", "0002"]
    assert few[2].object_id == "car_7_000002" and few[2].source is None
    assert object_tasks(RenderJob(shapes="car", objects=10_001))[0].record == "00000"


def test_splits_that_the_meshes_name_are_kept():
    named = ("test", "", "dev", "train", "test")
    meshes = tuple(MeshSource(f"{i}.obj", str(i), split=split) for i, split in enumerate(named))
    splits = assign_splits(RenderJob(meshes=meshes), names(5))
    assert splits == {"train": ["0001", "0003"], "dev": ["0002"], "test": ["0000", "0004"]}


@pytest.mark.parametrize(
    "change, message",
    [
        ({"shapes": ""}, "exactly one"),
        ({"meshes": (MeshSource("a.obj", "a"),)}, "exactly one"),
        ({"objects": 0}, "objects is 0; expected 1 to"),
        ({"seed": -1}, "seed is -1"),
        ({"test_share": 1.5}, "test_share is 1.5"),
        ({"views": PairConfig(size=4)}, "size is 4"),
        ({"views": PairConfig(sampling=CameraSampling(distance=1))}, "distance is 1"),
        ({"views": PairConfig(sampling=CameraSampling(distance_range=(40, 20)))}, "_range is .40"),
        ({"views": PairConfig(field_of_view_range=(0, 5))}, "field_of_view_range is"),
        (
            {"views": PairConfig(sampling=CameraSampling(min_elevation_degrees=91))},
            "min_elevation_degrees is 91",
        ),
        (
            {"views": PairConfig(sampling=CameraSampling(max_elevation_degrees=-1))},
            "elevations are 0.0 to -1; expected the lower one first",
        ),
    ],
)
def test_values_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        RenderJob(**({"shapes": "car"} | change))


def test_small_sets_keep_an_object_in_each_split():
    assert [RenderJob(shapes="plane", objects=n).split_counts() for n in (2, 3, 5, 40)] == [
        (0, 0),
        (1, 1),
        (1, 1),
        (2, 6),
    ]
    assert RenderJob(shapes="plane", objects=5, dev_share=0, test_share=0).split_counts() == (0, 0)
