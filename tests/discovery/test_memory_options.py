"""Accumulated gradients and rematerialisation change memory and time, not what is learnt."""

import dataclasses

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery.config import LossConfig, OptimizerConfig
from keypointnet_tf.discovery.optimizers import EveryFew, adam
from keypointnet_tf.discovery.schedules import constant
from keypointnet_tf.discovery.training import new_model, train

QUIET = LossConfig(pose_noise=constant(0.0), true_orientation=constant(1.0))


def quiet(tiny, **changes):
    """A configuration without random draws."""
    values = dict(loss=QUIET, zoom_jitter=0.0, batch_size=4)
    return tiny.config(**{**values, **changes})


def with_settled_norms(model):
    """Batch normalisation in inference mode, in which parts of a batch do not see each other."""
    for network in (model.orient_net, model.keypoint_net):
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
    return model


def weights(model):
    """`{number and name: value}`, the counter of parts aside."""
    shared = [w for w in model.weights if w.name != "part"]
    return {f"{i} {w.name}": np.array(w) for i, w in enumerate(shared)}


def assert_close(found, expected, tolerance):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=tolerance, err_msg=name)


# === Accumulation ===


@pytest.mark.parametrize("parts", [2, 4])
def test_accumulated_parts_are_one_step(tiny, pair_batch, parts):
    """Two steps of Adam, warm-up and clipping included."""
    optimizer = OptimizerConfig(learning_rate=0.01, warmup=0.5, clip_norm=0.5)
    whole, cut = (
        with_settled_norms(new_model(quiet(tiny, optimizer=optimizer, accumulate=n), {}))
        for n in (1, parts)
    )
    start = weights(whole)
    for seed in range(2):
        batch = pair_batch(4, seed=seed)
        whole.train_on_batch(batch)
        for part in range(parts):
            low, high = part * 4 // parts, (part + 1) * 4 // parts
            assert int(cut.step) == seed
            cut.train_on_batch({name: value[low:high] for name, value in batch.items()})
        assert int(cut.step) == int(whole.step) == seed + 1
    found, expected = weights(cut), weights(whole)
    assert_close(found, expected, 1e-4)
    moved = [np.abs(expected[name] - start[name]).max() for name in expected]
    assert max(moved) > 1e-3
    rates = [float(model.optimizer.learning_rate) for model in (whole, cut)]
    assert rates[0] == pytest.approx(rates[1]) and rates[0] > 0


def test_an_accumulating_training_is_the_same_in_its_log_and_its_end(tiny, tmp_path):
    """Same steps, same pairs: only batch normalisation sees smaller batches."""
    settings = quiet(tiny, steps=3, accumulate=2)
    tiny.set_seed()
    result = train(settings, tiny.data(settings), tmp_path / "run")
    model = result.model
    assert (result.steps_done, int(model.part)) == (3, 6)
    assert int(model.optimizer.iterations) == 3
    whole = dataclasses.replace(settings, accumulate=1)
    tiny.set_seed()
    other = train(whole, tiny.data(whole), tmp_path / "whole").model
    rates = [float(m.optimizer.learning_rate) for m in (model, other)]
    assert rates[0] == pytest.approx(rates[1])


def test_a_stopped_accumulating_training_goes_on(tiny, tmp_path):
    """Ended at each epoch, it is what it is in one piece."""
    settings = quiet(tiny, steps=4, accumulate=2)
    tiny.set_seed()
    expected = weights(train(settings, tiny.data(settings), tmp_path / "whole").model)

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyboardInterrupt

    tiny.set_seed()
    with pytest.raises(KeyboardInterrupt):
        train(settings, tiny.data(settings), tmp_path / "run", callbacks=[Stop()])
    result = train(settings, tiny.data(settings), tmp_path / "run")
    assert (result.steps_now, result.steps_done) == (2, 4)
    assert_close(weights(result.model), expected, 1e-5)


def test_the_schedule_runs_over_steps_not_calls():
    one, three = (adam(OptimizerConfig(), 100, accumulate=n) for n in (1, 3))
    for step in (0, 1, 40, 100):
        rates = []
        for optimizer, calls in ((one, 1), (three, 3)):
            optimizer._iterations.assign(step * calls + calls - 1)
            rates.append(float(optimizer.learning_rate))
        assert rates[0] == pytest.approx(rates[1])
    schedule = EveryFew.from_config(three._learning_rate.get_config())
    assert float(schedule(30)) == pytest.approx(float(three._learning_rate(30)))


# === Rematerialisation ===


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_rematerialised_steps_are_the_same(tiny, pair_batch, precision):
    """Losses, weights, moving averages and all, over four layers in two segments."""
    model = tiny.model_config(dilations=(1, 2, 1, 2))
    settings = quiet(tiny, model=model, precision=precision)
    kept, again = (
        new_model(dataclasses.replace(settings, remat=remat), {}) for remat in (False, True)
    )
    logs = []
    for seed in range(2):
        batch = pair_batch(4, seed=seed)
        logs.append([m.train_on_batch(batch, return_dict=True) for m in (kept, again)])
    for plain, other in logs:
        assert float(other["loss"]) == pytest.approx(float(plain["loss"]), rel=1e-3)
    assert_close(weights(again), weights(kept), 2e-3 if precision == "float32" else 2e-2)
    averages = [v for name, v in weights(again).items() if name.endswith("moving_mean")]
    assert averages and all(np.abs(v).max() > 0 for v in averages)


def test_a_rematerialising_model_is_saved_as_any_other(tiny, pair_batch, tmp_path):
    model = new_model(quiet(tiny, remat=True), {})
    model.train_on_batch(pair_batch(4))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.train_config.remat
    assert_close(weights(loaded), weights(model), 0)
    plain = new_model(quiet(tiny), {})
    model.save_weights(tmp_path / "one.weights.h5")
    plain.load_weights(tmp_path / "one.weights.h5")
    assert_close(weights(plain), weights(model), 0)
