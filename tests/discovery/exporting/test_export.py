"""Exports at tiny size, each run by its own runtime."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery.exporting import export, formats
from keypointnet_tf.discovery.exporting.config import FORMATS, ExportConfig
from keypointnet_tf.discovery.exporting.description import OUTPUTS, table
from keypointnet_tf.discovery.exporting.export import export_model
from keypointnet_tf.discovery.predictor import Predictor

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="exports need the TensorFlow backend"
)
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# Of a model without descriptors.
NAMES = [name for name in OUTPUTS if name not in ("heatmap", "descriptors")]


def skip_without(kind):
    missing = formats.missing_packages(kind)
    if missing:
        pytest.skip(f"{kind} needs {', '.join(missing)}")


def available():
    return tuple(kind for kind in FORMATS if not formats.missing_packages(kind))


@pytest.fixture(scope="module")
def model(small_model):
    return small_model()


@pytest.fixture(scope="module")
def exported(model, pictures, tmp_path_factory):
    """Folder and report of the formats that this machine can write."""
    out = tmp_path_factory.mktemp("exports") / "plane"
    config = ExportConfig(formats=available(), litert_batch=2)
    return out, export_model(model, out, config, images=pictures(3), source="best.keras")


@pytest.fixture(scope="module")
def with_options(model, pictures, tmp_path_factory):
    """The same with averaging, a focal length and heatmaps."""
    out = tmp_path_factory.mktemp("exports") / "plane"
    config = ExportConfig(formats=available(), averaging="full", focal_input=True, heatmap=True)
    export_model(model, out, config, images=pictures(3))
    return out


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("count", [1, 5])
def test_a_file_says_what_the_predictor_says(exported, model, pictures, kind, count):
    skip_without(kind)
    images = pictures(count, seed=1)
    found = formats.open_runner(kind, exported[0] / formats.FILES[kind])({"image": images})
    expected = Predictor(model, averaging="none")(images)
    assert set(found) == set(NAMES)
    for name in NAMES:
        value = getattr(expected, name)
        assert found[name].shape == value.shape and found[name].dtype == value.dtype
        np.testing.assert_allclose(found[name], value, atol=1e-4)
    assert np.std(expected.uv) > 0.05


@pytest.mark.parametrize("kind", FORMATS)
def test_averaging_focal_length_and_heatmaps(with_options, model, pictures, kind):
    skip_without(kind)
    images, focal = pictures(3, seed=2), np.array([5.0, 20.0, 40.0], np.float32)
    run = formats.open_runner(kind, with_options / formats.FILES[kind])
    found = run({"image": images, "focal": focal})
    expected = Predictor(model, averaging="full")(images, focal, heatmap=True)
    for name in (*NAMES, "heatmap"):
        np.testing.assert_allclose(found[name], getattr(expected, name), atol=1e-4)
    assert expected.xyz_camera[0, 0, 0] != pytest.approx(expected.xyz_camera[1, 0, 0], abs=0.1)


def test_the_description_tells_all(exported):
    out, report = exported
    found = json.loads((out / "export.json").read_text())
    assert found == json.loads(json.dumps(report))
    assert found["inputs"] == {
        "image": {
            "dtype": "float32",
            "shape": ["B", 32, 32, 3],
            "meaning": found["inputs"]["image"]["meaning"],
        }
    }
    assert found["outputs"]["xyz_camera"]["shape"] == ["B", 4, 3]
    assert found["outputs"]["faces_right"]["dtype"] == "bool"
    assert found["camera"]["focal"] == 22.9 and found["camera"]["distance"] == 30
    assert found["category"] == "plane" and found["averaging"] == "none"
    assert set(found["files"]) == set(available())
    for entry in found["files"].values():
        assert entry["bytes"] == export.size_of(out / entry["file"]) > 1000
        assert (
            max(value["max"] for name, value in entry["deviation"].items() if "max" in value)
            < (found["tolerance"])
        )
    assert {path.name for path in out.iterdir()} == {
        "export.json",
        *(formats.FILES[kind] for kind in available()),
    }
    assert len(table(report)) == 3 + len(available())


def test_mixed_precision_is_told_apart_from_the_file(small_model, pictures, tmp_path):
    mixed = small_model("mixed_bfloat16")
    config = ExportConfig(formats=("saved_model",))
    report = export_model(mixed, tmp_path / "out", config, images=pictures(3))
    trained = report["trained_precision"]
    assert trained["policy"] == "mixed_bfloat16"
    assert trained["deviation"]["orient_uv"]["max"] > 1e-4
    assert report["files"]["saved_model"]["deviation"]["orient_uv"]["max"] < 1e-4


def test_dilated_convolutions_stay_whole_in_litert(exported):
    skip_without("litert")
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(exported[0] / "model.tflite"))
    names = [operation["op_name"] for operation in interpreter._get_ops_details()]
    assert names.count("CONV_2D") == 11 and "SPACE_TO_BATCH_ND" not in names
    assert "VAR_HANDLE" not in names and "READ_VARIABLE" not in names


def test_onnx_names_its_axes(exported):
    skip_without("onnx")
    import onnxruntime

    session = onnxruntime.InferenceSession(exported[0] / "model.onnx")
    assert [(x.name, x.shape) for x in session.get_inputs()] == [("image", ["batch", 32, 32, 3])]
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert shapes["orient_uv"] == ["batch", 2, 2] and shapes["faces_right"] == ["batch"]


def test_eight_bits_are_written_and_may_deviate(model, pictures, tmp_path):
    skip_without("litert_int8")
    from ai_edge_litert.interpreter import Interpreter

    out = tmp_path / "out"
    report = export_model(model, out, ExportConfig(formats=(), int8=True), images=pictures(20))
    assert set(report["files"]) == {"litert_int8"}
    deviation = report["files"]["litert_int8"]["deviation"]
    assert 1e-4 < deviation["orient_uv"]["max"] < 0.5
    interpreter = Interpreter(str(out / "model_int8.tflite"))
    details = interpreter.get_tensor_details()
    kernels = [d for d in details if len(d["shape"]) == 4 and tuple(d["shape"][1:3]) == (3, 3)]
    assert len(kernels) >= 8 and {d["dtype"] for d in kernels} == {np.int8}
    assert interpreter.get_input_details()[0]["dtype"] == np.float32


def test_a_file_that_deviates_is_not_written(model, pictures, tmp_path, monkeypatch):
    def wrong(kind, path, **options):
        run = opened(kind, path, **options)
        return lambda inputs: {k: v + 2e-4 if k == "depth" else v for k, v in run(inputs).items()}

    opened, out = formats.open_runner, tmp_path / "out"
    out.mkdir()
    (out / "export.json").write_text("{}")
    monkeypatch.setattr(formats, "open_runner", wrong)
    config = ExportConfig(formats=("saved_model",))
    with pytest.raises(
        ValueError, match="saved_model differs from Keras: depth deviates by 0.0002"
    ):
        export_model(model, out, config, images=pictures(3))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "export.json").read_text() == "{}" and len(list(out.iterdir())) == 1


def test_an_export_replaces_an_older_one(model, small_model, pictures, tmp_path):
    config, out = ExportConfig(formats=("saved_model",)), tmp_path / "out"
    other = small_model()
    other.info["focal"] = 10.0
    export_model(other, out, config, images=pictures(3))
    export_model(model, out, config, images=pictures(3))
    found = formats.open_runner("saved_model", out / "saved_model")({"image": pictures(1)})
    expected = Predictor(model, averaging="none")(pictures(1))
    np.testing.assert_allclose(found["xyz_camera"], expected.xyz_camera, atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_cannot_be_exported_is_told(model, pictures, tmp_path, monkeypatch):
    for changes, message in (
        ({"formats": ("pickle",)}, "formats is 'pickle'; expected of saved_model, litert, onnx"),
        ({"formats": ()}, "formats is ''"),
        ({"averaging": "some"}, "averaging is 'some'"),
        ({"litert_batch": 0}, "litert_batch is 0"),
    ):
        with pytest.raises(ValueError, match=message):
            ExportConfig(**changes)
    with pytest.raises(ValueError, match="expected images like those"):
        export_model(model, tmp_path / "out", ExportConfig(formats=(), int8=True))
    with pytest.raises(ValueError, match=r"images have shape \(1, 8, 8, 3\)"):
        export_model(model, tmp_path / "out", images=np.zeros((1, 8, 8, 3)))
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="file is a file; expected a folder"):
        config = ExportConfig(formats=("saved_model",))
        export_model(model, tmp_path / "file", config, images=pictures(1))
    monkeypatch.setitem(formats.PACKAGES, "onnx", ("no_such_package",))
    with pytest.raises(ValueError, match=r"no_such_package cannot.*keypointnet-tf\[export\]"):
        export_model(model, tmp_path / "out", ExportConfig(formats=("onnx",)))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def script(*arguments, cwd):
    command = [sys.executable, str(REPOSITORY / "export.py"), *map(str, arguments)]
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_script(model, pictures, tmp_path):
    model.save(tmp_path / "best.keras")
    (tmp_path / "photos").mkdir()
    for index, image in enumerate((pictures(2) * 255).astype(np.uint8)):
        Image.fromarray(image).save(tmp_path / "photos" / f"{index}.png")
    arguments = ["--model_dir", tmp_path, "--images", "photos", "--formats", "saved_model"]
    done = script(*arguments, "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 images; written to out" in done.stdout and "saved_model" in done.stdout
    report = json.loads((tmp_path / "out" / "export.json").read_text())
    assert report["model"] == str(tmp_path / "best.keras")
    assert (tmp_path / "out" / "saved_model" / "saved_model.pb").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out=o"], "--model_dir is missing"),
        (["--out=o", "--model_dir=m", "--int8"], "--int8 needs --images"),
        (["--out=o", "--model_dir=m", "--formats=a"], "expected of saved_model, litert, onnx"),
        (["--out=o", "--model_dir=m"], "m is no file and no preset"),
    ],
)
def test_bad_calls_of_the_script_end_with_one_line(arguments, message, tmp_path):
    done = script(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
