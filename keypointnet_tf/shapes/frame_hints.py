"""Short hints at what may be wrong with a mesh file's frame, or with the mesh, and what mends it.

They are guesses from the shape alone, for a person to check in a picture; nothing acts on them.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes import mesh_faults
from keypointnet_tf.shapes.frame_evidence import POINTS, measure_frame
from keypointnet_tf.shapes.frames import Frame
from keypointnet_tf.shapes.likely_frame import PRESENT, LikelyFrame, X, Y, Z, likely_frame
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.surface_points import sample_surface


def frame_hints(mesh: Mesh, *, up: str = "z", front: str = "x") -> tuple[str, ...]:
    """What seems wrong with a mesh; none for one that looks right, always the same for the same.

    Args:
      mesh: normalised, in our frame as `up` and `front` made it.
      up, front: axes of its file that were said to point up and forward; hints name the flags
        that would turn the file otherwise.

    Raises:
      ValueError: the mesh has no surface, or the axes do not fit.
    """
    points = sample_surface(mesh, POINTS, np.random.default_rng(0))
    flat = mesh_faults.flat(mesh)
    hints = [
        # What stands and what is symmetric says nothing of a sheet.
        None if flat else turn_hint(likely_frame(measure_frame(mesh)), up=up, front=front),
        flat,
        mesh_faults.few_faces(mesh),
        mesh_faults.stray_part(mesh, points),
        mesh_faults.ground_sheet(mesh, points),
        mesh_faults.inverted(points),
    ]
    return tuple(hint for hint in hints if hint)


def turn_hint(likely: LikelyFrame, *, up: str, front: str) -> str | None:
    """The flags that turn a file into the likely frame, and why; None where it is the present one.

    Args:
      likely: in the frame that `up` and `front` made.
      up, front: axes of the file.
    """
    if likely == PRESENT:
        return None
    frame, flags = Frame(up, front), []
    if likely[:2] != PRESENT[:2]:
        flags.append(f"--up={frame.file_axis('-' * (likely.sign < 0) + 'xyz'[likely.up])}")
    # The third axis; which of its ends is the front, shape does not tell.
    forward = "xyz"[3 - likely.up - likely.lateral]
    ends = [frame.file_axis(sign + forward) for sign in ("", "-")]
    flags.append(" or ".join(f"--front={end}" for end in ends))
    return f"{_reason(likely)}: try {' '.join(flags)}"


def _reason(likely: LikelyFrame) -> str:
    swapped = "symmetric about x, not about y, so that the front may lie along y"
    if likely.up == Z:
        turned = "looks upside down"
        if likely.lateral == Y:
            return turned
        return swapped if likely.sign == 1 else f"{turned} and {swapped}"
    if likely.up == X and likely.lateral == Y:
        return "looks as if it lay on its back or stood on end"
    return "looks as if it lay on its side"
