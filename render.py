"""Renders view pairs of procedural objects or mesh files into record files."""

import os
import sys

import flags
from flags import render_flags

DESCRIPTION = """\
Renders view pairs of procedural objects or of your own meshes into record files.

  python render.py --shapes plane --objects 200 --pairs 20 --out data/planes
  python render.py --meshes my_cars/ --up z --front=-y --out data/my_cars
  python render.py --shapenet ShapeNetCore.v2 --category chair --out data/chairs
  python render.py --shapes car --deform all --deform_strength 0.66 --out data/bent_cars

With --preview it draws the objects from six sides with their axes instead, to check the frames.
The object frame has +x forward and +z up; the longest side of an object is scaled to 2.
The same command continues an interrupted run; any number of workers gives the same bytes."""


def main(values) -> int:
    """Runs the job of the flags, or previews it; 1 when objects failed."""
    job = render_flags.config_from_flags(values)
    if values.preview:
        return preview(job, values)
    # Each worker has one core to itself: threads below NumPy would only compete.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from keypointnet_tf.data.render_job import run_job

    report = run_job(
        job,
        values.out,
        workers=values.workers,
        cluster=values.cluster,
        stall_seconds=values.stall_seconds,
    )
    print(f"{values.out}: {report.written} objects written, {report.kept} kept from before")
    for failure in report.failures:
        print(f"  failed: {failure.record} {failure.object_id}: {failure.reason}", file=sys.stderr)
    return 1 if report.failures else 0


def preview(job, values) -> int:
    """Draws the objects of the job and tells what may be wrong with them; 1 when some failed."""
    from keypointnet_tf.data.preview import run_preview
    from keypointnet_tf.viz.frame_sheet import write_frame_sheet

    report = run_preview(job, values.out, write_frame_sheet, count=values.preview_count)
    print(report.text())
    return 1 if any(item.failure for item in report.objects) else 0


if __name__ == "__main__":
    sys.exit(flags.run_script("render.py", DESCRIPTION, render_flags.define, main))
