"""Pictures to try the page on: procedural objects rendered on the spot, and a folder of photos."""

from __future__ import annotations

import dataclasses
import functools
import logging
import os
import pathlib

from PIL import Image

from keypointnet_tf.data import photos
from keypointnet_tf.rendering.samples import sample_picture
from keypointnet_tf.shapes.procedural import CATEGORIES
from keypointnet_tf.viz.canvas import save_picture
from keypointnet_tf.web.staging import MOST_PIXELS, preview_uri

RENDER_SIZE = 384
THUMBNAIL = 144
MOST_PHOTOS = 40
# Two views of each object, so that neighbours make a pair.
OBJECTS = (6, 7, 8)
VIEWS = ((22.0, 35.0), (35.0, 140.0))
MASKS = "masks"


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """A picture that can be picked.

    Attributes:
      path: image file.
      name: shown with it.
      thumbnail: a small picture as a data URI.
      mask: file of its mask, or None.
    """

    path: pathlib.Path
    name: str
    thumbnail: str
    mask: pathlib.Path | None = None


class ExampleShelf:
    """The examples of a page.

    Args:
      folder: where renders are put; the caller removes it.
      photos_in: folder of photos to offer beside them, with their masks in its subfolder `masks`
        if there are any; None for none.

    Raises:
      ValueError: `photos_in` holds no photo.
    """

    def __init__(
        self, folder: str | os.PathLike, photos_in: str | os.PathLike | None = None
    ) -> None:
        self._folder = pathlib.Path(folder)
        self._given = [] if photos_in is None else given_examples(photos_in)
        self._rendered = functools.lru_cache(maxsize=None)(self._render)

    def of(self, category: str) -> list[Example]:
        """Renders of a category, of each one where it is unknown, then the folder's photos."""
        names = [category] if category in CATEGORIES else list(CATEGORIES)
        return [example for name in names for example in self._rendered(name)] + self._given

    def _render(self, category: str) -> list[Example]:
        return rendered_examples(category, self._folder)


def rendered_examples(category: str, folder: str | os.PathLike) -> list[Example]:
    """Renders two views of a few objects of a procedural category into a folder."""
    examples = []
    for index in OBJECTS:
        for number, (elevation, azimuth) in enumerate(VIEWS):
            rgba = sample_picture(
                category, index, elevation=elevation, azimuth=azimuth, size=RENDER_SIZE
            )
            name = f"{category}_{index}{'ab'[number]}"
            path = pathlib.Path(folder) / f"{name}.png"
            save_picture(Image.fromarray(rgba), path)
            examples.append(Example(path, name, preview_uri(rgba, side=THUMBNAIL)))
    return examples


def given_examples(folder: str | os.PathLike) -> list[Example]:
    """The photos of a folder, at most `MOST_PHOTOS`; those that cannot be read are left out.

    Raises:
      ValueError: there is no photo.
    """
    examples = []
    for path in photos.find_photos(folder)[:MOST_PHOTOS]:
        try:
            rgba = photos.read_photo(path, max_pixels=MOST_PIXELS)
        except ValueError as error:
            logging.warning("left out of the examples: %s", error)
            continue
        examples.append(Example(path, path.name, preview_uri(rgba, side=THUMBNAIL), _mask_of(path)))
    return examples


def _mask_of(photo: pathlib.Path) -> pathlib.Path | None:
    folder = photo.parent / MASKS
    if not folder.is_dir():
        return None
    try:
        return photos.find_mask(folder, photo)
    except ValueError:  # Masks of some photos only are welcome.
        return None
