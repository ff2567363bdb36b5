"""Adapted batch normalisation: hand-computed moments, the two ends of alpha, photos, the script."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery.batch_norm_adaptation import (
    adapt_batch_norm,
    moments_of,
    share_of_photos,
)
from keypointnet_tf.discovery.checkpoints import load_model
from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.predictor import Predictor

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIZE, KEYPOINTS = 16, 4
INFO = {"object_share": 0.6, "focal": 22.9, "distance": 30.0, "category": "car"}

pytestmark = pytest.mark.filterwarnings("ignore:.*photos to adapt batch normalisation")


def make_model(precision="float32"):
    config = ModelConfig(
        size=SIZE,
        filters=6,
        orient_filters=5,
        output_stride=2,
        orient_output_stride=2,
        num_keypoints=KEYPOINTS,
        dilations=(1, 2),
    )
    keras.utils.set_random_seed(0)
    return PairModel(TrainConfig(model=config, precision=precision), info=INFO)


@pytest.fixture(scope="module")
def model():
    """With moments and gains unlike the initial ones, and heatmaps that are not flat."""
    made, rng = make_model(), np.random.default_rng(1)
    for layer in norms(made):
        layer.moving_mean.assign(rng.normal(0, 0.1, layer.moving_mean.shape))
        layer.moving_variance.assign(rng.uniform(0.5, 2, layer.moving_variance.shape))
        layer.gamma.assign(rng.uniform(0.5, 1.5, layer.gamma.shape))
        layer.beta.assign(rng.normal(0, 0.3, layer.beta.shape))
    for network in (made.orient_net, made.keypoint_net):
        head = network.get_layer("heatmap_logits")
        head.kernel.assign(head.kernel * 20)
    return made


def norms(model):
    return [
        layer
        for network in (model.orient_net, model.keypoint_net)
        for layer in network.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]


def moments(model):
    return [
        keras.ops.convert_to_numpy(average)
        for layer in norms(model)
        for average in (layer.moving_mean, layer.moving_variance)
    ]


def pictures(count=8, seed=0):
    return np.random.default_rng(seed).uniform(size=(count, SIZE, SIZE, 3)).astype(np.float32)


def adapt(model, images, **settings):
    return adapt_batch_norm(model, images, **{"averaging": "none", "alpha": 1.0} | settings)


def predicted(model, images):
    """Both networks' points, by the bits of the first."""
    axis = keras.ops.convert_to_numpy(model.orient_net(images, training=False))
    bit = (axis[:, 0, 0] > axis[:, 1, 0]).astype(np.float32)
    found = model.keypoint_net({"image": images, "faces_right": bit}, training=False)
    parts = [axis, *(keras.ops.convert_to_numpy(found[name]) for name in ("uv", "depth"))]
    return np.concatenate([part.reshape(len(images), -1) for part in parts], axis=1)


def convolved(layer, images):
    """What a layer without bias makes of images, pixel by pixel: stride 2, 3 x 3, same padding."""
    kernel = np.asarray(keras.ops.convert_to_numpy(layer.kernel), float)
    padded = np.pad(images.astype(float), [(0, 0), (0, 1), (0, 1), (0, 0)])
    side = images.shape[1] // 2
    total = np.zeros((len(images), side, side, kernel.shape[-1]))
    for i in range(3):
        for j in range(3):
            total += padded[:, i : i + 2 * side : 2, j : j + 2 * side : 2] @ kernel[i, j]
    return total


def test_moments_by_hand():
    identity = keras.Sequential([keras.Input((1, 2, 2)), keras.layers.Identity()])
    batches = [
        np.array([[[[1.0, 10], [3, 10]]]]),
        np.array([[[[5.0, 10], [7, 10]]], [[[9, 40], [11, 40]]]]),
    ]
    mean, variance = moments_of(identity, batches)
    # 1, 3, ..., 11: mean 6, squares 25 + 9 + 1 + 1 + 9 + 25 over 6; and two of six are 40.
    np.testing.assert_allclose(mean, [6, 20])
    np.testing.assert_allclose(variance, [70 / 6, 200])


def test_the_first_layers_moments_are_those_of_the_convolved_images(model):
    images = pictures()
    adapted = adapt(model, images, batch_size=3)
    values = convolved(model.orient_net.get_layer("conv0"), images).reshape(-1, 5)
    norm = adapted.orient_net.get_layer("norm0")
    np.testing.assert_allclose(norm.moving_mean, values.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, values.var(axis=0), rtol=1e-4)


def test_keypoint_net_sees_the_adapted_bits(model):
    images = pictures()
    adapted = adapt(model, images)
    points = keras.ops.convert_to_numpy(adapted.orient_net(images, training=False))
    bit = np.where(points[:, 0, 0] > points[:, 1, 0], 1.0, -1.0)
    channel = np.broadcast_to(bit[:, None, None, None], (*images.shape[:3], 1))
    values = convolved(
        adapted.keypoint_net.get_layer("conv0"), np.concatenate([images, channel], axis=-1)
    ).reshape(-1, 6)
    norm = adapted.keypoint_net.get_layer("norm0")
    np.testing.assert_allclose(norm.moving_mean, values.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, values.var(axis=0), rtol=1e-4)


def test_deeper_layers_are_normalised_as_a_batch_in_training_would_be(model):
    images = pictures()
    adapted = adapt(model, images)
    by_batch = keras.ops.convert_to_numpy(model.orient_net(images, training=True))
    by_moments = keras.ops.convert_to_numpy(adapted.orient_net(images, training=False))
    np.testing.assert_allclose(by_moments, by_batch, atol=1e-4)


def test_alpha_blends_the_first_layers_moments(model):
    source, target, half = (
        adapt(model, pictures(), alpha=alpha).orient_net.get_layer("norm0")
        for alpha in (0.0, 1.0, 0.25)
    )
    for name in ("moving_mean", "moving_variance"):
        before, after, mixed = (np.asarray(getattr(x, name)) for x in (source, target, half))
        np.testing.assert_allclose(mixed, 0.75 * before + 0.25 * after, rtol=1e-5, atol=1e-6)


def test_alpha_0_leaves_predictions_as_they_are(model):
    images = pictures()
    adapted = adapt(model, images, alpha=0.0)
    np.testing.assert_array_equal(predicted(adapted, images), predicted(model, images))
    changed = adapt(model, images)
    assert np.abs(predicted(changed, images) - predicted(model, images)).max() > 0.01


def test_the_model_itself_is_left_as_it_was(model):
    before = [np.copy(value) for value in model.get_weights()]
    adapted = adapt(model, pictures())
    for first, second in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    assert "adapted_to" not in model.info
    assert adapted.info["adapted_to"] == {"photos": 8, "alpha": 1.0}
    gains = [[np.asarray(layer.gamma) for layer in norms(m)] for m in (model, adapted)]
    for first, second in zip(*gains, strict=True):
        np.testing.assert_array_equal(first, second)


def test_adapting_fully_again_changes_nothing_and_forgets_the_source(model):
    images = pictures()
    once = adapt(model, images)
    twice = adapt(once, images)
    for first, second in zip(moments(once), moments(twice), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(predicted(twice, images), predicted(once, images), atol=1e-4)


def test_images_like_those_of_the_moments_change_little(model):
    images, alike, unlike = pictures(64, seed=2), pictures(64, seed=3), pictures(64, seed=3) ** 4
    trained = adapt(model, images)
    changes = []
    for target in (alike, unlike):
        again = adapt(trained, target)
        changes.append(np.abs(np.concatenate(moments(again)) - np.concatenate(moments(trained))))
    assert changes[0].mean() < 0.02 and changes[0].mean() < changes[1].mean() / 5


def test_batches_do_not_matter(model):
    images = pictures()
    first, second = (adapt(model, images, batch_size=size) for size in (8, 3))
    for a, b in zip(moments(first), moments(second), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_networks_of_bfloat16_are_adapted_in_float32():
    adapted = adapt(make_model("mixed_bfloat16"), pictures())
    found = moments(adapted)
    assert all(value.dtype == np.float32 and np.isfinite(value).all() for value in found)
    exact = moments(adapt(make_model(), pictures()))
    np.testing.assert_allclose(found[0], exact[0], atol=0.01)


def test_the_share_of_photos_by_hand():
    assert share_of_photos(48, 16) == 0.75 and share_of_photos(5, 0) == 1
    for photos, count in ((0, 16), (3, -1), (3, float("nan"))):
        with pytest.raises(ValueError, match="expected"):
            share_of_photos(photos, count)


def test_what_cannot_be_adapted_to_is_refused(model):
    images = pictures()
    broken = np.where(np.arange(8)[:, None, None, None] == 3, np.nan, images)
    refused = (
        (images[:1], {}, "1 photos to adapt to; expected at least 2"),
        (images[:, :8], {}, r"images have shape \(8, 8, 16, 3\); expected \[B, 16, 16, 3\]"),
        (broken, {}, "not finite"),
        (images, {"alpha": 1.5}, "alpha is 1.5"),
        (images, {"alpha": float("nan")}, "alpha is nan"),
        (images, {"batch_size": 0}, "batch_size is 0"),
    )
    for value, settings, message in refused:
        with pytest.raises(ValueError, match=message):
            adapt(model, value, **settings)


def test_few_photos_are_warned_of(model):
    with pytest.warns(UserWarning, match="^8 photos .* fewer than 32"):
        adapt(model, pictures())


def photo_files(folder, count=4):
    folder.mkdir()
    images = np.round(pictures(count) * 255).astype(np.uint8)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index}.png")
    return sorted(folder.iterdir()), images / np.float32(255)


def test_photos_are_framed_as_for_prediction(model, tmp_path):
    files, images = photo_files(tmp_path / "photos")
    (tmp_path / "bad.png").write_bytes(b"no image")
    failures = []
    adapted = Predictor(model, averaging="none").adapted(
        [*files, tmp_path / "bad.png"],
        alpha=1.0,
        on_failure=lambda name, error: failures.append(name),
    )
    assert failures == [str(tmp_path / "bad.png")]
    expected = adapt(model, images)
    for first, second in zip(moments(adapted.model), moments(expected), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)
    masks = [np.pad(np.ones((8, 8), bool), 4)] * 4
    masked = Predictor(model, averaging="none").adapted(files, masks=masks, alpha=1.0)
    assert not np.allclose(moments(masked.model)[0], moments(adapted.model)[0], atol=1e-3)
    with pytest.raises(ValueError, match="0 photos to adapt to"):
        Predictor(model, averaging="none").adapted([])


def script(*arguments, cwd):
    command = [sys.executable, str(REPOSITORY / "examples" / "adapt_batch_norm.py"), *arguments]
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_script_writes_a_model_that_predicts(model, tmp_path):
    files, images = photo_files(tmp_path / "photos")
    model.save(tmp_path / "best.keras")
    (tmp_path / "photos" / "x.png").write_bytes(b"no image")
    flags = ["--model_dir=best.keras", "--input=photos", "--out=new/car.keras", "--alpha=0.5"]
    done = script(*flags, "--averaging=none", cwd=tmp_path)
    assert done.returncode == 1 and "x.png" in done.stderr
    assert "adapted to 4 images with alpha 0.5" in done.stdout
    saved = load_model(tmp_path / "new" / "car.keras")
    assert saved.info["adapted_to"] == {"photos": 4, "alpha": 0.5}
    expected = adapt(model, images, alpha=0.5)
    np.testing.assert_allclose(predicted(saved, images), predicted(expected, images), atol=1e-3)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "--model_dir is missing"),
        (["--model_dir=car"], "--out is missing"),
        (["--model_dir=car", "--out=x"], r"--out=x; expected the name of a \.keras file"),
        (["--model_dir=car", "--out=x.keras"], "one of --input and --data_dir"),
        (
            ["--model_dir=car", "--out=x.keras", "--data_dir=d", "--mask=m"],
            "--mask is given; expected --input",
        ),
        (["--model_dir=car", "--out=x.keras", "--input=p", "--alpha=2"], "--alpha=2; expected"),
    ],
)
def test_bad_command_lines_are_refused(arguments, message):
    import importlib.util

    from absl import flags as absl_flags

    path = REPOSITORY / "examples" / "adapt_batch_norm.py"
    specification = importlib.util.spec_from_file_location("adapt_batch_norm", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    values = absl_flags.FlagValues()
    module.define(values)
    values(["adapt_batch_norm.py", *arguments])
    with pytest.raises(ValueError, match=message):
        module.check(values)
