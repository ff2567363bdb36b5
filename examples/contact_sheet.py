"""Draws a labelled grid of procedural objects, to see at a glance what a category holds.

python examples/contact_sheet.py --shapes=plane --out=docs/images/plane_sheet.png
python examples/contact_sheet.py --shapes=chair --landmarks --out=chair_landmarks.png
python examples/contact_sheet.py --shapes=car --shapes=plane --shapes=chair --count=12 \
  --random_materials --out=docs/images/random_materials.png

With --random_materials each object is drawn from two sides with the same materials, as a pair is.
"""

from __future__ import annotations

import colorsys
import os
import pathlib
import sys

import numpy as np
from absl import app, flags
from PIL import Image, ImageDraw
from tqdm import tqdm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from keypointnet_tf.geometry import placement  # noqa: E402
from keypointnet_tf.rendering.looks import Looks, draw_looks  # noqa: E402
from keypointnet_tf.rendering.scene import Scene  # noqa: E402
from keypointnet_tf.shapes.mesh import Mesh  # noqa: E402
from keypointnet_tf.shapes.procedural import CATEGORIES, generate_object  # noqa: E402

BACKGROUND = (204, 210, 220)
INK = (40, 44, 52)
COLUMNS = 8
LABEL_HEIGHT = 13
GOLDEN_ANGLE = 137.508
SECOND_VIEW = 70.0

FLAGS = flags.FLAGS
flags.DEFINE_multi_enum("shapes", ["plane"], list(CATEGORIES), "Category; may be repeated.")
flags.DEFINE_integer("count", 48, "Objects of each category.", lower_bound=1)
flags.DEFINE_integer("seed", 0, "Seed of the objects.", lower_bound=0)
flags.DEFINE_integer("cell", 110, "Side of a picture in pixels.", lower_bound=16)
flags.DEFINE_boolean("landmarks", False, "Mark the true landmarks with dots.")
flags.DEFINE_boolean("random_materials", False, "Draw other materials, two views of each object.")
flags.DEFINE_float(
    "azimuth",
    None,
    "Viewing direction in degrees, 0 from in front, the same for "
    "all objects; by default each is seen from another side.",
)
flags.DEFINE_float("elevation", 28.0, "Height of the camera in degrees.")
flags.DEFINE_float("zoom", 1.0, "Magnification; at 1 every object fits from every side.")
flags.DEFINE_string("out", None, "PNG to write; by default docs/images/<shapes>_sheet.png.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"arguments are {argv[1:]}; expected flags only")
    out = pathlib.Path(FLAGS.out or f"docs/images/{'_'.join(FLAGS.shapes)}_sheet.png")
    tiles = []
    for category in FLAGS.shapes:
        for index in tqdm(range(FLAGS.count), desc=category):
            tiles += draw_object(category, index)
    save_png(join_tiles(tiles), out)
    print(out)


def draw_object(category: str, index: int) -> list[Image.Image]:
    """The object's tiles: one, or two that show the same random materials."""
    azimuth = 40 + index * GOLDEN_ANGLE if FLAGS.azimuth is None else FLAGS.azimuth
    mesh = generate_object(category, FLAGS.seed, index)
    look = {"cell": FLAGS.cell, "zoom": FLAGS.zoom, "landmarks": FLAGS.landmarks}
    azimuths = [azimuth]
    if FLAGS.random_materials:
        rng = np.random.default_rng([FLAGS.seed, *category.encode(), index])
        look["looks"] = draw_looks(rng, mesh.materials)
        azimuths.append(azimuth + SECOND_VIEW)
    return [draw_tile(mesh, angle, FLAGS.elevation, **look) for angle in azimuths]


def draw_tile(
    mesh: Mesh,
    azimuth: float,
    elevation: float,
    *,
    cell: int,
    zoom: float = 1.0,
    landmarks: bool = False,
    looks: Looks | None = None,
) -> Image.Image:
    """One object above its kind; angles in degrees."""
    eye = placement.NOMINAL_DISTANCE * _direction(azimuth, elevation)
    pose, focal = placement.look_at(eye), zoom * placement.focal_length()
    rendering = Scene(mesh).render(pose, size=cell, focal=focal, supersample=3, looks=looks)
    tile = Image.new("RGB", (cell, cell + LABEL_HEIGHT), BACKGROUND)
    picture = Image.fromarray(rendering.rgba, "RGBA")
    tile.paste(picture, (0, 0), picture)
    pen = ImageDraw.Draw(tile)
    if landmarks:
        _draw_landmarks(pen, mesh.landmarks, pose, focal, cell)
    label = mesh.kind.replace("_", " ")
    pen.text((cell / 2, cell + LABEL_HEIGHT - 3), label, fill=INK, anchor="ms", font_size=10)
    return tile


def _draw_landmarks(
    pen: ImageDraw.ImageDraw, landmarks: np.ndarray, pose: np.ndarray, focal: float, cell: int
) -> None:
    """Dots, hidden ones too; the same landmark has the same colour on every object."""
    uv, _ = placement.project_points(landmarks.astype(float), pose, focal)
    for index, (x, y) in enumerate(placement.ndc_to_pixels(uv, cell, cell)):
        if np.isfinite(x):
            hue = colorsys.hsv_to_rgb(index / len(landmarks), 0.95, 0.95)
            fill = tuple(int(255 * c) for c in hue)
            pen.ellipse((x - 2.5, y - 2.5, x + 2.5, y + 2.5), fill=fill, outline=(0, 0, 0))


def _direction(azimuth: float, elevation: float) -> np.ndarray:
    a, e = np.radians([azimuth, elevation])
    return np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])


def join_tiles(tiles: list[Image.Image]) -> Image.Image:
    """The tiles in rows of `COLUMNS`."""
    width, height = tiles[0].size
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (min(len(tiles), COLUMNS) * width, rows * height), BACKGROUND)
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (index % COLUMNS * width, index // COLUMNS * height))
    return sheet


def save_png(image: Image.Image, path: pathlib.Path) -> None:
    """Writes a PNG of 256 well-chosen colours and replaces an older file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3)
    small = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    small.save(part, format="PNG", optimize=True)
    os.replace(part, path)


if __name__ == "__main__":
    app.run(main)
