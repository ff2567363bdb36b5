"""What a training reads: records in memory or streamed, pairs rendered on the fly."""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.discovery import training_data
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
    assert data.description["records_up"] == "z" and data.description["data_dir"] == str(records)
    first, later = data.batches(0), data.batches(5)
    np.testing.assert_array_equal(first[6]["image0"], later[1]["image0"])
    for batches in (first, later):
        training_data.close(batches)


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
