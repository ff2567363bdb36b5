"""Whether a keypoint that is found in one view is found at the same place in the other.

Repeatability is the share of points that a detector finds again within some distance once the known
change of view is undone (Schmid, Mohr, Bauckhage, "Evaluation of Interest Point Detectors", IJCV
2000). There any point may answer for any other; here keypoint k has to find itself, in 3D.
Letters: N pairs, K keypoints, B bins. Axis 1 is view0, view1.
"""

from __future__ import annotations

import numpy as np

RADIUS = 0.1
"""Object units, in which an object's longest side is 2: a twentieth of it."""
SMALL_VIEW_DEGREES = 30.0
ANGLE_EDGES = (0.0, 15.0, 30.0, 60.0, 90.0, 180.0)


def repeated(xyz_object: np.ndarray, radius: float = RADIUS) -> np.ndarray:
    """`[N, K]` bool: `|x_k(view0) - x_k(view1)| <= radius` for keypoints `[N, 2, K, 3]`.

    Both are brought into the object frame through the true poses. The mean over pairs and k is
    `repeatability`; over pairs whose view directions lie less than 30 degrees apart,
    `repeatability_small_views`.
    """
    return np.linalg.norm(xyz_object[:, 0] - xyz_object[:, 1], axis=-1) <= radius


def by_angle(
    found: np.ndarray, distance: np.ndarray, angle: np.ndarray
) -> list[dict[str, float | int]]:
    """Repeatability and consistency as functions of the angle between the views.

    Args:
      found: `[N, K]` bool, as from `repeated`.
      distance: `[N]` mean distance of a pair's keypoints between its views.
      angle: `[N]` degrees between the view directions.

    Returns:
      A row for each bin of `ANGLE_EDGES` that holds pairs: `low_deg`, `high_deg` (a bin holds its
      lower edge, the last one both), `pairs`, `repeatability`, `consistency`.
    """
    place = np.clip(np.searchsorted(ANGLE_EDGES, angle, side="right") - 1, 0, len(ANGLE_EDGES) - 2)
    rows = []
    for number in np.unique(place):
        inside = place == number
        rows.append(
            {
                "low_deg": ANGLE_EDGES[number],
                "high_deg": ANGLE_EDGES[number + 1],
                "pairs": int(inside.sum()),
                "repeatability": float(found[inside].mean()),
                "consistency": float(distance[inside].mean()),
            }
        )
    return rows
