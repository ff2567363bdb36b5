"""Pictures of what models find: on renders, over backgrounds, in hard cases, and on your photos.

python examples/gallery.py --models car,car_photo --out docs/images
python examples/gallery.py --models car --photos truck.jpg --masks truck_mask.png --out docs/images

Each model gives gallery_MODEL.png: six objects that it never saw, over black, over backgrounds and
in hard cases (a patch in front, dark or bright, blurred, noisy, compressed), with how many points
lie on the object and whether the side that it faces is right. Photos give a picture of their own.
"""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Sequence

import numpy as np
from absl import flags
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from flags import run_script  # noqa: E402
from keypointnet_tf.data.domain_randomization import DomainRandomization, Randomizer  # noqa: E402
from keypointnet_tf.rendering.samples import sample_picture  # noqa: E402
from keypointnet_tf.viz import canvas  # noqa: E402

VIEWS = ((20, 35), (30, 140), (15, 215), (45, 320), (60, 75), (10, 250))
FIRST_OBJECT = 20
SIDE = 256
SHOWN = 200
CASES = {
    "black": DomainRandomization(),
    "background": DomainRandomization(background=1),
    "hard": DomainRandomization(
        background=1, occlusion=1, exposure=1, warmth=0.2, blur=0.01, noise=0.05, jpeg=1
    ),
}


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    lists = (
        ("models", ["car"], "Names of the package's models, run folders or .keras files."),
        ("photos", [], "Photos, folders or patterns to show beside the renders."),
        ("masks", [], "Their masks: as many files, or one folder."),
    )
    for name, default, text in lists:
        flags.DEFINE_list(name, default, text, flag_values=values)
    flags.DEFINE_string("backgrounds", "", "Photos; none for procedural ones.", flag_values=values)
    flags.DEFINE_string("out", None, "Folder for the pictures.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """One sheet for each model, and one of the photos."""
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the pictures")
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.presets import source_name

    for source in values.models:
        predictor = Predictor.from_preset(source, averaging="full")
        name = pathlib.Path(source_name(source)).stem
        rows = [
            case_row(predictor, title, change, values.backgrounds)
            for title, change in CASES.items()
        ]
        save(rows, pathlib.Path(values.out) / f"gallery_{name}.png")
        if values.photos:
            row = photo_row(predictor, values.photos, values.masks)
            save([row], pathlib.Path(values.out) / f"gallery_{name}_photos.png")


def case_row(predictor, title: str, change: DomainRandomization, folder: str) -> list[Image.Image]:
    """The objects of one case, each with its caption; prints the shares."""
    category = predictor.model.info["category"]
    rgba = np.stack(
        [
            sample_picture(category, FIRST_OBJECT + i, elevation=e, azimuth=a, size=SIDE)
            for i, (e, a) in enumerate(VIEWS)
        ]
    )
    pictures = changed(rgba, change, folder)
    found = predictor.predict_photos(list(pictures))
    shares, rights, tiles = [], [], []
    for picture, photo, mask, (_, azimuth) in zip(
        pictures, found, rgba[..., 3] > 127, VIEWS, strict=True
    ):
        shares.append(points_on(photo.xy, mask))
        # From azimuth a the front, at +x, is seen on the right where sin(a) is negative.
        rights.append(photo.faces_right == (np.sin(np.radians(azimuth)) < 0))
        told = f"{title}: {shares[-1]:.0%} on it" + ("" if rights[-1] else ", wrong side")
        tiles.append(tile(picture, photo, told))
    print(
        f"{category}, {title}: {np.mean(shares):.0%} of the points on the object, "
        f"{sum(rights)} of {len(rights)} sides right"
    )
    return tiles


def changed(rgba: np.ndarray, change: DomainRandomization, folder: str) -> np.ndarray:
    """uint8 `[N, S, S, 3]`: straight-alpha views as a case shows them; N is even."""
    from keypointnet_tf.data.backgrounds import photo_bank

    alpha = rgba[..., 3:].astype(np.float32) / 255
    views = {
        "image": rgba[..., :3].astype(np.float32) / 255 * alpha,
        "alpha": alpha,
        "mask": (alpha > 0.5).astype(np.float32),
        "object_to_camera": np.tile(np.eye(4, dtype=np.float32), (len(rgba), 1, 1)),
        "focal": np.ones(len(rgba), np.float32),
    }
    half = len(rgba) // 2
    batch = {f"{name}0": part[:half] for name, part in views.items()}
    batch |= {f"{name}1": part[half:] for name, part in views.items()}
    bank = photo_bank(folder, SIDE) if folder and change.background else None
    result = Randomizer(change, SIDE, seed=2**20, bank=bank)(batch, 0)
    images = np.concatenate([result["image0"], result["image1"]])
    return np.round(images * 255).astype(np.uint8)


def photo_row(predictor, photos: Sequence[str], masks: Sequence[str]) -> list[Image.Image]:
    """Photos with their keypoints; those with masks tell how many points are on them."""
    from keypointnet_tf.data.photos import find_mask, find_photos, read_mask, read_photo

    files = [file for given in photos for file in find_photos(given)]
    if masks and len(masks) not in (1, len(files)):
        raise ValueError(f"{len(masks)} masks for {len(files)} photos; expected one for each")
    masks = list(masks) * (len(files) if len(masks) == 1 else 1) or [None] * len(files)
    masks = [mask and find_mask(mask, file) for mask, file in zip(masks, files, strict=True)]
    row = []
    for photo, mask in zip(predictor.predict_photos(files, masks=masks), masks, strict=True):
        caption = pathlib.Path(photo.file).name
        if mask:
            inside = points_on(photo.xy, read_mask(mask, (photo.width, photo.height)))
            caption += f", with a mask: {inside:.0%} on it"
        print(f"{caption}; side {photo.faces_confidence:.0%} sure")
        row.append(tile(read_photo(photo.file), photo, caption))
    return row


def points_on(xy: np.ndarray, mask: np.ndarray) -> float:
    """Share of pixel positions `[K, 2]` inside a bool mask `[H, W]`."""
    column, row = np.floor(xy).astype(int).T
    height, width = mask.shape
    inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
    return float((inside & mask[row.clip(0, height - 1), column.clip(0, width - 1)]).mean())


def tile(picture: np.ndarray, photo, caption: str) -> Image.Image:
    """A captioned picture with its keypoints, `SHOWN` pixels high."""
    from keypointnet_tf.viz.photo_picture import draw_photo

    if picture.shape[-1] == 3:
        opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
        picture = np.concatenate([picture, opaque], axis=-1)
    drawn = draw_photo(picture, photo)
    width = round(drawn.width * SHOWN / drawn.height)
    return canvas.captioned(drawn.resize((width, SHOWN), Image.Resampling.LANCZOS), caption)


def save(rows: Sequence[Sequence[Image.Image]], path: pathlib.Path) -> None:
    """Writes a sheet."""
    canvas.save_picture(canvas.tile_rows(rows), path, palette=True)
    print(path)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(run_script("gallery.py", __doc__, define, main))
