"""Pairs, and records put together byte by byte, for the tests of data."""

import hashlib
import importlib.util
import io
import json
import pathlib
import struct
import types

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.pairs import ViewPair


def make_pair(seed=0, size=8, landmarks=True, object_id="thing", sampling=None):
    rng = np.random.default_rng(seed)
    poses = placement.sample_pair(rng, sampling or placement.CameraSampling()).astype(np.float32)
    images = rng.integers(0, 256, (2, size, size, 4), np.uint8)
    images[:, : size // 2, :, 3] = 0
    points = rng.uniform(-1, 1, (3, 3)).astype(np.float32)
    points[1] = np.nan
    return ViewPair(
        images[0],
        images[1],
        poses[0],
        poses[1],
        22.5,
        23.5,
        points if landmarks else None,
        object_id,
        "sort",
    )


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def framed(data):
    def masked(part):
        crc = crc32c(part)
        return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def varint(number):
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes(parts) + bytes([number])


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def feature(value):
    if isinstance(value, bytes):
        return field(1, field(1, value))
    if isinstance(value, int):
        return field(3, field(1, varint(value)))
    floats = np.asarray(value, np.float32).reshape(-1)
    return field(2, field(1, struct.pack(f"<{len(floats)}f", *floats)))


def example(features):
    entries = (field(1, field(1, k.encode()) + field(2, feature(v))) for k, v in features.items())
    return field(1, b"".join(entries))


def png(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def published(pair, turn=None):
    """Features as published, in a `y`-up frame by default: `(x, y, z)_zup -> (x, z, -y)_yup`."""
    zup_from_yup = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
    turn = zup_from_yup if turn is None else turn
    matrices = [pair.object_to_camera0 @ turn, pair.object_to_camera1 @ turn]
    return {
        "img0": png(pair.image0),
        "img1": png(pair.image1),
        "mv0": matrices[0],
        "mvi0": np.linalg.inv(matrices[0]),
        "mv1": matrices[1],
        "mvi1": np.linalg.inv(matrices[1]),
    }


def write_published(folder, pairs_by_name, **extra):
    """A published folder; `extra` features go into each record."""
    for name, pairs in pairs_by_name.items():
        frames = [framed(example(published(pair) | extra)) for pair in pairs]
        (folder / f"{name}.tfrecord").write_bytes(b"".join(frames))
    matrix = placement.projection_matrix(22.9)
    (folder / "projection.txt").write_text("\n".join(" ".join(map(str, row)) for row in matrix))


def write_sharded(folder, objects_by_name, **extra):
    """Record files of several objects, `{name: {object_id: pairs}}`, with their manifest."""
    flat = {name: sum(objects.values(), []) for name, objects in objects_by_name.items()}
    write_published(folder, flat, **extra)
    files = []
    for name, objects in objects_by_name.items():
        content = (folder / f"{name}.tfrecord").read_bytes()
        files.append(
            {
                "name": name,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "objects": [[object_id, len(pairs)] for object_id, pairs in objects.items()],
            }
        )
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "files": files}))


@pytest.fixture(scope="session")
def handmade():
    """The functions of this file."""
    functions = (make_pair, framed, field, example, png, published, write_published)
    functions += (write_sharded,)
    return types.SimpleNamespace(**{function.__name__: function for function in functions})


@pytest.fixture(scope="session")
def boxes():
    """The functions of `boxes.py`."""
    path = pathlib.Path(__file__).with_name("boxes.py")
    spec = importlib.util.spec_from_file_location("boxes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
