"""Finds the keypoints of photos or of a video with a trained model: tables and pictures."""

from __future__ import annotations

import os
import sys

import flags
from flags import predict_flags

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

DESCRIPTION = """\
Finds the 3D keypoints of the objects in photos, or in a video, with a trained model.

  python predict.py --model_dir chair --input chair.jpg --mask chair_mask.png --out found
  python predict.py --model_dir runs/car --input street.jpg --box 120,80,410,260 --out found
  python predict.py --model_dir runs/plane --input 'photos/*.png' --out found
  python predict.py --model_dir car --input drive.mp4 --every 2 --out tracked

With a mask the background becomes black, as in training: expect far better keypoints so. An image
that has transparency is its own mask. Without mask and box the object should fill the photo.

OUT/keypoints.json gives x and y in the photo's pixels (as seen: turned by its EXIF tag; the first
pixel's centre is 0.5), and depth and 3D points in the virtual camera of the crop, stated there;
OUT/keypoints.csv gives the same as a table, a row per photo. Photos that cannot be used are listed
in the JSON as failures, and the exit code is 1.

Of a video (needs the extra [video]) OUT/overlay.mp4 shows the keypoints, and OUT/track.csv and
OUT/track.json give them frame by frame. Of a damaged one they hold what could be read, and the exit
code is 1. Ctrl-C ends either with what was done until then in whole files."""


def main(values) -> int:
    """Runs the job of the flags; 1 when photos or parts of a video failed."""
    job = predict_flags.job_from_flags(values)
    from keypointnet_tf.discovery.predictor import Predictor

    predictor = Predictor.from_preset(job.model_dir, averaging=job.averaging)
    return predict_video(job, predictor) if job.video else predict_photos(job, predictor)


def predict_photos(job: predict_flags.PredictJob, predictor) -> int:
    """Writes the keypoints of photos; returns the exit code."""
    from keypointnet_tf.data.photos import match_masks
    from keypointnet_tf.discovery.photo_files import write_photos
    from keypointnet_tf.discovery.presets import source_name

    photos, masks, failures = match_masks(job.photos, job.mask)
    report = write_photos(
        predictor,
        photos,
        job.out,
        model=source_name(job.model_dir),
        masks=masks,
        boxes=[job.box] * len(photos),
        batch_size=job.batch_size,
        failures=failures,
        progress=True,
    )
    failed = len(report.failures)
    print(f"{job.out / 'keypoints.json'}: {report.count} photos, {failed} failed")
    for failure in report.failures:
        tell(failure["reason"])
    if report.interrupted:
        tell(f"interrupted after {report.count + failed} of {len(photos) + len(failures)} photos")
        return flags.INTERRUPTED
    return 1 if failed else 0


def predict_video(job: predict_flags.PredictJob, predictor) -> int:
    """Writes the keypoints of a video; returns the exit code."""
    from keypointnet_tf.discovery.presets import source_name
    from keypointnet_tf.discovery.video_track import TrackJob, track_video

    track = TrackJob(
        job.video,
        job.out,
        source_name(job.model_dir),
        every=job.every,
        max_frames=job.max_frames,
        mask=job.mask,
        box=job.box,
        batch_size=job.batch_size,
        overlay=job.overlay,
    )
    report = track_video(predictor, track, progress=True)
    print(f"{job.out / 'track.json'}: {report.frames} frames, {report.failed} failed")
    if report.problem:
        tell(report.problem)
    if report.interrupted:
        tell(f"interrupted; {job.out} holds the {report.frames} frames until then")
        return flags.INTERRUPTED
    return 1 if report.failed or report.problem else 0


def tell(message: str) -> None:
    """Prints a problem as one line."""
    print(f"predict.py: error: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(flags.run_script("predict.py", DESCRIPTION, predict_flags.define, main))
