"""Draws objects by the built-in renderer (upper row) and by Blender (lower row).

python examples/compare_renderers.py --out=docs/images/renderers.png
python examples/compare_renderers.py --meshes=my_cars/ --up=z --front=-y --out=cars.png
"""

from __future__ import annotations

import itertools
import pathlib
import sys

import numpy as np
from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script  # noqa: E402
from keypointnet_tf.geometry.placement import focal_length, look_at  # noqa: E402
from keypointnet_tf.rendering.lights import sample_lights  # noqa: E402
from keypointnet_tf.rendering.scenes import RENDERERS, check_installed, open_scene  # noqa: E402
from keypointnet_tf.shapes.frames import AXES  # noqa: E402
from keypointnet_tf.shapes.procedural import CATEGORIES, generate_object  # noqa: E402
from keypointnet_tf.shapes.sources import file_sources  # noqa: E402
from keypointnet_tf.viz.canvas import captioned, opaque, save_picture, tile_rows  # noqa: E402

ELEVATION, FIRST_AZIMUTH, GOLDEN_ANGLE = 24.0, 40.0, 137.508
DISTANCE, FIELD_OF_VIEW = 30.0, 4.4


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_multi_string(
        "meshes", [], "Mesh file, folder or pattern; else procedural objects.", flag_values=values
    )
    for name, default in (("up", "z"), ("front", "x")):
        text = f"Axis of the mesh files, {name}."
        flags.DEFINE_enum(name, default, list(AXES), text, flag_values=values)
    flags.DEFINE_integer("count", 6, "Objects.", lower_bound=1, flag_values=values)
    flags.DEFINE_integer("size", 160, "Side of a picture.", lower_bound=16, flag_values=values)
    flags.DEFINE_integer("samples", 64, "Of Blender.", lower_bound=1, flag_values=values)
    flags.DEFINE_string("out", None, "PNG to write.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Writes one picture with both rows."""
    if not values.out:
        raise ValueError("--out is missing; expected a PNG to write")
    check_installed("blender")
    columns = [
        [captioned(opaque(view), name) for name, view in _views(number, mesh, source, values)]
        for number, (mesh, source) in enumerate(itertools.islice(_objects(values), values.count))
    ]
    save_picture(tile_rows(list(zip(*columns, strict=True))), values.out, palette=True)
    print(f"{values.out}: {len(columns)} objects")


def _objects(values: flags.FlagValues):
    """Meshes with their sources, if any."""
    if values.meshes:
        for source in file_sources(values.meshes, up=values.up, front=values.front):
            yield source.load(), source
        return
    for index in itertools.count():
        for category in CATEGORIES:
            yield generate_object(category, 0, index), None


def _views(number: int, mesh, source, values: flags.FlagValues):
    """Name and picture `[S, S, 4]` of each renderer: the same camera and lights."""
    elevation, azimuth = np.radians([ELEVATION, FIRST_AZIMUTH + number * GOLDEN_ANGLE])
    ring = np.cos(elevation)
    eye = np.array([ring * np.cos(azimuth), ring * np.sin(azimuth), np.sin(elevation)]) * DISTANCE
    for renderer in RENDERERS:
        scene = open_scene(renderer, mesh, source, blender_samples=values.samples)
        view = scene.render(
            look_at(eye),
            size=values.size,
            focal=focal_length(FIELD_OF_VIEW),
            supersample=3,
            lights=sample_lights(np.random.default_rng(number)),
        )
        yield {"embree": "built-in", "blender": "Blender"}[renderer], view.rgba


if __name__ == "__main__":
    sys.exit(run_script("compare_renderers.py", __doc__, define, main))
