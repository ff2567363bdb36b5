"""Frames in any stream: found, checked, and damage told from lost framing."""

import io
import struct

import pytest

from keypointnet_tf.data import record_frames
from keypointnet_tf.data.record_frames import LostFraming, frame_data, frame_offsets, scan_frames


@pytest.fixture
def content(handmade):
    """Three records of 3, 0 and 5 bytes: frames of 19, 16 and 21 bytes."""
    return b"".join(handmade.framed(data) for data in (b"one", b"", b"three"))


def scan(content, size=None):
    size = len(content) if size is None else size
    return scan_frames(io.BytesIO(content), size, where="f")


def offsets(content):
    def read_at(start, length):
        return content[start : start + length]

    return frame_offsets(read_at, len(content), where="f")


def flipped(content, position):
    changed = bytearray(content)
    changed[position] ^= 4
    return bytes(changed)


def test_frames_and_their_offsets(content):
    frames = list(scan(content))
    assert [frame.data for frame in frames] == [b"one", b"", b"three"]
    assert [frame.offset for frame in frames] == [0, 19, 35] == offsets(content).tolist()
    assert [frame.problem for frame in frames] == ["", "", ""]
    assert list(record_frames.read_frames(io.BytesIO(content), 56, where="f"))[2] == b"three"


def test_each_offset_leads_to_its_data(content):
    ends = [*offsets(content)[1:], len(content)]
    frames = [content[a:b] for a, b in zip(offsets(content), ends, strict=True)]
    assert [frame_data(frame, where="f") for frame in frames] == [b"one", b"", b"three"]
    with pytest.raises(ValueError, match="f: data takes 6 bytes; expected 7"):
        frame_data(frames[0][:-1], where="f")
    with pytest.raises(ValueError, match="f: data has checksum"):
        frame_data(flipped(frames[2], 13), where="f")


def test_damaged_data_is_told_and_passed(content):
    frames = list(scan(flipped(content, 13)))
    assert frames[0].problem.startswith("f: record 0: data has checksum")
    assert [frame.data for frame in frames[1:]] == [b"", b"three"]
    assert not any(frame.problem for frame in frames[1:])
    with pytest.raises(ValueError, match="f: record 0: data has checksum"):
        list(record_frames.read_frames(io.BytesIO(flipped(content, 13)), 56, where="f"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: flipped(c, 19), "record 1: length has checksum"),
        (lambda c: c[:-1], "record 2: data is cut short at 8 bytes; expected 9"),
        (lambda c: c[:40], "record 2: length is cut short at 5 bytes; expected 12"),
        (lambda c: b"", "f: the file is empty"),
    ],
)
def test_lost_framing_ends_the_scan(content, change, message):
    changed = change(content)
    with pytest.raises(LostFraming, match=message):
        list(scan(changed))
    with pytest.raises(LostFraming, match=message):
        offsets(changed)


def test_what_lies_before_lost_framing_is_read(content):
    frames, found = scan(flipped(content, 35)), []
    with pytest.raises(LostFraming):
        for frame in frames:
            found.append(frame.data)
    assert found == [b"one", b""]


def test_a_huge_length_is_not_read(content):
    length = struct.pack("<Q", 1 << 60)
    header = length + struct.pack("<I", record_frames.masked_crc(length))
    with pytest.raises(LostFraming, match="record 3: data is cut short at 3 bytes"):
        list(scan(content + header + b"few"))


def test_a_stream_shorter_than_told(content):
    frames = list(scan(content[:-6], size=len(content)))
    assert "record 2: data ends early" in frames[2].problem
