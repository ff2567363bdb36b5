"""View pairs: two random views of one object with their exact cameras.

A pair is a pure function of (mesh, config, seed, object index, pair index), in any order and on
any number of processes. Letters: S image side, L landmarks.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from keypointnet_tf.geometry.placement import (
    FIELD_OF_VIEW_DEGREES,
    CameraSampling,
    focal_length,
    sample_pair,
)
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, LightSampling, sample_lights
from keypointnet_tf.rendering.looks import Looks, draw_looks

if TYPE_CHECKING:
    from keypointnet_tf.rendering.scenes import AnyScene


@dataclasses.dataclass(frozen=True)
class PairConfig:
    """How the two views of a pair are taken.

    Attributes:
      size: image side in pixels.
      supersample: sub-pixels per pixel side.
      field_of_view_degrees: of the whole image, both ways; nominal where a range is given.
      field_of_view_range: lowest and highest of fields of view drawn for each view, in degrees;
        None for the nominal one always.
      sampling: where the cameras stand.
      lights: how lights are drawn for each view; None for `DEFAULT_LIGHTS` always.
      random_materials: share of the pairs whose object takes other materials, both views alike;
        see `looks.py`.
    """

    size: int = 128
    supersample: int = 2
    field_of_view_degrees: float = FIELD_OF_VIEW_DEGREES
    field_of_view_range: tuple[float, float] | None = None
    sampling: CameraSampling = CameraSampling()
    lights: LightSampling | None = LightSampling()
    random_materials: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.random_materials <= 1:
            raise ValueError(
                f"random_materials is {self.random_materials}; expected a share in [0, 1]"
            )

    def as_dict(self) -> dict[str, Any]:
        """The fields as a nested dictionary, without those that say nothing.

        What was described before a field came is still described alike where it is not used.
        """
        fields = dataclasses.asdict(self)
        if not self.random_materials:
            del fields["random_materials"]
        return fields

    @property
    def focal(self) -> float:
        """Nominal focal length in NDC units."""
        return focal_length(self.field_of_view_degrees)


@dataclasses.dataclass(frozen=True)
class ViewPair:
    """Two views of one object.

    Attributes:
      image0, image1: uint8 `[S, S, 4]`, straight alpha.
      object_to_camera0, object_to_camera1: `[4, 4]` float32 rigid matrices.
      focal0, focal1: focal lengths in NDC units.
      landmarks: `[L, 3]` true points in the object frame, NaN where absent; None without any.
      object_id: unique name of the object.
      kind: its named type, "" when unknown.
    """

    image0: np.ndarray
    image1: np.ndarray
    object_to_camera0: np.ndarray
    object_to_camera1: np.ndarray
    focal0: float
    focal1: float
    landmarks: np.ndarray | None = None
    object_id: str = ""
    kind: str = ""


def pair_rng(seed: int, object_index: int, pair_index: int) -> np.random.Generator:
    """The generator of one pair, independent of all other pairs (non-negative integers)."""
    return np.random.default_rng([seed, object_index, pair_index])


def render_pair(scene: AnyScene, rng: np.random.Generator, config: PairConfig) -> ViewPair:
    """Draws two cameras and their lights from `rng` and renders both views.

    Materials are drawn from a stream of their own: cameras and lights do not depend on them.

    Raises:
      ValueError: the config is out of range.
    """
    # Rounded before rendering, so that the stored matrix is exactly the camera of the image.
    poses = sample_pair(rng, config.sampling).astype(np.float32)
    looks = _sample_looks(rng, scene, config.random_materials)
    focals, images = [], []
    for pose in poses:
        focals.append(_sample_focal(rng, config))
        lights = sample_lights(rng, config.lights) if config.lights else DEFAULT_LIGHTS
        view = scene.render(
            pose,
            size=config.size,
            focal=focals[-1],
            supersample=config.supersample,
            lights=lights,
            looks=looks,
        )
        images.append(view.rgba)
    mesh = scene.mesh
    return ViewPair(*images, *poses, *focals, mesh.landmarks, mesh.object_id, mesh.kind)


def _sample_looks(rng: np.random.Generator, scene: AnyScene, share: float) -> Looks | None:
    """The looks of both views, None for the materials as they are; leaves the stream as it was."""
    if not share:
        return None
    (own,) = rng.spawn(1)
    return draw_looks(own, scene.mesh.materials) if own.uniform() < share else None


def _sample_focal(rng: np.random.Generator, config: PairConfig) -> float:
    """The focal length of one view, rounded as it is stored."""
    if config.field_of_view_range is None:
        return config.focal
    return float(np.float32(focal_length(rng.uniform(*config.field_of_view_range))))
