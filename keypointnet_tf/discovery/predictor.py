"""Keypoints of images and of photos from a trained model.

Letters: B images, K keypoints, S pixels of the networks' image side.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from keypointnet_tf.data.photos import Photo, as_rgba
from keypointnet_tf.discovery import photo_pose
from keypointnet_tf.discovery.batch_norm_adaptation import adapt_batch_norm
from keypointnet_tf.discovery.checkpoints import load_model
from keypointnet_tf.discovery.config import ADAPTATION_ALPHA, AVERAGINGS
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.photo_keypoints import (
    FramedPhoto,
    PhotoKeypoints,
    framed_batches,
    on_photo,
    read_framed,
)
from keypointnet_tf.discovery.prediction import (
    Prediction,
    canonical_keypoints,
    padded_size,
    prediction_function,
)
from keypointnet_tf.geometry.placement import focal_length
from keypointnet_tf.viz.photo_picture import draw_photo

BATCH_SIZE = 16


class Predictor:
    """Runs a trained model's two networks on images or photos.

    Args:
      model: its `info` gives the focal length, and the share of the frame that objects fill.
      averaging: of `config.AVERAGINGS`: "none" is one pass of each network; "orientation" takes
        six copies of each image for the left/right decision; "full" also averages keypoints with
        those of the mirrored image, at twice the cost.

    Raises:
      ValueError: `averaging` is none of these.
    """

    def __init__(self, model: PairModel, *, averaging: str = "full"):
        if averaging not in AVERAGINGS:
            raise ValueError(f"averaging is {averaging!r}; expected one of {', '.join(AVERAGINGS)}")
        self.model = model
        self.averaging = averaging
        self.size = model.train_config.model.size
        self.focal = float(model.info.get("focal", focal_length()))
        self._function = prediction_function(model, averaging)

    @classmethod
    def load(cls, path: str | os.PathLike, *, averaging: str = "full") -> Predictor:
        """Reads a run folder's best model, or a `.keras` file.

        Raises:
          ValueError: no model of this package is there.
        """
        return cls(load_model(path), averaging=averaging)

    @classmethod
    def from_preset(cls, source: str | os.PathLike, *, averaging: str = "full") -> Predictor:
        """A trained model by name, "car" say; by its path; or from `hf://USER/REPOSITORY`.

        Raises:
          ValueError: there is no such model, or it cannot be read; see `presets.load_preset`.
        """
        from keypointnet_tf.discovery.presets import load_preset

        return cls(load_preset(source), averaging=averaging)

    @functools.cached_property
    def canonical(self) -> np.ndarray:
        """`[K, 3]` the category's mean keypoints in the object frame."""
        return canonical_keypoints(self.model)

    @property
    def object_share(self) -> float:
        """Mean share of the frame that objects fill in the training data.

        Raises:
          ValueError: the model was saved without it.
        """
        if "object_share" not in self.model.info:
            raise ValueError(f"the model's info has {self.model.info}; expected object_share in it")
        return float(self.model.info["object_share"])

    @property
    def virtual_camera(self) -> dict:
        """The camera that every crop is taken to be seen by: plain JSON values.

        `size` S in pixels, `focal` length in NDC, `distance` of the object.
        """
        distance = float(self.model.keypoint_net.config["distance"])
        return {"size": self.size, "focal": self.focal, "distance": distance}

    def __call__(
        self,
        images: np.ndarray,
        focal: float | np.ndarray | None = None,
        *,
        batch_size: int = BATCH_SIZE,
        heatmap: bool = False,
    ) -> Prediction:
        """Keypoints of framed images.

        Batches are padded, to `batch_size` or, where there are fewer images, to a power of two: so
        few shapes are compiled.

        Args:
          images: float32 `[B, S, S, 3]` in [0, 1] over black, B at least 1.
          focal: in NDC, one for all or `[B]`; by default that of the training data.
          batch_size: images at a time.
          heatmap: whether to keep the heatmaps, the bulk of the output.

        Raises:
          ValueError: `images` has another shape, or `batch_size` is below 1.
        """
        images = np.asarray(images, np.float32)
        if images.ndim != 4 or images.shape[1:] != (self.size, self.size, 3) or not len(images):
            raise ValueError(
                f"images have shape {images.shape}; expected [B, {self.size}, {self.size}, 3]"
            )
        focal = np.broadcast_to(
            np.asarray(self.focal if focal is None else focal, np.float32), len(images)
        )
        step = padded_size(len(images), batch_size)
        parts = []
        for start in range(0, len(images), step):
            part = self._run(images[start : start + step], focal[start : start + step], step)
            parts.append(part if heatmap else part | {"heatmap": None})
        joined = {key: _joined([part[key] for part in parts]) for key in parts[0]}
        return Prediction(**joined)

    def predict_photos(
        self,
        photos: Sequence[Photo],
        *,
        masks: Sequence | None = None,
        boxes: Sequence | None = None,
        batch_size: int = BATCH_SIZE,
        on_failure: Callable[[str, ValueError], None] | None = None,
        progress: bool = False,
    ) -> list[PhotoKeypoints]:
        """Keypoints of photos of any size and mode.

        Args:
          photos: paths, Pillow images or arrays; see `photos.as_rgba`.
          masks: for each photo a mask file, a bool array `[H, W]` or None; see
            `framing.frame_photo`.
          boxes: for each photo `x0, y0, x1, y1` in its pixels, or None.
          batch_size: photos at a time.
          on_failure: is told the name and the error of a photo that cannot be used, which is
            left out; without it the first error is raised.
          progress: whether to show a bar.

        Raises:
          ValueError: a photo or its mask or box cannot be used, and `on_failure` is None; or the
            model was saved without `object_share`.
        """
        batches = self.iter_photos(
            photos,
            masks=masks,
            boxes=boxes,
            batch_size=batch_size,
            on_failure=on_failure,
            progress=progress,
        )
        return [found for batch in batches for _, found in batch]

    def iter_photos(
        self,
        photos: Sequence[Photo],
        *,
        masks: Sequence | None = None,
        boxes: Sequence | None = None,
        batch_size: int = BATCH_SIZE,
        on_failure: Callable[[str, ValueError], None] | None = None,
        progress: bool = False,
        picture_side: int | None = None,
    ) -> Iterator[list[tuple[FramedPhoto, PhotoKeypoints]]]:
        """Keypoints of photos batch by batch, in memory that their number does not change.

        Args:
          photos, masks, boxes, batch_size, on_failure, progress: see `predict_photos`.
          picture_side: longest side of the `FramedPhoto.picture` that is kept of each photo, None
            for none.

        Yields:
          a batch of photos, each with its keypoints.

        Raises:
          ValueError: see `predict_photos`.
        """
        step = padded_size(max(len(photos), 1), batch_size)
        batches = framed_batches(
            self.framer(picture_side=picture_side),
            photos,
            step=step,
            masks=masks,
            boxes=boxes,
            on_failure=on_failure,
            progress=progress,
        )
        for batch in batches:
            yield list(zip(batch, self.predict_framed(batch, size=step), strict=True))

    def framer(self, *, picture_side: int | None = None) -> Callable[..., FramedPhoto]:
        """`photo_keypoints.read_framed` for this model.

        Raises:
          ValueError: the model was saved without `object_share`.
        """
        return functools.partial(
            read_framed,
            size=self.size,
            object_share=self.object_share,
            picture_side=picture_side,
        )

    def adapted(
        self,
        photos: Sequence[Photo],
        *,
        alpha: float = ADAPTATION_ALPHA,
        masks: Sequence | None = None,
        boxes: Sequence | None = None,
        on_failure: Callable[[str, ValueError], None] | None = None,
        progress: bool = False,
    ) -> Predictor:
        """A predictor whose batch normalisation is adapted to unlabelled photos.

        See `batch_norm_adaptation.adapt_batch_norm`, and docs/photos.md on what it is worth. Save
        its `model` to keep it.

        Args:
          photos: a few dozen at least, as they will be predicted.
          alpha: weight of the photos' statistics against the training's, in [0, 1].
          masks, boxes, on_failure, progress: see `predict_photos`.

        Raises:
          ValueError: as in `predict_photos`; `alpha` is out of range, or too few photos are left.
        """
        batches = framed_batches(
            self.framer(),
            photos,
            step=BATCH_SIZE,
            masks=masks,
            boxes=boxes,
            on_failure=on_failure,
            progress=progress,
        )
        images = [photo.image for batch in batches for photo in batch]
        model = adapt_batch_norm(
            self.model,
            np.array(images, np.float32).reshape(-1, self.size, self.size, 3),
            alpha=alpha,
            averaging=self.averaging,
            progress=progress,
        )
        return Predictor(model, averaging=self.averaging)

    @staticmethod
    def draw(photo: Photo, found: PhotoKeypoints) -> Image.Image:
        """A picture of a photo with its keypoints and an arrow from the object's back to its front.

        Args:
          photo: as it was given to `predict_photos`.
          found: what was found in it.
        """
        return draw_photo(as_rgba(photo), found)

    def absolute_pose(self, photo: PhotoKeypoints) -> np.ndarray:
        """`[4, 4]` object to crop camera; see `photo_pose.absolute_pose`."""
        return photo_pose.absolute_pose(photo, self.canonical)

    def pose(self, photo: PhotoKeypoints) -> np.ndarray | None:
        """`absolute_pose`, or None where the keypoints determine none."""
        try:
            return self.absolute_pose(photo)
        except ValueError:
            return None

    def predict_framed(
        self, framed: Sequence[FramedPhoto], *, size: int | None = None
    ) -> list[PhotoKeypoints]:
        """Keypoints of framed photos, all in one batch.

        Args:
          framed: of `framer`, at least one.
          size: to which the batch is padded, so that few shapes are compiled; None for no padding.

        Raises:
          ValueError: the model gives numbers that are not finite.
        """
        size = len(framed) if size is None else size
        images = np.stack([photo.image for photo in framed])
        focal = np.full(len(images), self.focal, np.float32)
        outputs = self._run(images, focal, size)
        if not all(np.isfinite(value).all() for value in outputs.values()):
            raise ValueError(f"{framed[0].file}: the model gives numbers that are not finite")
        return [
            on_photo(photo, {key: value[index] for key, value in outputs.items()})
            for index, photo in enumerate(framed)
        ]

    def _run(self, images: np.ndarray, focal: np.ndarray, size: int) -> dict[str, np.ndarray]:
        """One batch, padded to `size` with its last image and cut again."""
        count = len(images)
        inputs = {"image": images, "focal": focal}
        if count < size:
            index = np.minimum(np.arange(size), count - 1)
            inputs = {key: value[index] for key, value in inputs.items()}
        outputs = self._function.predict_on_batch(inputs)
        outputs = {key: np.asarray(value)[:count] for key, value in outputs.items()}
        return outputs | {"faces_right": outputs["faces_right"] > 0.5}


def _joined(parts: list[np.ndarray | None]) -> np.ndarray | None:
    return None if parts[0] is None else np.concatenate(parts)
