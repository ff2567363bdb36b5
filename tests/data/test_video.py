"""Frames of videos: in order, turned, thinned out; what is damaged is refused or told of."""

import struct

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.data import video
from keypointnet_tf.data.video import VideoReader
from keypointnet_tf.data.video_writer import VideoWriter

av = pytest.importorskip("av", reason="the extra [video] is not installed")
GREY = tuple(range(40, 240, 20))


def write(path, *, times=None, size=(48, 32), count=10):
    """A video whose frame i is of grey GREY[i], its left half black."""
    with open(path, "wb") as file, VideoWriter(file, frame_rate=10) as writer:
        for index in range(count):
            pixels = np.full((size[1], size[0], 3), GREY[index % len(GREY)], np.uint8)
            pixels[:, : size[0] // 2] = 0
            writer.add(Image.fromarray(pixels), index / 10 if times is None else times[index])
        writer.finish()
    return path


def noise(path, container, count=100):
    """Noise, in which every packet has many bytes."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(count):
            pixels = rng.integers(0, 256, (64, 64, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return path


def test_frames_come_back_in_order_with_their_times(tmp_path):
    times = [0, 0.1, 0.15, 0.4, 1, 1.1, 1.2, 1.3, 1.4, 2]
    with VideoReader(write(tmp_path / "a.mp4", times=times)) as reader:
        frames = list(reader)
    assert [frame.index for frame in frames] == list(range(10)) and reader.problem is None
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=1e-4)
    for frame, grey in zip(frames, GREY, strict=True):
        assert frame.rgba.shape == (32, 48, 4) and frame.rgba.dtype == np.uint8
        assert (frame.rgba[..., 3] == 255).all()
        assert np.abs(frame.rgba[8:24, 30:42, :3].astype(int) - grey).max() <= 6


def test_every_nth_frame_and_at_most_so_many(tmp_path):
    path = write(tmp_path / "a.mp4")
    for every, most, expected in ((3, None, [0, 3, 6, 9]), (3, 2, [0, 3]), (1, 1, [0])):
        with VideoReader(path, every=every, max_frames=most) as reader:
            assert [frame.index for frame in reader] == expected
        assert reader.problem is None


def test_odd_sizes_lose_a_row_and_a_column(tmp_path):
    with VideoReader(write(tmp_path / "a.mp4", size=(49, 33))) as reader:
        assert next(iter(reader)).rgba.shape == (32, 48, 4)


def test_a_turned_video_is_seen_upright(tmp_path):
    path = write(tmp_path / "a.mp4")
    data = path.read_bytes()
    one, end = 1 << 16, 1 << 30
    plain = struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, end)
    clockwise = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, end)
    start = data.index(plain, data.index(b"tkhd"))
    path.write_bytes(data[:start] + clockwise + data[start + len(plain) :])
    with VideoReader(path) as reader:
        frame = next(iter(reader)).rgba
    assert frame.shape == (48, 32, 4)  # The black left half is now the upper one.
    assert frame[:20, :, 0].max() < 20 and frame[28:, :, 0].min() > 25


@pytest.mark.parametrize("container", ["avi", "matroska"])
def test_what_a_cut_video_holds_is_given_and_the_lack_is_told(tmp_path, container):
    path = noise(tmp_path / "a.mkv", container)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with VideoReader(path) as reader:
        frames = list(reader)
    assert 40 < len(frames) < 80
    assert reader.problem.startswith(f"{path}: ")


def test_damaged_packets_are_left_out_and_told(tmp_path):
    path = noise(tmp_path / "a.avi", "avi")
    data = bytearray(path.read_bytes())
    starts = [i for i in range(len(data) - 4) if data[i : i + 4] == b"00dc"][:100]
    for start in starts[50:53]:
        data[start + 8 : start + 300] = bytes(292)
    path.write_bytes(data)
    with VideoReader(path) as reader:
        frames = list(reader)
    assert len(frames) >= 90 and frames[-1].time > 3.8
    assert "damaged packets" in reader.problem


def test_what_is_no_video_is_refused_by_name(tmp_path, monkeypatch):
    whole = write(tmp_path / "whole.mp4").read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n"
    cases = {
        "empty": b"",
        "text": b"text" * 99,
        "playlist": playlist,
        "cut": whole[: len(whole) // 2],
    }
    for name, data in cases.items():
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"{name}.mp4: the video cannot be read"):
            VideoReader(path)
    with pytest.raises(ValueError, match=r"absent.mp4: .*No such file"):
        VideoReader(tmp_path / "absent.mp4")
    monkeypatch.setattr(video, "MAX_FRAME_PIXELS", 48 * 32 - 1)
    with pytest.raises(ValueError, match="whole.mp4.*frames are 48 x 32 pixels"):
        VideoReader(tmp_path / "whole.mp4")


def test_without_the_extra_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(ValueError, match=r"pip install 'keypointnet-tf\[video\]'"):
        VideoReader(tmp_path / "a.mp4")


def test_videos_are_told_by_their_suffix():
    assert all(video.is_video(f"a{suffix.upper()}") for suffix in video.SUFFIXES)
    assert not video.is_video("a.gif") and not video.is_video("mp4")
