"""Keypoints through a video: frames are read, used and written a batch at a time.

Each frame is used for itself: nothing is smoothed over time, so that what jumps in the track jumps
in the prediction. Letters: H W pixels of a frame.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import pathlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tqdm import tqdm

from keypointnet_tf.data.framing import Box, check_box
from keypointnet_tf.data.photos import check_mask_size, read_mask
from keypointnet_tf.data.video import VideoFrame, VideoReader
from keypointnet_tf.discovery.interruption import uninterrupted
from keypointnet_tf.discovery.photo_json import camera_json
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.track_files import (
    LONGEST,
    OVERLAY,
    OVERLAYS,
    TABLE,
    TRACK,
    TrackedFrame,
    TrackFiles,
)
from keypointnet_tf.viz.photo_picture import shrunk

if TYPE_CHECKING:
    from keypointnet_tf.discovery.predictor import Predictor


@dataclasses.dataclass(frozen=True)
class TrackJob:
    """What is to be done with a video.

    Attributes:
      video: file.
      out: folder of the results.
      model: which one the predictor has, for `track.json`.
      every: of how many frames one is used, the first first.
      max_frames: how many are used at most, None for all.
      mask: image of the object as large as a frame, for the whole video, or None.
      box: `x0, y0, x1, y1` in a frame's pixels, for the whole video, or None.
      batch_size: frames at a time.
      overlay: of `OVERLAYS`: one video, a picture for each frame, or nothing.

    Raises:
      ValueError: a field is out of range, or a result would replace the video.
    """

    video: pathlib.Path
    out: pathlib.Path
    model: str
    every: int = 1
    max_frames: int | None = None
    mask: str | os.PathLike | None = None
    box: Box | None = None
    batch_size: int = 16
    overlay: str = "video"

    def __post_init__(self):
        for name in ("every", "max_frames", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected at least 1")
        if self.overlay not in OVERLAYS:
            raise ValueError(f"overlay is {self.overlay!r}; expected one of {', '.join(OVERLAYS)}")
        results = {(self.out / name).resolve() for name in (OVERLAY, TABLE, TRACK)}
        if self.video.resolve() in results:
            raise ValueError(f"{self.video} would be replaced by a result; expected another folder")


@dataclasses.dataclass(frozen=True)
class TrackReport:
    """What came of a video.

    Attributes:
      frames: how many were used and written, those that failed among them.
      failed: how many of them could not be used.
      problem: what was wrong with the file, None where nothing was.
      interrupted: whether Ctrl-C ended the work.
    """

    frames: int
    failed: int
    problem: str | None
    interrupted: bool


def track_video(predictor: Predictor, job: TrackJob, *, progress: bool = False) -> TrackReport:
    """Writes a video's keypoints and the video with them drawn.

    The files appear whole at the end. Where the video is damaged, or after Ctrl-C, they hold the
    frames until then, the same in each, and `complete` in the JSON is false.

    Args:
      predictor: finds the keypoints.
      job: what is to be done.
      progress: whether to show a bar.

    Raises:
      ValueError: the video, its mask or its box cannot be used; nothing is written.
      OSError: the folder cannot be written; earlier files are then untouched.
    """
    with contextlib.ExitStack() as stack:
        framing = ClipFraming(predictor, job)
        reader = stack.enter_context(
            VideoReader(job.video, every=job.every, max_frames=job.max_frames)
        )
        bar = tqdm(reader, total=_expected(reader, job), unit="frame", disable=not progress)
        frames = stack.enter_context(contextlib.closing(_framed(framing, bar)))
        first = next(frames, None)
        if first is None:
            raise ValueError(reader.problem or f"{job.video}: the video has no frame")
        job.out.mkdir(parents=True, exist_ok=True)
        files = TrackFiles(
            stack,
            predictor,
            job.out,
            head=_head(predictor, job, reader),
            overlay=job.overlay,
            frame_rate=reader.facts.frame_rate / job.every,
        )
        report = _track(predictor, itertools.chain([first], frames), files, job.batch_size)
        report = dataclasses.replace(report, problem=reader.problem)
        files.finish(_tail(report, job))
    return report


class ClipFraming:
    """Frames each frame of a video alike.

    Args:
      predictor: for whose networks.
      job: gives the mask and the box.

    Raises:
      ValueError: the mask cannot be read, or the model cannot be used on photos.
    """

    def __init__(self, predictor: Predictor, job: TrackJob):
        self._video, self._box = job.video, job.box
        self._mask_file = job.mask
        self._mask = None if job.mask is None else read_mask(job.mask)
        self._framer = predictor.framer(picture_side=LONGEST)

    def __call__(self, frame: VideoFrame) -> TrackedFrame:
        """A frame for the networks, or with the reason why it is none.

        Raises:
          ValueError: mask or box do not suit the first frame.
        """
        height, width = frame.rgba.shape[:2]
        if frame.index == 0:
            self._check(width, height)
        name = f"{self._video}, frame {frame.index}"
        framed, failure = None, None
        try:
            framed = self._framer(frame.rgba, name=name, mask=self._mask, box=self._box)
        except ValueError as error:
            failure = str(error)
        picture = shrunk(frame.rgba, longest=LONGEST) if framed is None else framed.picture
        return TrackedFrame(frame.index, frame.time, width, height, picture, framed, failure)

    def _check(self, width: int, height: int) -> None:
        if self._mask is not None:
            check_mask_size(self._mask_file, self._mask.shape[::-1], (width, height))
        if self._box is not None:
            try:
                check_box(self._box, width, height)
            except ValueError as error:
                raise ValueError(f"{self._video}: {error}") from error


def _framed(framing: ClipFraming, frames: Iterable[VideoFrame]) -> Iterator[TrackedFrame]:
    for frame in frames:
        yield framing(frame)


def _expected(reader: VideoReader, job: TrackJob) -> int | None:
    """How many frames will be used, as far as the header tells."""
    if reader.facts.frames is None:
        return job.max_frames
    return min(-(-reader.facts.frames // job.every), job.max_frames or reader.facts.frames)


def _track(
    predictor: Predictor, frames: Iterator[TrackedFrame], files: TrackFiles, batch_size: int
) -> TrackReport:
    """Predicts and writes all frames; Ctrl-C ends it between two of them."""
    count, failed, interrupted = 0, 0, False
    try:
        while batch := tuple(itertools.islice(frames, batch_size)):
            for frame, found in zip(batch, _found(predictor, batch, batch_size), strict=True):
                with uninterrupted():
                    files.add(frame, found)
                    count, failed = count + 1, failed + (found is None)
    except KeyboardInterrupt:
        interrupted = True
    return TrackReport(count, failed, None, interrupted)


def _found(
    predictor: Predictor, batch: Sequence[TrackedFrame], size: int
) -> list[PhotoKeypoints | None]:
    """Keypoints of those frames that can be used."""
    usable = [frame.framed for frame in batch if frame.framed is not None]
    found = iter(predictor.predict_framed(usable, size=size) if usable else ())
    return [None if frame.framed is None else next(found) for frame in batch]


def _head(predictor: Predictor, job: TrackJob, reader: VideoReader) -> dict:
    return {
        "model": job.model,
        "category": predictor.model.info.get("category", ""),
        "video": {"file": str(job.video)} | dataclasses.asdict(reader.facts),
        "every": job.every,
        "mask": None if job.mask is None else str(job.mask),
        "box": job.box,
        "virtual_camera": camera_json(predictor.virtual_camera),
        "overlay": OVERLAY if job.overlay == "video" else None,
    }


def _tail(report: TrackReport, job: TrackJob) -> dict:
    problems = [] if report.problem is None else [report.problem]
    return {
        "failures": [{"file": str(job.video), "reason": problem} for problem in problems],
        "failed_frames": report.failed,
        "complete": not (problems or report.interrupted),
    }
