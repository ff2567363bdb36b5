"""The object frame's axes drawn into a rendering: x red, y green, z blue.

What the object hides is dashed and pale. An axis that runs along the line of sight is a ring, with
a dot where it points at the viewer and a cross where it points away. Letters: H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.geometry.placement import ndc_to_pixels, project_points
from keypointnet_tf.viz.canvas import PAPER, font

AXIS_COLORS = ((214, 30, 30), (20, 140, 40), (30, 80, 230))
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
    tips = project_points(LENGTH * np.eye(3), object_to_camera, focal)[1]
    for axis in np.argsort(tips):  # the farthest first
        _draw_axis(layer, axis, object_to_camera, focal, depth, names[axis])
    layer = layer.resize(picture.size, Image.Resampling.BOX)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _draw_axis(
    layer: Image.Image,
    axis: int,
    object_to_camera: np.ndarray,
    focal: float,
    depth: np.ndarray | None,
    name: str,
) -> None:
    points = np.linspace(0, LENGTH, STEPS)[:, None] * np.eye(3)[axis]
    uv, z = project_points(points, object_to_camera, focal)
    hidden = _hidden(uv, z, depth)
    places = ndc_to_pixels(uv, *layer.size)
    pen = ImageDraw.Draw(layer)
    length = np.linalg.norm(places[-1] - places[0])
    if length < 2 * FINER * RING:
        _draw_ring(pen, places[0], AXIS_COLORS[axis], towards=z[-1] > z[0])
        return
    along = (places[-1] - places[0]) / length
    _draw_line(pen, places, hidden, AXIS_COLORS[axis])
    _draw_head(pen, places[-1], along, _color(AXIS_COLORS[axis], hidden[-1]))
    _write(pen, places[-1] + along * FINER * 0.9 * FONT, name, AXIS_COLORS[axis])


def _hidden(uv: np.ndarray, z: np.ndarray, depth: np.ndarray | None) -> np.ndarray:
    """Whether the surface lies before each point."""
    if depth is None:
        return np.zeros(len(z), bool)
    height, width = depth.shape
    column, row = np.floor(ndc_to_pixels(uv, width, height)).astype(int).T
    surface = depth[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return z < np.nan_to_num(surface, nan=-np.inf) - BEHIND


def _draw_line(
    pen: ImageDraw.ImageDraw, places: np.ndarray, hidden: np.ndarray, color: Sequence[int]
) -> None:
    """Solid where the points are seen, dashed between those that are not, pale rim below."""
    distance = np.linalg.norm(places - places[0], axis=1)
    dash = (distance // (FINER * DASH) % 2).astype(bool)
    for rim in (True, False):
        for i in range(len(places) - 1):
            behind = bool(hidden[i] and hidden[i + 1])
            if behind and (rim or dash[i]):
                continue
            fill = (*PAPER, 200) if rim else _color(color, behind)
            width = round(FINER * (LINE + (1.6 if rim else 0)))
            pen.line([tuple(places[i]), tuple(places[i + 1])], fill=fill, width=width)


def _draw_head(
    pen: ImageDraw.ImageDraw, tip: np.ndarray, along: np.ndarray, fill: tuple[int, ...]
) -> None:
    across = np.array([-along[1], along[0]])
    base = tip - FINER * HEAD * along
    corners = [tip, base + 0.5 * FINER * HEAD * across, base - 0.5 * FINER * HEAD * across]
    pen.polygon([tuple(corner) for corner in corners], fill=fill)


def _draw_ring(
    pen: ImageDraw.ImageDraw, centre: np.ndarray, color: Sequence[int], *, towards: bool
) -> None:
    def disc(radius: float, **paint) -> None:
        low, high = centre - FINER * radius, centre + FINER * radius
        pen.ellipse([*low, *high], **paint)

    line = round(FINER * 1.5)
    disc(RING, fill=(*PAPER, 200), outline=(*color, 255), width=line)
    if towards:
        disc(1.8, fill=(*color, 255))
        return
    arm = FINER * RING / np.sqrt(2)
    for slope in (1, -1):
        reach = arm * np.array([1, slope])
        pen.line([tuple(centre - reach), tuple(centre + reach)], fill=(*color, 255), width=line)


def _write(pen: ImageDraw.ImageDraw, place: np.ndarray, text: str, color: Sequence[int]) -> None:
    pen.text(
        tuple(place),
        text,
        fill=(*color, 255),
        font=font(FINER * FONT),
        anchor="mm",
        stroke_width=FINER,
        stroke_fill=(*PAPER, 230),
    )


def _color(color: Sequence[int], behind: bool) -> tuple[int, ...]:
    return (*color, PALE if behind else 255)
