"""Mesh files of boxes, jobs that render them, and what a folder holds, for the tests of jobs."""

import pathlib

import numpy as np

from keypointnet_tf.data.render_job import run_job
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig

CORNERS = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3, indexing="ij")).reshape(3, -1).T
QUADS = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def write_box(path, size):
    """An OBJ file of a box."""
    lines = ["v {} {} {}".format(*corner) for corner in CORNERS * size]
    lines += ["f {} {} {} {}".format(*(i + 1 for i in quad)) for quad in QUADS]
    path.write_text("\n".join(lines) + "\n")


def write_boxes(folder, count=4):
    """Boxes of different heights."""
    folder.mkdir()
    for i in range(count):
        write_box(folder / f"box{i}.obj", [1.0, 0.5, 0.2 + 0.6 * i / count])
    return folder


def make_job(meshes, **changes):
    values = {"pairs": 2, "views": PairConfig(size=16), "dev_count": 1, "test_count": 1}
    return RenderJob(meshes=meshes, **(values | changes))


def run(job, folder, **options):
    return run_job(job, folder, progress=False, **{"workers": 1, **options})


def contents(folder):
    """Relative name and bytes of everything below a folder."""
    paths = [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
