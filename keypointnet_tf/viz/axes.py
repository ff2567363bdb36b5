"""The object frame's axes drawn into a rendering: x red, y green, z blue.

What the object hides is dashed and pale. An axis that runs along the line of sight is a ring, with
a dot where it points at the viewer and a cross where it points away. Letters: H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.geometry.placement import ndc_to_pixels, project_points
from keypointnet_tf.viz.canvas import PAPER, font

Color = tuple[int, int, int]

AXIS_COLORS: tuple[Color, ...] = ((214, 30, 30), (20, 140, 40), (30, 80, 230))
AXIS_NAMES = ("x", "y", "z")
LENGTH = 1.14  # object units, whose box reaches 1
BEHIND = 0.02  # object units; nearer to the surface than this is on it
STEPS = 96
FINER = 4  # drawn so much larger and reduced, for smooth edges
LINE, HEAD, RING, DASH, FONT = 2.0, 8.0, 5.0, 4.0, 11.0
PALE = 110  # opacity of what is hidden, of 255


def draw_axes(
    picture: Image.Image,
    object_to_camera: np.ndarray,
    focal: float,
    *,
    depth: np.ndarray | None = None,
    names: Sequence[str] = AXIS_NAMES,
) -> Image.Image:
    """The picture with the three axes from the object frame's origin.

    Args:
      picture: square RGB picture of the whole view.
      object_to_camera: `[4, 4]` rigid matrix.
      focal: focal length in NDC units.
      depth: `[H, W]` camera-frame z of the surface (negative), NaN off the object; None shows all
        of each axis.
      names: written at the tips of the axes x, y, z.
    """
    layer = Image.new("RGBA", [FINER * side for side in picture.size])
    pen = ImageDraw.Draw(layer)
    lines = [_project(axis, object_to_camera, focal, layer.width) for axis in range(3)]
    # The farthest first, rings above all.
    for axis in sorted(range(3), key=lambda axis: (lines[axis].end_on, lines[axis].depth[-1])):
        if lines[axis].end_on:
            _draw_ring(pen, lines[axis], AXIS_COLORS[axis])
        else:
            hidden = _hidden(lines[axis], depth)
            _draw_arrow(pen, lines[axis], hidden, AXIS_COLORS[axis], names[axis])
    layer = layer.resize(picture.size, Image.Resampling.BOX)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


class _Line(NamedTuple):
    """Points along an axis: `uv` NDC, camera-frame `depth`, `places` in pixels of the layer."""

    uv: np.ndarray
    depth: np.ndarray
    places: np.ndarray

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.places[-1] - self.places[0]))

    @property
    def end_on(self) -> bool:
        """Whether the axis runs along the line of sight."""
        return self.length < 2 * FINER * RING


def _project(axis: int, object_to_camera: np.ndarray, focal: float, width: int) -> _Line:
    points = np.linspace(0, LENGTH, STEPS)[:, None] * np.eye(3)[axis]
    uv, depth = project_points(points, object_to_camera, focal)
    return _Line(uv, depth, ndc_to_pixels(uv, width, width))


def _hidden(line: _Line, depth: np.ndarray | None) -> np.ndarray:
    """Whether the surface lies before each point."""
    if depth is None:
        return np.zeros(len(line.uv), bool)
    height, width = depth.shape
    column, row = np.floor(ndc_to_pixels(line.uv, width, height)).astype(int).T
    surface = depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return line.depth < np.nan_to_num(surface, nan=-np.inf) - BEHIND


def _draw_arrow(
    pen: ImageDraw.ImageDraw, line: _Line, hidden: np.ndarray, color: Color, name: str
) -> None:
    tip = line.places[-1]
    along = (tip - line.places[0]) / line.length
    _draw_line(pen, line.places, hidden, color)
    _draw_head(pen, tip, along, _ink(color, hidden[-1]))
    pen.text(
        tuple(tip + along * FINER * 0.9 * FONT),
        name,
        fill=(*color, 255),
        font=font(FINER * FONT),
        anchor="mm",
        stroke_width=FINER,
        stroke_fill=(*PAPER, 230),
    )


def _draw_line(
    pen: ImageDraw.ImageDraw, places: np.ndarray, hidden: np.ndarray, color: Color
) -> None:
    """Solid where the points are seen, dashed between those that are not, pale rim below."""
    distance = np.linalg.norm(places - places[0], axis=1)
    dash = (distance // (FINER * DASH) % 2).astype(bool)
    for rim in (True, False):
        for i in range(len(places) - 1):
            behind = bool(hidden[i] and hidden[i + 1])
            if behind and (rim or dash[i]):
                continue
            fill = (*PAPER, 200) if rim else _ink(color, behind)
            width = round(FINER * (LINE + (1.6 if rim else 0)))
            pen.line([tuple(places[i]), tuple(places[i + 1])], fill=fill, width=width)


def _draw_head(
    pen: ImageDraw.ImageDraw, tip: np.ndarray, along: np.ndarray, fill: tuple[int, ...]
) -> None:
    across = np.array([-along[1], along[0]])
    base = tip - FINER * HEAD * along
    corners = [tip, base + 0.5 * FINER * HEAD * across, base - 0.5 * FINER * HEAD * across]
    pen.polygon([tuple(corner) for corner in corners], fill=fill)


def _draw_ring(pen: ImageDraw.ImageDraw, line: _Line, color: Color) -> None:
    """With a dot for the arrow's tip, or a cross for its feathers."""
    centre, width = line.places[0], round(FINER * 1.5)

    def disc(radius: float, **paint) -> None:
        reach = FINER * radius
        pen.ellipse([*(centre - reach), *(centre + reach)], **paint)

    disc(RING, fill=(*PAPER, 200), outline=(*color, 255), width=width)
    if line.depth[-1] > line.depth[0]:
        disc(1.8, fill=(*color, 255))
        return
    for slope in (1, -1):
        arm = FINER * RING / np.sqrt(2) * np.array([1, slope])
        pen.line([tuple(centre - arm), tuple(centre + arm)], fill=(*color, 255), width=width)


def _ink(color: Color, behind: bool) -> tuple[int, ...]:
    return (*color, PALE if behind else 255)
