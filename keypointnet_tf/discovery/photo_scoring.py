"""Figures of keypoints on photos, where no truth is known.

They tell whether the points lie on the object, how far they spread over it, and how sure the
networks are. Whether each is at its part of the object only the eye can tell, so there is a sheet.
Letters: N photos, K keypoints, H W pixels of a photo.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.data import photos
from keypointnet_tf.discovery.monitor import on_mask
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.protocol import Protocol, save_protocol
from keypointnet_tf.discovery.scoring import headline
from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics.summary import Scores, write_scores
from keypointnet_tf.viz.canvas import captioned, save_picture, tile_rows
from keypointnet_tf.viz.overlay import LOW_CONFIDENCE, draw_keypoints

TILE, COLUMNS, MOST_TILES = 224, 4, 40
HEADLINE = (
    "photos",
    "failed_photos",
    "masked_photos",
    "on_object_share",
    "coverage",
    "least_distance",
    "outside_frame_share",
    "confidence_mean",
    "confidence_median",
    "low_confidence_share",
    "orientation_margin_mean",
    "faces_right_share",
)
# Means over photos, each counted once.
_MEANS = HEADLINE[3:8] + ("low_confidence_share", "orientation_margin", "faces_right")


def evaluate_photos(
    predictor: Predictor,
    files: Sequence[str | os.PathLike],
    masks: Sequence[str | os.PathLike | None],
    out_dir: str | os.PathLike,
    *,
    failures: Sequence[Mapping[str, str]] = (),
    batch_size: int = 16,
    protocol: Protocol | None = None,
) -> Scores:
    """Finds the keypoints of photos and writes their figures and a sheet.

    `summary.json` holds the figures, `summary.txt` those that one looks at first,
    `per_example.csv` a row per photo, `photos.png` what the networks saw with the keypoints.

    Args:
      predictor: a trained model.
      files: the photos.
      masks: for each its mask file, or None: then its transparency, if any, is the mask.
      out_dir: folder of the results.
      failures: photos that could not be used before, each with `file` and `reason`.
      batch_size: photos at a time.
      protocol: how this evaluation is made.

    Raises:
      ValueError: no photo can be used.
    """
    failed = list(failures)

    def on_failure(file: str, error: ValueError) -> None:
        failed.append({"file": file, "reason": str(error)})

    results = predictor.predict_photos(
        files, masks=masks, batch_size=batch_size, on_failure=on_failure, progress=True
    )
    if not results:
        reasons = "; ".join(entry["reason"] for entry in failed[:3])
        raise ValueError(f"none of {len(files)} photos can be used: {reasons}")
    mask_of = dict(zip(map(str, files), masks, strict=True))
    found = [read_object_mask(photo.file, mask_of[photo.file]) for photo in results]
    scores = score_photos(results, found, object_share=predictor.object_share)
    scores.summary.update(failed_photos=len(failed), failures=failed)
    scores.summary.update((protocol or Protocol()).entries(scores.summary))
    scores.summary["notes"] += _notes(scores.summary)
    _write(scores, results, pathlib.Path(out_dir))
    save_protocol(protocol, out_dir)
    return scores


def score_photos(
    results: Sequence[PhotoKeypoints],
    masks: Sequence[np.ndarray | None],
    *,
    object_share: float,
) -> Scores:
    """Figures of N photos: a row each, and their means.

    Args:
      results: keypoints of the photos.
      masks: for each bool `[H, W]` of the object, None where it is not known.
      object_share: see `photo_figures`.
    """
    rows = [
        photo_figures(photo, mask, object_share=object_share)
        for photo, mask in zip(results, masks, strict=True)
    ]
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    means = {name: _mean(table[name]) for name in _MEANS}
    confidence = np.stack([photo.confidence for photo in results])
    summary: dict[str, object] = {
        "photos": len(rows),
        "objects": len(rows),
        "masked_photos": int(table["masked"].sum()),
        **{name: means[name] for name in _MEANS[:-2]},
        "confidence_median": float(np.median(confidence)),
        "confidence_per_keypoint": confidence.mean(axis=0).tolist(),
        "orientation_margin_mean": means["orientation_margin"],
        "faces_right_share": means["faces_right"],
    }
    return Scores(summary, table)


def photo_figures(
    photo: PhotoKeypoints, mask: np.ndarray | None, *, object_share: float
) -> dict[str, object]:
    """The figures of one photo.

    `coverage` is the mean distance of the points from their centre, `least_distance` the smallest
    between two of them; both in the image, in units of half the longer side of an object that is
    framed as in training.

    Args:
      photo: its keypoints.
      mask: bool `[H, W]` of the object, None where it is not known.
      object_share: mean share of the frame that objects fill in the training data.
    """
    uv = photo.framing.to_ndc(photo.xy)
    places = uv / object_share
    first, second = np.triu_indices(len(places), k=1)
    gaps = np.linalg.norm(places[first] - places[second], axis=-1)
    spread = np.linalg.norm(places - places.mean(axis=0), axis=-1)
    on_object = float("nan")
    if mask is not None:
        whole = placement.pixels_to_ndc(photo.xy, photo.width, photo.height)
        on_object = float(on_mask(whole[None], mask[None]).mean())
    return {
        "file": photo.file,
        "masked": mask is not None,
        "on_object_share": on_object,
        "coverage": float(spread.mean()),
        "least_distance": float(gaps.min()) if len(gaps) else float("nan"),
        "outside_frame_share": float((np.abs(uv) > 1).any(axis=-1).mean()),
        "confidence_mean": float(photo.confidence.mean()),
        "low_confidence_share": float((photo.confidence < LOW_CONFIDENCE).mean()),
        "orientation_margin": float(photo.margin),
        "faces_right": bool(photo.faces_right),
    }


def read_object_mask(photo: str | os.PathLike, mask: str | os.PathLike | None) -> np.ndarray | None:
    """bool `[H, W]` from a mask file, else from the photo's transparency; None for neither.

    Raises:
      ValueError: a file cannot be read, or the mask does not fit.
    """
    alpha = photos.read_photo(photo)[..., 3]
    if mask is not None:
        return photos.read_mask(mask, alpha.shape[::-1])
    return None if alpha.min() == alpha.max() else alpha > photos.HALF


def photo_sheet(results: Sequence[PhotoKeypoints]) -> Image.Image:
    """What the networks saw of each photo, with the keypoints; at most 40 photos, spread evenly."""
    count = min(len(results), MOST_TILES)
    chosen = np.linspace(0, len(results) - 1, count).round().astype(int)
    tiles = [_tile(results[index]) for index in chosen]
    return tile_rows([tiles[i : i + COLUMNS] for i in range(0, len(tiles), COLUMNS)])


def _tile(photo: PhotoKeypoints) -> Image.Image:
    (x, y), side = photo.framing.corner, photo.framing.side
    crop = Image.fromarray(photos.read_photo(photo.file)).transform(
        (TILE, TILE),
        Image.Transform.EXTENT,
        (x, y, x + side, y + side),
        resample=Image.Resampling.BILINEAR,
    )
    xy = (photo.xy - photo.framing.corner) * TILE / side
    drawn = draw_keypoints(np.asarray(crop), xy, photo.confidence)
    return captioned(drawn, pathlib.Path(photo.file).name)


def _write(scores: Scores, results: Sequence[PhotoKeypoints], folder: pathlib.Path) -> None:
    save_picture(photo_sheet(results), folder / "photos.png", palette=True)
    write_scores(scores, folder)
    text = "\n".join(headline(scores, HEADLINE)) + "\n"
    write_atomic(folder / "summary.txt", text.encode())


def _notes(summary: Mapping[str, object]) -> list[str]:
    notes, bare = [], summary["photos"] - summary["masked_photos"]
    if bare:
        notes.append(
            f"{bare} of {summary['photos']} photos have no mask: the networks saw their "
            "background, and on_object_share leaves them out"
        )
    if summary["failed_photos"]:
        notes.append(f"{summary['failed_photos']} photos could not be used; see failures")
    return notes


def _mean(values: np.ndarray) -> float:
    """Mean of the finite values, NaN where there are none."""
    values = values.astype(float)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
