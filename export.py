"""Writes a trained model for other runtimes: SavedModel, LiteRT, ONNX."""

from __future__ import annotations

import os
import sys

import flags
from flags import export_flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

DESCRIPTION = """\
Writes a trained model for other runtimes, runs each file, and compares it with Keras.

  python export.py --model_dir=car --out=exported
  python export.py --model_dir=runs/planes --formats=onnx --averaging=full --out=exported

Image in (float32 [B, S, S, 3] in [0, 1] over black), keypoints out; OUT/export.json tells names,
shapes, units and the camera. Needs the extra [export]."""


def main(values) -> None:
    """Exports and prints what was written."""
    export_flags.check(values)
    from keypointnet_tf.discovery.exports import export
    from keypointnet_tf.discovery.presets import load_preset

    results = export(
        load_preset(values.model_dir),
        values.out,
        formats=tuple(values.formats),
        averaging=values.averaging,
    )
    for result in results:
        print(
            f"{result.path}: {result.bytes / 2**20:.2f} MiB, differs from Keras by at most "
            f"{result.deviation:.1g}"
        )


if __name__ == "__main__":
    sys.exit(flags.run_script("export.py", DESCRIPTION, export_flags.define, main))
