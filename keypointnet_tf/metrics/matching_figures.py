"""The figures of descriptors, for files that hold them.

Letters: N test pairs, K keypoints.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.metrics import matching, repeatability
from keypointnet_tf.metrics.measured import Estimates, Measured
from keypointnet_tf.metrics.orientation import orientation_correct


def matching_estimates(measured: Measured) -> Estimates:
    """Accuracy and precision of matches between views and objects; none without descriptors."""
    test = measured.test
    if test.descriptors is None:
        return {}
    vectors, points = test.descriptors.astype(float), test.xyz_object
    found = {}
    sides = [(vectors[:, v], vectors[:, 1 - v], points[:, v], points[:, 1 - v]) for v in (0, 1)]
    found |= _figures(measured, "", sides, np.arange(len(test)))
    partner = matching.other_object(test.object_id)
    rows = np.flatnonzero(partner >= 0)
    partner = partner[rows]
    sides = [
        (vectors[rows, v], vectors[partner, 1 - v], points[rows, v], points[partner, 1 - v])
        for v in (0, 1)
    ]
    return found | _figures(measured, "_across_objects", sides, rows)


def _figures(measured: Measured, suffix: str, sides: list[tuple], rows: np.ndarray) -> Estimates:
    """Figures of both directions; only the pairs at `rows` are counted."""
    index = np.full((len(measured.test), 2, measured.test.keypoints), np.nan)
    place = index.copy()
    for side, (own, others, points, other_points) in enumerate(sides):
        index[rows, side] = matching.same_index(own, others)
        place[rows, side] = matching.same_place(own, others, points, other_points)
    return {
        f"match_accuracy{suffix}": measured.mean(index),
        f"match_precision{suffix}": measured.mean(place),
    }


def matching_details(measured: Measured) -> dict[str, object]:
    """Whether the similarity tells wrong keypoints; nothing without descriptors."""
    test = measured.test
    if test.descriptors is None:
        return {}
    alike = matching.similarities(test)
    wrong = ~repeatability.repeated(test.xyz_object)
    found = {
        "match_similarity_mean": float(alike.mean()),
        "match_similarity_separability": matching.separability(alike, wrong),
        "match_similarity_separability_gross": matching.separability(
            alike, ~repeatability.repeated(test.xyz_object, 4 * repeatability.RADIUS)
        ),
        "match_confidence_separability": float("nan"),
        "match_flip_separability": float("nan"),
    }
    if test.confidence is not None:
        least = test.confidence.min(axis=1)
        found["match_confidence_separability"] = matching.separability(least, wrong)
    if test.orient_uv is not None:
        right = orientation_correct(test.orient_uv, test.object_to_camera, test.focal)
        one_flipped = right[:, 0] != right[:, 1]
        found["match_flip_separability"] = matching.separability(alike.mean(axis=1), one_flipped)
    return found
