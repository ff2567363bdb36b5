"""Exported predictions of view pairs: what is written once and scored as often as wanted.

`docs/predictions.md` shows how to write such a file with NumPy alone.
Letters: N pairs, K keypoints, D numbers of a descriptor, L true landmarks, G landmark permutations,
S picture size. Axis 1 is
view0, view1.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import os

import numpy as np

from keypointnet_tf.atomic_file import write_atomic
from keypointnet_tf.geometry import placement
from keypointnet_tf.metrics import pictures
from keypointnet_tf.metrics.npz import read_npz
from keypointnet_tf.metrics.schema import OPTIONAL, PER_PAIR, REQUIRED, SCHEMA_VERSION, validate


@dataclasses.dataclass(frozen=True, eq=False)
class Predictions:
    """Keypoints predicted for N view pairs, with the truth they are scored against.

    Checked when made, so that a wrong field is named before anything is scored. The first five
    fields are needed, all others may be None; what cannot be had without them is then not scored.

    Attributes:
      uv: `[N, 2, K, 2]` float, NDC, `v` up. Points outside the frame are allowed.
      depth: `[N, 2, K]` float, camera-frame `z`, negative in front of the camera.
      object_to_camera: `[N, 2, 4, 4]` float, true rigid poses.
      focal: `[N, 2]` float, focal length in NDC units.
      object_id: `[N]` str, the instance that a pair shows.
      split: `[N]` str: "test" pairs are scored, "train" pairs only serve to fit maps and means. No
        object may be in both. None becomes "test" for all.
      orient_uv: `[N, 2, 2, 2]` float, predicted NDC of the object's `+x` and `-x` axis points.
      on_object: `[N, 2, K]` bool, whether the keypoint lies on an opaque pixel. None becomes what
        `images` show, if there are any.
      confidence: `[N, 2, K]` float.
      descriptors: `[N, 2, K, D]` float, a unit vector of each keypoint.
      landmarks: `[N, L, 3]` float, true points in the object frame, NaN where the part is absent;
        the same for every pair of an object.
      landmark_names: `[L]` str.
      landmark_visible: `[N, 2, L]` bool, whether nothing hides the landmark from the view.
      boxes: `[N, 2, 4]` float, NDC `u0, v0, u1, v1` around the object's pixels, NaN where unknown.
      images: `[N, 2, S, S, 4]` uint8, straight alpha. Those of "train" pairs may be all 0.
      kind: `[N]` str, the named type within the category.
      mirror_symmetric: `[N]` bool, the object is its own mirror image in `y -> -y`.
      rotation_fold: `[N]` int, how many turns about `z` bring the object onto itself: 1 only the
        whole turn, 2 half turns, ..., 0 any turn.
      landmark_permutations: `[N, G, L]` int. In each row g, landmark l and landmark `[g, l]` look
        alike under one symmetry of the object or of a part; the identity need not be among them.
      steps: training steps of the model that predicted.
      schema_version: layout of the file, 1.

    Raises:
      ValueError: a field is missing, or has another shape, type or value than stated here; the
        message names the field, what it holds and what was expected.
    """

    uv: np.ndarray
    depth: np.ndarray
    object_to_camera: np.ndarray
    focal: np.ndarray
    object_id: np.ndarray
    split: np.ndarray | None = None
    orient_uv: np.ndarray | None = None
    on_object: np.ndarray | None = None
    confidence: np.ndarray | None = None
    descriptors: np.ndarray | None = None
    landmarks: np.ndarray | None = None
    landmark_names: np.ndarray | None = None
    landmark_visible: np.ndarray | None = None
    boxes: np.ndarray | None = None
    images: np.ndarray | None = None
    kind: np.ndarray | None = None
    mirror_symmetric: np.ndarray | None = None
    rotation_fold: np.ndarray | None = None
    landmark_permutations: np.ndarray | None = None
    steps: int = 0
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        for name in (*REQUIRED, *OPTIONAL):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, np.asarray(value))
        validate({name: getattr(self, name) for name in _names()})
        if self.split is None:
            object.__setattr__(self, "split", np.full(len(self.uv), "test"))
        if self.on_object is None and self.images is not None:
            object.__setattr__(self, "on_object", pictures.points_on_object(self.uv, self.images))
        object.__setattr__(self, "steps", int(self.steps))
        object.__setattr__(self, "schema_version", int(self.schema_version))

    def __len__(self) -> int:
        return len(self.uv)

    @property
    def keypoints(self) -> int:
        """K."""
        return self.uv.shape[2]

    @functools.cached_property
    def xyz_camera(self) -> np.ndarray:
        """`[N, 2, K, 3]` float64 keypoints in each view's camera frame, object units.

        Inverse of `u = -f x / z`: `x = -u z / f`, `y = -v z / f`.
        """
        z = self.depth.astype(np.float64)[..., None]
        xy = -self.uv * z / self.focal.astype(np.float64)[..., None, None]
        return np.concatenate([xy, z], axis=-1)

    @functools.cached_property
    def xyz_object(self) -> np.ndarray:
        """`[N, 2, K, 3]` float64 keypoints in the object frame, through the true poses."""
        camera_to_object = placement.invert_pose(self.object_to_camera.astype(np.float64))
        return placement.transform_points(self.xyz_camera, camera_to_object)

    @functools.cached_property
    def rotation_0to1(self) -> np.ndarray:
        """`[N, 3, 3]` float64 true rotation from view0's camera frame to view1's."""
        rotation = self.object_to_camera[..., :3, :3].astype(np.float64)
        return rotation[:, 1] @ np.swapaxes(rotation[:, 0], -1, -2)

    @functools.cached_property
    def object_boxes(self) -> np.ndarray:
        """`[N, 2, 4]` `boxes`, else those of the opaque pixels of `images`; NaN where unknown."""
        if self.boxes is not None:
            return self.boxes.astype(np.float64)
        if self.images is not None:
            return pictures.mask_boxes(self.images)
        return np.full((len(self), 2, 4), np.nan)

    def select(self, split: str) -> Predictions:
        """The pairs of one split in their order; possibly none."""
        return self.take(np.flatnonzero(self.split == split))

    def take(self, rows: np.ndarray) -> Predictions:
        """The pairs at the integer positions `rows`, in that order; not copied if adjoining."""
        rows = np.asarray(rows, int)
        if len(rows) and (np.diff(rows) == 1).all():
            rows = slice(int(rows[0]), int(rows[-1]) + 1)
        kept = {name: getattr(self, name) for name in PER_PAIR}
        chosen = {name: value[rows] for name, value in kept.items() if value is not None}
        return dataclasses.replace(self, **chosen)

    def save(self, path: str | os.PathLike) -> None:
        """Writes a compressed `.npz`, whole or not at all; equal contents give equal bytes."""
        fields = {name: getattr(self, name) for name in _names()}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{k: v for k, v in fields.items() if v is not None})
        write_atomic(path, buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike) -> Predictions:
        """Reads what `save` wrote. Arrays of unknown names are ignored.

        Raises:
          FileNotFoundError: there is no such file.
          ValueError: it is not a predictions file; the message names the file and the field.
        """
        try:
            fields = read_npz(path, _names(), blank="images")
            missing = [name for name in REQUIRED if name not in fields]
            if missing:
                raise ValueError(f"fields {missing} are missing; found {sorted(fields)}")
            return cls(**{name: fields[name] for name in _names() if name in fields})
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from error


def _names() -> list[str]:
    return [field.name for field in dataclasses.fields(Predictions)]
