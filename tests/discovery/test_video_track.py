"""A video's track: the same frames in every file, in memory that its length does not change."""

import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import types
import weakref

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.discovery import photo_keypoints, track_files, video_track
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.video_track import TrackJob, track_video

av = pytest.importorskip("av", reason="the extra [video] is not installed")
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class Middle:
    """A predictor of two keypoints, in the middle of the frame."""

    size = 8
    canonical = np.zeros((2, 3))
    model = types.SimpleNamespace(info={"category": "car"})
    virtual_camera = {"size": 8, "focal": 1.0, "distance": 3.0}

    def __init__(self):
        self.batches = []

    def framer(self, *, picture_side=None):
        def frame(photo, **options):
            options |= {"size": 8, "object_share": 0.5, "picture_side": picture_side}
            return photo_keypoints.read_framed(photo, **options)

        return frame

    def predict_framed(self, framed, *, size=None):
        self.batches.append(len(framed))
        return [self.found(photo) for photo in framed]

    def found(self, photo):
        centre = np.array(photo.framing.center)
        return PhotoKeypoints(
            photo.file, photo.width, photo.height, photo.framing, np.stack([centre, centre + 1]),
            np.full(2, -3.0), np.full((2, 3), -3.0), np.full(2, 0.5), centre, centre - 4, 0.1,
            True, 0.75,
        )  # fmt: skip

    def pose(self, found):
        return np.eye(4)


def write(path, count=10, size=(64, 48)):
    from keypointnet_tf.data.video_writer import VideoWriter

    with open(path, "wb") as file, VideoWriter(file, frame_rate=10) as writer:
        for index in range(count):
            pixels = np.full((size[1], size[0], 3), index * 20 % 256, np.uint8)
            writer.add(Image.fromarray(pixels), index / 10)
        writer.finish()
    return path


def job(tmp_path, **options):
    return TrackJob(tmp_path / "clip.mp4", tmp_path / "out", "m", **options)


def results(out):
    """The JSON, the rows of the table, and how many frames the overlay has."""
    track = json.loads((out / "track.json").read_text())
    with open(out / "track.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with av.open(str(out / "overlay.mp4")) as file:
        shown = [frame.time for frame in file.decode(video=0)]
    return track, rows, shown


def test_every_file_has_the_same_frames(tmp_path):
    write(tmp_path / "clip.mp4")
    predictor = Middle()
    report = track_video(predictor, job(tmp_path, every=2, batch_size=2))
    assert (report.frames, report.failed, report.problem) == (5, 0, None)
    assert predictor.batches == [2, 2, 1]
    track, rows, shown = results(tmp_path / "out")
    assert [frame["frame"] for frame in track["frames"]] == [0, 2, 4, 6, 8]
    assert [float(row["time"]) for row in rows] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert shown == pytest.approx([0, 0.2, 0.4, 0.6, 0.8], abs=1e-4)
    assert track["complete"] and track["failures"] == [] and track["category"] == "car"
    for frame, row in zip(track["frames"], rows, strict=True):
        assert (frame["keypoints"][0]["x"], frame["keypoints"][0]["y"]) == (32, 24)
        assert (float(row["k1_x"]), float(row["k1_y"]), row["faces_right"]) == (33, 25, "1")
        assert frame["orientation"]["faces"] == "right" and float(row["faces_confidence"]) == 0.75
        assert frame["object_to_camera"] == np.eye(4).tolist() and float(row["r00"]) == 1
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "overlay.mp4", "track.csv", "track.json",
    ]  # fmt: skip


def test_pictures_instead_of_a_video(tmp_path):
    write(tmp_path / "clip.mp4")
    track_video(Middle(), job(tmp_path, overlay="pictures", max_frames=2))
    track = json.loads((tmp_path / "out" / "track.json").read_text())
    names = [frame["picture"] for frame in track["frames"]]
    assert names == ["frames/000000.png", "frames/000001.png"]
    assert all((tmp_path / "out" / name).is_file() for name in names)
    assert not (tmp_path / "out" / "overlay.mp4").exists()


def test_a_box_and_a_mask_frame_the_whole_clip(tmp_path):
    write(tmp_path / "clip.mp4")
    track_video(Middle(), job(tmp_path, box=(10, 10, 20, 30)))
    track, *_ = results(tmp_path / "out")
    assert [frame["crop"]["side"] for frame in track["frames"]] == [40] * 10
    mask = np.zeros((48, 64), np.uint8)
    mask[4:14, 40:50] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    track_video(Middle(), job(tmp_path, mask=tmp_path / "mask.png"))
    track, *_ = results(tmp_path / "out")
    assert {(frame["crop"]["x0"], frame["crop"]["y0"]) for frame in track["frames"]} == {(35, -1)}


def test_masks_and_boxes_that_do_not_suit_are_refused_and_nothing_is_written(tmp_path):
    write(tmp_path / "clip.mp4")
    Image.new("L", (64, 47), 255).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match="mask is 64 x 47 pixels; the photo is 64 x 48"):
        track_video(Middle(), job(tmp_path, mask=tmp_path / "mask.png"))
    with pytest.raises(ValueError, match="clip.mp4: box is 99,0,100,1"):
        track_video(Middle(), job(tmp_path, box=(99, 0, 100, 1)))
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="would be replaced"):
        TrackJob(tmp_path / "track.csv", tmp_path, "m")


def test_a_frame_that_cannot_be_used_keeps_its_place(tmp_path, monkeypatch):
    write(tmp_path / "clip.mp4")
    whole = video_track.VideoReader.__iter__

    def with_a_clear_frame(self):
        for frame in whole(self):
            frame.rgba[..., 3] = 0 if frame.index == 3 else 255
            yield frame

    monkeypatch.setattr(video_track.VideoReader, "__iter__", with_a_clear_frame)
    assert track_video(Middle(), job(tmp_path)).failed == 1
    track, rows, shown = results(tmp_path / "out")
    assert len(track["frames"]) == len(rows) == len(shown) == 10
    assert "frame 3: the image is fully transparent" in track["frames"][3]["failure"]
    assert rows[3]["k0_x"] == "" and rows[3]["failure"] == track["frames"][3]["failure"]


def test_a_cut_video_keeps_what_was_read(tmp_path):
    write(tmp_path / "clip.mp4", count=200)
    with (
        av.open(str(tmp_path / "clip.mp4")) as source,
        av.open(str(tmp_path / "clip.mkv"), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = (tmp_path / "clip.mkv").read_bytes()
    (tmp_path / "clip.mp4").write_bytes(data[: len(data) // 2])
    report = track_video(Middle(), job(tmp_path))
    track, rows, shown = results(tmp_path / "out")
    assert 0 < report.frames == len(track["frames"]) == len(rows) == len(shown) < 190
    assert not track["complete"] and track["failures"][0]["reason"] == report.problem


def test_an_interrupt_leaves_files_of_the_same_frames(tmp_path, monkeypatch):
    """The signal comes while a frame is written, of which no file may have a part."""
    write(tmp_path / "clip.mp4")
    draw = track_files.TrackFiles._draw

    def interrupted(self, frame, found):
        if frame.index == 6:
            signal.raise_signal(signal.SIGINT)
        return draw(self, frame, found)

    monkeypatch.setattr(track_files.TrackFiles, "_draw", interrupted)
    assert threading.current_thread() is threading.main_thread()
    report = track_video(Middle(), job(tmp_path, batch_size=4))
    assert report.interrupted and report.frames == 7
    track, rows, shown = results(tmp_path / "out")
    assert len(track["frames"]) == len(rows) == len(shown) == 7 and not track["complete"]


def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    write(tmp_path / "clip.mp4")
    track_video(Middle(), job(tmp_path))
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(track_files.TrackFiles, "_draw", full)
    with pytest.raises(OSError, match="disk full"):
        track_video(Middle(), job(tmp_path))
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_at_most_a_batch_of_frames_is_alive(tmp_path, monkeypatch):
    write(tmp_path / "clip.mp4", count=40)
    alive, most = weakref.WeakSet(), []
    whole = video_track.VideoReader.__iter__

    def counted(self):
        for frame in whole(self):
            alive.add(frame)
            most.append(len(alive))
            yield frame

    monkeypatch.setattr(video_track.VideoFrame, "__hash__", object.__hash__)
    monkeypatch.setattr(video_track.VideoReader, "__iter__", counted)
    track_video(Middle(), job(tmp_path, batch_size=4))
    assert len(most) == 40 and max(most) <= 4


SCRIPT = """
import pathlib, sys, types
sys.path.insert(0, {tests!r})
import test_video_track as tests
job = tests.job(pathlib.Path(sys.argv[1]), batch_size=8, overlay="none")
tests.track_video(tests.Middle(), job)
"""


def peak(folder):
    (folder / "script.py").write_text(SCRIPT.format(tests=str(pathlib.Path(__file__).parent)))
    command = [REPOSITORY / "tests" / "peak_memory.py", folder / "script.py", folder]
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.splitlines()[-1])["peak_kilobytes"]


def test_memory_does_not_grow_with_the_video(tmp_path):
    """480 frames more are 141 MiB as pixels."""
    peaks = []
    for count in (20, 500):
        (tmp_path / str(count)).mkdir()
        write(tmp_path / str(count) / "clip.mp4", count=count, size=(320, 240))
        peaks.append(peak(tmp_path / str(count)))
    assert peaks[1] - peaks[0] < 40_000
