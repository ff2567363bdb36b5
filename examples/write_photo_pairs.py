"""Writes rendered objects as photos with known cameras, in the layout of NeRF's synthetic scenes.

python examples/write_photo_pairs.py --shapes car --objects 3 --photos 24 --out photos/cars

To try fine-tuning on photos (flags/presets/photo_pairs.flags) without photos: each object gets a
folder with `transforms.json` and pictures with transparency, seen from near by with a wide angle,
in a world of its own scale and origin.
"""

from __future__ import annotations

import json
import math
import pathlib
import sys

import numpy as np
from absl import flags
from PIL import Image
from tqdm import tqdm

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flags import run_script  # noqa: E402
from keypointnet_tf.atomic_file import write_atomic  # noqa: E402
from keypointnet_tf.geometry import placement  # noqa: E402
from keypointnet_tf.shapes.procedural import CATEGORIES, generate_object  # noqa: E402


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_enum("shapes", "car", list(CATEGORIES), "Category.", flag_values=values)
    flags.DEFINE_string(
        "out", None, "Folder of the objects' folders. Required.", flag_values=values
    )
    numbers = (
        ("objects", 3, "Objects."),
        ("photos", 24, "Photos of each."),
        ("size", 128, "Pixels of a side."),
        ("seed", 0, "Of objects, cameras and lights."),
    )
    for name, default, text in numbers:
        flags.DEFINE_integer(name, default, text, lower_bound=0, flag_values=values)
    numbers = (
        ("distance", 6.0, "Of the cameras, in units of half the object's longest side."),
        ("scale", 0.37, "Of the world: its units per unit of the object."),
    )
    for name, default, text in numbers:
        flags.DEFINE_float(name, default, text, flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Renders and writes."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the objects")
    for number in tqdm(range(values.objects), unit="object"):
        write_object(values, number, pathlib.Path(values.out) / f"{values.shapes}_{number:03d}")


def write_object(values: flags.FlagValues, number: int, folder: pathlib.Path) -> None:
    """One object's pictures and its `transforms.json`."""
    from keypointnet_tf.rendering.lights import sample_lights
    from keypointnet_tf.rendering.scene import Scene

    rng = np.random.default_rng([values.seed, number])
    scene = Scene(generate_object(values.shapes, 2**29 + values.seed, number))
    focal = values.distance / 1.4
    sampling = placement.CameraSampling(distance=values.distance, shift=0.3)
    offset = rng.uniform(-2, 2, 3)
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for index in range(values.photos):
        pose = placement.place_camera(rng, placement.sample_direction(rng, sampling), sampling)
        picture = scene.render(
            pose, size=values.size, focal=focal, supersample=2, lights=sample_lights(rng)
        )
        name = f"photo_{index:03d}"
        Image.fromarray(picture.rgba).save(folder / f"{name}.png")
        world = placement.invert_pose(pose)
        world[:3, 3] = world[:3, 3] * values.scale + offset
        frames.append({"file_path": name, "transform_matrix": world.tolist()})
    text = json.dumps({"camera_angle_x": 2 * math.atan(1 / focal), "frames": frames}, indent=1)
    write_atomic(folder / "transforms.json", (text + "\n").encode())


if __name__ == "__main__":
    sys.exit(run_script("write_photo_pairs.py", __doc__, define, main))
