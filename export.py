"""Writes a trained model as files for other runtimes, each compared with Keras."""

import functools
import logging
import os
import sys

import flags
from flags import export_flags

DESCRIPTION = """\
Writes a trained model as files for other runtimes: a SavedModel, a LiteRT file, an ONNX file.

  python export.py --model_dir car --out exported/car
  python export.py --model_dir runs/plane --out exported/plane --formats onnx --averaging full
  python export.py --model_dir runs/plane --out exported/plane --int8 --images renders/

A file takes images framed as in training (float32 [B, S, S, 3] in [0, 1] over black) and gives what
Predictor gives: keypoints, depth, 3D points, confidence, and the left/right decision, which is part
of the file. Each one is run and compared with Keras to 1e-4 before it gets its name.
OUT/export.json tells names, shapes, units, camera and deviations; docs/export.md how to use the
files. Needs the extra [export]: pip install 'keypointnet-tf[export]'."""


def main(values) -> None:
    """Exports and prints how the files compare with Keras."""
    config = export_flags.config_from_flags(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from keypointnet_tf.discovery.exporting.description import table
    from keypointnet_tf.discovery.exporting.export import export_model
    from keypointnet_tf.discovery.presets import load_preset, source_name

    logging.getLogger("tensorflow").setLevel(logging.WARNING)

    model = load_preset(values.model_dir)
    report = export_model(
        model,
        values.out,
        config,
        images=_images(model, values.images),
        source=source_name(values.model_dir),
    )
    print("\n".join(table(report)))
    print(f"{report['checked_images']} images; written to {values.out}")


def _images(model, path: str | None):
    """The photos that a folder or a pattern names, framed as `predict.py` frames them."""
    import numpy as np

    from keypointnet_tf.data.photos import find_photos
    from keypointnet_tf.discovery.photo_keypoints import read_framed

    if path is None:
        return None
    found = find_photos(path)
    chosen = np.linspace(0, len(found) - 1, min(len(found), export_flags.MOST_IMAGES))
    size, share = model.train_config.model.size, model.info.get("object_share", 1.0)
    frame = functools.partial(read_framed, size=size, object_share=share)
    framed = [frame(found[index], name=str(found[index])) for index in chosen.astype(int)]
    return np.stack([photo.image for photo in framed])


if __name__ == "__main__":
    sys.exit(flags.run_script("export.py", DESCRIPTION, export_flags.define, main))
