"""One fixed colour per keypoint index, the same in every picture.

The twenty were spread as far apart as possible in CIELAB, without near-black, near-white and grey;
the most familiar come first.
"""

from __future__ import annotations

import numpy as np

KEYPOINT_COLORS: tuple[tuple[int, int, int], ...] = (
    (238, 34, 34),  # red
    (0, 255, 0),  # green
    (0, 119, 255),  # blue
    (238, 238, 0),  # yellow
    (255, 0, 238),  # magenta
    (0, 204, 255),  # cyan
    (255, 153, 0),  # orange
    (119, 0, 187),  # purple
    (0, 119, 102),  # teal
    (255, 187, 170),  # peach
    (0, 0, 255),
    (119, 51, 34),
    (68, 255, 187),
    (255, 0, 136),
    (85, 102, 0),
    (255, 170, 255),
    (17, 85, 136),
    (221, 238, 153),
    (34, 170, 34),
    (119, 34, 119),
)


def keypoint_color(index: int) -> np.ndarray:
    """`[3]` float RGB in [0, 255]; colours repeat after twenty keypoints."""
    return np.array(KEYPOINT_COLORS[index % len(KEYPOINT_COLORS)], float)
