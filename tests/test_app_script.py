"""`app.py` as a user runs it: it serves, says where, and leaves nothing behind."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

import keras
import pytest

from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
SECONDS = 240


def command(*arguments):
    return [sys.executable, str(REPOSITORY / "app.py"), *map(str, arguments)]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    settings = ModelConfig(size=32, filters=4, orient_filters=4, output_stride=2, num_keypoints=4)
    info = {"object_share": 0.6, "focal": 22.9, "distance": 30.0, "category": "plane"}
    keras.utils.set_random_seed(0)
    model = PairModel(TrainConfig(model=settings, precision="float32"), info=info)
    folder = tmp_path_factory.mktemp("runs") / "tiny" / "model"
    folder.mkdir(parents=True)
    model.save(folder / "best.keras")
    return folder


def test_it_serves_until_it_is_interrupted(model_dir, tmp_path):
    """Ctrl-C ends it with code 130 and one line; its folder of uploads is then gone."""
    pytest.importorskip("gradio", reason="the extra [demo] is not installed")
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    arguments = command(f"--model_dir={model_dir}", "--port=0")
    with open(tmp_path / "errors.txt", "w") as errors, subprocess.Popen(
        arguments, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as process:  # fmt: skip
        try:
            url = re.match(r"(http://127\.0\.0\.1:\d+/) ", process.stdout.readline()).group(1)
            config = json.loads(patiently(url + "config"))
            assert [*tmp_path.glob("keypointnet_page_*/uploads")]
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()
    choices = [c["props"].get("choices") for c in config["components"]]
    assert [["tiny", "tiny"]] in [list(map(list, c)) for c in choices if c]
    complaint = (tmp_path / "errors.txt").read_text()
    assert "app.py: interrupted" in complaint and "Traceback" not in complaint
    assert not [*tmp_path.glob("keypointnet_page_*")]


def patiently(url):
    """The answer, once the server has started."""
    end = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port=no"], "--port"),
        (["--model_dir=/nowhere"], "models of the package are car, car_photo"),
        (["--model_dir=m", "--examples=/nowhere"], "--examples=/nowhere is absent"),
    ],
)
def test_bad_calls_end_with_one_line(arguments, message, tmp_path):
    if "--model_dir=/nowhere" in arguments:
        pytest.importorskip("gradio", reason="the extra [demo] is not installed")
    done = subprocess.run(command(*arguments), capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
    assert "app.py: error: " in done.stderr


def test_without_gradio_the_extra_is_named(tmp_path):
    """It is not found, as if it were not installed."""
    script = (
        "import importlib.util, sys; sys.argv = ['app.py', '--model_dir=m'];"
        "found = importlib.util.find_spec;"
        "importlib.util.find_spec = lambda n, *a: None if n == 'gradio' else found(n, *a);"
        f"import runpy; runpy.run_path({str(REPOSITORY / 'app.py')!r}, run_name='__main__')"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    arguments = [sys.executable, "-c", script]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2 and "pip install -e '.[demo]'" in done.stderr
