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

  python predict.py --model_dir runs/chair --input chair.jpg --mask chair_mask.png --out found
  python predict.py --model_dir runs/car --input street.jpg --box 120,80,410,260 --out found
  python predict.py --model_dir runs/plane --input 'photos/*.png' --out found

With a mask the background becomes black, as in training: expect far better keypoints so. An image
that has transparency is its own mask. Without mask and box the object should fill the photo.

OUT/keypoints.json gives x and y in the photo's pixels (as seen: turned by its EXIF tag; the first
pixel's centre is 0.5), and depth and 3D points in the virtual camera of the crop, stated there.
Photos that cannot be used are listed there as failures, and the exit code is 1."""

PICTURE_SIDE = 512, 1024
FRAME = "OpenGL, of the crop: x right, y up, looks along -z; the object's longest side is 2"


def main(values) -> int:
    """Runs the job of the flags; 1 when photos failed."""
    job = predict_flags.job_from_flags(values)
    from tqdm import tqdm

    from keypointnet_tf.discovery.checkpoints import model_file
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.run_folder import write_json
    from keypointnet_tf.viz.canvas import save_picture

    predictor = Predictor.load(job.model_dir, averaging=job.averaging)
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
        save_picture(draw(result), job.out / name)
    job.out.mkdir(parents=True, exist_ok=True)
    camera = {**predictor.virtual_camera, "frame": FRAME}
    report = {
        "model": str(model_file(job.model_dir)),
        "category": predictor.model.info.get("category", ""),
        "images": [
            to_json(result) | {"virtual_camera": camera, "picture": name}
            for result, name in zip(results, names, strict=True)
        ],
        "failures": failures,
    }
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


def to_json(photo) -> dict:
    """Plain JSON values of a `PhotoKeypoints`."""
    (x0, y0), side = photo.framing.corner, photo.framing.side
    values = zip(photo.xy, photo.depth, photo.xyz_camera, photo.confidence, strict=True)
    return {
        "file": photo.file,
        "width": photo.width,
        "height": photo.height,
        "crop": {"x0": float(x0), "y0": float(y0), "side": float(side)},
        "keypoints": [
            {
                "index": index,
                "x": float(xy[0]),
                "y": float(xy[1]),
                "depth": float(depth),
                "camera": xyz.tolist(),
                "confidence": float(confidence),
            }
            for index, (xy, depth, xyz, confidence) in enumerate(values)
        ],
        "orientation": {
            "faces": "right" if photo.faces_right else "left",
            "front": photo.front.tolist(),
            "back": photo.back.tolist(),
            "margin": photo.margin,
            "confidence": photo.faces_confidence,
        },
    }


def draw(photo):
    """The photo with its keypoints, and an arrow from the object's back to its front.

    Small photos are enlarged, huge ones shrunk to 1024 pixels on the longer side.
    """
    import numpy as np
    from PIL import Image

    from keypointnet_tf.data.photos import read_photo
    from keypointnet_tf.viz import canvas, overlay

    small, huge = PICTURE_SIDE
    picture = Image.fromarray(read_photo(photo.file))
    if max(picture.size) > huge:
        picture.thumbnail((huge, huge), Image.Resampling.LANCZOS, reducing_gap=None)
    picture = canvas.opaque(np.asarray(picture), scale=max(1, -(-small // max(picture.size))))
    scale = np.array(picture.size) / (photo.width, photo.height)
    # Marks as large as suits the crop, which may be a small part of a street.
    shown = min(photo.framing.side * scale.max(), max(picture.size))
    radius = max(overlay.LEAST_RADIUS, overlay.RADIUS_SHARE * shown)
    draw_arrow(picture, photo.back * scale, photo.front * scale, radius)
    return overlay.draw_keypoints(
        np.asarray(picture), photo.xy * scale, photo.confidence, radius=radius
    )


def draw_arrow(picture, start, end, radius: float) -> None:
    """A white arrow outlined in black; points `[2]` in the picture's pixels."""
    import numpy as np
    from PIL import ImageDraw

    length = float(np.linalg.norm(end - start))
    if length < 1:
        return
    along = (end - start) / length
    across = np.array([-along[1], along[0]])
    neck = end - along * min(2.5 * radius, length)
    pen, width = ImageDraw.Draw(picture), max(2, round(radius / 2))
    for color, more in (("black", max(2, round(radius / 6))), ("white", 0)):
        pen.line([*start, *neck], fill=color, width=width + 2 * more)
        base, wide = neck - along * more, across * (radius + more)
        head = (end + along * 2 * more, base + wide, base - wide)
        pen.polygon([tuple(corner) for corner in head], fill=color)


if __name__ == "__main__":
    sys.exit(flags.run_script("predict.py", DESCRIPTION, predict_flags.define, main))
