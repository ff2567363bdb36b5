"""Frames of a video file, one at a time; needs the extra `[video]` (PyAV).

Videos are as little trusted as photos: only the containers that `FORMATS` names are opened,
whatever the suffix (a playlist would have other files and addresses read), frames above
`MAX_FRAME_PIXELS` are refused before they are decoded, and what is damaged is told. Letters: H W
pixels of a frame.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import types
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

SUFFIXES = frozenset(".avi .m4v .mkv .mov .mp4 .webm".split())
FORMATS = "avi,gif,matroska,mov,webm,mp4,m4a,3gp,3g2,mj2"
MAX_FRAME_PIXELS = 36_000_000
"""8K; decoders keep a dozen frames for reference."""
USUAL_RATE = Fraction(25)
# Headers promise a frame or two too many where the stream was cut between others.
_MISSING_FRAMES, _MISSING_SHARE = 2, 0.05


@dataclasses.dataclass(frozen=True)
class VideoFrame:
    """One frame.

    Attributes:
      index: of the frame among all of the file, from 0.
      time: in seconds after the file's first frame.
      rgba: uint8 `[H, W, 4]`, straight alpha, turned as the file says it is seen.
    """

    index: int
    time: float
    rgba: np.ndarray


@dataclasses.dataclass(frozen=True)
class VideoFacts:
    """What a video's header says; it may be wrong.

    Attributes:
      frame_rate: mean frames per second.
      frames: how many there are, None where the header does not tell.
      seconds: duration, None where the header does not tell.
    """

    frame_rate: float
    frames: int | None
    seconds: float | None


def is_video(path: str | os.PathLike) -> bool:
    """Whether the name ends as a video's."""
    return pathlib.Path(path).suffix.lower() in SUFFIXES


def require_av() -> types.ModuleType:
    """PyAV.

    Raises:
      ValueError: it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise ValueError(
            f"videos need PyAV, which cannot be imported ({error}): "
            "pip install 'keypointnet-tf[video]'"
        ) from error
    return av


class VideoReader:
    """Reads a video frame by frame; a context manager that can be iterated once.

    Args:
      path: video file.
      every: of how many frames one is given, the first first.
      max_frames: how many are given at most; None for all.

    Attributes:
      facts: of the header.
      problem: after the iteration what was wrong with the file, None where nothing was. What
        could be read has then been given all the same.

    Raises:
      ValueError: the file is absent, or no video, or too large, or PyAV is absent.
    """

    def __init__(self, path: str | os.PathLike, *, every: int = 1, max_frames: int | None = None):
        self._av = require_av()
        self.path, self.every, self.max_frames = path, every, max_frames
        self.problem = None
        self._damaged, self._first, self._last = 0, None, 0.0
        try:
            self._file = open(path, "rb")
        except OSError as error:
            raise self._refused(error) from error
        try:
            self._container, self._stream = self._opened()
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            self._file.close()
            raise self._refused(error) from error
        self.facts = self._facts()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()
        self._file.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        count, given = 0, 0
        for frame in self._decoded():
            index, count = count, count + 1
            self._last = self._time(frame, index)
            if index % self.every:
                continue
            given += 1
            yield VideoFrame(index, self._last, _pixels(frame))
            if given == self.max_frames:
                return
        self.problem = self.problem or self._lack(count)

    def _opened(self) -> tuple:
        """The container and its video stream."""
        container = self._av.open(
            self._file, options={"format_whitelist": FORMATS}, metadata_errors="replace"
        )
        if not container.streams.video:
            container.close()
            raise ValueError("it has no video stream")
        stream = container.streams.video[0]
        size = stream.codec_context.width, stream.codec_context.height
        if size[0] * size[1] > MAX_FRAME_PIXELS:
            container.close()
            raise ValueError(f"its frames are {size[0]} x {size[1]} pixels")
        # A frame within may be larger than the header says.
        stream.codec_context.options = {"max_pixels": str(MAX_FRAME_PIXELS)}
        stream.thread_type = "AUTO"
        return container, stream

    def _refused(self, error: Exception) -> ValueError:
        told = getattr(error, "strerror", None) or str(error)
        return ValueError(
            f"{self.path}: the video cannot be read ({told}); expected one of "
            f"{', '.join(sorted(SUFFIXES))} with frames of at most {MAX_FRAME_PIXELS:,} pixels"
        )

    def _facts(self) -> VideoFacts:
        stream = self._stream
        rate = stream.average_rate or stream.guessed_rate or USUAL_RATE
        if stream.duration is not None and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        elif self._container.duration is not None and len(self._container.streams) == 1:
            seconds = self._container.duration / self._av.time_base
        else:
            seconds = None
        frames = stream.frames or (round(seconds * rate) if seconds else None)
        return VideoFacts(float(rate), frames, seconds)

    def _decoded(self) -> Iterator:
        """All frames that can be decoded; sets `problem` where the file ends in an error."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (self._av.error.FFmpegError, OSError) as error:
                self.problem = f"{self.path}: reading ends in an error ({error.strerror})"
                return
            if packet is None:
                return
            try:
                yield from packet.decode()
            except self._av.error.FFmpegError:
                self._damaged += 1

    def _time(self, frame: object, index: int) -> float:
        if frame.time is None:
            return self._last + (1 / self.facts.frame_rate if index else 0)
        if self._first is None:
            self._first = frame.time
        return frame.time - self._first

    def _lack(self, count: int) -> str | None:
        """What a file that was read to its end lacks."""
        if self._damaged:
            return f"{self.path}: {self._damaged} damaged packets were left out"
        promised = self.facts.frames
        if promised is None:
            return None
        shown = min(count, round(self._last * self.facts.frame_rate) + 1)
        if promised - shown > max(_MISSING_FRAMES, _MISSING_SHARE * promised):
            return (
                f"{self.path}: the video ends after {count} frames, {self._last:.2f} s; its header "
                f"promises {promised} frames"
            )
        return None


def _pixels(frame: object) -> np.ndarray:
    """uint8 `[H, W, 4]` of PyAV's frame, turned as it is seen."""
    rgba = frame.to_ndarray(format="rgba")
    return np.ascontiguousarray(np.rot90(rgba, round(frame.rotation / 90)))
