"""View pairs with the object's axes drawn in, to see whether cameras and images agree.

Letters: N pairs, L landmarks, S pixels of a side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw

from keypointnet_tf.geometry import placement
from keypointnet_tf.viz.canvas import CAPTION_SIZE, PAPER, font, tile_rows

GROUND = (128, 128, 128)
# Forward, left and up.
AXES = (("x", (235, 45, 35)), ("y", (40, 190, 60)), ("z", (50, 90, 255)))
LANDMARK = (255, 220, 40)
TILE = 192
PAIRS_PER_ROW = 3

_OVERSAMPLE = 3
_INK = (30, 30, 30)


class PosedPair(Protocol):
    """What is drawn of a pair; fields as in `rendering.pairs.ViewPair`."""

    image0: np.ndarray
    image1: np.ndarray
    object_to_camera0: np.ndarray
    object_to_camera1: np.ndarray
    focal0: float
    focal1: float
    landmarks: np.ndarray | None
    object_id: str


def pose_grid(
    pairs: Sequence[PosedPair], *, tile: int = TILE, columns: int = PAIRS_PER_ROW
) -> Image.Image:
    """Both views of each pair over mid-grey, the object's id beneath.

    From the origin run the axes of the object frame to `(1, 0, 0)` (red, forward), `(0, 1, 0)`
    (green, left) and `(0, 0, 1)` (blue, up), whatever hides them; landmarks are yellow dots.

    Args:
      pairs: N of them.
      tile: least side of a view in the picture, in pixels.
      columns: pairs in a row.

    Raises:
      ValueError: no pair.
    """
    if not pairs:
        raise ValueError("got no pairs; expected at least one")
    tiles = [_pair_tile(pair, tile) for pair in pairs]
    return tile_rows([tiles[i : i + columns] for i in range(0, len(tiles), columns)])


def draw_axes(
    image: np.ndarray,
    object_to_camera: np.ndarray,
    focal: float,
    landmarks: np.ndarray | None = None,
    *,
    tile: int = TILE,
) -> Image.Image:
    """One view over mid-grey with the object's axes and landmarks.

    Args:
      image: `[S, S, 4]` uint8, straight alpha.
      object_to_camera: `[4, 4]`.
      focal: in NDC units.
      landmarks: `[L, 3]` object frame, NaN where absent; or None.
      tile: least side of the picture; it is the next whole multiple of S.

    Returns:
      RGB picture.
    """
    side = len(image) * max(1, -(-tile // len(image)))
    ground = Image.new("RGBA", (len(image),) * 2, GROUND)
    picture = Image.alpha_composite(ground, Image.fromarray(np.ascontiguousarray(image)))
    fine = side * _OVERSAMPLE
    picture = picture.convert("RGB").resize((fine, fine), Image.Resampling.NEAREST)
    draw, unit = ImageDraw.Draw(picture), fine / TILE
    points = np.vstack([np.zeros(3), np.eye(3)])
    origin, *tips = _pixels(points, object_to_camera, focal, fine)
    # The axis that points away most is drawn first, so that nearer ones lie over it.
    depth = (points @ object_to_camera[:3, :3].T)[1:, 2]
    for number in np.argsort(depth):
        _draw_axis(draw, origin, tips[number], *AXES[number], unit)
    if landmarks is not None:
        known = landmarks[np.isfinite(landmarks).all(axis=-1)]
        for x, y in _pixels(known, object_to_camera, focal, fine):
            r = 1.8 * unit
            draw.ellipse((x - r, y - r, x + r, y + r), fill=LANDMARK, outline=_INK)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _pixels(points: np.ndarray, pose: np.ndarray, focal: float, side: int) -> np.ndarray:
    """`[N, 2]` pixel coordinates of `points [N, 3]`."""
    uv, _ = placement.project_points(np.asarray(points, float), np.asarray(pose, float), focal)
    return placement.ndc_to_pixels(uv, side, side)


def _draw_axis(
    draw: ImageDraw.ImageDraw,
    origin: np.ndarray,
    tip: np.ndarray,
    name: str,
    color: tuple[int, int, int],
    unit: float,
) -> None:
    """A line with a dot at its end and the axis' name beyond; `unit` is its scale in pixels."""
    if not np.isfinite([*origin, *tip]).all():
        return
    draw.line((*origin, *tip), fill=color, width=max(1, round(2.2 * unit)))
    r = 3 * unit
    draw.ellipse((tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r), fill=color)
    away = (tip - origin) / max(float(np.linalg.norm(tip - origin)), 1e-9)
    margin = 8 * unit
    place = tuple(np.clip(tip + 10 * unit * away, margin, TILE * unit - margin))
    draw.text(
        place,
        name,
        fill=color,
        font=font(13 * unit),
        anchor="mm",
        stroke_width=round(unit),
        stroke_fill="white",
    )


def _pair_tile(pair: PosedPair, tile: int) -> Image.Image:
    views = [
        draw_axes(pair.image0, pair.object_to_camera0, pair.focal0, pair.landmarks, tile=tile),
        draw_axes(pair.image1, pair.object_to_camera1, pair.focal1, pair.landmarks, tile=tile),
    ]
    both = tile_rows([views], gap=2)
    height = round(CAPTION_SIZE * 1.5)
    sheet = Image.new("RGB", (both.width, both.height + height), PAPER)
    sheet.paste(both, (0, 0))
    text, kind = pair.object_id or "no id", font(CAPTION_SIZE)
    draw = ImageDraw.Draw(sheet)
    while len(text) > 1 and draw.textlength(text, font=kind) > both.width - 4:
        text = text.removesuffix("…")[:-1] + "…"
    place = (both.width / 2, both.height + height / 2)
    draw.text(place, text, fill=_INK, font=kind, anchor="mm")
    return sheet
