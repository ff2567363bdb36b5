"""Draws one plane, car and chair under each deformation at rising strength, with true landmarks.

python examples/deformation_sheet.py --out docs/images/deformations.png
"""

from __future__ import annotations

import os
import pathlib
import sys

import numpy as np
from absl import flags
from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script  # noqa: E402
from keypointnet_tf.geometry import placement  # noqa: E402
from keypointnet_tf.rendering.scene import Scene  # noqa: E402
from keypointnet_tf.shapes.deformation import KINDS, Deformation, deform  # noqa: E402
from keypointnet_tf.shapes.mesh import Mesh  # noqa: E402
from keypointnet_tf.shapes.procedural import generate_object  # noqa: E402
from keypointnet_tf.viz.canvas import captioned, save_picture, tile_rows  # noqa: E402
from keypointnet_tf.viz.overlay import draw_keypoints  # noqa: E402

OBJECTS = (("plane", 4), ("car", 1), ("chair", 6))
STRENGTHS = (0.0, 0.33, 0.66, 1.0)
ELEVATION, AZIMUTH = 25.0, 40.0
# At 1 every object fits from every side.
ZOOM = 1.0


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_integer("cell", 136, "Side of a picture in pixels.", flag_values=values)
    flags.DEFINE_integer("seed", 0, "Seed of the objects and deformations.", flag_values=values)
    flags.DEFINE_string("out", None, "PNG to write. Required.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """One row per kind; strengths side by side for each object."""
    if not values.out:
        raise ValueError("--out is missing; expected a PNG file")
    rows = []
    for kind in tqdm(KINDS, "deformations"):
        row = []
        for category, index in OBJECTS:
            mesh = generate_object(category, values.seed, index)
            for strength in STRENGTHS:
                deformed = deform(mesh, Deformation(kind, strength, values.seed))
                picture = draw(deformed, values.cell)
                row.append(captioned(picture, f"{kind} {strength:g}", size=11))
        rows.append(row)
    save_picture(tile_rows(rows, gap=2), values.out, palette=True)
    print(values.out)


def draw(mesh: Mesh, cell: int) -> Image.Image:
    """The object from its front left, with dots at its landmarks, hidden ones too."""
    elevation, azimuth = np.radians([ELEVATION, AZIMUTH])
    ring = np.cos(elevation)
    eye = np.array([ring * np.cos(azimuth), ring * np.sin(azimuth), np.sin(elevation)])
    pose = placement.look_at(eye * placement.NOMINAL_DISTANCE)
    focal = ZOOM * placement.focal_length()
    rendering = Scene(mesh).render(pose, size=cell, focal=focal, supersample=3)
    uv, _ = placement.project_points(mesh.landmarks.astype(float), pose, focal)
    xy = placement.ndc_to_pixels(uv, cell, cell)
    return draw_keypoints(rendering.rgba, xy, radius=1.6, labels=False)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(run_script("deformation_sheet.py", __doc__, define, main))
