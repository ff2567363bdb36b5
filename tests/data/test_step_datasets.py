"""Batches are functions of the global step: in memory, prefetched, through `fit`, resumed."""

import math
import pickle
import time

import keras
import numpy as np
import pytest

from keypointnet_tf.data.array_dataset import ArrayDataset, ArraySweep
from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.order import indices_at_step
from keypointnet_tf.data.prefetch import Prefetcher


@pytest.fixture
def arrays(handmade):
    """Seven pairs whose first focal length tells their number."""
    arrays = PairArrays.from_pairs(
        [handmade.make_pair(s, size=4) for s in range(7)], progress=False
    )
    arrays.focal[:, 0] = np.arange(7)
    return arrays


def numbers(dataset, steps):
    return [dataset[step]["focal0"].tolist() for step in steps]


def expected(steps, batch_size=3, seed=5):
    order = [indices_at_step(s, count=7, batch_size=batch_size, seed=seed) for s in steps]
    return [indices.tolist() for indices in order]


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_follow_the_order_from_any_first_step(arrays, workers):
    whole = ArrayDataset(arrays, batch_size=3, seed=5, workers=workers)
    resumed = ArrayDataset(arrays, batch_size=3, seed=5, first_step=4, workers=workers)
    assert numbers(whole, range(9)) == expected(range(9))
    assert numbers(resumed, range(5)) == expected(range(4, 9))
    assert numbers(resumed, [3, 0, 7]) == expected([7, 4, 11])
    assert resumed.num_batches is None


def test_array_dataset_refuses(arrays):
    with pytest.raises(ValueError, match="batch_size 0"):
        ArrayDataset(arrays, batch_size=0)


def test_batches_have_the_size_asked_for(arrays):
    batch = ArrayDataset(arrays, batch_size=2, size=2)[0]
    assert batch["image0"].shape == (2, 2, 2, 3) and batch["mask1"].shape == (2, 2, 2, 1)


def test_sweep_sees_each_pair_once_in_order(arrays):
    sweep = ArraySweep(arrays, batch_size=3)
    assert numbers(sweep, range(sweep.num_batches)) == [[0, 1, 2], [3, 4, 5], [6]]


@keras.saving.register_keras_serializable("tests")
class Recorder(keras.Model):
    """Notes the pair numbers of each training batch."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones")
        self.seen = []

    def call(self, inputs):
        return keras.ops.mean(inputs["image0"]) * self.scale

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        self.seen.append(keras.ops.convert_to_numpy(x["focal0"]).tolist())
        return y_pred


def fit_and_record(dataset, **arguments):
    model = Recorder()
    model.compile(optimizer="sgd", run_eagerly=True)
    model.fit(dataset, steps_per_epoch=3, shuffle=False, verbose=0, **arguments)
    return model.seen


@pytest.mark.parametrize("workers", [0, 2])
def test_fit_goes_through_the_steps_and_a_resumed_fit_goes_on(arrays, workers):
    whole = ArrayDataset(arrays, batch_size=3, seed=5, workers=workers)
    assert fit_and_record(whole, epochs=3) == expected(range(9))
    resumed = ArrayDataset(arrays, batch_size=3, seed=5, first_step=6, workers=workers)
    assert fit_and_record(resumed, initial_epoch=2, epochs=4) == expected(range(6, 12))


def test_first_step_may_be_set_when_training_begins(arrays):
    dataset = ArrayDataset(arrays, batch_size=3, seed=5)

    class Restore(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            dataset.first_step = 4

    assert fit_and_record(dataset, callbacks=[Restore()]) == expected(range(4, 7))


def counted(calls, step):
    calls.append(step)
    time.sleep(0.001)
    return {"step": step}


def test_prefetcher_makes_each_batch_once_and_ahead():
    calls = []
    prefetcher = Prefetcher(lambda step: counted(calls, step), workers=2, ahead=3)
    assert [prefetcher(step)["step"] for step in [0, 1, 0, 1, 2, 3]] == [0, 1, 0, 1, 2, 3]
    prefetcher.close()
    assert len(calls) == len(set(calls)) and set(calls) <= set(range(7))
    assert prefetcher(50) == {"step": 50}


@pytest.mark.parametrize("processes", [False, True])
def test_errors_of_workers_reach_the_caller(processes):
    prefetcher = Prefetcher(math.sqrt, workers=1, use_multiprocessing=processes, ahead=0)
    with pytest.raises(ValueError):
        prefetcher(-1)
    assert prefetcher(9) == 3
    prefetcher.close()


def test_prefetcher_pickles_without_its_pool_and_refuses():
    prefetcher = Prefetcher(abs, workers=1)
    assert prefetcher(3) == 3
    assert pickle.loads(pickle.dumps(prefetcher))(4) == 4
    with pytest.raises(ValueError, match="workers 0"):
        Prefetcher(abs, use_multiprocessing=True)
