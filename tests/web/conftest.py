"""A tiny untrained model, and the page served with it."""

import contextlib
import os
import pathlib
import sys
import threading
import time
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery.config import ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.predictor import Predictor

SIZE, KEYPOINTS, FOCAL = 32, 4, 22.9
SHARE = 0.6
MOST_MB = 1


@pytest.fixture(scope="session")
def gradio():
    """Skips where Gradio is not installed."""
    return pytest.importorskip("gradio", reason="the extra [demo] is not installed")


@pytest.fixture(scope="session")
def pair_model():
    """Untrained heads give flat heatmaps, all points in the middle: these are spread."""
    settings = ModelConfig(
        size=SIZE, filters=8, orient_filters=8, output_stride=2, num_keypoints=KEYPOINTS
    )
    info = {"object_share": SHARE, "focal": FOCAL, "distance": 30.0, "category": "car"}
    keras.utils.set_random_seed(0)
    model = PairModel(TrainConfig(model=settings, precision="float32"), info=info)
    for network, factor in ((model.orient_net, 2000), (model.keypoint_net, 20000)):
        head = network.get_layer("heatmap_logits")
        head.kernel.assign(head.kernel * factor)
    return model


@pytest.fixture(scope="session")
def predictor(pair_model):
    """The tiny model, ready to use."""
    return Predictor(pair_model)


@pytest.fixture(scope="session")
def save():
    """`save(path, seed, width, height)`: a photo of coloured noise in large squares."""

    def write(path: pathlib.Path, seed: int = 0, width: int = 120, height: int = 80):
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (height // 10, width // 10, 3), np.uint8)
        Image.fromarray(small).resize((width, height), Image.Resampling.NEAREST).save(path)
        return path

    return write


@pytest.fixture(scope="session")
def bench(predictor, tmp_path_factory, save):
    """A workbench of the tiny model and of one that cannot be read, and a folder of examples."""
    from keypointnet_tf.web.examples import ExampleShelf
    from keypointnet_tf.web.workbench import Workbench

    def load(name):
        if name != "tiny":
            raise ValueError(f"{name}: the model cannot be read <b>at all</b>")
        return predictor

    given = tmp_path_factory.mktemp("given")
    save(given / "given.png", 5)
    shelf = ExampleShelf(tmp_path_factory.mktemp("rendered"), given)
    return Workbench(("tiny", "broken"), load, shelf)


@pytest.fixture(scope="session")
def served(gradio, bench, tmp_path_factory):
    """The page's `url`, its folder of `uploads`, and `reached`: other hosts that were asked."""
    uploads = tmp_path_factory.mktemp("uploads")
    before = os.environ.get("GRADIO_TEMP_DIR")
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    reached = []
    with listening_to_sockets(reached), running(bench, uploads) as url:
        yield SimpleNamespace(url=url, uploads=uploads, reached=reached)
    os.environ.pop("GRADIO_TEMP_DIR")
    if before is not None:
        os.environ["GRADIO_TEMP_DIR"] = before


@contextlib.contextmanager
def running(bench, uploads):
    """Serves the page from a thread; its URL."""
    from keypointnet_tf.web import server
    from keypointnet_tf.web.page import build_page

    config = server.ServerConfig(port=0, max_upload_mb=MOST_MB)
    page = build_page(bench, uploads=uploads, most_bytes=config.most_bytes)
    serving = server.server_of(server.make_app(page, config))
    with server.bind(config) as listening:
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not serving.started:
            assert thread.is_alive(), "the server ended"
            time.sleep(0.05)
        yield server.address(listening)
        serving.should_exit = True
        thread.join(30)
    assert not thread.is_alive(), "the server did not end"


@contextlib.contextmanager
def listening_to_sockets(reached):
    """Notes every address beyond this machine that this process looks up or connects to."""
    noting = [True]

    def hook(event, arguments):
        if not noting:
            return
        if event == "socket.connect" and isinstance(arguments[1], tuple):
            note(arguments[1][0])
        elif event == "socket.getaddrinfo":
            note(arguments[0])

    def note(host):
        if host not in ("127.0.0.1", "::1", "localhost", None):
            reached.append(host)

    sys.addaudithook(hook)
    yield
    noting.clear()  # a hook cannot be taken back


@pytest.fixture(scope="session")
def serve():
    """The function `running`, for a test that needs a page of its own."""
    return running
