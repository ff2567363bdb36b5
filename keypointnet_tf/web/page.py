"""The page: one photo with its keypoints, and two photos with the rotation between them."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import gradio as gr

from keypointnet_tf.web import fragments
from keypointnet_tf.web.components import asset, example_strip, photo_input, point_stage
from keypointnet_tf.web.handlers import Handlers, example_values
from keypointnet_tf.web.workbench import Workbench

TITLE = "3D keypoints from photos"
INTRODUCTION = (
    "<h1>3D keypoints from photos</h1><p>The points were discovered from rendered shapes, without "
    "labels: each colour is one point, on the same part of every object of the category.</p>"
)
QUEUE_SIZE = 24
WIDTH = 320
"""Least of a column, pixels; what does not fit goes below."""
CLEAN_EVERY_SECONDS, FILES_KEPT_SECONDS = 600, 4 * 3600
# One at a time on the model; photos are read beside it, in the order in which they come.
_ON_MODEL = {"concurrency_id": "model", "concurrency_limit": 1}
_READING = {"concurrency_id": "reading", "concurrency_limit": 1, "trigger_mode": "multiple"}
_EVENT = {"api_visibility": "private"}


class PhotoSide(NamedTuple):
    """A photo on the page: its part, the server's state of it, and its examples."""

    part: gr.HTML
    state: gr.State
    examples: gr.HTML


def build_page(
    bench: Workbench, *, uploads: str | os.PathLike, most_bytes: int = 20_000_000
) -> gr.Blocks:
    """The page, to be given to `server.make_app`.

    Args:
      bench: models and examples; the first model is read and run now, so that its faults show at
        once and the first visitor does not wait.
      uploads: Gradio's folder for uploads, which it takes from the environment variable
        `GRADIO_TEMP_DIR`.
      most_bytes: of a photo.

    Raises:
      ValueError: the first model cannot be read.
    """
    handlers = Handlers(bench, pathlib.Path(uploads))
    bench.warm(bench.names[0])
    cleaning = (CLEAN_EVERY_SECONDS, FILES_KEPT_SECONDS)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=cleaning) as page:
        model, about = _head(bench)
        with gr.Tabs():
            with gr.Tab("One photo"):
                one, find = _one_photo(handlers, model, most_bytes)
            with gr.Tab("Two photos"):
                pair, compare = _two_photos(handlers, model, most_bytes)
        sides, answers = (one, *pair), (find, compare)
        shown = [about, *[side.examples for side in sides]]
        chosen = model.change(handlers.describe, model, shown, **_ON_MODEL, **_EVENT)
        for event in (chosen, _begin(page, handlers, model, sides)):
            for answer in answers:
                event.success(**answer)
    page.queue(max_size=QUEUE_SIZE, default_concurrency_limit=1)
    return page


def theme() -> gr.themes.Base:
    """Colours and fonts; the fonts are the visitor's own, so that none is fetched."""
    plain = gr.themes.Default(
        primary_hue="blue",
        neutral_hue="slate",
        radius_size="md",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    # Gradio's own is too pale to be read with ease: below 4.5 to 1 on white.
    return plain.set(body_text_color_subdued="*neutral_500")


def style() -> str:
    """The page's own style sheet."""
    return asset("page.css")


def _head(bench: Workbench) -> tuple[gr.Dropdown, gr.HTML]:
    """What the page is, the choice of the model, and a line on it."""
    first = bench.names[0]
    with gr.Row(elem_id="kp-head"):
        gr.HTML(INTRODUCTION, elem_id="kp-introduction")
        with gr.Column(min_width=300, scale=0, elem_id="kp-choice"):
            model = gr.Dropdown(list(bench.names), value=first, label="Model")
            about = gr.HTML(fragments.paragraph(bench.about(first)), elem_id="kp-about")
    return model, about


def _one_photo(handlers: Handlers, model: gr.Dropdown, most_bytes: int) -> tuple[PhotoSide, dict]:
    """A photo, and how it is answered: the arguments of an event."""
    with gr.Row():
        with gr.Column(min_width=WIDTH):
            part = photo_input("one-photo", most_bytes=most_bytes)
            side = _photo_side(handlers, model, "one", part)
        with gr.Column(min_width=WIDTH):
            picture = _picture("one-picture")
            facing = _figures("one-facing")
            file = _download("one-file")
        with gr.Column(min_width=WIDTH):
            stage = point_stage("one-stage")
            figures = _figures("one-figures")
    find = dict(
        fn=handlers.find,
        inputs=[model, side.state, side.part],
        outputs=[picture, facing, stage, figures, file],
        show_progress="minimal",
        show_progress_on=picture,
        **_ON_MODEL,
        **_EVENT,
    )
    _wire(handlers, model, side, find)
    return side, find


def _two_photos(
    handlers: Handlers, model: gr.Dropdown, most_bytes: int
) -> tuple[list[PhotoSide], dict]:
    """Two photos, and how they are answered together: the arguments of an event."""
    sides, pictures = [], []
    with gr.Row():
        for name in ("first", "second"):
            with gr.Column(min_width=WIDTH):
                part = photo_input(f"{name}-photo", most_bytes=most_bytes)
                pictures.append(_picture(f"{name}-picture"))
                sides.append(_photo_side(handlers, model, name, part))
        with gr.Column(min_width=WIDTH):
            stage = point_stage("pair-stage")
            figures = _figures("pair-figures")
            file = _download("pair-file")
    compare = dict(
        fn=handlers.compare,
        inputs=[model, *[part for side in sides for part in (side.state, side.part)]],
        outputs=[*pictures, stage, figures, file],
        show_progress="minimal",
        show_progress_on=pictures,
        **_ON_MODEL,
        **_EVENT,
    )
    for side in sides:
        _wire(handlers, model, side, compare)
    return sides, compare


def _photo_side(handlers: Handlers, model: gr.Dropdown, name: str, part: gr.HTML) -> PhotoSide:
    """The state and the examples of a photo's part."""
    examples = example_values(handlers.bench.examples(model.value))
    return PhotoSide(part, gr.State(None), example_strip(f"{name}-examples", examples))


def _picture(name: str) -> gr.Image:
    return gr.Image(
        show_label=False,
        interactive=False,
        format="png",
        buttons=["download", "fullscreen"],
        placeholder="The photo with its keypoints appears here.",
        alt_text="The photo with its keypoints",
        elem_id=name,
    )


def _figures(name: str) -> gr.HTML:
    return gr.HTML(elem_id=name, apply_default_css=False)


def _download(name: str) -> gr.DownloadButton:
    return gr.DownloadButton("Download keypoints.json", interactive=False, size="md", elem_id=name)


def _wire(handlers: Handlers, model: gr.Dropdown, side: PhotoSide, answer: dict) -> None:
    """A photo that is given, picked or drawn on is answered at once."""
    shown = [side.part, side.state]
    given = side.part.upload(handlers.give, side.state, shown, **_READING, **_EVENT)
    picked = side.examples.select(handlers.pick, model, shown, **_READING, **_EVENT)
    for event in (given, picked):
        event.success(**answer)
    side.part.input(trigger_mode="always_last", **answer)


def _begin(page: gr.Blocks, handlers: Handlers, model: gr.Dropdown, sides: Sequence[PhotoSide]):
    """Picks the first examples, so that a visitor sees at once what the page does."""

    def pick_first(name: str) -> list:
        return [value for index in (0, 0, 1) for value in handlers.example(name, index)]

    shown = [part for side in sides for part in (side.part, side.state)]
    return page.load(pick_first, model, shown, **_READING, **_EVENT)
