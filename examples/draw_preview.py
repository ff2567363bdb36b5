"""Draws the picture of docs/meshes.md: a preview of cars from files and of procedural objects.

    python examples/draw_preview.py --cars=path/to/cars --out=docs/images/preview.png

The folder holds `hatchback.obj` and `suv.obj` of github.com/osrf/gazebo_models. The SUV is read
with wrong axes on purpose, and gets its hint.
"""

from __future__ import annotations

import dataclasses
import pathlib
import sys

from absl import app, flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from keypointnet_tf.data.preview import ObjectPreview, preview_object  # noqa: E402
from keypointnet_tf.rendering.job import RenderJob, object_tasks  # noqa: E402
from keypointnet_tf.shapes.sources import file_sources  # noqa: E402
from keypointnet_tf.viz.frame_sheet import write_frame_sheet  # noqa: E402

FLAGS = flags.FLAGS
flags.DEFINE_string("cars", None, "Folder of the two cars.", required=True)
flags.DEFINE_string("out", "docs/images/preview.png", "PNG to write.")


def main(argv: list[str]) -> None:
    if len(argv) > 1:
        raise app.UsageError(f"arguments are {argv[1:]}; expected flags only")
    frames = {"suv": {"front": "x"}}
    cars = file_sources([FLAGS.cars], up="z", front="-y", overrides=frames)
    jobs = [RenderJob(meshes=cars), *(RenderJob(shapes=s, objects=1) for s in ("plane", "chair"))]
    shown = [look_at(job, task) for job in jobs for task in object_tasks(job)]
    print(write_frame_sheet(shown, FLAGS.out, palette=True))


def look_at(job: RenderJob, task) -> ObjectPreview:
    """The preview of an object, its file without folders."""
    shown = preview_object(job, task)
    return dataclasses.replace(shown, file=pathlib.Path(shown.file).name if shown.file else "")


if __name__ == "__main__":
    app.run(main)
