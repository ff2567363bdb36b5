"""What the training pairs give to the scoring of the test pairs: template, pose, landmark map.

Letters: K keypoints, L landmarks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.metrics import canonical, landmarks
from keypointnet_tf.metrics.predictions import Predictions


@dataclasses.dataclass(frozen=True, eq=False)
class References:
    """Fitted on the pairs of split "train".

    Attributes:
      template: `[K, 3]` mean keypoints in the object frame; None without training pairs.
      training_pose: `[4, 4]` mean object-to-camera matrix; None likewise.
      view_map: from a single view's keypoints to landmarks; None where it cannot be fitted.
      centred_map: the same relative to the mean of the keypoints; None likewise.
      template_reason: why there is no template, "" otherwise.
    """

    template: np.ndarray | None
    training_pose: np.ndarray | None
    view_map: landmarks.LandmarkMap | None
    centred_map: landmarks.LandmarkMap | None
    template_reason: str


def fit_references(predictions: Predictions) -> References:
    """Fits all of it.

    Raises:
      ValueError: pairs of one object disagree on its landmarks.
    """
    train = predictions.select("train")
    if not len(train):
        return References(None, None, None, None, "no pairs in split 'train'")
    maps = None, None
    if not landmarks.why_not(predictions):
        maps = tuple(landmarks.fit_map(train, single_view=True, centred=c) for c in (False, True))
    pose_of_all = canonical.mean_pose(train.object_to_camera)
    return References(canonical.template(train), pose_of_all, *maps, "")
