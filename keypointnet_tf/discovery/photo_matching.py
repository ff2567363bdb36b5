"""Keypoints of two photos matched by their descriptors."""

from __future__ import annotations

from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.metrics.matching import Matches, mutual_matches


def match_keypoints(first: PhotoKeypoints, second: PhotoKeypoints) -> Matches:
    """Keypoints of two photos that are each other's nearest by descriptor, the most alike first.

    The photos may show one object or two of the category, and must be of one model: descriptors of
    two trainings have nothing in common.

    Raises:
      ValueError: a photo has no descriptors, or they are not of equal length.
    """
    for photo in (first, second):
        if photo.descriptors is None:
            raise ValueError(
                f"{photo.file}: its keypoints have no descriptors; expected those of a model that "
                "was trained with --descriptor"
            )
    return mutual_matches(first.descriptors, second.descriptors)
