"""Record sets of any size as a `tf.data.Dataset`; the one reader that needs TensorFlow.

Python finds the record of a position, checks its frame and its features; TensorFlow decodes the
images in parallel. Nothing but the byte offsets of the records is held in memory.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from keypointnet_tf.data.order import index_at
from keypointnet_tf.data.record_set import RecordSet


def tf_dataset(
    record_set: RecordSet,
    split: str,
    *,
    batch_size: int,
    size: int | None = None,
    seed: int = 0,
    first_step: int = 0,
    shuffle: bool = True,
    parallel_calls: int = tf.data.AUTOTUNE,
) -> tf.data.Dataset:
    """Endless batches of a split, the same as `ArrayDataset` gives for the same seed and step.

    Args:
      record_set: the records.
      split: "train", "dev" or "test".
      batch_size: B.
      size: side S of the images in pixels; None keeps that of the records.
      seed: of the order, see `order.py`.
      first_step: global step of the first batch; what lies before it is not read.
      shuffle: False for the order of the files, over and over.
      parallel_calls: pairs read at once.

    Returns:
      Batch dictionaries, see `batches.py`. Give `fit` this and `steps_per_epoch`. A damaged
      record ends the iteration with a `tf.errors.OpError` whose message holds the ValueError
      with file, record and feature.

    Raises:
      ValueError: the split is empty, or a file's framing is damaged.
    """
    locations = record_set.locations(split)
    if not locations:
        raise ValueError(f"{record_set.folder}: split {split!r} is empty; expected records")
    size = record_set.size if size is None else size

    def read(position: np.ndarray) -> tuple[bytes, bytes, np.ndarray, np.ndarray]:
        place = index_at(position, count=len(locations), seed=seed, shuffle=shuffle)
        pair = record_set.encoded_pair(locations[place])
        poses = np.stack([pair.object_to_camera0, pair.object_to_camera1])
        return pair.png0, pair.png1, poses, np.array([pair.focal0, pair.focal1], np.float32)

    def load(position: tf.Tensor) -> dict[str, tf.Tensor]:
        types = (tf.string, tf.string, tf.float32, tf.float32)
        png0, png1, poses, focal = tf.numpy_function(read, [position], types, stateful=False)
        views = [_decode(png, record_set.size, size) for png in (png0, png1)]
        return _pair_features(views, tf.ensure_shape(poses, [2, 4, 4]), tf.ensure_shape(focal, [2]))

    positions = tf.data.Dataset.counter(first_step * batch_size)
    pairs = positions.map(load, num_parallel_calls=parallel_calls, deterministic=True)
    return pairs.batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)


def _decode(png: tf.Tensor, stored: int, size: int) -> tf.Tensor:
    """`[size, size, 4]` colour over black and mask, as `batches.over_black` and `resize_area`."""
    image = tf.ensure_shape(tf.io.decode_png(png, channels=4), [stored, stored, 4])
    rgba = tf.cast(image, tf.float32) / 255
    alpha = rgba[..., 3:]
    view = tf.concat([rgba[..., :3] * alpha, tf.cast(alpha > 0, tf.float32)], axis=-1)
    return view if size == stored else tf.image.resize(view, [size, size], method="area")


def _pair_features(
    views: list[tf.Tensor], poses: tf.Tensor, focal: tf.Tensor
) -> dict[str, tf.Tensor]:
    features = {}
    for number, view in enumerate(views):
        features[f"image{number}"] = view[..., :3]
        features[f"mask{number}"] = view[..., 3:]
        features[f"object_to_camera{number}"] = poses[number]
        features[f"focal{number}"] = focal[number]
    return features
