"""Which faces turn their outer side towards a camera. Letters: F faces."""

from __future__ import annotations

import numpy as np

from keypointnet_tf.shapes.mesh import Mesh, face_normals


class FaceSides:
    """The planes of a mesh's faces. A face's outer side is the one that its normals point to.

    Files disagree about winding, so the side is told by the normals that the face is shaded with;
    the plane only says on which side of it the camera is.

    Attributes:
      flipped: `[F]` bool: seen from its outer side, a face's corners run clockwise.
    """

    def __init__(self, mesh: Mesh) -> None:
        planes = face_normals(mesh.vertices.astype(float), mesh.faces)
        self.flipped = (planes * mesh.normals.sum(axis=1)).sum(axis=1) < 0
        planes[self.flipped] *= -1
        offsets = (planes * mesh.vertices[mesh.faces[:, 0]]).sum(axis=1)
        # [4, F]: a product with few long rows is several times as fast as one with many short ones.
        self._planes = np.concatenate([planes.T, -offsets[None]])

    def front(self, eye: np.ndarray) -> np.ndarray:
        """`[F]` bool: `eye` `[3]` (object frame) is on the outer side of the face's plane."""
        return np.append(eye, 1.0) @ self._planes >= 0
