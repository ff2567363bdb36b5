"""What a training reads: records in memory or streamed, pairs rendered on the fly."""

import dataclasses
import json
import shutil

import fsspec
import numpy as np
import pytest

from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.discovery import training_data
from keypointnet_tf.discovery.schedules import ramp
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Three rendered chairs with three pairs each: two for training, one for validation."""
    folder = tmp_path_factory.mktemp("records")
    job = RenderJob(
        shapes="chair", objects=3, pairs=3, views=PairConfig(size=16), dev_count=1, test_count=0
    )
    run_job(job, folder, workers=1, progress=False)
    return folder


def test_records_in_memory(tiny, records):
    data = training_data.from_records(records, tiny.config(), reading="memory")
    assert len(data.validation) == 3
    assert set(data.info) == {"category", "object_share", "focal", "distance"}
    assert data.info["category"] == "chair" and data.info["distance"] == pytest.approx(30, abs=0.5)
    assert data.info["focal"] == pytest.approx(22.9, abs=0.1) and 0 < data.info["object_share"] <= 1
    assert data.description["records_up"] == "z" and data.notes == {"data_dir": str(records)}
    first, later = data.batches(0), data.batches(5)
    np.testing.assert_array_equal(first[6]["image0"], later[1]["image0"])
    for batches in (first, later):
        training_data.close(batches)


def test_records_are_known_by_what_they_hold_not_by_where_they_lie(tiny, records, tmp_path):
    moved = shutil.copytree(records, tmp_path / "moved")
    prints = [RecordSet(folder).fingerprint() for folder in (records, moved)]
    assert prints[0] == prints[1]
    meta = json.loads((moved / "meta.json").read_text())
    (moved / "meta.json").write_text(json.dumps({**meta, "seed": 5}))
    assert RecordSet(moved).fingerprint() != prints[0]


def test_streamed_records_have_the_same_batches(tiny, records):
    pytest.importorskip("tensorflow")
    memory, stream = (
        training_data.from_records(records, tiny.config(), reading=reading).batches(2)
        for reading in ("memory", "stream")
    )
    for index, batch in zip(range(3), stream, strict=False):
        expected = memory[index]
        assert batch.keys() == expected.keys()
        for key in expected:
            np.testing.assert_allclose(batch[key], expected[key], atol=1e-5, err_msg=key)
    training_data.close(memory)


@pytest.mark.parametrize("reading", ["memory", "stream"])
def test_a_zip_and_a_url_train_as_their_folder(tiny, records, tmp_path, reading):
    if reading == "stream":
        pytest.importorskip("tensorflow")
    archive = shutil.make_archive(tmp_path / "set", "zip", records)
    fs = fsspec.filesystem("memory")
    fs.put(str(records), "/train_me", recursive=True)
    places = (records, archive, "memory://train_me")
    found = [training_data.from_records(p, tiny.config(), reading=reading) for p in places]
    for data in found[1:]:
        assert data.description == found[0].description and data.info == found[0].info
        batches = [iter(d.batches(1)) if reading == "stream" else d.batches(1) for d in
                   (found[0], data)]  # fmt: skip
        first, other = [next(b) if reading == "stream" else b[0] for b in batches]
        for key in first:
            np.testing.assert_array_equal(np.asarray(first[key]), np.asarray(other[key]))
    assert [data.notes["data_dir"] for data in found] == [str(records), archive, places[2]]
    fs.rm("/train_me", recursive=True)


def test_validation_pairs_are_spread_over_the_split(tiny, records):
    data = training_data.from_records(records, tiny.config(validation_pairs=2))
    everything = training_data.from_records(records, tiny.config(validation_pairs=99))
    np.testing.assert_array_equal(
        data.validation.object_to_camera, everything.validation.object_to_camera[[0, 2]]
    )


def test_a_missing_split_is_refused(tiny, records):
    (records / "dev.txt").rename(records / "kept")
    try:
        with pytest.raises(ValueError, match="split 'dev' is empty"):
            training_data.from_records(records, tiny.config())
    finally:
        (records / "kept").rename(records / "dev.txt")


def test_rendered_pairs_are_functions_of_the_step(tiny):
    settings = tiny.config()
    data = training_data.rendered("chair", settings, workers=0)
    size, batch_size = settings.model.size, settings.batch_size
    batches = data.batches(3)
    assert batches[0]["image0"].shape == (batch_size, size, size, 3)
    np.testing.assert_array_equal(batches[1]["image0"], data.batches(0)[4]["image0"])
    assert len(data.validation) == settings.validation_pairs and data.validation.size == size
    assert data.info["category"] == "chair"
    assert data.description["shapes"] == "chair" and data.description["pairs"]["size"] == size


def test_materials_are_random_in_rendered_pairs_where_asked_for(tiny):
    settings = tiny.config()
    plain = training_data.rendered("chair", settings, workers=0)
    random = training_data.rendered(
        "chair", settings, pair_config=PairConfig(random_materials=1.0), workers=0
    )
    first, second = (data.batches(0)[0] for data in (plain, random))
    for name in ("mask0", "mask1", "object_to_camera0"):
        np.testing.assert_array_equal(first[name], second[name])
    assert not np.array_equal(first["image0"], second["image0"])
    assert not np.array_equal(plain.validation.images, random.validation.images)
    assert "random_materials" not in plain.description["pairs"]
    assert random.description["pairs"]["random_materials"] == 1


def test_validation_objects_are_not_trained_on(tiny):
    data = training_data.rendered("chair", tiny.config(), workers=0)
    other = training_data.rendered("chair", tiny.config(seed=1), workers=0)
    trained = [data.batches(0)[0][f"image{view}"] for view in (0, 1)]
    validated = data.validation.batch(np.arange(2))
    assert not np.array_equal(trained[0], validated["image0"])
    assert not np.array_equal(data.validation.images, other.validation.images)


def test_object_share_by_hand():
    image = np.zeros((20, 20, 4), np.uint8)
    assert training_data.object_share(image) == 0
    image[3:8, 5:15, 3] = 1
    assert training_data.object_share(image) == 0.5


def test_spread():
    np.testing.assert_array_equal(training_data.spread(9, 3), [0, 4, 8])
    np.testing.assert_array_equal(training_data.spread(2, 5), [0, 1])


def test_take(tiny):
    arrays = tiny.pairs(5)
    taken = training_data.take(arrays, np.array([3, 1]))
    assert len(taken) == 2 and taken.landmarks is None
    for field in dataclasses.fields(arrays):
        values = getattr(arrays, field.name)
        if values is not None:
            np.testing.assert_array_equal(getattr(taken, field.name), values[[3, 1]])


def test_largest_angle_between_views_is_a_schedule():
    pairs = training_data.AngleSchedule(PairConfig(size=32), ramp(60, 180, 0, 0.5), 100)
    assert [pairs(step).sampling.max_angle_degrees for step in (0, 25, 50, 200)] == [
        60,
        120,
        180,
        180,
    ]
    assert pairs(3).size == 32


def test_objects_rendered_on_the_fly_are_in_no_rendered_set():
    assert len({0, training_data.TRAINING_SEED, training_data.VALIDATION_SEED}) == 3
    drawn = training_data.ProceduralObjects("car", training_data.TRAINING_SEED)(0)
    stored = training_data.ProceduralObjects("car", 0)(0)
    assert drawn.object_id != stored.object_id
    assert not np.array_equal(drawn.vertices, stored.vertices)
