"""What happens on the page's events: from what a visitor gave to what the parts show."""

from __future__ import annotations

import contextlib
import html
import itertools
import pathlib
import uuid
from collections.abc import Iterator, Mapping, Sequence

import gradio as gr
from PIL import Image

from keypointnet_tf.discovery.photo_json import keypoints_json, photo_json
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.run_folder import write_json
from keypointnet_tf.metrics.relative_rotation import RelativeRotation, relative_rotation
from keypointnet_tf.web import fragments
from keypointnet_tf.web.examples import Example
from keypointnet_tf.web.scenes import turning_scene, turntable_scene
from keypointnet_tf.web.selection import selection_of
from keypointnet_tf.web.staging import StagedPhoto, stage_mask, stage_photo
from keypointnet_tf.web.workbench import Workbench, picture_of, stage_example

SECONDS_SHOWN = 20
PHOTOS = 3
"""Places for photos on the page: one, and the two of a pair."""
_STAMPS = itertools.count(1)


class Handlers:
    """The functions behind the page's events.

    Args:
      bench: models and examples.
      uploads: folder that the server puts uploads into; files from elsewhere are refused. What
        visitors may download is put there, too.
    """

    def __init__(self, bench: Workbench, uploads: pathlib.Path) -> None:
        self.bench = bench
        self.uploads = uploads.resolve()

    def describe(self, model: str) -> tuple:
        """A line on the model, and its examples for each photo."""
        with told():
            shown = example_values(self.bench.examples(model))
            return fragments.paragraph(self.bench.about(model)), *[shown] * PHOTOS

    def give(self, photo: StagedPhoto | None, event: gr.EventData) -> tuple:
        """An upload: a photo, or the mask of the one that is there."""
        with told():
            data = event._data if isinstance(event._data, Mapping) else {}
            path = self._uploaded(data.get("path"))
            if data.get("kind") == "mask":
                if photo is None:
                    raise ValueError("there is no photo yet; expected the photo before its mask")
                return _shown(*stage_mask(photo, path))
            return _shown(*stage_photo(path, str(data.get("name"))))

    def pick(self, model: str, event: gr.EventData) -> tuple:
        """The example that was picked."""
        data = event._data if isinstance(event._data, Mapping) else {}
        return self.example(model, data.get("index"))

    def example(self, model: str, index: object) -> tuple:
        """An example by its number."""
        with told():
            examples = self.bench.examples(model)
            if not isinstance(index, int) or not 0 <= index < len(examples):
                raise ValueError(f"example is {index}; expected 0 to {len(examples) - 1}")
            return _shown(*stage_example(examples[index]))

    def find(self, model: str, photo: StagedPhoto | None, drawn: object) -> tuple:
        """Picture, side, points in 3D, table, and file of one photo's keypoints."""
        if photo is None:
            return None, "", None, "", _no_file()
        with told():
            picture, found = self._answer(model, photo, drawn)
            facing, figures = fragments.orientation_panel(found), fragments.keypoint_table(found)
            return picture, facing, turntable_scene(found), figures, self._file(model, [found])

    def compare(
        self,
        model: str,
        photo0: StagedPhoto | None,
        drawn0: object,
        photo1: StagedPhoto | None,
        drawn1: object,
    ) -> tuple:
        """Both pictures, the points that turn, the rotation in figures, and the file."""
        with told():
            picture0, found0 = self._answer(model, photo0, drawn0)
            picture1, found1 = self._answer(model, photo1, drawn1)
            if found0 is None or found1 is None:
                return picture0, picture1, None, "", _no_file()
            rotation = relative_rotation(found0.xyz_camera, found1.xyz_camera)
            scene = turning_scene(found0, found1, rotation) if rotation.determined else None
            file = self._file(model, [found0, found1], rotation)
            return picture0, picture1, scene, fragments.rotation_panel(rotation), file

    def _answer(
        self, model: str, photo: StagedPhoto | None, drawn: object
    ) -> tuple[Image.Image, PhotoKeypoints] | tuple[None, None]:
        """A photo's picture and its keypoints."""
        if photo is None:
            return None, None
        selection = selection_of(drawn, photo.width, photo.height)
        found = self.bench.find(model, photo, selection)
        return picture_of(photo, found), found

    def _uploaded(self, path: object) -> pathlib.Path:
        """The path, if it is a file that was uploaded: the browser could name any other."""
        file = pathlib.Path(str(path)).resolve()
        if not (file.is_relative_to(self.uploads) and file.is_file()):
            raise ValueError("the upload did not arrive; expected a photo to be uploaded again")
        return file

    def _file(
        self, model: str, found: list[PhotoKeypoints], rotation: RelativeRotation | None = None
    ) -> gr.DownloadButton:
        """A button that downloads `keypoints.json`."""
        predictor = self.bench.load(model)
        camera = predictor.virtual_camera
        report = keypoints_json(
            [photo_json(photo, camera, pose=predictor.pose(photo)) for photo in found],
            model=model,
            category=self.bench.category(model),
        )
        if rotation is not None:
            report["relative_rotation"] = rotation_json(rotation)
        path = self.uploads / "answers" / uuid.uuid4().hex / "keypoints.json"
        path.parent.mkdir(parents=True)
        write_json(path, report)
        return gr.DownloadButton(value=str(path), interactive=True)


def rotation_json(rotation: RelativeRotation) -> dict:
    """Plain JSON values of the rotation from the first image's camera to the second's."""
    return {
        "matrix": rotation.matrix.tolist(),
        "axis": rotation.axis.tolist(),
        "degrees": rotation.degrees,
        "residual": rotation.residual,
        "determined": rotation.determined,
    }


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turns a ValueError into a message on the page; its text is escaped, and no trace is shown."""
    try:
        yield
    except ValueError as error:
        raise gr.Error(
            html.escape(str(error)),
            duration=SECONDS_SHOWN,
            print_exception=False,
        ) from None


def photo_value(photo: StagedPhoto, preview: str) -> dict:
    """What `photo_input` is given to show a photo; equal photos get different stamps."""
    size = {"width": photo.width, "height": photo.height, "mask": photo.mask is not None}
    return {"photo": {"src": preview, "name": photo.name, **size}, "stamp": next(_STAMPS)}


def example_values(examples: Sequence[Example]) -> list[dict]:
    """What `example_strip` is given."""
    return [{"src": example.thumbnail, "name": example.name} for example in examples]


def _shown(photo: StagedPhoto, preview: str) -> tuple[dict, StagedPhoto]:
    return photo_value(photo, preview), photo


def _no_file() -> gr.DownloadButton:
    return gr.DownloadButton(value=None, interactive=False)
