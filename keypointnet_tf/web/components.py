"""The page's own parts: a photo to draw on, examples to pick, and points that turn."""

from __future__ import annotations

import importlib.resources

import gradio as gr

from keypointnet_tf.data.photos import SUFFIXES


def photo_input(name: str, *, most_bytes: int) -> gr.HTML:
    """A photo to drop or choose, and to drag a box or an outline on.

    Its events: `upload` with the file's `path`, `name` and `kind` ("photo" or "mask"); `input` when
    a selection is drawn or cleared. Its value goes to the browser as `photo_value` makes it, and
    comes back for `selection.selection_of`.

    Args:
      name: unique in the page, the element's id.
      most_bytes: larger files are not sent.
    """
    return _part(
        "photo_input",
        name,
        most_bytes=most_bytes,
        suffixes=",".join(sorted(SUFFIXES)),
    )


def example_strip(name: str, examples: list[dict]) -> gr.HTML:
    """Small pictures to pick from, each with `src` and `name`; event `select` has the `index`."""
    return _part("example_strip", name, value=examples)


def point_stage(name: str) -> gr.HTML:
    """Points in 3D; its value is a scene of `scenes.py`, None for none."""
    return _part("point_stage", name)


def asset(name: str) -> str:
    """The text of a file that lies beside this module."""
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


def _part(kind: str, name: str, **props: object) -> gr.HTML:
    return gr.HTML(
        html_template=asset(f"{kind}.html"),
        js_on_load=asset(f"{kind}.js"),
        elem_id=name,
        apply_default_css=False,
        **props,
    )
