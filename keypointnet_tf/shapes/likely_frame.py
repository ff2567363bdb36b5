"""Which frame a shape seems to be in, judged by its symmetry and by how it would stand.

The present frame is doubted only on clear evidence: a wrong word on many good files would teach
people to overlook the right ones. Front and back cannot be told apart by geometry alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.frame_evidence import FrameEvidence

# Thresholds chosen on procedural planes, cars and chairs, and confirmed on others of other seeds;
# docs/meshes.md has the rates.
SYMMETRIC = 0.25  # an asymmetry below this is none
MUCH_LESS_SYMMETRIC = 2.5  # times the least asymmetry
STEADIER = 0.02  # object units, of `FrameEvidence.steadiness`
WRONG_WAY_UP = 0.05
BREADTH_WEIGHT = 0.03  # per factor e of the area, of at most 12 times
MOST_BREADTH = 2.5
SMALL_AREA = 1e-3

X, Y, Z = range(3)


class LikelyFrame(NamedTuple):
    """Axes of the present frame: `up` and its `sign` (1 or -1), and `lateral`, left or right; 0,
    1, 2 for x, y, z. The third axis points to the front or to the back."""

    up: int
    sign: int
    lateral: int


PRESENT = LikelyFrame(Z, 1, Y)


def likely_frame(evidence: FrameEvidence) -> LikelyFrame:
    """The frame that the evidence speaks for; `PRESENT` without clear evidence against it.

    An axis may be lateral if the shape is about as symmetric across it as across any. Where y may
    be, the frame is changed only for a shape that would topple and would not if another axis were
    up, or that would stand better upside down. Where y may not be, z stays up unless another axis
    that fits is clearly steadier.
    """
    laterals = _possible_laterals(evidence.asymmetry)
    if Y in laterals:
        return _toppling(evidence, laterals) or _frame(evidence, Z, Y)
    steady = evidence.steadiness.max(axis=1)
    choices = [(up, lateral) for lateral in laterals for up in (Z, X, Y) if up != lateral]
    upright = [choice for choice in choices if choice[0] == Z]
    best = max(choices, key=lambda choice: steady[choice[0]])
    if upright and steady[best[0]] - steady[Z] <= STEADIER:
        best = upright[0]
    return _frame(evidence, *best)


def _possible_laterals(asymmetry: np.ndarray) -> list[int]:
    """Axes that may point left or right, the most symmetric first."""
    limit = max(SYMMETRIC, MUCH_LESS_SYMMETRIC * asymmetry.min())
    order = np.argsort(asymmetry, kind="stable")
    return [int(axis) for axis in order if asymmetry[axis] <= limit]


def _toppling(evidence: FrameEvidence, laterals: list[int]) -> LikelyFrame | None:
    """The frame with a horizontal axis up instead, for a shape that would topple as it is."""
    steady = evidence.steadiness.max(axis=1)
    ups = [up for up in (X, Y) if any(lateral != up for lateral in laterals)]
    best = max(ups, key=lambda up: steady[up])
    if evidence.steadiness[Z, 0] >= 0 or steady[best] - steady[Z] <= STEADIER:
        return None
    return _frame(evidence, best, next(lateral for lateral in laterals if lateral != best))


def _frame(evidence: FrameEvidence, up: int, lateral: int) -> LikelyFrame:
    """With the sign of the up axis; z is turned over only on clear evidence."""
    preference = _uprightness(evidence, up)
    upright = preference > (-WRONG_WAY_UP if up == Z else 0)
    return LikelyFrame(up, 1 if upright else -1, lateral)


def _uprightness(evidence: FrameEvidence, axis: int) -> float:
    """Above 0 where the shape stands better along the axis than against it: steadier, broader."""
    along, against = np.log(evidence.breadth[axis] + SMALL_AREA)
    breadth = np.clip(along - against, -MOST_BREADTH, MOST_BREADTH)
    steadiness = evidence.steadiness[axis, 0] - evidence.steadiness[axis, 1]
    return float(steadiness + BREADTH_WEIGHT * breadth)
