"""Photos with known cameras become views and pairs of the kind that the networks are trained on.

Every photo is resampled as a virtual camera sees its object that looks at the object's centre from
the nominal distance. Points in the plane through the centre, across the line of sight, are exactly
where they were; the change of distance makes the rest a weak perspective.
Letters: V photos, S pixels of a view's side.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.data import framing, photos, view_warp
from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.posed_photos import PosedPhoto
from keypointnet_tf.geometry.placement import NOMINAL_DISTANCE, focal_length, invert_pose


@dataclasses.dataclass(frozen=True)
class Views:
    """Photos as the networks take them.

    Attributes:
      images: uint8 `[V, S, S, 4]`, straight alpha: opaque on the object, or everywhere.
      object_to_camera: float32 `[V, 4, 4]`; the object frame has the world's axes, its origin at
        the object's centre, and units in which the object's longest side is about 2.
      focal: float32 `[V]`, NDC.
      masked: whether alpha tells the object.
    """

    images: np.ndarray
    object_to_camera: np.ndarray
    focal: np.ndarray
    masked: bool


def training_views(
    posed: list[PosedPhoto],
    size: int,
    *,
    center: np.ndarray | None = None,
    scale: float | None = None,
    distance: float = NOMINAL_DISTANCE,
    focal: float | None = None,
) -> Views:
    """Crops of photos as the training camera would see their object.

    Args:
      posed: photos of one object.
      size: S.
      center: `[3]` the object's centre in the world; None finds it where the lines of sight
        through the middles of the masks' boxes meet.
      scale: world units per object unit, half the object's longest side; None finds it from the
        largest box.
      distance, focal: of the training camera, object units and NDC.

    Raises:
      ValueError: a photo or mask cannot be read, or there are no masks and `center` or `scale` is
        not given.
    """
    rgba, boxes = zip(*(_read(photo) for photo in posed), strict=True)
    masked = all(box is not None for box in boxes)
    if not masked and (center is None or scale is None):
        raise ValueError(
            f"{posed[0].file.parent}: not every photo has a mask; expected masks or transparency, "
            "or the object's center and scale"
        )
    shapes = [image.shape for image in rgba]
    if center is None:
        center = _meeting_point(posed, boxes, shapes)
    center = np.asarray(center, float)
    if scale is None:
        scale = max(
            max(box[2] - box[0], box[3] - box[1]) / photo.focal * _depth(photo, center) / 2
            for photo, box in zip(posed, boxes, strict=True)
        )
    focal = focal_length() if focal is None else focal
    wide = 2 * distance / focal * scale
    crops = [
        _view(photo, image, center, wide, size) for photo, image in zip(posed, rgba, strict=True)
    ]
    poses = np.zeros((len(posed), 4, 4), np.float32)
    poses[:, :3, :3] = [_looking(photo, center) for photo in posed]
    poses[:, 2, 3], poses[:, 3, 3] = -distance, 1
    return Views(np.stack(crops), poses, np.full(len(posed), focal, np.float32), masked)


def _read(photo: PosedPhoto) -> tuple[np.ndarray, framing.Box | None]:
    """uint8 `[H, W, 4]`, and the box of what its mask or transparency marks."""
    rgba = photos.read_photo(photo.file)
    height, width = rgba.shape[:2]
    if photo.mask is not None:
        mask = photos.read_mask(photo.mask, (width, height))
        rgba[..., 3] = np.where(mask, rgba[..., 3], 0)
    if rgba[..., 3].min() == rgba[..., 3].max():
        return rgba, None
    return rgba, framing.mask_box(rgba[..., 3] > photos.HALF)


def _principal(photo: PosedPhoto, shape: tuple[int, ...]) -> np.ndarray:
    return np.array(photo.center or (shape[1] / 2, shape[0] / 2))


def _meeting_point(posed: list[PosedPhoto], boxes, shapes) -> np.ndarray:
    """`[3]` the point nearest to all lines of sight, in least squares."""
    total, target = np.zeros((3, 3)), np.zeros(3)
    for photo, (x0, y0, x1, y1), shape in zip(posed, boxes, shapes, strict=True):
        x, y = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) - _principal(photo, shape)
        ray = photo.camera_to_world[:3, :3] @ [x / photo.focal, -y / photo.focal, -1]
        ray /= np.linalg.norm(ray)
        across = np.eye(3) - np.outer(ray, ray)
        total += across
        target += across @ photo.camera_to_world[:3, 3]
    if np.linalg.cond(total) > 1e6:
        raise ValueError(
            f"{posed[0].file.parent}: lines of sight do not meet; expected cameras around an object"
        )
    return np.linalg.solve(total, target)


def _in_camera(photo: PosedPhoto, point: np.ndarray) -> np.ndarray:
    return (invert_pose(photo.camera_to_world) @ [*point, 1])[:3]


def _depth(photo: PosedPhoto, point: np.ndarray) -> float:
    depth = -_in_camera(photo, point)[2]
    if depth <= 0:
        raise ValueError(f"{photo.file}: the object's centre is behind its camera")
    return depth


def _looking(photo: PosedPhoto, center: np.ndarray) -> np.ndarray:
    """`[3, 3]` world to virtual camera: the camera turned the shortest way to the centre."""
    axis = _in_camera(photo, center)
    axis = axis / np.linalg.norm(axis)
    ahead = np.array([0.0, 0.0, -1.0])
    cross, cosine = np.cross(axis, ahead), axis @ ahead
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    shortest = np.eye(3) + skew + skew @ skew / (1 + cosine)
    return shortest @ photo.camera_to_world[:3, :3].T


def _view(
    photo: PosedPhoto, rgba: np.ndarray, center: np.ndarray, wide: float, size: int
) -> np.ndarray:
    """uint8 `[S, S, 4]`: the square through the centre, across the line of sight, `wide` world
    units long."""
    side = wide / _depth(photo, center) * photo.focal
    shrink = max(1, int(side / size))
    pixels = rgba.astype(np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]
    pixels = _shrunk(pixels, shrink)
    place = ((np.arange(size) + 0.5) / size * 2 - 1) * wide / 2
    right, up = _looking(photo, center)[:2]
    points = center + place[None, :, None] * right - place[:, None, None] * up
    to_camera = invert_pose(photo.camera_to_world)
    x, y, z = np.moveaxis(points @ to_camera[:3, :3].T + to_camera[:3, 3], -1, 0)
    middle = _principal(photo, rgba.shape)
    columns = (middle[0] - photo.focal * x / z) / shrink - 0.5
    rows = (middle[1] + photo.focal * y / z) / shrink - 0.5
    found = view_warp.sample_bilinear(pixels, columns, rows)
    color = found[..., :3] / np.maximum(found[..., 3:], 1e-6)
    return np.round(np.concatenate([color, found[..., 3:]], -1).clip(0, 1) * 255).astype(np.uint8)


def _shrunk(pixels: np.ndarray, ratio: int) -> np.ndarray:
    """Means of `ratio` by `ratio` pixels; black is added where the sides do not divide."""
    height, width, channels = pixels.shape
    added = ((0, -height % ratio), (0, -width % ratio), (0, 0))
    blocks = np.pad(pixels, added).reshape(
        -(-height // ratio), ratio, -(-width // ratio), ratio, channels
    )
    return blocks.mean(axis=(1, 3))


# === Pairs ===


def pairs_of(
    views: Views,
    object_id: str,
    *,
    max_angle_degrees: float = 180.0,
    limit: int = 2000,
    seed: int = 0,
) -> PairArrays:
    """All pairs of views of one object whose lines of sight differ by at most an angle.

    Args:
      views: of `training_views`.
      object_id: name of the object.
      max_angle_degrees: largest angle between the two lines of sight.
      limit: at most so many pairs, drawn at random.
      seed: of that draw.

    Raises:
      ValueError: no pair is near enough.
    """
    backs = views.object_to_camera[:, 2, :3].astype(float)
    near = backs @ backs.T >= np.cos(np.radians(max_angle_degrees)) - 1e-9
    first, second = np.nonzero(np.triu(near, 1))
    if not len(first):
        raise ValueError(
            f"{object_id}: no two of {len(backs)} photos are within {max_angle_degrees:g} degrees"
        )
    chosen = np.random.default_rng(seed).permutation(len(first))[:limit]
    index = np.stack([first, second], axis=1)[np.sort(chosen)]
    return PairArrays(
        views.images[index],
        views.object_to_camera[index],
        views.focal[index],
        None,
        np.full(len(index), object_id),
        np.full(len(index), ""),
    )
