"""What the page does with photos, apart from how it looks."""

from __future__ import annotations

import dataclasses

import numpy as np
from PIL import Image

from keypointnet_tf.data.photos import read_photo
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.viz.photo_picture import draw_photo
from keypointnet_tf.web.examples import Example, ExampleShelf
from keypointnet_tf.web.models import Loader
from keypointnet_tf.web.selection import Selection, outline_mask
from keypointnet_tf.web.staging import StagedPhoto, stage_mask, stage_photo


@dataclasses.dataclass(frozen=True, eq=False)
class Workbench:
    """Models and examples of a page.

    Attributes:
      names: of the models, the first is taken at the start.
      load: gives the model of a name.
      shelf: the examples.
    """

    names: tuple[str, ...]
    load: Loader
    shelf: ExampleShelf

    def warm(self, model: str) -> None:
        """Reads the model and runs it once, which compiles it.

        Raises:
          ValueError: it cannot be read, or cannot frame photos.
        """
        predictor = self.load(model)
        _ = predictor.object_share
        predictor(np.zeros((1, predictor.size, predictor.size, 3), np.float32))

    def category(self, model: str) -> str:
        """What the model's objects are, "" where it does not tell."""
        return str(self.load(model).model.info.get("category", ""))

    def examples(self, model: str) -> list[Example]:
        """Those that suit the model."""
        return self.shelf.of(self.category(model))

    def about(self, model: str) -> str:
        """A line on the model."""
        predictor = self.load(model)
        config = predictor.model.train_config.model
        size = f"{predictor.size} × {predictor.size} pixels"
        kind = self.category(model) or "unknown category"
        return f"{kind} · {config.num_keypoints} keypoints · sees {size}"

    def find(self, model: str, photo: StagedPhoto, selection: Selection) -> PhotoKeypoints:
        """Keypoints of a photo; an outline takes the place of its mask.

        Raises:
          ValueError: the photo or the selection cannot be used; the message has no path.
        """
        mask = photo.mask
        if selection.outline is not None:
            mask = outline_mask(selection.outline, photo.width, photo.height)
        try:
            (found,) = self.load(model).predict_photos(
                [photo.path], masks=[mask], boxes=[selection.box]
            )
        except ValueError as error:
            raise ValueError(photo.tell(error)) from error
        return dataclasses.replace(found, file=photo.name)


def stage_example(example: Example) -> tuple[StagedPhoto, str]:
    """The example as if a visitor had given it, and its preview.

    Raises:
      ValueError: its file cannot be read any more.
    """
    photo, preview = stage_photo(example.path, example.path.name)
    return (photo, preview) if example.mask is None else stage_mask(photo, example.mask)


def picture_of(photo: StagedPhoto, found: PhotoKeypoints) -> Image.Image:
    """The photo with its keypoints and the arrow of its front, RGB."""
    return draw_photo(read_photo(photo.path), found)
