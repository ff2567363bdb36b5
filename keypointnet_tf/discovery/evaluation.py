"""Evaluation in two loops: predictions are exported once; scoring the file takes no model.

Data flows `read_split` -> `export` -> `predictions.npz` -> `report_scores`. Letters: N pairs,
K keypoints, S image side, L landmarks.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.batches import PairArrays, resize_area
from keypointnet_tf.data.domain_randomization import Randomizer
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.discovery import views
from keypointnet_tf.discovery.made_by import load_made_by, save_made_by
from keypointnet_tf.discovery.monitor import on_mask
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.protocol import Protocol, save_protocol
from keypointnet_tf.discovery.scoring import report_scores
from keypointnet_tf.metrics import symmetry
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import Scores
from keypointnet_tf.viz.report_data import MadeBy

FIELDS = ("uv", "depth", "orient_uv", "confidence", "descriptors")


def read_split(
    record_set: RecordSet, split: str, *, objects: int | None = None, pairs: int | None = None
) -> PairArrays:
    """Pairs of a split in memory.

    Args:
      record_set: the records.
      split: "train", "dev" or "test".
      objects: at most so many objects, the first ones.
      pairs: at most so many pairs of each object, the first ones.

    Raises:
      ValueError: the split is empty, or a record is damaged.
    """
    chosen = None
    if objects is not None or pairs is not None:
        chosen = record_set.index(split).first_pairs(objects, pairs)
    return PairArrays.from_record_set(record_set, split, indices=chosen)


def export(
    predictor: Predictor,
    test: PairArrays,
    fit: PairArrays | None = None,
    *,
    landmark_names: tuple[str, ...] = (),
    symmetric_pairs: Sequence[Sequence[str]] = (),
    batch_size: int = 32,
    change: Randomizer | None = None,
) -> Predictions:
    """Predicts each view of every pair by itself, as on a photo.

    Args:
      predictor: a trained model.
      test: pairs to score, of objects that were not trained on.
      fit: pairs of training objects, on which maps and means are fitted; None for none.
      landmark_names: names of the landmarks that the pairs hold.
      symmetric_pairs: `(left, right)` names of landmarks that swap under the mirror `y -> -y`. If
        there are any, every object counts as its own mirror image.
      batch_size: pairs at a time.
      change: puts backgrounds behind the objects of both sets, say; None for black.

    Raises:
      ValueError: a symmetric pair names no landmark.
    """
    parts = [("test", test)] + ([("train", fit)] if fit is not None else [])
    predicted = [_predict(predictor, arrays, batch_size, split, change) for split, arrays in parts]
    shared = [name for name in predicted[0] if all(name in part for part in predicted)]
    shared = [name for name in shared if name != "seen"]
    fields = {name: np.concatenate([part[name] for part in predicted]) for name in shared}
    # Pictures are for looking at the test pairs; blank ones of the others take no memory.
    fields["images"] = np.zeros((len(fields["uv"]), *test.images.shape[1:]), np.uint8)
    fields["images"][: len(test)] = test.images if change is None else predicted[0]["seen"]
    if landmark_names and "landmarks" in fields:
        fields["landmark_names"] = np.array(landmark_names)
        if symmetric_pairs:
            mirror = symmetry.reflection_of(landmark_names, symmetric_pairs)
            count = len(fields["uv"])
            fields["landmark_permutations"] = np.tile(mirror, (count, 1, 1)).astype(np.int16)
    if symmetric_pairs:
        fields["mirror_symmetric"] = np.ones(len(fields["uv"]), bool)
    return Predictions(**fields, steps=predictor.model.steps_done)


def _predict(
    predictor: Predictor,
    arrays: PairArrays,
    batch_size: int,
    split: str,
    change: Randomizer | None,
) -> dict[str, np.ndarray]:
    rows = []
    for start in tqdm(range(0, len(arrays), batch_size), desc=f"predict {split}", unit="batch"):
        indices = np.arange(start, min(start + batch_size, len(arrays)))
        batch = arrays.batch(indices, predictor.size, alpha=change is not None)
        batch = batch if change is None else change(batch, start)
        rows.append(_predict_batch(predictor, batch, 2 * batch_size))
        if change is not None:
            rows[-1]["seen"] = _pictures(batch, arrays.size)
    fields = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    fields.update(
        object_id=arrays.object_ids.astype(str),
        kind=arrays.kinds.astype(str),
        split=np.full(len(arrays), split),
    )
    if arrays.landmarks is not None:
        fields["landmarks"] = arrays.landmarks
    return fields


def _predict_batch(predictor: Predictor, batch: dict, images: int) -> dict[str, np.ndarray]:
    """One batch's fields, views on axis 1; `images` at a time."""
    both = views.PAIR_KEYS
    stacked = {name: np.concatenate([batch[f"{name}0"], batch[f"{name}1"]]) for name in both}
    found = predictor(stacked["image"], stacked["focal"], batch_size=images)
    values = {name: getattr(found, name) for name in FIELDS}
    values = {name: value for name, value in values.items() if value is not None}
    values["on_object"] = on_mask(found.uv, stacked["mask"][..., 0])
    values |= {name: stacked[name] for name in ("object_to_camera", "focal")}
    pairs = len(batch["focal0"])
    return {k: np.stack([v[:pairs], v[pairs:]], axis=1) for k, v in values.items()}


def _pictures(batch: dict, side: int) -> np.ndarray:
    """uint8 `[B, 2, side, side, 4]` opaque pictures of a changed batch."""
    images = np.stack([batch["image0"], batch["image1"]], axis=1)
    images = np.round(resize_area(images, side) * 255).astype(np.uint8)
    return np.concatenate([images, np.full_like(images[..., :1], 255)], axis=-1)


def evaluate(
    predictor: Predictor,
    record_set: RecordSet,
    out_dir: str | os.PathLike,
    *,
    split: str = "test",
    fit_objects: int = 200,
    pairs: int | None = None,
    batch_size: int = 32,
    change: Randomizer | None = None,
    mirror: bool | None = None,
    fold: int | None = None,
    resampling: Resampling | None = None,
    made_by: MadeBy | None = None,
    protocol: Protocol | None = None,
) -> Scores:
    """Exports `predictions.npz` for a record set's split and scores it.

    Args:
      predictor: a trained model.
      record_set: the records.
      out_dir: folder of the results.
      split: the split to score.
      fit_objects: training objects on which the landmark map and the means are fitted.
      pairs: at most so many pairs of each object.
      batch_size: pairs at a time.
      change: see `export`.
      mirror, fold: symmetry of all objects where the records tell none: whether they are their own
        mirror images, and how many turns about `z` bring them onto themselves (0: any).
      resampling: how the intervals are made; None: the default.
      made_by: what made the model, written beside the predictions and shown in the report.
      protocol: how this evaluation is made, kept beside the predictions; None for no protocol.

    Raises:
      ValueError: the split is empty, or a record is damaged.
    """
    test = read_split(record_set, split, pairs=pairs)
    fit = None
    if split != "train" and record_set.names("train"):
        fit = read_split(record_set, "train", objects=fit_objects, pairs=pairs or 10)
    predictions = export(
        predictor,
        test,
        fit,
        landmark_names=record_set.landmark_names,
        symmetric_pairs=record_set.meta.get("symmetric_pairs") or (),
        batch_size=batch_size,
        change=change,
    )
    predictions = symmetry.declare(predictions, mirror=mirror, fold=fold)
    return save_and_score(
        predictions, out_dir, resampling=resampling, made_by=made_by, protocol=protocol
    )


def save_and_score(
    predictions: Predictions,
    out_dir: str | os.PathLike,
    *,
    resampling: Resampling | None = None,
    made_by: MadeBy | None = None,
    protocol: Protocol | None = None,
) -> Scores:
    """Writes `predictions.npz` with what made it and its protocol, then `report_scores`."""
    pathlib.Path(out_dir).mkdir(parents=True, exist_ok=True)
    predictions.save(pathlib.Path(out_dir) / "predictions.npz")
    save_made_by(made_by or MadeBy(), out_dir)
    save_protocol(protocol, out_dir)
    return report_scores(
        predictions, out_dir, resampling, made_by=load_made_by(out_dir), protocol=protocol
    )
