"""Pictures to an H.264 video in MP4; needs the extra `[video]` (PyAV)."""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import numpy as np
from PIL import Image

from keypointnet_tf.data.video import require_av

# MPEG-4 wants a clock below 2^16 Hz; this one tells 24, 25, 30 and 29.97 frames per second exactly.
CLOCK = 60_000
CODECS = ("libx264", "h264", "mpeg4")
# Constant quality, seen as lossless; a short look ahead, so that few pictures are in memory.
X264 = {"crf": "18", "preset": "veryfast"}


class VideoWriter:
    """Writes pictures with their own times, so that videos of varying frame rate keep their pace.

    A context manager; the file is whole after `finish`.

    Args:
      file: is written, and must be seekable.
      frame_rate: mean pictures per second, for players that ask.

    Raises:
      ValueError: PyAV is absent.
    """

    def __init__(self, file: BinaryIO, *, frame_rate: float):
        self._av = require_av()
        self._container = self._av.open(file, "w", format="mp4")
        self._frame_rate = Fraction(frame_rate).limit_denominator(1001)
        self._stream, self._tick = None, -1

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def add(self, picture: Image.Image, time: float) -> None:
        """Appends a picture, RGB, at a time in seconds; a time that does not grow is put right.

        All get the size of the first, less a last odd row or column, which H.264 cannot have.
        """
        if self._stream is None:
            self._stream = self._new_stream(picture.width, picture.height)
        size = self._stream.width, self._stream.height
        if abs(picture.width - size[0]) > 1 or abs(picture.height - size[1]) > 1:
            picture = picture.resize(size, Image.Resampling.BICUBIC)
        pixels = np.asarray(picture.crop((0, 0, *size)))
        frame = self._av.VideoFrame.from_ndarray(pixels, format="rgb24")
        self._tick = max(self._tick + 1, round(time * CLOCK))
        frame.pts, frame.time_base = self._tick, Fraction(1, CLOCK)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Writes what the encoder holds back, and the index."""
        if self._stream is not None:
            self._container.mux(self._stream.encode())
        self._container.close()

    def _new_stream(self, width: int, height: int) -> object:
        codec = next(name for name in CODECS if self._available(name))
        options = X264 if codec == "libx264" else {}
        stream = self._container.add_stream(codec, rate=self._frame_rate, options=options)
        stream.width, stream.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, CLOCK)
        return stream

    def _available(self, codec: str) -> bool:
        try:
            self._av.Codec(codec, "w")
        except self._av.codec.codec.UnknownCodecError:
            return False
        return True
