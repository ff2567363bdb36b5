"""Prediction with a tiny untrained model: shapes, frames, photos, the script."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery import predictor as predictor_module
from keypointnet_tf.discovery.averaging import mirror_partners
from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.prediction import canonical_keypoints, padded_size
from keypointnet_tf.discovery.predictor import Predictor

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIZE, KEYPOINTS = 32, 4
INFO = {"object_share": 0.6, "focal": 22.9, "distance": 30.0, "category": "plane"}


@pytest.fixture(scope="module")
def model():
    config = ModelConfig(
        size=SIZE, filters=8, orient_filters=8, output_stride=2, num_keypoints=KEYPOINTS
    )
    keras.utils.set_random_seed(0)
    pair_model = PairModel(TrainConfig(model=config, precision="float32"), info=INFO)
    sharpen(pair_model)
    return pair_model


def sharpen(pair_model):
    """Untrained heads give flat heatmaps, all points in the middle: spread them."""
    for network, factor in ((pair_model.orient_net, 2000), (pair_model.keypoint_net, 20000)):
        head = network.get_layer("heatmap_logits")
        head.kernel.assign(head.kernel * factor)


@pytest.fixture(scope="module")
def predictor(model):
    return Predictor(model, averaging="none")


@pytest.fixture(scope="module")
def model_path(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "best.keras"
    model.save(path)
    return path


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)


def save(path, values, **rest):
    Image.fromarray(values).save(path, **rest)
    return path


def same(first, second, tolerance=1e-5):
    return np.allclose(first, second, atol=tolerance, rtol=tolerance)


def test_prediction_is_what_the_networks_say(model, predictor):
    images = pictures(3).astype(np.float32) / 255
    found = predictor(images, heatmap=True)
    orient_uv = keras.ops.convert_to_numpy(model.orient_net(images, training=False))
    bit = (orient_uv[:, 0, 0] > orient_uv[:, 1, 0]).astype(np.float32)
    points = model.keypoint_net({"image": images, "faces_right": bit}, training=False)
    points = {key: keras.ops.convert_to_numpy(value) for key, value in points.items()}
    assert same(found.orient_uv, orient_uv) and np.std(orient_uv) > 0.02
    assert np.std(found.uv) > 0.02
    assert np.array_equal(found.faces_right, bit > 0) and found.faces_right.dtype == bool
    for name in ("uv", "depth", "heatmap"):
        assert same(getattr(found, name), points[name])
    xy = -points["uv"] * points["depth"][..., None] / INFO["focal"]
    assert same(found.xyz_camera, np.concatenate([xy, points["depth"][..., None]], -1))
    assert found.confidence.shape == (3, KEYPOINTS)
    assert ((found.confidence > 0) & (found.confidence <= 1)).all()
    assert predictor(images).heatmap is None


def test_averages_treat_an_image_and_its_mirror_image_alike(model):
    images = pictures(2).astype(np.float32) / 255
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    for kind in ("orientation", "full"):
        found, other = (Predictor(model, averaging=kind)(x) for x in (images, mirrored))
        assert same(other.orient_uv, found.orient_uv * [-1, 1], 1e-4)
        assert (found.faces_right != other.faces_right).all()
        assert same(found.faces_confidence, other.faces_confidence, 1e-3)
        assert ((found.faces_confidence >= 0.5) & (found.faces_confidence <= 1)).all()
    partners = mirror_partners(canonical_keypoints(model))
    assert same(other.uv, (found.uv * [-1, 1])[:, partners], 1e-3)
    assert same(other.depth, found.depth[:, partners], 1e-3)


def test_an_unknown_averaging_is_refused(model):
    with pytest.raises(ValueError, match="averaging is 'some'; expected one of none, orient"):
        Predictor(model, averaging="some")


def test_canonical_keypoints_are_those_saved_else_the_template(model):
    template = keras.ops.convert_to_numpy(model.template)
    np.testing.assert_array_equal(canonical_keypoints(model), template)
    points = np.arange(12.0).reshape(4, 3).tolist()
    told = PairModel(model.train_config, info=INFO | {"canonical": points})
    np.testing.assert_array_equal(canonical_keypoints(told), points)


def test_batches_and_padding_do_not_change_the_answer(predictor):
    images = pictures(5).astype(np.float32) / 255
    whole = predictor(images, batch_size=8)
    parts = predictor(images, batch_size=2)
    for name in ("uv", "depth", "xyz_camera", "confidence", "orient_uv", "faces_right"):
        assert len(getattr(parts, name)) == 5
        assert same(getattr(whole, name), getattr(parts, name), 1e-4)


def test_each_image_may_have_its_own_focal_length(predictor):
    images = pictures(2).astype(np.float32) / 255
    found = predictor(images, np.array([10.0, 20.0]))
    depth = found.depth[..., None]
    focal = np.array([10.0, 20.0])[:, None, None]
    assert same(found.xyz_camera[..., :2], -found.uv * depth / focal)


def test_padded_sizes_are_few():
    assert [padded_size(count, 16) for count in (1, 2, 3, 9, 16, 40)] == [1, 2, 4, 16, 16, 16]
    assert padded_size(40, 6) == 6


def test_wrong_inputs_are_refused(predictor, model):
    for shape in ((2, 16, 16, 3), (SIZE, SIZE, 3), (2, SIZE, SIZE, 4), (0, SIZE, SIZE, 3)):
        with pytest.raises(ValueError, match=r"expected \[B, 32, 32, 3\]"):
            predictor(np.zeros(shape, np.float32))
    with pytest.raises(ValueError, match="batch_size is 0"):
        predictor(np.zeros((1, SIZE, SIZE, 3), np.float32), batch_size=0)
    with pytest.raises(ValueError, match="expected object_share"):
        _ = Predictor(PairModel(model.train_config)).object_share


def test_a_saved_model_predicts_the_same(predictor, model_path):
    images = pictures(2).astype(np.float32) / 255
    for path in (model_path, model_path.parent):
        assert same(
            Predictor.load(path, averaging="none")(images).xyz_camera, predictor(images).xyz_camera
        )


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"best\.keras: no model"):
        Predictor.load(tmp_path)
    with pytest.raises(ValueError, match="absent"):
        Predictor.load(tmp_path / "absent")
    (tmp_path / "best.keras").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"best\.keras: the model cannot be read"):
        Predictor.load(tmp_path)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "best.keras")
    with pytest.raises(ValueError, match="holds a Sequential"):
        Predictor.load(tmp_path)


def test_a_photo_framed_as_in_training_gives_the_networks_own_points(predictor, tmp_path):
    image = pictures(1)[0]
    path = save(tmp_path / "image.png", image)
    (found,) = predictor.predict_photos([path])
    direct = predictor(image[None].astype(np.float32) / 255)
    u, v = direct.uv[0].T
    assert same(found.xy, np.stack([(u + 1) / 2 * SIZE, (1 - v) / 2 * SIZE], -1), 1e-3)
    assert same(found.xyz_camera, direct.xyz_camera[0])
    assert (found.width, found.height, found.file) == (SIZE, SIZE, str(path))


def test_points_lie_in_the_crop_and_follow_it(predictor, tmp_path):
    small = pictures(1)[0]
    large = np.zeros((70, 90, 3), np.uint8)
    large[20:52, 40:72] = small
    path = save(tmp_path / "image.png", large)
    corner, side = (40, 20), SIZE
    middle = np.array(corner) + side / 2
    half = side / 2 * INFO["object_share"]
    (found,) = predictor.predict_photos([path], boxes=[(*(middle - half), *(middle + half))])
    (alone,) = predictor.predict_photos([save(tmp_path / "small.png", small)])
    assert same(found.xy, alone.xy + corner, 1e-3)
    assert same(found.front, alone.front + corner, 1e-3)
    assert ((found.xy > corner) & (found.xy < np.array(corner) + side)).all()
    assert found.faces_right == (found.front[0] > found.back[0])


def test_failures_are_raised_or_told(predictor, tmp_path):
    good = [save(tmp_path / f"{name}.png", pictures(1)[0]) for name in "ac"]
    bad = tmp_path / "b.png"
    bad.write_bytes(b"no image")
    paths = [good[0], bad, good[1]]
    with pytest.raises(ValueError, match=r"b\.png"):
        predictor.predict_photos(paths)
    failures = []
    found = predictor.predict_photos(
        paths, batch_size=2, on_failure=lambda file, error: failures.append((file, str(error)))
    )
    assert [result.file for result in found] == [str(path) for path in good]
    assert [file for file, _ in failures] == [str(bad)] and str(bad) in failures[0][1]
    with pytest.raises(ValueError, match=r"a\.png: box is 99,0,100,1"):
        predictor.predict_photos(good[:1], boxes=[(99, 0, 100, 1)])
    with pytest.raises(ValueError, match=r"a\.png: mask is 32 x 32.*40 x 32"):
        wide = save(tmp_path / "wide.png", np.zeros((32, 40, 3), np.uint8))
        predictor.predict_photos([wide], masks=[good[0]])
    assert predictor.predict_photos([]) == []


def test_a_broken_model_is_noticed(predictor, tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", pictures(1)[0])
    run = predictor_module.Predictor._run

    def broken(self, *arguments):
        return run(self, *arguments) | {"uv": np.full((1, KEYPOINTS, 2), np.nan)}

    monkeypatch.setattr(predictor_module.Predictor, "_run", broken)
    with pytest.raises(ValueError, match=r"a\.png: the model gives numbers that are not finite"):
        predictor.predict_photos([path])


def script(*arguments, cwd):
    command = [sys.executable, str(REPOSITORY / "predict.py"), *map(str, arguments)]
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_script_writes_json_and_pictures(model_path, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    save(folder / "a.png", pictures(1)[0])
    save(folder / "a.jpg", np.zeros((50, 1300, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    save(folder / "turned.png", np.full((20, 40, 3), 200, np.uint8), exif=exif)
    (folder / "broken.png").write_bytes(b"no image")
    out = tmp_path / "out"
    done = script("--model_dir", model_path.parent, "--input", folder, "--out", out, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "predict.py: error: " in done.stderr and "Traceback" not in done.stderr
    report = json.loads((out / "keypoints.json").read_text())
    assert report["model"] == str(model_path) and report["category"] == "plane"
    assert [failure["file"] for failure in report["failures"]] == [str(folder / "broken.png")]
    assert str(folder / "broken.png") in report["failures"][0]["reason"]
    images = {pathlib.Path(entry["file"]).name: entry for entry in report["images"]}
    assert list(images) == ["a.jpg", "a.png", "turned.png"]
    assert (images["turned.png"]["width"], images["turned.png"]["height"]) == (20, 40)
    sizes = {name: Image.open(out / entry["picture"]).size for name, entry in images.items()}
    assert sizes == {"a.jpg": (1024, 39), "a.png": (512, 512), "turned.png": (260, 520)}
    assert len({entry["picture"] for entry in images.values()}) == 3
    assert not [file for file in out.iterdir() if "tmp" in file.name]
    for entry in images.values():
        check_entry(entry)


def check_entry(entry):
    crop, camera = entry["crop"], entry["virtual_camera"]
    assert (camera["size"], camera["focal"], camera["distance"]) == (SIZE, 22.9, 30)
    assert [point["index"] for point in entry["keypoints"]] == list(range(KEYPOINTS))
    for point in entry["keypoints"]:
        x, y, z = point["camera"]
        assert z == point["depth"] < 0 < point["confidence"] <= 1
        u, v = -22.9 * x / z, -22.9 * y / z
        assert abs(u) < 1 and abs(v) < 1
        assert point["x"] == pytest.approx(crop["x0"] + (u + 1) / 2 * crop["side"], abs=1e-2)
        assert point["y"] == pytest.approx(crop["y0"] + (1 - v) / 2 * crop["side"], abs=1e-2)
    orientation = entry["orientation"]
    right = orientation["front"][0] > orientation["back"][0]
    assert orientation["faces"] == ("right" if right else "left")
    across = abs(orientation["front"][0] - orientation["back"][0]) / crop["side"] * 2
    assert orientation["margin"] == pytest.approx(across, abs=1e-3)
