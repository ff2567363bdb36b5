"""The two views of a pair, and what is wrong with what they show."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from keypointnet_tf.data.camera_facts import CameraFacts, camera_facts, rotation_angle
from keypointnet_tf.data.view_facts import ViewFacts, tolerance_pixels, view_facts
from keypointnet_tf.rendering.pairs import ViewPair

# Of the landmarks in the frame, how large a share may lie off the mask.
OFF_MASK_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class PairFacts:
    """What the two views of a record show.

    Attributes:
      object_id: as the record says, else as the side files say.
      landmarks: their number.
      focal: `[2]` focal lengths.
      cameras: of both views, `[2]` of each.
      rotation: degrees between them, roll included.
      views: facts of each view.
    """

    object_id: str
    landmarks: int
    focal: tuple[float, float]
    cameras: CameraFacts
    rotation: float
    views: tuple[ViewFacts, ViewFacts]


def pair_facts(pair: ViewPair) -> PairFacts:
    """Looks at both views of a pair in our frame."""
    poses = np.stack([pair.object_to_camera0, pair.object_to_camera1])
    views = (
        view_facts(pair.image0, poses[0], pair.focal0, pair.landmarks),
        view_facts(pair.image1, poses[1], pair.focal1, pair.landmarks),
    )
    return PairFacts(
        object_id=pair.object_id,
        landmarks=0 if pair.landmarks is None else len(pair.landmarks),
        focal=(pair.focal0, pair.focal1),
        cameras=camera_facts(poses),
        rotation=float(rotation_angle(*poses.astype(np.float64))),
        views=views,
    )


def pair_problems(facts: PairFacts, size: int) -> Iterator[tuple[str, str, str]]:
    """Check, message and field of what is wrong with images of side `size`."""
    for number, view in enumerate(facts.views):
        for check, message in _view_problems(view, tolerance_pixels(size)):
            yield check, message, f"img{number}"
    first, second = facts.views
    if first.image_digest == second.image_digest and not first.empty:
        yield "pair_views", "is the same as img0; expected another image", "img1"
    if first.pose_digest == second.pose_digest:
        yield "pair_views", "is the same as mv0; expected another camera", "mv1"


def _view_problems(view: ViewFacts, tolerance: float) -> Iterator[tuple[str, str]]:
    off, inside = view.landmarks_off_mask, view.landmarks_inside
    if view.empty:
        yield "empty_mask", "no pixel has alpha above 0"
    elif view.off_mask_share > OFF_MASK_SHARE:
        text = f"{off} of {inside} landmarks lie more than {tolerance:.1f} pixels off the mask"
        yield "landmarks_on_mask", text
    if view.outside_box > tolerance:
        text = f"the mask reaches {view.outside_box:.1f} pixels out of the projected cube [-1, 1]^3"
        yield "mask_in_box", text
    if view.touches_border:
        yield "touches_border", "the mask touches the border"
    if view.landmarks_outside:
        total = inside + view.landmarks_outside
        yield "leaves_frame", f"{view.landmarks_outside} of {total} landmarks outside"
