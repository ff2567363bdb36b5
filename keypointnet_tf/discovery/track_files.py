"""The files of a tracked video: an overlay, `track.csv` and `track.json`."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from keypointnet_tf.atomic_file import atomic_file
from keypointnet_tf.data.video_writer import VideoWriter
from keypointnet_tf.discovery.keypoint_table import keypoint_columns, keypoint_row
from keypointnet_tf.discovery.long_files import CsvTable, JsonList
from keypointnet_tf.discovery.photo_json import found_json
from keypointnet_tf.discovery.photo_keypoints import FramedPhoto, PhotoKeypoints
from keypointnet_tf.viz.canvas import save_picture
from keypointnet_tf.viz.photo_picture import base_picture, draw_photo

if TYPE_CHECKING:
    from keypointnet_tf.discovery.predictor import Predictor

OVERLAYS = ("video", "pictures", "none")
OVERLAY, TABLE, TRACK = "overlay.mp4", "track.csv", "track.json"
LONGEST = 1920
"""Longer side of the overlay in pixels at most; small frames are enlarged as photos are."""


@dataclasses.dataclass(frozen=True)
class TrackedFrame:
    """A frame on its way into the networks or, if it cannot be used, past them.

    Attributes:
      index: among the video's frames.
      time: in seconds after the first.
      width, height: in pixels.
      picture: uint8 `[h, w, 4]`, shrunk to be drawn on.
      framed: what the networks see, None where the frame cannot be used.
      failure: why not, else None.
    """

    index: int
    time: float
    width: int
    height: int
    picture: np.ndarray
    framed: FramedPhoto | None
    failure: str | None


class TrackFiles:
    """The files, open to be written.

    Args:
      stack: closes them, and then gives them their names.
      predictor: found the keypoints.
      out: folder that exists.
      head: what `track.json` says before the frames.
      overlay: of `OVERLAYS`.
      frame_rate: mean pictures per second of the overlay.
    """

    def __init__(
        self,
        stack: contextlib.ExitStack,
        predictor: Predictor,
        out: pathlib.Path,
        *,
        head: Mapping[str, object],
        overlay: str,
        frame_rate: float,
    ):
        self._predictor, self._out, self._overlay = predictor, out, overlay
        columns = ("frame", "time", "width", "height", "picture", "failure")
        columns += keypoint_columns(len(predictor.canonical))
        self._table = CsvTable(stack.enter_context(atomic_file(out / TABLE)), columns)
        self._list = JsonList(stack.enter_context(atomic_file(out / TRACK)), head, "frames")
        self._video = None
        if overlay == "video":
            file = stack.enter_context(atomic_file(out / OVERLAY))
            self._video = stack.enter_context(VideoWriter(file, frame_rate=frame_rate))

    def add(self, frame: TrackedFrame, found: PhotoKeypoints | None) -> None:
        """Writes a frame: drawn on, as an entry and as a row.

        Args:
          frame: the frame.
          found: its keypoints, None where it could not be used.
        """
        facts = {
            "frame": frame.index,
            "time": round(frame.time, 6),
            "width": frame.width,
            "height": frame.height,
            "picture": self._draw(frame, found),
        }
        if found is None:
            self._list.add(facts | {"failure": frame.failure})
            self._table.add(facts | {"failure": frame.failure})
            return
        pose = self._predictor.pose(found)
        self._list.add(facts | found_json(found, pose))
        self._table.add(facts | keypoint_row(found, pose))

    def finish(self, tail: Mapping[str, object]) -> None:
        """Ends the files.

        Args:
          tail: what `track.json` says after the frames.
        """
        self._list.finish(tail)
        if self._video is not None:
            self._video.finish()

    def _draw(self, frame: TrackedFrame, found: PhotoKeypoints | None) -> str | None:
        """Adds the frame to the overlay; the name of its file where it has its own."""
        if self._overlay == "none":
            return None
        if found is None:
            picture = base_picture(frame.picture, longest=LONGEST)
        else:
            picture = draw_photo(frame.picture, found, longest=LONGEST)
        if self._video is not None:
            self._video.add(picture, frame.time)
            return None
        name = f"frames/{frame.index:06d}.png"
        save_picture(picture, self._out / name)
        return name
