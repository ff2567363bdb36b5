"""Records of one file after the other in their own frame, and the up axis that they have."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from keypointnet_tf.data import schema
from keypointnet_tf.data.record_frames import read_frames
from keypointnet_tf.data.records import decode_example
from keypointnet_tf.data.storage import Storage
from keypointnet_tf.data.up_axis import find_up

_SAMPLED_FILES, _SAMPLED_RECORDS = 16, 64


def encoded_pairs(
    storage: Storage, name: str, focal: float | None, *, stream: BinaryIO | None = None
) -> Iterator[schema.EncodedPair]:
    """Pairs of one record file from its start on, in the records' own frame.

    Args:
      storage: the folder.
      name: the file, without suffix.
      focal: for records without a focal length.
      stream: the file where it is open already; it is left open.

    Raises:
      ValueError: the file or a record is damaged.
    """
    file = f"{name}.tfrecord"
    path, size = storage.locate(file), storage.size(file)
    with contextlib.nullcontext(stream) if stream else storage.open(file) as source:
        for index, data in enumerate(read_frames(source, size, where=path)):
            features = decode_example(data, where=f"{path}: record {index}")
            yield schema.decode_fields(features, path=path, index=index, focal=focal)


def find_set_up(
    storage: Storage,
    names: list[str],
    meta: dict,
    focal: float | None,
    *,
    records_up: str = "auto",
) -> tuple[str, str]:
    """Up axis of a set's records, and how it is known: "as given", "meta.json" or "cameras".

    Raises:
      ValueError: the cameras do not tell, or a record that is looked at is damaged.
    """
    if records_up != "auto":
        return records_up, "as given"
    if meta.get("records_up"):
        return meta["records_up"], "meta.json"
    sampled = names[:: -(-len(names) // _SAMPLED_FILES)]
    poses = []
    for name in sampled:
        count = -(-_SAMPLED_RECORDS // len(sampled))
        for encoded in itertools.islice(encoded_pairs(storage, name, focal), count):
            poses += [encoded.object_to_camera0, encoded.object_to_camera1]
    return find_up(np.stack(poses), where=storage.location), "cameras"
