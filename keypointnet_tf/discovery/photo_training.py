"""Fine-tuning on photos with known cameras, with the losses that need no object frame.

Such photos tell how the camera moved, not where the object's front is: consistency, pose,
separation and silhouette are all that can be asked. Letters: N pairs.
"""

from __future__ import annotations

import hashlib
import os
import pathlib

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.photo_views import pairs_of, training_views
from keypointnet_tf.data.posed_photos import FILE, read_transforms
from keypointnet_tf.discovery.config import TrainConfig
from keypointnet_tf.discovery.training_data import (
    TrainingData,
    data_info,
    in_memory,
    randomizer,
    spread,
    take,
)

# Of one object's pairs, this share is for validation where there is but one object.
HELD_OUT = 0.1
NEEDS_FRAME = ("orientation", "template", "landmarks")


def from_posed_photos(folder: str | os.PathLike, config: TrainConfig) -> TrainingData:
    """Training on photos with known cameras.

    Args:
      folder: of one object, with its `transforms.json`, or of several such folders; the last
        object is then for validation. See `posed_photos.py`.
      config: gives image size, batch size, seed, number of validation pairs, and by its highest
        value `max_angle` the largest angle between the views of a pair.

    Raises:
      ValueError: a loss that needs the object's frame has a weight, KeypointNet is given true
        left/right bits, or the photos cannot be used.
    """
    _check(config, folder)
    objects = object_folders(folder)
    arrays = [_pairs(path, config) for path in tqdm(objects, "read photos", unit="object")]
    if len(arrays) > 1:
        train, held_out = _joined(arrays[:-1]), arrays[-1]
    else:
        order = np.random.default_rng(config.seed).permutation(len(arrays[0]))
        cut = max(1, round(HELD_OUT * len(order)))
        train, held_out = take(arrays[0], order[cut:]), take(arrays[0], order[:cut])
    validation = take(held_out, spread(len(held_out), config.validation_pairs))
    change = randomizer(config)
    files = b"".join((path / FILE).read_bytes() for path in objects)
    return TrainingData(
        in_memory(train, config, change),
        validation,
        data_info(validation, ""),
        {"photo_pairs": hashlib.sha256(files).hexdigest()[:16], "objects": len(objects)},
        {"photo_pairs": str(folder)},
        change,
    )


def object_folders(folder: str | os.PathLike) -> list[pathlib.Path]:
    """The folder itself if it holds a `transforms.json`, else those of its folders that do, sorted.

    Raises:
      ValueError: there is none.
    """
    path = pathlib.Path(folder)
    if (path / FILE).is_file():
        return [path]
    found = sorted(file.parent for file in path.glob(f"*/{FILE}"))
    if not found:
        raise ValueError(f"{path}: no {FILE} is there, nor in a folder of it")
    return found


def _check(config: TrainConfig, folder: str | os.PathLike) -> None:
    active = [name for name in NEEDS_FRAME if getattr(config.loss, name).highest > 0]
    if config.train == "descriptor":
        active = []
    if config.train == "keypoints" and "orientation" in active:
        active.remove("orientation")
    if active or config.loss.true_orientation.highest > 0:
        raise ValueError(
            f"{folder}: photos do not tell the object's front; expected weight 0 for "
            f"{', '.join(active) or 'nothing else'} and true_orientation 0, as in "
            "flags/presets/photo_pairs.flags"
        )


def _pairs(path: pathlib.Path, config: TrainConfig) -> PairArrays:
    views = training_views(read_transforms(path), config.model.size)
    if not views.masked and config.loss.silhouette.highest > 0:
        raise ValueError(f"{path}: photos have no masks; expected silhouette weight 0")
    angle = config.max_angle.highest
    return pairs_of(views, path.name, max_angle_degrees=angle, seed=config.seed)


def _joined(arrays: list[PairArrays]) -> PairArrays:
    names = ("images", "object_to_camera", "focal", "object_ids", "kinds")
    columns = {name: np.concatenate([getattr(part, name) for part in arrays]) for name in names}
    return PairArrays(landmarks=None, **columns)
