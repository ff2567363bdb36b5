"""Keypoints of many photos on their way into files, in memory that their number does not change."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keypointnet_tf.atomic_file import atomic_file
from keypointnet_tf.discovery.interruption import uninterrupted
from keypointnet_tf.discovery.keypoint_table import keypoint_columns, keypoint_row
from keypointnet_tf.discovery.long_files import CsvTable, JsonList
from keypointnet_tf.discovery.photo_json import photo_json
from keypointnet_tf.discovery.photo_keypoints import FramedPhoto, PhotoKeypoints
from keypointnet_tf.viz.canvas import save_picture
from keypointnet_tf.viz.photo_picture import HUGE, draw_photo

if TYPE_CHECKING:
    from keypointnet_tf.discovery.predictor import Predictor

COLUMNS = ("file", "width", "height", "picture")


@dataclasses.dataclass(frozen=True)
class PhotosReport:
    """What came of the photos.

    Attributes:
      count: of those whose keypoints were found and written.
      failures: the others, each with `file` and `reason`.
      interrupted: whether Ctrl-C ended the work.
    """

    count: int
    failures: tuple[Mapping[str, str], ...]
    interrupted: bool


def write_photos(
    predictor: Predictor,
    photos: Sequence[os.PathLike],
    out: pathlib.Path,
    *,
    model: str,
    masks: Sequence | None = None,
    boxes: Sequence | None = None,
    batch_size: int,
    failures: Sequence[Mapping[str, str]] = (),
    progress: bool = False,
) -> PhotosReport:
    """Writes `keypoints.json`, `keypoints.csv` and a picture for each photo.

    The two files appear whole at the end; after Ctrl-C they tell what was done until then, and
    `complete` in the JSON is false.

    Args:
      predictor: finds the keypoints.
      photos: files.
      out: folder, made where it is absent.
      model: which one it is, for the JSON.
      masks, boxes, batch_size, progress: see `Predictor.predict_photos`.
      failures: photos that failed before.

    Raises:
      ValueError: the model cannot be used on photos.
      OSError: the folder cannot be written; earlier files are then untouched.
    """
    failures, count, interrupted = list(failures), 0, False
    out.mkdir(parents=True, exist_ok=True)
    batches = predictor.iter_photos(
        photos,
        masks=masks,
        boxes=boxes,
        batch_size=batch_size,
        on_failure=lambda file, error: failures.append({"file": file, "reason": str(error)}),
        progress=progress,
        picture_side=HUGE,
    )
    with contextlib.ExitStack() as stack:
        files = PhotoFiles(stack, predictor, photos, out, model)
        try:
            for batch in batches:
                for framed, found in batch:
                    with uninterrupted():
                        files.add(framed, found)
                        count += 1
        except KeyboardInterrupt:
            interrupted = True
        files.listing.finish({"failures": failures, "complete": not interrupted})
    return PhotosReport(count, tuple(failures), interrupted)


class PhotoFiles:
    """The files of one run, open to be written.

    Args:
      stack: closes them, and then gives them their names.
      predictor, photos, out, model: see `write_photos`.
    """

    def __init__(
        self,
        stack: contextlib.ExitStack,
        predictor: Predictor,
        photos: Sequence[os.PathLike],
        out: pathlib.Path,
        model: str,
    ):
        self._predictor, self._out, self._names = predictor, out, PictureNames(photos, out)
        columns = COLUMNS + keypoint_columns(len(predictor.canonical))
        self._table = CsvTable(stack.enter_context(atomic_file(out / "keypoints.csv")), columns)
        head = {"model": model, "category": predictor.model.info.get("category", "")}
        file = stack.enter_context(atomic_file(out / "keypoints.json"))
        self.listing = JsonList(file, head, "images")

    def add(self, framed: FramedPhoto, found: PhotoKeypoints) -> None:
        """Writes one photo's picture, entry and row."""
        name, pose = self._names.next(found.file), self._predictor.pose(found)
        save_picture(draw_photo(framed.picture, found), self._out / name)
        camera = self._predictor.virtual_camera
        self.listing.add(photo_json(found, camera, picture=name, pose=pose))
        self._table.add(
            {"file": found.file, "width": found.width, "height": found.height, "picture": name}
            | keypoint_row(found, pose)
        )


class PictureNames:
    """`STEM_keypoints.png` for each file; a number tells equal stems apart and spares the input.

    Args:
      files: all that are read.
      out: folder of the pictures.
    """

    def __init__(self, files: Sequence[os.PathLike], out: pathlib.Path):
        folder = os.path.realpath(out)
        # Not `Path.resolve`: Python 3.11 has it fail on links that lead to themselves.
        read = (os.path.split(os.path.realpath(file)) for file in files)
        self._taken = {name.lower() for parent, name in read if parent == folder}

    def next(self, file: str) -> str:
        """A name that no earlier call gave."""
        stem, number = pathlib.Path(file).stem, 1
        name = f"{stem}_keypoints.png"
        while name.lower() in self._taken:
            number += 1
            name = f"{stem}_{number}_keypoints.png"
        self._taken.add(name.lower())
        return name
