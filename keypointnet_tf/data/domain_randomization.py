"""Domain randomisation: renders over black become pictures as varied as photos.

Applied to a batch dictionary (`batches.py`) on its way to the model, a pure function of (seed,
step), so that a resumed training sees the same pictures. The crop is shifted and rolled with the
camera, the object's colours change, a background comes behind, a patch in front, and the whole is
exposed, blurred, made noisy and compressed. The mask stays that of the whole object, hidden or not.
Letters: B pairs, V = 2 B views (view 0 of all, then view 1), S pixels of a side.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.data import backgrounds, photometry, view_warp

PARTS = ("image", "mask", "alpha", "object_to_camera", "focal")
JPEG_QUALITY = (40, 95)


@dataclasses.dataclass(frozen=True)
class DomainRandomization:
    """How far training pictures are changed; all zero, the default, changes nothing.

    Attributes:
      background: share of the views that get a background; the others stay over black, as
        photos with a mask are.
      background_folder: photos for backgrounds, beside the procedural ones: a folder or a glob.
      recolor: share of the pairs whose object is turned to another hue and saturation.
      shift: largest shift of the crop per axis, NDC.
      roll: largest roll of the crop, degrees.
      occlusion: share of the views in which a patch hides a part of the picture.
      exposure: largest exposure change, stops.
      warmth: largest change of white balance, as a share.
      contrast: largest change of contrast, as a share.
      blur: largest blur, standard deviation as a share of the side.
      noise: largest standard deviation of sensor noise, full range 1.
      jpeg: share of the views that are compressed, at any quality from 40 to 95.
    """

    background: float = 0.0
    background_folder: str = ""
    recolor: float = 0.0
    shift: float = 0.0
    roll: float = 0.0
    occlusion: float = 0.0
    exposure: float = 0.0
    warmth: float = 0.0
    contrast: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    jpeg: float = 0.0

    def __post_init__(self):
        for name in ("background", "recolor", "occlusion", "jpeg", "warmth", "contrast"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected a share in [0, 1]")
        for name in ("shift", "roll", "exposure", "blur", "noise"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 0")

    @property
    def active(self) -> bool:
        """Whether anything changes."""
        return any(value for value in dataclasses.asdict(self).values() if value != "")


class Randomizer:
    """Changes batches of one size.

    Args:
      settings: how far.
      size: S.
      seed: of all draws.
      bank: backgrounds uint8 `[N, T, T, 3]`; None makes one where it is needed.
      progress: whether making the bank shows a bar.

    Raises:
      ValueError: the background folder holds no photo, or one cannot be read.
    """

    def __init__(
        self,
        settings: DomainRandomization,
        size: int,
        *,
        seed: int = 0,
        bank: np.ndarray | None = None,
        progress: bool = False,
    ):
        self.settings, self.seed = settings, seed
        if bank is None and (settings.background or settings.occlusion):
            bank = backgrounds.make_bank(
                size, seed=seed, folder=settings.background_folder, progress=progress
            )
        self.bank = bank

    def __call__(self, batch: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
        """The changed batch at a global step.

        Args:
          batch: with `alpha0`, `alpha1` `[B, S, S, 1]`, the share of each pixel that the object
            covers.
          step: any whole number from 0.

        Returns:
          A new batch dictionary without alpha; all else that the batch held is kept.
        """
        rng = np.random.default_rng([self.seed, 11, step])
        views = {n: np.concatenate([batch[f"{n}0"], batch[f"{n}1"]]) for n in PARTS}
        views = self._turned(views, rng)
        views["image"] = self._recolored(views["image"], views["alpha"], rng)
        images = self._over_background(views["image"], views["alpha"], rng)
        views["image"] = self._degraded(self._occluded(images, rng), rng)
        pairs = len(batch["focal0"])
        changed = {
            f"{name}{view}": views[name][view * pairs : (view + 1) * pairs]
            for name in PARTS
            if name != "alpha"
            for view in (0, 1)
        }
        return {k: v for k, v in batch.items() if not k.startswith("alpha")} | changed

    def _turned(self, views: dict, rng: np.random.Generator) -> dict:
        settings, count = self.settings, len(views["focal"])
        if not (settings.shift or settings.roll):
            return views
        shift = rng.uniform(-1, 1, (count, 2)) * settings.shift
        roll = np.radians(rng.uniform(-1, 1, count) * settings.roll)
        rotation = view_warp.turning(shift, roll, views["focal"].astype(float))
        layers = np.concatenate([views[name] for name in ("image", "mask", "alpha")], axis=-1)
        layers, poses = view_warp.turn_views(
            layers, views["object_to_camera"], views["focal"].astype(float), rotation
        )
        parts = {"image": layers[..., :3], "mask": layers[..., 3:4], "alpha": layers[..., 4:]}
        return {**views, **parts, "object_to_camera": poses}

    def _recolored(self, images: np.ndarray, alpha: np.ndarray, rng) -> np.ndarray:
        """Both views of a pair alike, so that the object keeps its identity."""
        pairs = len(images) // 2
        chosen = np.tile(rng.random(pairs) < self.settings.recolor, 2)
        angle = np.tile(rng.uniform(-np.pi, np.pi, pairs), 2)
        saturation = np.tile(rng.uniform(0, 1.5, pairs), 2)
        if not chosen.any():
            return images
        turned = photometry.turn_hue(images[chosen], angle[chosen], saturation[chosen])
        result = images.copy()
        result[chosen] = np.clip(turned, 0, alpha[chosen])
        return result

    def _over_background(self, images: np.ndarray, alpha: np.ndarray, rng) -> np.ndarray:
        chosen = np.flatnonzero(rng.random(len(images)) < self.settings.background)
        if not len(chosen):
            return images
        result = images.copy()
        behind = self._crops(len(chosen), images.shape[1], rng)
        result[chosen] += (1 - alpha[chosen]) * behind
        return result

    def _crops(self, count: int, size: int, rng: np.random.Generator) -> np.ndarray:
        """float32 `[count, S, S, 3]` random crops of the bank, half of them mirrored."""
        tiles = rng.integers(len(self.bank), size=count)
        rows, columns = rng.integers(self.bank.shape[1] - size + 1, size=(2, count))
        place = np.arange(size)
        crops = self.bank[
            tiles[:, None, None],
            (rows[:, None] + place)[:, :, None],
            (columns[:, None] + place)[:, None],
        ]
        crops = np.where((rng.random(count) < 0.5)[:, None, None, None], crops[:, :, ::-1], crops)
        return crops.astype(np.float32) / 255

    def _occluded(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A box or an ellipse of background over up to a sixth of the picture."""
        count, size = images.shape[:2]
        chosen = rng.random(count) < self.settings.occlusion
        center, radius = rng.uniform(-0.9, 0.9, (count, 2)), rng.uniform(0.08, 0.4, (count, 2))
        power = np.where(rng.random(count) < 0.5, 2.0, 20.0)[:, None, None]
        if not chosen.any():
            return images
        place = (np.arange(size) + 0.5) / size * 2 - 1
        across, down = ((np.abs(place - center[:, i, None]) / radius[:, i, None]) for i in (0, 1))
        inside = across[:, None, :] ** power + down[:, :, None] ** power < 1
        inside = (inside & chosen[:, None, None])[..., None]
        return np.where(inside, self._crops(count, size, rng), images)

    def _degraded(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        settings, count = self.settings, len(images)
        both, one = (rng.uniform(-1, 1, (3, count)), rng.random((4, count)))
        if settings.contrast:
            images = photometry.contrast(images, 1 + settings.contrast * both[0])
        if settings.exposure:
            images = photometry.expose(images, settings.exposure * both[1])
        if settings.warmth:
            images = photometry.warm(images, settings.warmth * both[2])
        if settings.blur:
            images = photometry.blur(images, settings.blur * images.shape[1] * one[0] ** 2)
        if settings.noise:
            images = photometry.add_noise(images, settings.noise * one[1] ** 2, rng)
        images = np.clip(images, 0, 1)
        if settings.jpeg:
            low, high = JPEG_QUALITY
            quality = np.where(one[2] < settings.jpeg, low + (high - low) * one[3], 0)
            images = photometry.compress(images, quality)
        return images.astype(np.float32)
