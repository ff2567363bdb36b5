"""Serves a web page to try trained models on photos."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
import tempfile
import webbrowser

import flags
from flags import app_flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

DESCRIPTION = """\
Serves a web page to try trained models on photos: needs the extra [demo] (Gradio).

  python app.py                        the models of the package: cars, chairs
  python app.py --model_dir runs/my_model --model_dir car --examples photos

Upload a photo, or pick an example, and drag a box or an outline around the object: the page shows
the keypoints on the photo and in 3D, their confidences, and which way the object faces; of two
photos also the rotation between them. Everything stays on this machine: the page is served at
127.0.0.1, and neither it nor its server asks the internet for anything. Ctrl-C ends it; uploads are
then removed."""


def main(values) -> None:
    """Serves until interrupted."""
    job = app_flags.job_from_flags(values)
    if importlib.util.find_spec("gradio") is None:
        raise ValueError("Gradio is not installed; try: pip install -e '.[demo]'")
    with tempfile.TemporaryDirectory(prefix="keypointnet_page_") as folder:
        keep_to_itself(pathlib.Path(folder) / "uploads")
        serve(job, pathlib.Path(folder))


def keep_to_itself(uploads: pathlib.Path) -> None:
    """Sets what Gradio reads from the environment when it is imported: files here, no telemetry."""
    uploads.mkdir()
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def serve(job: app_flags.AppJob, folder: pathlib.Path) -> None:
    """Builds the page and serves it; prints its address when it is ready to be opened."""
    from keypointnet_tf.web.examples import ExampleShelf
    from keypointnet_tf.web.models import loader_of, named_models
    from keypointnet_tf.web.page import build_page
    from keypointnet_tf.web.server import ServerConfig, address, bind, make_app, server_of
    from keypointnet_tf.web.workbench import Workbench

    config = ServerConfig(job.host, job.port, job.max_upload_mb)
    models = named_models(job.models)
    with bind(config) as listening:
        bench = Workbench(
            tuple(models), loader_of(models), ExampleShelf(folder / "examples", job.examples)
        )
        page = build_page(bench, uploads=folder / "uploads", most_bytes=config.most_bytes)
        app = make_app(page, config)
        print(f"{address(listening)}  (Ctrl-C ends it)", flush=True)
        if not config.local:
            print(f"app.py: --host={job.host}: others can reach this page", file=sys.stderr)
        if job.open_browser:
            webbrowser.open(address(listening))
        server_of(app).run(sockets=[listening])


if __name__ == "__main__":
    sys.exit(flags.run_script("app.py", DESCRIPTION, app_flags.define, main))
