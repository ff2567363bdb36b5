"""Renders a few unseen procedural objects as pictures, to try `predict.py` on.

python examples/sample_images.py --shapes plane --out samples
"""

import pathlib
import sys

from absl import flags
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script  # noqa: E402
from keypointnet_tf.rendering.samples import sample_picture  # noqa: E402
from keypointnet_tf.shapes.procedural import CATEGORIES  # noqa: E402

VIEWS = ((20, 35), (30, 140), (15, 215), (45, 320), (60, 75), (10, 270))


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_enum("shapes", "plane", list(CATEGORIES), "Category.", flag_values=values)
    flags.DEFINE_integer("size", 256, "Side of a picture in pixels.", flag_values=values)
    flags.DEFINE_string("out", None, "Folder for the pictures.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """One picture per view, each of another object, with a transparent background."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the pictures")
    folder = pathlib.Path(values.out)
    folder.mkdir(parents=True, exist_ok=True)
    for index, (elevation, azimuth) in enumerate(VIEWS):
        rgba = sample_picture(
            values.shapes, index, elevation=elevation, azimuth=azimuth, size=values.size
        )
        Image.fromarray(rgba).save(folder / f"{values.shapes}_{index}.png")
    print(f"{folder}: {len(VIEWS)} pictures")


if __name__ == "__main__":
    sys.exit(run_script("sample_images.py", __doc__, define, main))
