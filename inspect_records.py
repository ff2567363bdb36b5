"""Tells what a record set holds and what is wrong with it."""

import json
import pathlib
import sys

import flags
from flags import inspect_flags

DESCRIPTION = """\
Tells what a record set holds, where its cameras stand, and what is wrong with it.

  python inspect_records.py --data_dir data/planes --out runs/planes_inspection
  python inspect_records.py --data_dir cars_with_keypoints.zip --limit 500 --out runs/cars

Prints a report and writes inspection.json and grid.png, pairs with the object's axes drawn in
(x red, forward; y green, left; z blue, up). Exit code 0: all is well; 1: a check failed; 2: the
set or a flag cannot be used."""


def main(values) -> int:
    """Inspects and reports; 1 when a check failed."""
    inspect_flags.check(values)
    from keypointnet_tf.atomic_file import write_atomic
    from keypointnet_tf.data.inspection import inspect_set
    from keypointnet_tf.data.inspection_text import report_lines
    from keypointnet_tf.viz.canvas import save_picture
    from keypointnet_tf.viz.pose_grid import pose_grid

    inspection = inspect_set(
        values.data_dir,
        split=values.split,
        limit=values.limit,
        records_up=values.records_up,
        examples=values.grid_pairs,
        cache_dir=values.cache_dir,
        workers=values.workers,
    )
    out = pathlib.Path(values.out).expanduser()
    report = inspection.as_json(strict=values.strict)
    write_atomic(out / "inspection.json", (json.dumps(report, indent=1) + "\n").encode())
    if inspection.examples:
        save_picture(pose_grid(inspection.examples), out / "grid.png")
    print("\n".join(report_lines(inspection, strict=values.strict)))
    print(f"written to {out}")
    return 0 if report["passed"] else 1


if __name__ == "__main__":
    sys.exit(flags.run_script("inspect_records.py", DESCRIPTION, inspect_flags.define, main))
