"""PairModel: its curves, its schedules, what it does in training only, and its frozen parts."""

import keras
import numpy as np
import pytest

from keypointnet_tf.discovery import losses, views
from keypointnet_tf.discovery.config import DISCOVERY_LOSSES, LossConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.schedules import constant, ramp
from keypointnet_tf.geometry import placement

KEYPOINT_LOSSES = tuple(name for name in DISCOVERY_LOSSES if name != "orientation")
METRICS = {"angular_error_deg", "orientation_accuracy"}


def to_numpy(values):
    return {k: np.asarray(keras.ops.convert_to_numpy(v)) for k, v in values.items()}


@pytest.fixture
def build(tiny):
    """`build(**changes)`: a model of a tiny configuration, without zoom unless asked for."""
    return lambda **changes: PairModel(tiny.config(**{"zoom_jitter": 0.0, **changes}))


@pytest.fixture(scope="module")
def fitted(tiny):
    """A model after two epochs of two steps, one batch each, and its history."""
    weights = LossConfig(pose=ramp(0.0, 8.0, 0.0, 1.0))
    model = PairModel(tiny.config(loss=weights, steps=8))
    model.compile(optimizer="sgd")
    train, validation = (tiny.pairs(4, seed=s).batch(np.arange(4)) for s in (0, 1))
    history = model.fit(
        train, batch_size=2, epochs=2, shuffle=False, verbose=0, validation_data=(validation,)
    )
    return model, history.history


def perfect_outputs(count, keypoints=4, seed=0):
    """What `call` returns when every keypoint and orientation point is right, and the points."""
    rng = np.random.default_rng(seed)
    sampling = placement.CameraSampling()
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in range(count)])
    poses = poses.swapaxes(0, 1).reshape(-1, 4, 4)
    points = rng.uniform(-0.6, 0.6, (keypoints, 3))
    focal = np.full(2 * count, 22.9)
    ends = np.array([[1.0, 0, 0], [-1, 0, 0]])
    everywhere = np.ones((2 * count, 1, 1))
    heatmaps = np.zeros((2 * count, 8, 8, keypoints))
    heatmaps[:, 4, 4] = 1
    outputs = {
        "xyz_camera": placement.transform_points(points * everywhere, poses),
        "uv": placement.project_points(points * everywhere, poses, focal)[0],
        "orient_uv": placement.project_points(ends * everywhere, poses, focal)[0],
        "heatmap": heatmaps,
        "mask": np.ones((2 * count, 16, 16, 1)),
        "object_to_camera": poses,
        "focal": focal,
    }
    return {k: v.astype(np.float32) for k, v in outputs.items()}, points.astype(np.float32)


# === Curves and the step ===


def test_every_loss_has_its_curve(fitted):
    _, history = fitted
    names = {"loss", *DISCOVERY_LOSSES, *METRICS}
    assert set(history) == names | {f"val_{name}" for name in names}
    assert all(np.isfinite(values).all() and len(values) == 2 for values in history.values())


def test_step_counts_training_steps_only(fitted):
    """Four steps, and four more batches of validation that do not count."""
    model, _ = fitted
    assert int(model.step) == 4
    assert float(model.progress) == pytest.approx(0.5)


def test_loss_is_the_weighted_sum_at_the_step(fitted):
    """Validation after epoch `n` sees the weights of step `2 n`: pose 2, then 4."""
    model, history = fitted
    for epoch, progress in enumerate((0.25, 0.5)):
        weights = {n: getattr(model.train_config.loss, n).at(progress) for n in DISCOVERY_LOSSES}
        assert weights["pose"] == pytest.approx(8 * progress)
        total = sum(weights[n] * history[f"val_{n}"][epoch] for n in DISCOVERY_LOSSES)
        assert history["val_loss"][epoch] == pytest.approx(total, rel=1e-4)


def test_progress_ends_at_one(build):
    model = build(steps=4)
    model.step.assign(9)
    assert float(model.progress) == 1


@pytest.mark.parametrize(
    "train, names",
    [("both", DISCOVERY_LOSSES), ("keypoints", KEYPOINT_LOSSES), ("orient", ("orientation",))],
)
def test_weights_of_the_active_losses_follow_their_schedules(build, train, names):
    model = build(train=train, loss=LossConfig(template=ramp(5, 0, 0, 0.5)))
    assert model.active_losses == names
    weights = to_numpy(model.loss_weights_at(0.25))
    assert set(weights) == set(names)
    for name, weight in weights.items():
        assert weight == pytest.approx(getattr(model.train_config.loss, name).at(0.25))


# === Losses ===


def test_terms_have_one_value_per_pair(build, pair_batch):
    model = build()
    terms = to_numpy(model.loss_terms(model(pair_batch(4)), training=False))
    assert set(terms) == set(DISCOVERY_LOSSES)
    assert {term.shape for term in terms.values()} == {(4,)}


def test_supervised_training_has_the_landmarks_as_one_more_term(build, pair_batch):
    model = build(loss=LossConfig(landmarks=constant(1.0)))
    assert model.active_losses == (*DISCOVERY_LOSSES, "landmarks")
    batch = pair_batch(3)
    batch["landmarks"] = np.zeros((3, 4, 3), np.float32)
    outputs = model(batch)
    terms = to_numpy(model.loss_terms(outputs, training=False))
    origin = np.asarray(outputs["object_to_camera"])[:, None, :3, 3]
    distance = np.linalg.norm(np.asarray(outputs["xyz_camera"]) - origin, axis=-1)
    by_view = np.mean(distance**2, axis=1)
    np.testing.assert_allclose(terms["landmarks"], by_view[:3] + by_view[3:], rtol=1e-4)


def test_terms_are_zero_at_the_truth(build):
    model = build()
    outputs, points = perfect_outputs(4)
    model.template.assign(points)
    terms = to_numpy(model.loss_terms(outputs, training=False))
    for name in ("consistency", "orientation", "template", "silhouette", "variance"):
        np.testing.assert_allclose(terms[name], 0, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(terms["pose"], 0, atol=1e-4)


def test_terms_do_not_change_when_views_are_swapped(build, pair_batch):
    model, batch = build(), pair_batch(4)
    swapped = {f"{key[:-1]}{1 - int(key[-1])}": value for key, value in batch.items()}
    terms, other = (to_numpy(model.loss_terms(model(b), training=False)) for b in (batch, swapped))
    for name in terms:
        np.testing.assert_allclose(terms[name], other[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_views_are_summed_but_separation_and_template_are_averaged(build):
    outputs, points = perfect_outputs(4)
    model = build()
    model.template.assign(points + np.array([0.3, 0, 0.4], np.float32))
    outputs["xyz_camera"][:, 1] = outputs["xyz_camera"][:, 0]
    outputs["orient_uv"] += 0.1
    outputs["mask"] *= 0.5
    terms = to_numpy(model.loss_terms(outputs, training=False))
    single = to_numpy(
        {
            "separation": losses.separation(
                outputs["xyz_camera"], TrainConfig().loss.separation_delta
            )
        }
    )
    assert terms["separation"][0] == pytest.approx(single["separation"][[0, 4]].mean(), rel=1e-4)
    assert terms["orientation"][0] == pytest.approx(0.02, rel=1e-3)
    assert terms["silhouette"][0] == pytest.approx(2 * np.log(2), rel=1e-4)
    model.template.assign(points)
    moved, _ = perfect_outputs(4)
    moved["xyz_camera"] += np.array([0.3, 0, 0.4], np.float32)
    terms = to_numpy(model.loss_terms(moved, training=False))
    assert terms["template"][0] == pytest.approx(0.25, rel=1e-3)


def test_noise_is_added_in_training_only(build):
    model = build(loss=LossConfig(pose_noise=constant(0.2)))
    outputs, points = perfect_outputs(4)
    model.template.assign(points)
    first, second = (to_numpy(model.loss_terms(outputs, training=True)) for _ in range(2))
    assert (first["pose"] > 0.01).all() and not np.allclose(first["pose"], second["pose"])
    for name in set(DISCOVERY_LOSSES) - {"pose"}:
        np.testing.assert_array_equal(first[name], second[name])
    quiet = build(loss=LossConfig(pose_noise=constant(0.0)))
    np.testing.assert_allclose(
        to_numpy(quiet.loss_terms(outputs, training=True))["pose"], 0, atol=1e-4
    )


def test_zoom_is_for_training_only(build, pair_batch):
    model, batch = build(zoom_jitter=0.2), pair_batch(4)
    focal = to_numpy(model(batch, training=False))["focal"]
    np.testing.assert_array_equal(focal, to_numpy(views.stack(batch))["focal"])
    ratio = to_numpy(model(batch, training=True))["focal"] / focal
    assert (0.8 <= ratio).all() and (ratio <= 1.2).all() and np.ptp(ratio) > 0.05


def test_mirrored_pairs_are_for_training_and_both_views_share_it(build, pair_batch):
    model, batch = build(mirror=0.5), pair_batch(12)
    poses = to_numpy(views.stack(batch))["object_to_camera"]
    np.testing.assert_array_equal(to_numpy(model(batch, training=False))["object_to_camera"], poses)
    found = to_numpy(model(batch, training=True))["object_to_camera"]
    mirrored = (found != poses).any((1, 2))
    assert 0 < mirrored.sum() < 24
    np.testing.assert_array_equal(mirrored[:12], mirrored[12:])


# === The left/right bit ===


def bits_of(model, batch, *, training):
    """True and predicted bits of a view batch, as NumPy."""
    stacked = views.stack(batch)
    truth = losses.axis_points_uv(stacked["object_to_camera"], stacked["focal"])
    predicted = model.orient_net(stacked["image"], training=training)
    return to_numpy({"true": losses.faces_right(truth), "predicted": losses.faces_right(predicted)})


def keypoints_with(model, batch, bits, training):
    """What KeypointNet makes of a batch's views and given bits."""
    image = to_numpy(views.stack(batch))["image"]
    return to_numpy(model.keypoint_net({"image": image, "faces_right": bits}, training=training))


def model_with(build, share, rule="draw"):
    keras.utils.set_random_seed(0)
    return build(loss=LossConfig(true_orientation=constant(share), orientation_bit=rule))


@pytest.mark.parametrize(
    "rule, share, source",
    [
        ("draw", 1.0, "true"),
        ("draw", 0.0, "predicted"),
        ("round", 0.6, "true"),
        ("round", 0.4, "predicted"),
    ],
)
def test_the_bit_that_keypoint_net_gets(build, pair_batch, rule, share, source):
    model, batch = model_with(build, share, rule), pair_batch(4)
    bits = bits_of(model, batch, training=True)
    assert (bits["true"] != bits["predicted"]).any()
    outputs = to_numpy(model(batch, training=True))
    expected = keypoints_with(model, batch, bits[source], training=True)
    np.testing.assert_allclose(outputs["uv"], expected["uv"], atol=1e-5)
    np.testing.assert_allclose(outputs["depth"], expected["depth"], atol=1e-4)


def test_predictions_use_the_predicted_bit(build, pair_batch):
    model, batch = model_with(build, 1.0), pair_batch(4)
    bits = bits_of(model, batch, training=False)["predicted"]
    expected = keypoints_with(model, batch, bits, training=False)
    np.testing.assert_allclose(to_numpy(model(batch))["depth"], expected["depth"], atol=1e-4)


def test_the_true_bit_is_drawn_with_its_share(build):
    model = model_with(build, 0.3)
    poses = np.stack([placement.look_at((0, -30, 0))] * 2000).astype(np.float32)
    batch = {"object_to_camera": poses, "focal": np.full(2000, 22.9, np.float32)}
    drawn = keras.ops.convert_to_numpy(
        model._annealed_bit(np.zeros((2000, 2, 2), np.float32), batch)
    )
    assert set(np.unique(drawn)) == {0, 1}
    assert np.mean(drawn) == pytest.approx(0.3, abs=0.05)


def test_noise_makes_the_bit_uncertain_where_the_axis_points_at_the_viewer(build):
    """`u(+x) - u(-x)` of 0, one and four standard deviations: 50 %, 16 % and next to no flips."""
    model = build(loss=LossConfig(true_orientation=constant(0), orientation_noise=constant(0.1)))
    pose = placement.look_at((0, -30, 0)).astype(np.float32)
    batch = {"object_to_camera": np.stack([pose] * 6000), "focal": np.full(6000, 22.9, np.float32)}
    orient_uv = np.zeros((6000, 2, 2), np.float32)
    orient_uv[:, 0, 0] = np.repeat([0, 0.1, 0.4], 2000)
    bits = keras.ops.convert_to_numpy(model._annealed_bit(orient_uv, batch)).reshape(3, 2000)
    np.testing.assert_allclose(1 - bits.mean(axis=1), [0.5, 0.159, 0], atol=0.035)


# === Frozen parts ===


@pytest.mark.parametrize("train", ["keypoints", "orient"])
def test_frozen_parts_do_not_change(build, pair_batch, train):
    """Neither weights nor moving averages of the network that is not trained."""
    model = build(train=train)
    parts = {
        "orient": model.orient_net.weights,
        "keypoints": model.keypoint_net.weights + [model.template],
    }
    before = {name: [np.array(w) for w in weights] for name, weights in parts.items()}
    model.compile(optimizer=keras.optimizers.SGD(1.0))
    history = model.fit(pair_batch(4), batch_size=4, verbose=0).history
    shown = METRICS if train == "keypoints" else ["orientation_accuracy"]
    assert set(history) == {"loss", *model.active_losses, *shown}
    for name, weights in parts.items():
        same = [np.array_equal(a, w) for a, w in zip(before[name], weights, strict=True)]
        assert np.mean(same) < 0.1 if name == train else all(same)


# === Saving ===


def test_loaded_model_keeps_config_info_and_step(tiny, tmp_path):
    info = {"category": "ball", "distance": 12.5, "object_share": 0.5}
    model = PairModel(tiny.config(steps=123), info=info)
    model.step.assign(45)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.train_config == model.train_config and loaded.info == info
    assert int(loaded.step) == 45
    assert loaded.keypoint_net.config["distance"] == 12.5


# === Networks that are left out ===


def poisoned(network):
    """Makes every output of a network NaN, so that using it shows."""
    for weight in network.weights:
        weight.assign(np.full(weight.shape, np.nan, np.float32))


@pytest.mark.parametrize(
    "rule, share, used",
    [
        ("draw", constant(1.0), False),
        ("draw", constant(0.9), True),
        ("round", constant(0.6), False),
        ("round", constant(0.5), True),
    ],
)
def test_a_frozen_orient_net_is_run_when_a_bit_is_taken_from_it(
    build, pair_batch, rule, share, used
):
    loss = LossConfig(true_orientation=share, orientation_bit=rule)
    model, batch = build(train="keypoints", loss=loss), pair_batch(4)
    poisoned(model.orient_net)
    found = to_numpy(model(batch, training=True))["orient_uv"]
    assert np.isnan(found).all() == used and np.isfinite(found).all() != used
    assert np.isnan(to_numpy(model(batch, training=False))["orient_uv"]).all()


def test_a_frozen_orient_net_is_run_from_the_step_on_at_which_true_bits_end(build, pair_batch):
    """In one compiled function, as the schedule goes."""
    loss = LossConfig(true_orientation=ramp(1.0, 0.0, 0.45, 0.5))
    model = build(train="keypoints", steps=4, loss=loss)
    poisoned(model.orient_net)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    accuracies = []
    for _ in range(4):
        logs = model.train_on_batch(pair_batch(8), return_dict=True)
        assert np.isfinite(float(logs["loss"]))
        accuracies.append(float(logs["orientation_accuracy"]))
        model.reset_metrics()
    # Comparisons with NaN are false: all views then face left.
    assert accuracies[:2] == [1.0, 1.0] and max(accuracies[2:]) < 1


def test_orient_net_is_trained_without_keypoint_net(build, pair_batch):
    model = build(train="orient")
    poisoned(model.keypoint_net)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    batch = pair_batch(4)
    before = [np.array(w) for w in model.orient_net.trainable_weights]
    history = model.fit(batch, validation_data=(batch,), batch_size=4, verbose=0).history
    assert set(history) == {
        *("loss", "orientation", "orientation_accuracy"),
        *("val_loss", "val_orientation", "val_orientation_accuracy"),
    }
    assert all(np.isfinite(values).all() for values in history.values())
    after = [np.array(w) for w in model.orient_net.trainable_weights]
    assert any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert set(model(batch, training=True)) == {
        *("image", "mask", "object_to_camera", "focal", "orient_uv")
    }
