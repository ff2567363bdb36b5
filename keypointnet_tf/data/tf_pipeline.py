"""Record sets of any size as a `tf.data.Dataset`; the one reader that needs TensorFlow.

Python finds the records of some positions at once, checks their frames and features; TensorFlow
decodes and resizes their images in parallel. Nothing but the byte offsets of the records is held
in memory. Every batch is drawn from all record files: the order is a permutation of all pairs.

Letters: B batch, C pairs of a chunk, S pixels of a side.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from keypointnet_tf.data.batches import Batch
from keypointnet_tf.data.order import index_at
from keypointnet_tf.data.record_index import REMOTE_WORKERS
from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.data.schema import EncodedPair

# Pairs per call from TensorFlow into Python: fewer calls cost less, and wait for each other more.
_CHUNK = 16

Chunk = tuple[np.ndarray, np.ndarray, np.ndarray]


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
    change: Callable[[Batch, int], Batch] | None = None,
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
      parallel_calls: chunks read, pairs decoded and batches resized at once.
      change: what is done to a batch with alpha at its step, or None.

    Returns:
      Batch dictionaries, see `batches.py`. Give `fit` this and `steps_per_epoch`. A damaged
      record ends the iteration, up to 16 pairs early, with a `tf.errors.OpError` whose message
      holds the ValueError with file, record and feature.

    Raises:
      ValueError: the split is empty, or a file's framing is damaged.
    """
    index = record_set.index(split)
    if not len(index):
        raise ValueError(f"{record_set.folder}: split {split!r} is empty; expected records")
    place = functools.partial(index_at, count=len(index), seed=seed, shuffle=shuffle)
    read = _chunk_reader(record_set, lambda position: index.location(place(position)))
    finish = functools.partial(
        _batch_features,
        stored=record_set.size,
        size=record_set.size if size is None else size,
        with_alpha=change is not None,
    )
    first = first_step * batch_size
    chunks = tf.data.Dataset.counter(first, _CHUNK)
    parallel = {"num_parallel_calls": parallel_calls, "deterministic": True}
    pairs = chunks.map(lambda position: _read_chunk(read, position), **parallel).unbatch()
    decoded = pairs.map(functools.partial(_decode, stored=record_set.size), **parallel)
    batches = decoded.batch(batch_size, drop_remainder=True).map(finish, **parallel)
    if change is not None:
        numbered = tf.data.Dataset.zip((batches, tf.data.Dataset.counter(first_step)))
        batches = numbered.map(functools.partial(_changed, change), **parallel)
    return batches.prefetch(tf.data.AUTOTUNE)


def _changed(
    change: Callable[[Batch, int], Batch], batch: dict[str, tf.Tensor], step: tf.Tensor
) -> dict[str, tf.Tensor]:
    """The batch after `change`, which drops alpha and keeps all shapes."""
    given, kept = sorted(batch), [name for name in sorted(batch) if not name.startswith("alpha")]

    def run(number: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
        changed = change(dict(zip(given, values, strict=True)), int(number))
        return [changed[name] for name in kept]

    inputs = [step, *(batch[name] for name in given)]
    values = tf.numpy_function(run, inputs, [tf.float32] * len(kept), stateful=False)
    return {
        name: tf.ensure_shape(value, batch[name].shape)
        for name, value in zip(kept, values, strict=True)
    }


def _chunk_reader(
    record_set: RecordSet, location_at: Callable[[int], object]
) -> Callable[[np.ndarray], Chunk]:
    """First position -> PNG bytes `[C, 2]`, poses `[C, 2, 4, 4]`, focal lengths `[C, 2]`."""
    pool = None if record_set.storage.is_local else ThreadPoolExecutor(REMOTE_WORKERS)

    def pair_at(position: int) -> EncodedPair:
        return record_set.encoded_pair(location_at(position))

    def read(first: np.ndarray) -> Chunk:
        positions = range(int(first), int(first) + _CHUNK)
        pairs = list((pool.map if pool else map)(pair_at, positions))
        return (
            np.array([[pair.png0, pair.png1] for pair in pairs], object),
            np.stack([[pair.object_to_camera0, pair.object_to_camera1] for pair in pairs]),
            np.array([[pair.focal0, pair.focal1] for pair in pairs], np.float32),
        )

    return read


def _read_chunk(read: Callable[[np.ndarray], Chunk], position: tf.Tensor) -> tuple[tf.Tensor, ...]:
    types = (tf.string, tf.float32, tf.float32)
    pngs, poses, focal = tf.numpy_function(read, [position], types, stateful=False)
    return (
        tf.ensure_shape(pngs, [_CHUNK, 2]),
        tf.ensure_shape(poses, [_CHUNK, 2, 4, 4]),
        tf.ensure_shape(focal, [_CHUNK, 2]),
    )


def _decode(
    pngs: tf.Tensor, poses: tf.Tensor, focal: tf.Tensor, *, stored: int
) -> tuple[tf.Tensor, ...]:
    """Images uint8 `[2, stored, stored, 4]` in place of the PNG bytes `[2]`."""
    images = [tf.io.decode_png(pngs[view], channels=4) for view in range(2)]
    return tf.ensure_shape(tf.stack(images), [2, stored, stored, 4]), poses, focal


def _batch_features(
    images: tf.Tensor,
    poses: tf.Tensor,
    focal: tf.Tensor,
    *,
    stored: int,
    size: int,
    with_alpha: bool,
) -> dict[str, tf.Tensor]:
    """The batch dictionary of uint8 images `[B, 2, stored, stored, 4]`."""
    rgba = tf.cast(images, tf.float32) / 255
    alpha = rgba[..., 3:]
    layers = [rgba[..., :3] * alpha, tf.cast(alpha > 0, tf.float32)]
    views = tf.concat([*layers, alpha] if with_alpha else layers, axis=-1)
    if size != stored:
        # As `batches.resize_area`; the operation takes one batch axis.
        channels = views.shape[-1]
        flat = tf.reshape(views, [-1, stored, stored, channels])
        flat = tf.image.resize(flat, [size, size], method="area")
        views = tf.reshape(flat, [images.shape[0], 2, size, size, channels])
    features = {}
    for view in range(2):
        features[f"image{view}"] = views[:, view, ..., :3]
        features[f"mask{view}"] = views[:, view, ..., 3:4]
        if with_alpha:
            features[f"alpha{view}"] = views[:, view, ..., 4:]
        features[f"object_to_camera{view}"] = poses[:, view]
        features[f"focal{view}"] = focal[:, view]
    return features
