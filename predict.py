"""Finds the keypoints of photos with a trained model: JSON and a picture for each."""

from __future__ import annotations

import os
import pathlib
import sys

import flags
from flags import predict_flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

DESCRIPTION = """\
Finds the 3D keypoints of the objects in photos with a trained model.

  python predict.py --model_dir chair --input chair.jpg --mask chair_mask.png --out found
  python predict.py --model_dir runs/car --input street.jpg --box 120,80,410,260 --out found
  python predict.py --model_dir runs/plane --input 'photos/*.png' --out found

With a mask the background becomes black, as in training: expect far better keypoints so. An image
that has transparency is its own mask. Without mask and box the object should fill the photo.

OUT/keypoints.json gives x and y in the photo's pixels (as seen: turned by its EXIF tag; the first
pixel's centre is 0.5), and depth and 3D points in the virtual camera of the crop, stated there.
Photos that cannot be used are listed there as failures, and the exit code is 1."""


def main(values) -> int:
    """Runs the job of the flags; 1 when photos failed."""
    job = predict_flags.job_from_flags(values)
    from tqdm import tqdm

    from keypointnet_tf.data.photos import read_photo
    from keypointnet_tf.discovery.photo_json import keypoints_json, photo_json
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.presets import source_name
    from keypointnet_tf.discovery.run_folder import write_json
    from keypointnet_tf.viz.canvas import save_picture
    from keypointnet_tf.viz.photo_picture import draw_photo

    predictor = Predictor.from_preset(job.model_dir, averaging=job.averaging)
    failures = []

    def failed(file, error: ValueError) -> None:
        failures.append({"file": str(file), "reason": str(error)})

    photos, masks = match_masks(job, failed)
    results = predictor.predict_photos(
        photos,
        masks=masks,
        boxes=[job.box] * len(photos),
        batch_size=job.batch_size,
        on_failure=failed,
        progress=True,
    )
    names = picture_names([result.file for result in results], job.out)
    for result, name in zip(tqdm(results, "pictures"), names, strict=True):
        save_picture(draw_photo(read_photo(result.file), result), job.out / name)
    job.out.mkdir(parents=True, exist_ok=True)
    images = [
        photo_json(result, predictor.virtual_camera, picture=name)
        for result, name in zip(results, names, strict=True)
    ]
    report = keypoints_json(
        images,
        model=source_name(job.model_dir),
        category=predictor.model.info.get("category", ""),
        failures=failures,
    )
    write_json(job.out / "keypoints.json", report)
    print(f"{job.out / 'keypoints.json'}: {len(results)} photos, {len(failures)} failed")
    for failure in failures:
        print(f"predict.py: error: {failure['reason']}", file=sys.stderr)
    return 1 if failures else 0


def match_masks(job: predict_flags.PredictJob, failed) -> tuple[list, list]:
    """The photos that have a mask, if masks are asked for, and their masks."""
    from keypointnet_tf.data.photos import find_mask

    if job.mask is None:
        return list(job.photos), [None] * len(job.photos)
    photos, masks = [], []
    for photo in job.photos:
        try:
            masks.append(find_mask(job.mask, photo))
            photos.append(photo)
        except ValueError as error:
            failed(photo, error)
    return photos, masks


def picture_names(files: list[str], out: pathlib.Path) -> list[str]:
    """`STEM_keypoints.png` for each file; a number tells equal stems apart and spares the input."""
    taken = {str(pathlib.Path(file).resolve()).lower() for file in files}
    names = []
    for file in files:
        stem, number = pathlib.Path(file).stem, 1
        name = f"{stem}_keypoints.png"
        while str((out / name).resolve()).lower() in taken:
            number += 1
            name = f"{stem}_{number}_keypoints.png"
        taken.add(str((out / name).resolve()).lower())
        names.append(name)
    return names


if __name__ == "__main__":
    sys.exit(flags.run_script("predict.py", DESCRIPTION, predict_flags.define, main))
