"""Record files: TFRecord framing and `tf.train.Example`, without TensorFlow.

A file is a row of frames: little-endian uint64 length, masked CRC-32C of those 8 bytes, the data,
masked CRC-32C of the data. The data is an `Example` protocol message: a map from feature names to
lists of bytes, float32 or int64. The messages are described in a descriptor pool of our own, so
that they never meet TensorFlow's classes of the same shape.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from keypointnet_tf.atomic_file import atomic_file
from keypointnet_tf.data.record_frames import masked_crc as _masked_crc
from keypointnet_tf.data.record_frames import read_frames

Value = bytes | list[bytes] | list[float] | list[int] | np.ndarray
Features = dict[str, list[bytes] | np.ndarray]

_FOOTER = struct.Struct("<I")
_PACKAGE = "keypointnet_tf"
_KINDS = ("bytes_list", "float_list", "int64_list")


def write_records(path: str | os.PathLike, examples: Iterable[Mapping[str, Value]]) -> int:
    """Writes examples to a file that appears whole or not at all; returns how many.

    Equal examples give equal bytes: features are written in the order of their names.

    Args:
      path: file to write or replace.
      examples: feature dictionaries; see `encode_example` for the values.

    Raises:
      ValueError: no examples, or a value of another type.
    """
    count = 0
    with atomic_file(path) as file:
        for example in examples:
            file.write(frame(encode_example(example)))
            count += 1
        if not count:
            raise ValueError(f"{path}: got no examples; expected at least one")
    return count


def read_records(path: str | os.PathLike) -> Iterator[Features]:
    """Features of every record of a local file, in order; see `record_frames` for other storage.

    Yields:
      Per record a dictionary: `list[bytes]`, float32 `[n]` or int64 `[n]` by feature name.

    Raises:
      ValueError: the file is empty, cut short or damaged; names file and record (from 0).
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        for index, data in enumerate(read_frames(file, size, where=str(path))):
            yield decode_example(data, where=f"{path}: record {index}")


def encode_example(features: Mapping[str, Value]) -> bytes:
    """Serialised `Example`: bytes or lists of bytes, and floating or integer lists or arrays.

    Arrays are flattened row by row; floats are stored as float32.

    Raises:
      ValueError: a value of another type; names the feature.
    """
    example = _Example()
    for name in sorted(features):
        kind, values = _kind_and_values(name, features[name])
        target = getattr(example.features.feature[name], kind)
        target.SetInParent()
        target.value.extend(values)
    return example.SerializeToString(deterministic=True)


def decode_example(data: bytes, *, where: str) -> Features:
    """Features of a serialised `Example`; a feature without any list counts as absent.

    Raises:
      ValueError: the bytes are no `Example`; the message starts with `where`.
    """
    try:
        example = _Example.FromString(data)
    except message.DecodeError as error:
        raise ValueError(
            f"{where}: {len(data)} bytes that do not decode; expected a tf.train.Example"
        ) from error
    features = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        if kind == "bytes_list":
            features[name] = list(feature.bytes_list.value)
        elif kind is not None:
            dtype = np.float32 if kind == "float_list" else np.int64
            features[name] = np.array(getattr(feature, kind).value, dtype)
    return features


def frame(data: bytes) -> bytes:
    """One record's bytes in the file: length, its checksum, data, its checksum."""
    length = struct.pack("<Q", len(data))
    return length + _FOOTER.pack(_masked_crc(length)) + data + _FOOTER.pack(_masked_crc(data))


def _kind_and_values(name: str, value: Value) -> tuple[str, list]:
    if isinstance(value, bytes):
        return "bytes_list", [value]
    if isinstance(value, list) and value and all(isinstance(item, bytes) for item in value):
        return "bytes_list", value
    if isinstance(value, list | tuple | np.ndarray | np.generic | float | int):
        array = np.asarray(value).reshape(-1)
        if array.dtype.kind in "iub":
            return "int64_list", array.tolist()
        if array.dtype.kind == "f":
            return "float_list", array.astype(np.float32).tolist()
    raise ValueError(
        f"feature {name!r} is a {type(value).__name__}; expected bytes, floats or integers"
    )


def _build_example_class() -> type[message.Message]:
    file = descriptor_pb2.FileDescriptorProto(
        name="keypointnet_tf/example.proto", package=_PACKAGE, syntax="proto3"
    )
    field = descriptor_pb2.FieldDescriptorProto
    scalars = (field.TYPE_BYTES, field.TYPE_FLOAT, field.TYPE_INT64)
    for name, scalar in zip(("BytesList", "FloatList", "Int64List"), scalars, strict=True):
        values = file.message_type.add(name=name)
        values.field.add(name="value", number=1, type=scalar, label=field.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, (kind, name) in enumerate(
        zip(_KINDS, ("BytesList", "FloatList", "Int64List"), strict=True), start=1
    ):
        _add_message(feature, kind, number, name).oneof_index = 0
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    _add_message(entry, "value", 2, "Feature")
    _add_message(features, "feature", 1, "Features.FeatureEntry").label = field.LABEL_REPEATED
    _add_message(file.message_type.add(name="Example"), "features", 1, "Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Example"))


def _add_message(parent, name: str, number: int, type_name: str):
    field = descriptor_pb2.FieldDescriptorProto
    return parent.field.add(
        name=name,
        number=number,
        type=field.TYPE_MESSAGE,
        type_name=f".{_PACKAGE}.{type_name}",
        label=field.LABEL_OPTIONAL,
    )


_Example = _build_example_class()
