"""The TensorFlow reader gives the batches of the NumPy one, from published records."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from keypointnet_tf.data.array_dataset import ArrayDataset  # noqa: E402
from keypointnet_tf.data.batches import PairArrays  # noqa: E402
from keypointnet_tf.data.record_set import RecordSet  # noqa: E402
from keypointnet_tf.data.tf_pipeline import tf_dataset  # noqa: E402


@pytest.fixture
def folder(tmp_path, handmade):
    pairs = {
        f"{number:04d}": [handmade.make_pair(10 * number + i, landmarks=False) for i in range(3)]
        for number in range(2)
    }
    handmade.write_published(tmp_path, pairs, extra=[1.0], other=b"more")
    return tmp_path


def assert_same_batches(folder, first_step, **arguments):
    found = RecordSet(folder, records_up="y")
    arrays = PairArrays.from_record_set(found, "train", progress=False)
    expected = ArrayDataset(arrays, first_step=first_step, **arguments)
    batches = tf_dataset(found, "train", first_step=first_step, **arguments)
    for index, batch in enumerate(batches.take(4).as_numpy_iterator()):
        assert batch.keys() == expected[index].keys()
        for name, value in expected[index].items():
            assert batch[name].dtype == np.float32
            np.testing.assert_allclose(batch[name], value, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("first_step", [0, 7])
@pytest.mark.parametrize("shuffle", [True, False])
def test_agrees_with_arrays_step_by_step(folder, first_step, shuffle):
    assert_same_batches(folder, first_step, batch_size=4, seed=2, shuffle=shuffle)


@pytest.mark.parametrize("size", [3, 4, 16])
def test_agrees_with_arrays_at_other_sizes(folder, size):
    assert_same_batches(folder, 0, batch_size=2, size=size)


def test_shapes_are_known_beforehand(folder):
    spec = tf_dataset(RecordSet(folder, records_up="y"), "train", batch_size=2).element_spec
    assert spec["image0"].shape == (2, 8, 8, 3) and spec["mask1"].shape == (2, 8, 8, 1)
    assert spec["object_to_camera1"].shape == (2, 4, 4) and spec["focal0"].shape == (2,)


def test_an_empty_split_is_named(folder):
    with pytest.raises(ValueError, match="split 'dev' is empty"):
        tf_dataset(RecordSet(folder, records_up="y"), "dev", batch_size=2)


def test_damage_is_named_by_file_record_and_field(folder, handmade):
    broken = handmade.published(handmade.make_pair()) | {"mv1": np.zeros((4, 4))}
    (folder / "0001.tfrecord").write_bytes(handmade.framed(handmade.example(broken)))
    batches = tf_dataset(RecordSet(folder, records_up="y"), "train", batch_size=4)
    with pytest.raises(tf.errors.OpError, match="0001.tfrecord: record 0: feature 'mv1'"):
        list(batches.take(1))
