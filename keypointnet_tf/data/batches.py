"""View pairs as the batch dictionary that the model takes, in NumPy.

A batch holds `image0`, `image1` float32 `[B, S, S, 3]` in [0, 1] over black; `mask0`, `mask1`
float32 `[B, S, S, 1]`, 1 where alpha is above 0, fractional after a change of size;
`object_to_camera0`, `object_to_camera1` float32 `[B, 4, 4]`; `focal0`, `focal1` float32 `[B]`.
Letters: B batch, N pairs, S pixels of a side, L landmarks.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence

import numpy as np
from tqdm import tqdm

from keypointnet_tf.data.record_set import RecordSet
from keypointnet_tf.rendering.pairs import ViewPair

Batch = dict[str, np.ndarray]


def over_black(images: np.ndarray) -> np.ndarray:
    """Composites straight-alpha images over black.

    Args:
      images: uint8 `[..., S, S, 4]`.

    Returns:
      float32 `[..., S, S, 4]`: colour times alpha in [0, 1], then the mask `alpha > 0`.
    """
    result = images.astype(np.float32) / 255
    alpha = result[..., 3:]
    result[..., :3] *= alpha
    result[..., 3:] = alpha > 0
    return result


def resize_area(images: np.ndarray, size: int) -> np.ndarray:
    """Area-averages square images: each new pixel is the mean of what it covers, any ratio.

    Straight alpha must not be averaged with its colour: pass what `over_black` returns.

    Args:
      images: `[..., S, S, C]`, any number type.
      size: new side in pixels, smaller or larger.

    Returns:
      float32 `[..., size, size, C]`.

    Raises:
      ValueError: images are not square, or `size` is below 1.
    """
    images = np.asarray(images, np.float32)
    height, width = images.shape[-3:-1]
    if height != width or size < 1:
        raise ValueError(
            f"got images of {width} x {height} pixels and size {size}; expected square images "
            "and a size of at least 1"
        )
    if size == width:
        return images
    if width % size == 0:
        return _block_means(images, width // size)
    weights = _area_weights(width, size)
    rows = np.tensordot(weights, images, axes=(1, images.ndim - 3))
    both = np.tensordot(weights, np.moveaxis(rows, 0, -3), axes=(1, images.ndim - 2))
    return np.ascontiguousarray(np.moveaxis(both, 0, -2))


def _block_means(images: np.ndarray, ratio: int) -> np.ndarray:
    """Means of `ratio` by `ratio` pixels: several times as fast as weights, which most are 0."""
    *batch, height, width, channels = images.shape
    shape = (*batch, height // ratio, ratio, width // ratio, ratio, channels)
    blocks = images.reshape(shape)
    rows = sum(blocks[..., i, :, :, :] for i in range(ratio))
    return sum(rows[..., i, :] for i in range(ratio)) / np.float32(ratio * ratio)


@functools.lru_cache(maxsize=8)
def _area_weights(old: int, new: int) -> np.ndarray:
    """`[new, old]` float32 shares of each old pixel in each new one; rows sum to 1."""
    edges = np.arange(new + 1) * (old / new)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(old)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    return (np.maximum(overlap, 0) * (new / old)).astype(np.float32)


def to_batch(pairs: Sequence[ViewPair], size: int | None = None, *, alpha: bool = False) -> Batch:
    """The batch dictionary of some pairs of one image size; see the module's head.

    Args:
      pairs: at least one pair.
      size: side of the batch's images; None keeps that of the pairs.
      alpha: see `PairArrays.batch`.

    Raises:
      ValueError: no pairs, or pairs that differ in image size or number of landmarks.
    """
    return PairArrays.from_pairs(pairs, progress=False).batch(
        np.arange(len(pairs)), size, alpha=alpha
    )


@dataclasses.dataclass(frozen=True)
class PairArrays:
    """Pairs held in memory, images as uint8.

    Attributes:
      images: uint8 `[N, 2, S, S, 4]`, straight alpha.
      object_to_camera: float32 `[N, 2, 4, 4]`.
      focal: float32 `[N, 2]`.
      landmarks: float32 `[N, L, 3]`, object frame, NaN where absent; None where no pair has any.
      object_ids, kinds: `[N]` str.
    """

    images: np.ndarray
    object_to_camera: np.ndarray
    focal: np.ndarray
    landmarks: np.ndarray | None
    object_ids: np.ndarray
    kinds: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return self.images.shape[2]

    @classmethod
    def from_pairs(
        cls,
        pairs: Iterable[ViewPair],
        *,
        count: int | None = None,
        progress: bool = True,
        description: str = "pairs",
    ) -> PairArrays:
        """Gathers pairs that are at hand, being read or being rendered.

        Args:
          pairs: the pairs.
          count: how many there are, for those that have no length.
          progress: whether to show a bar.
          description: the bar's label.

        Raises:
          ValueError: not `count` pairs, none, or pairs that differ in image size or number of
            landmarks.
        """
        count = len(pairs) if count is None else count
        images, rest = None, []
        bar = tqdm(pairs, total=count, desc=description, unit="pair", disable=not progress)
        for number, pair in enumerate(bar):
            if images is None:
                images = np.zeros((count, 2, *pair.image0.shape), np.uint8)
            _check_like(pair, images, rest, number)
            images[number] = pair.image0, pair.image1
            rest.append(pair_without_images(pair))
        if not rest or len(rest) != count:
            raise ValueError(f"{description}: got {len(rest)} pairs; expected {count}, at least 1")
        columns = [np.array(column) for column in zip(*rest, strict=True)]
        poses, focal, landmarks, object_ids, kinds = columns
        landmarks = None if landmarks.dtype == object else landmarks
        return cls(images, poses, focal, landmarks, object_ids, kinds)

    @classmethod
    def from_record_set(
        cls,
        record_set: RecordSet,
        split: str,
        *,
        indices: Sequence[int] | np.ndarray | None = None,
        progress: bool = True,
    ) -> PairArrays:
        """Reads a split, whole or in part.

        Args:
          record_set: the records.
          split: "train", "dev" or "test".
          indices: numbers of the pairs in `record_set.index(split)`; None for all.
          progress: whether to show a bar.

        Raises:
          ValueError: the split is empty or a record is damaged.
        """
        count = record_set.count(split) if indices is None else len(indices)
        if not count:
            raise ValueError(f"{record_set.folder}: split {split!r} is empty; expected records")
        return cls.from_pairs(
            record_set.pairs(split, indices),
            count=count,
            progress=progress,
            description=f"read {split}",
        )

    def batch(
        self,
        indices: np.ndarray,
        size: int | None = None,
        *,
        landmarks: bool = False,
        alpha: bool = False,
    ) -> Batch:
        """The batch dictionary of the pairs at `indices [B]`, images of side `size`.

        With `landmarks`, for supervised training, it also holds `landmarks` float32 `[B, L, 3]`;
        with `alpha`, to put backgrounds in, `alpha0`, `alpha1` float32 `[B, S, S, 1]`, the share of
        each pixel that the object covers.
        """
        images = self.images[indices]
        flat = over_black(images)
        if alpha:
            flat = np.concatenate([flat, images[..., 3:] / np.float32(255)], axis=-1)
        flat = resize_area(flat, self.size if size is None else size)
        batch = {}
        for view in range(2):
            batch[f"image{view}"] = np.ascontiguousarray(flat[:, view, ..., :3])
            batch[f"mask{view}"] = np.ascontiguousarray(flat[:, view, ..., 3:4])
            if alpha:
                batch[f"alpha{view}"] = np.ascontiguousarray(flat[:, view, ..., 4:])
            batch[f"object_to_camera{view}"] = self.object_to_camera[indices, view]
            batch[f"focal{view}"] = self.focal[indices, view]
        if landmarks:
            batch["landmarks"] = self.landmarks[indices]
        return batch


def pair_without_images(pair: ViewPair) -> tuple:
    """Poses `[2, 4, 4]`, focal lengths `[2]`, landmarks `[L, 3]` or None, object id, kind."""
    poses = np.stack([pair.object_to_camera0, pair.object_to_camera1]).astype(np.float32)
    focal = np.array([pair.focal0, pair.focal1], np.float32)
    landmarks = None if pair.landmarks is None else np.asarray(pair.landmarks, np.float32)
    return poses, focal, landmarks, pair.object_id, pair.kind


def _check_like(pair: ViewPair, images: np.ndarray, rest: list[tuple], number: int) -> None:
    if number >= len(images):
        raise ValueError(f"got more than {len(images)} pairs; expected that many")
    shapes, expected = {pair.image0.shape, pair.image1.shape}, images.shape[2:]
    if shapes != {expected}:
        raise ValueError(f"pair {number}: images of {sorted(shapes)}; expected {expected}")
    if not rest:
        return
    first = rest[0][2]
    shapes = [None if value is None else np.shape(value) for value in (first, pair.landmarks)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"pair {number}: landmarks of {shapes[1]}; expected {shapes[0]} as pair 0")
