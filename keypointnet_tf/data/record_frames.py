"""The framing of record files, read from any binary stream: finding and checking records.

A file is a row of frames: little-endian uint64 length, masked CRC-32C of those 8 bytes, the data,
masked CRC-32C of the data.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

import google_crc32c
import numpy as np

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")


class Frame(NamedTuple):
    """One frame of a file: its first byte, its data, and what is wrong with it, "" for nothing."""

    offset: int
    data: bytes
    problem: str = ""


class LostFraming(ValueError):
    """Where the next record begins cannot be told: the rest of the file is out of reach."""


def scan_frames(file: BinaryIO, size: int, *, where: str) -> Iterator[Frame]:
    """Frames of a stream in order, those with damaged data too, their problem told.

    Args:
      file: at its start; only read on, never sought.
      size: bytes of the whole file. A damaged length can still match its checksum, so no more is
        read than the file holds.
      where: start of the messages.

    Raises:
      LostFraming: the file is empty, or a length is cut short, damaged or too large.
    """
    offset, index = 0, 0
    if not size:
        raise LostFraming(f"{where}: the file is empty; expected at least one record")
    while offset < size:
        record = f"{where}: record {index}"
        length = _length(file.read(_HEADER.size), record)
        _check_fits(length, size - offset - _HEADER.size, record)
        data, footer = file.read(length), file.read(_FOOTER.size)
        yield Frame(offset, data, _problem(data, footer, f"{record}: data"))
        offset, index = offset + _HEADER.size + length + _FOOTER.size, index + 1


def read_frames(file: BinaryIO, size: int, *, where: str) -> Iterator[bytes]:
    """Data of the records of a stream in order; arguments as for `scan_frames`.

    Raises:
      ValueError: the file is empty, cut short or damaged; names the record, from 0.
    """
    for frame in scan_frames(file, size, where=where):
        if frame.problem:
            raise ValueError(frame.problem)
        yield frame.data


def walk_frames(
    read_at: Callable[[int, int], bytes], size: int, *, where: str
) -> Iterator[tuple[int, int]]:
    """First byte and end of the frames of a file, from their lengths alone.

    Args:
      read_at: first byte and number of bytes -> those bytes of the file.
      size: bytes of the whole file.
      where: start of the messages.

    Raises:
      LostFraming: the file is empty or cut short, or a length is damaged. Data is not checked.
    """
    offset, index = 0, 0
    if not size:
        raise LostFraming(f"{where}: the file is empty; expected at least one record")
    while offset < size:
        record = f"{where}: record {index}"
        length = _length(read_at(offset, _HEADER.size), record)
        _check_fits(length, size - offset - _HEADER.size, record)
        end = offset + _HEADER.size + length + _FOOTER.size
        yield offset, end
        offset, index = end, index + 1


def frame_offsets(read_at: Callable[[int, int], bytes], size: int, *, where: str) -> np.ndarray:
    """`[n]` int64 first bytes of the frames of a file; arguments and errors as `walk_frames`."""
    starts = (offset for offset, _ in walk_frames(read_at, size, where=where))
    return np.fromiter(starts, np.int64)


def frame_data(frame: bytes, *, where: str) -> bytes:
    """The data of one whole frame.

    Raises:
      ValueError: the bytes are not precisely one undamaged frame.
    """
    length = _length(frame[: _HEADER.size], where)
    left = len(frame) - _HEADER.size
    if left != length + _FOOTER.size:
        raise LostFraming(
            f"{where}: data takes {left} bytes; expected {length + _FOOTER.size} (has the file "
            "changed?)"
        )
    data, footer = frame[_HEADER.size : -_FOOTER.size], frame[-_FOOTER.size :]
    if problem := _problem(data, footer, f"{where}: data"):
        raise ValueError(problem)
    return data


def masked_crc(data: bytes) -> int:
    """CRC-32C, rotated and shifted so that checksums of checksums stay useful."""
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _length(header: bytes, where: str) -> int:
    if len(header) < _HEADER.size:
        raise LostFraming(
            f"{where}: length is cut short at {len(header)} bytes; expected {_HEADER.size}"
        )
    length, crc = _HEADER.unpack(header)
    expected = masked_crc(header[:8])
    if crc != expected:
        raise LostFraming(f"{where}: length has checksum {crc:#010x}; expected {expected:#010x}")
    return length


def _check_fits(length: int, left: int, where: str) -> None:
    if left < length + _FOOTER.size:
        raise LostFraming(
            f"{where}: data is cut short at {left} bytes; expected {length + _FOOTER.size}"
        )


def _problem(data: bytes, footer: bytes, what: str) -> str:
    """What is wrong with a record's data, "" for nothing."""
    if len(footer) < _FOOTER.size:
        return f"{what} ends early; expected as many bytes as the file's size tells"
    (crc,) = _FOOTER.unpack(footer)
    expected = masked_crc(data)
    return "" if crc == expected else f"{what} has checksum {crc:#010x}; expected {expected:#010x}"
