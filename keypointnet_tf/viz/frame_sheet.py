"""Sheets of objects seen from six sides with their axes, to judge whether their frames are right.

Letters: S picture side.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.viz.axes import AXIS_COLORS, draw_axes
from keypointnet_tf.viz.canvas import (
    CAPTION_SIZE,
    GAP,
    INK,
    PAPER,
    captioned,
    font,
    opaque,
    save_picture,
    tile_rows,
)

GROUND = (222, 228, 236)
WARNING = (178, 60, 0)
FAINT = (105, 105, 105)
TITLE_SIZE = 16
LEAST_WIDTH = 1000
LEGEND = (
    ("Right if every object shows its front from +x, its left from +y and its top from +z.  ", INK),
    ("x front   ", AXIS_COLORS[0]),
    ("y left   ", AXIS_COLORS[1]),
    ("z up   ", AXIS_COLORS[2]),
    ("ring with dot: at you, with cross: away; dashed: hidden", FAINT),
)


class PicturedView(Protocol):
    """A view of an object; `rgba` uint8 `[S, S, 4]`, `depth` `[S, S]` as of `draw_axes`."""

    caption: str
    rgba: np.ndarray
    depth: np.ndarray
    object_to_camera: np.ndarray
    focal: float


class PicturedObject(Protocol):
    """An object of a sheet: its name, a line of details, warnings, and views, or none if it
    could not be loaded."""

    object_id: str
    details: str
    warnings: Sequence[str]
    views: Sequence[PicturedView]


def write_frame_sheet(
    objects: Sequence[PicturedObject], path: str | os.PathLike, *, palette: bool = False
) -> pathlib.Path:
    """Writes `frame_sheet` to a picture file, whole or not at all.

    Args:
      objects: as of `frame_sheet`.
      path: file.
      palette: whether a PNG has 256 colours, as of `save_picture`.
    """
    return save_picture(frame_sheet(objects), path, palette=palette)


def frame_sheet(objects: Sequence[PicturedObject]) -> Image.Image:
    """A block for each object: its name and details, warnings in red, and its views in a row.

    Raises:
      ValueError: there is no object.
    """
    if not objects:
        raise ValueError("objects is empty; expected at least one")
    rows = [tile_rows([_tiles(item.views)]) if item.views else None for item in objects]
    width = max([LEAST_WIDTH, *(row.width for row in rows if row)])
    blocks = [_legend(width)]
    for item, row in zip(objects, rows, strict=True):
        blocks += [_heading(item, width), *([row] if row else [])]
    return tile_rows([[block] for block in blocks], gap=2)


def _tiles(views: Sequence[PicturedView]) -> list[Image.Image]:
    tiles = []
    for view in views:
        picture = opaque(view.rgba, ground=GROUND)
        picture = draw_axes(picture, view.object_to_camera, view.focal, depth=view.depth)
        tiles.append(captioned(picture, view.caption))
    return tiles


def _legend(width: int) -> Image.Image:
    strip = Image.new("RGB", (width, 2 * CAPTION_SIZE), PAPER)
    pen, x = ImageDraw.Draw(strip), float(GAP)
    for text, color in LEGEND:
        pen.text((x, CAPTION_SIZE), text, fill=color, font=font(CAPTION_SIZE), anchor="lm")
        x += pen.textlength(text, font=font(CAPTION_SIZE))
    return strip


def _heading(item: PicturedObject, width: int) -> Image.Image:
    """Name, details, and a line or more for each warning, below a thin rule."""
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    room = width - 4 * GAP
    lines = [line for text in item.warnings for line in _wrapped(measure, f"! {text}", room)]
    title, line_height = round(1.4 * TITLE_SIZE), round(1.4 * CAPTION_SIZE)
    strip = Image.new("RGB", (width, title + line_height * len(lines)), PAPER)
    pen = ImageDraw.Draw(strip)
    pen.line([(GAP, 1), (width - GAP, 1)], fill=GROUND, width=2)
    pen.text((GAP, title / 2), item.object_id, fill=INK, font=font(TITLE_SIZE), anchor="lm")
    x = 3 * GAP + pen.textlength(item.object_id, font=font(TITLE_SIZE))
    pen.text((x, title / 2 + 1), item.details, fill=FAINT, font=font(CAPTION_SIZE), anchor="lm")
    for i, line in enumerate(lines):
        y = title + line_height * (i + 0.5)
        pen.text((GAP, y), line, fill=WARNING, font=font(CAPTION_SIZE), anchor="lm")
    return strip


def _wrapped(pen: ImageDraw.ImageDraw, text: str, room: float) -> Iterator[str]:
    """The text in lines no longer than `room` pixels; words that are longer stand alone."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and pen.textlength(longer, font=font(CAPTION_SIZE)) > room:
            yield line
            longer = word
        line = longer
    yield line
