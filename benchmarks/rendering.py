"""Times the built-in renderer against Blender on one core, and a job on one and two workers.

python benchmarks/rendering.py
python benchmarks/rendering.py --repeats=1 --pairs=2 --blender_pairs=1 --job_objects=4

Blender needs the environment of docs/blender.md; without it only the rest is measured.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any

from absl import flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from benchmarks import harness  # noqa: E402
from flags import run_script  # noqa: E402

PACKAGES = ("keypointnet-tf", "numpy", "embreex", "trimesh", "bpy")
# Of the pairs of a job, those from the first to the second share show the steady rate: before, the
# workers start; after, some have nothing left to do.
STEADY = (0.3, 0.9)
BUILT_IN, BLENDER = "built-in", "blender"


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    integers = (
        ("size", 128, "Image side in pixels."),
        ("supersample", 2, "Sub-pixels per pixel side of the built-in renderer."),
        ("blender_samples", 16, "Camera rays per pixel of Blender."),
        ("repeats", 7, "Times that everything is measured; the median counts."),
        ("pairs", 20, "Pairs per measurement of the built-in renderer."),
        ("blender_pairs", 3, "Pairs per measurement of Blender."),
        ("job_objects", 60, "Objects of the job on one and more workers; 0 leaves it out."),
        ("job_pairs", 20, "Pairs of each of them."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, lower_bound=0, flag_values=values)
    flags.DEFINE_multi_integer("faces", [2_000, 20_000, 200_000], "Faces.", flag_values=values)
    flags.DEFINE_multi_integer("workers", [1, 2], "Numbers of workers.", flag_values=values)
    flags.DEFINE_string("out", "runs/benchmarks", "Folder for the JSON.", flag_values=values)
    flags.DEFINE_string(
        "page", "benchmarks/rendering.md", "Markdown page that is replaced.", flag_values=values
    )


def main(values: flags.FlagValues) -> None:
    """Measures, prints tables, and writes a JSON file and the page."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    report: dict[str, Any] = harness.description(PACKAGES)
    report["settings"] = {name: values[name].value for name in ("size", "supersample", "repeats")}
    report["settings"]["blender_samples"] = values.blender_samples
    report["blender_problem"] = _blender_problem()
    if report["blender_problem"]:
        print(f"Blender is left out: {report['blender_problem']}")
    with harness.one_core():
        report["renderers"] = [
            _compare(values, report, shape, count) for shape in MESHES for count in values.faces
        ]
    print(_renderer_table(report), flush=True)
    report["scaling"] = _scale(values) if values.job_objects else []
    if report["scaling"]:
        print(_scaling_table(report))
    path = harness.write_json(report, values.out, "rendering")
    harness.write_markdown(_page(report), values.page)
    print(f"written to {path} and {values.page}")


def _blender_problem() -> str:
    from keypointnet_tf.rendering.scenes import blender_problem

    return blender_problem()


def bumpy_mesh(count: int):
    """A textured `Mesh` of about `count` faces: a sphere with bumps, in rings and sectors."""
    import numpy as np

    from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals

    rings = round((count / 4) ** 0.5)
    v, u = np.meshgrid(np.linspace(0, 1, rings + 1), np.linspace(0, 1, 2 * rings + 1))
    polar, azimuth = np.pi * v, 2 * np.pi * u
    radius = 1 + 0.1 * np.sin(polar) ** 2 * np.sin(9 * polar) * np.cos(8 * azimuth)
    sine = np.sin(polar)
    points = np.stack([sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(polar)], axis=-1)
    vertices = (radius[..., None] * points).reshape(-1, 3).astype(np.float32)
    corner = np.arange(len(vertices)).reshape(v.shape)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    quads = np.stack([a, b, c, a, c, d], axis=-1)
    faces = quads.reshape(-1, 3).astype(np.int32)
    uv = np.stack([u, 1 - v], axis=-1).reshape(-1, 2).astype(np.float32)
    rng = np.random.default_rng(0)
    texture = rng.integers(40, 256, (32, 32, 3), np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    return Mesh(
        vertices=vertices,
        faces=faces,
        normals=corner_normals(vertices, faces),
        uv=uv[faces],
        colors=np.ones((len(faces), 3, 3), np.float32),
        material_ids=np.zeros(len(faces), np.int32),
        materials=(Material("patches", (1.0, 1.0, 1.0), texture),),
        object_id=f"bumpy_{count}",
    ).normalised()


def fine_chair(count: int):
    """A procedural chair whose edges are cut until it has at least `count` faces."""
    from keypointnet_tf.shapes.procedural import generate_object
    from keypointnet_tf.shapes.refinement import refined

    mesh, longest_edge = generate_object("chair", 0, 0), 1.0
    while len(mesh.faces) < count:
        mesh, longest_edge = refined(mesh, longest_edge), longest_edge * 0.8
    return mesh


# A chair leaves most of the image empty, as objects do; the ball fills it as far as any can.
MESHES = {"chair": fine_chair, "ball": bumpy_mesh}


def _compare(
    values: flags.FlagValues, report: dict[str, Any], shape: str, count: int
) -> dict[str, Any]:
    """Both renderers, in turn, on one mesh; seconds per view are medians."""
    from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
    from keypointnet_tf.rendering.scenes import open_scene

    mesh = MESHES[shape](count)
    config = PairConfig(size=values.size, supersample=values.supersample)
    pairs = {BUILT_IN: values.pairs, BLENDER: values.blender_pairs}
    if report["blender_problem"]:
        del pairs[BLENDER]
    row: dict[str, Any] = {"shape": shape, "faces": len(mesh.faces)}
    tasks = {}
    for name, number in pairs.items():
        renderer = "blender" if name == BLENDER else "embree"
        start = time.perf_counter()
        scene = open_scene(renderer, mesh, blender_samples=values.blender_samples)
        view = render_pair(scene, pair_rng(1, 0, 0), config)
        row.setdefault("covered", float((view.image0[..., 3] > 0).mean()))
        row[name] = {"first_pair_seconds": time.perf_counter() - start}

        def render(scene=scene, number=number):
            for pair in range(number):
                render_pair(scene, pair_rng(0, 0, pair), config)

        tasks[name] = render
    for name, timings in harness.interleaved(tasks, repeats=values.repeats).items():
        views = 2 * pairs[name]
        row[name]["runs"] = [timing._asdict() for timing in timings]
        middle = harness.median(timings)
        row[name] |= {"views_per_second": views / middle.wall, "cpu_per_view": middle.cpu / views}
    return row


def _scale(values: flags.FlagValues) -> list[dict[str, Any]]:
    """Steady pairs per second of the built-in renderer's job, by number of workers."""
    from keypointnet_tf.rendering.job import RenderJob
    from keypointnet_tf.rendering.pairs import PairConfig

    views = PairConfig(size=values.size, supersample=values.supersample)
    job = RenderJob(shapes="car", objects=values.job_objects, pairs=values.job_pairs, views=views)
    rates: dict[int, list[float]] = {count: [] for count in values.workers}
    for _ in range(max(1, values.repeats // 2)):
        for count, found in rates.items():
            found.append(_steady_rate(job, count))
    return [
        {"workers": count, "runs": found, "pairs_per_second": statistics.median(found)}
        for count, found in rates.items()
    ]


def _steady_rate(job, workers: int) -> float:
    """Pairs per second while all workers are busy, records written and all."""
    from keypointnet_tf.data.worker_pool import PAIR, run_on_workers
    from keypointnet_tf.rendering.job import STALL_SECONDS, object_tasks

    times = []
    with tempfile.TemporaryDirectory() as folder:
        events = run_on_workers(
            job,
            pathlib.Path(folder),
            object_tasks(job),
            workers=workers,
            stall_seconds=STALL_SECONDS,
        )
        with contextlib.closing(events):
            for event in events:
                if event == PAIR:
                    times.append(time.perf_counter())
                elif event.entry is None:
                    raise RuntimeError(f"{event.task.object_id}: {event.reason}")
    first, last = (int(share * (len(times) - 1)) for share in STEADY)
    return (last - first) / max(1e-9, times[last] - times[first])


def _renderer_table(report: dict[str, Any]) -> str:
    header = (
        "object",
        "faces",
        "covers",
        "renderer",
        "first pair, ms",
        "views/s",
        "CPU ms/view",
        "times as fast",
    )
    rows = []
    for row in report["renderers"]:
        slow = row.get(BLENDER, {}).get("views_per_second")
        for name in (BUILT_IN, BLENDER):
            if name not in row:
                continue
            found = row[name]
            ratio = f"{found['views_per_second'] / slow:.1f}" if slow and name == BUILT_IN else ""
            first, cpu = 1e3 * found["first_pair_seconds"], 1e3 * found["cpu_per_view"]
            rate = f"{found['views_per_second']:.1f}"
            about = (row["shape"], row["faces"], f"{row['covered']:.0%}")
            rows.append((*about, name, f"{first:.0f}", rate, f"{cpu:.1f}", ratio))
    return harness.markdown_table(header, rows)


def _scaling_table(report: dict[str, Any]) -> str:
    base = report["scaling"][0]["pairs_per_second"]
    rows = [
        (row["workers"], f"{row['pairs_per_second']:.1f}", f"{row['pairs_per_second'] / base:.2f}")
        for row in report["scaling"]
    ]
    return harness.markdown_table(("workers", "pairs/s", "against the first"), rows)


def _page(report: dict[str, Any]) -> list[str]:
    """The sections of the Markdown page."""
    settings = report["settings"]
    missing = report["blender_problem"]
    blender = f"; Blender was left out ({missing})" if missing else ""
    text = (
        f"Views of {settings['size']} px on one core, each with its own camera and lights: the "
        f"built-in renderer with {settings['supersample']} x {settings['supersample']} samples "
        "(one where a pixel lies well inside a smooth surface), "
        "Cycles "
        f"with {settings['blender_samples']} samples and one thread. Medians of "
        f"{settings['repeats']} interleaved runs{blender}. The first pair includes building the "
        "scene; `covers` is the object's share of one image. The chair is procedural, its edges "
        "cut; the ball is a sphere with bumps and a texture, which costs what any object can cost."
    )
    sections = ["# Speed of rendering", harness.made_by(report), "## Per core", text]
    sections.append(_renderer_table(report))
    if report["scaling"]:
        sections += [
            "## Workers",
            "Pairs of procedural cars by the built-in renderer, records written, while all "
            "workers are busy.",
            _scaling_table(report),
        ]
    return sections


if __name__ == "__main__":
    sys.exit(run_script("benchmarks/rendering.py", __doc__, define, main))
