"""The one mesh type that generators and file readers make and the renderer takes.

Frame: object frame, ``+x`` forward, ``z`` up, right-handed (so ``+y`` is the object's left).
After `Mesh.normalised` the longest side of the bounding box is 2 and its centre the origin.
Letters: V vertices, F faces, L ground-truth landmarks.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.normals import corner_normals, face_normals

__all__ = ["LONGEST_SIDE", "Material", "Mesh", "corner_normals", "face_normals"]

LONGEST_SIDE = 2.0


@dataclasses.dataclass(frozen=True)
class Material:
    """Surface colour.

    Attributes:
      name: as in the source file or generator, for messages.
      color: `(r, g, b)` in [0, 1], display-referred (sRGB); multiplies texture and vertex colour.
      texture: uint8 `[H, W, 3]`, first row on top (`v = 1`), or None. Repeats outside [0, 1].
      cutout: uint8 `[H, W]` laid out like a texture, of any size: where it is below 128 there is
        no surface, as between the leaves on a textured sheet. None for a whole surface.
    """

    name: str
    color: tuple[float, float, float] = (0.7, 0.7, 0.7)
    texture: np.ndarray | None = None
    cutout: np.ndarray | None = None


class Placement(NamedTuple):
    """How a mesh was moved since it was made: `p -> (p + offset) * scale`.

    For a mesh from a file, `p` are the file's coordinates turned into our axes (`frames.py`).
    """

    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points `[..., 3]` moved, float64."""
        return (np.asarray(points, np.float64) + self.offset) * self.scale

    def then(self, offset: np.ndarray, scale: float) -> Placement:
        """This move, and after it `p -> (p + offset) * scale`."""
        both = np.asarray(self.offset) + np.asarray(offset, float) / self.scale
        return Placement(tuple(both.tolist()), self.scale * float(scale))


@dataclasses.dataclass(frozen=True)
class Mesh:
    """Triangles with everything that shading needs, stored per face corner.

    Attributes:
      vertices: `[V, 3]` float32, object frame.
      faces: `[F, 3]` int32 indices into `vertices`.
      normals: `[F, 3, 3]` float32 unit normal of each face corner (smooth where adjoining
        faces are nearly flat, the face's own where there is a crease).
      uv: `[F, 3, 2]` float32 texture coordinates, `v` up; zeros where a material has no texture.
      colors: `[F, 3, 3]` float32 vertex colours in [0, 1]; ones where there are none.
      material_ids: `[F]` int32 indices into `materials`.
      materials: the materials.
      landmarks: `[L, 3]` float32 true semantic points in the object frame, NaN where the part is
        absent; None for meshes without annotation.
      object_id: unique name of the instance.
      kind: the named type within the category ("airliner"), "" when unknown.
      placement: how `normalised` and `moved` have moved the mesh since it was made; None when it
        was deformed.
    """

    vertices: np.ndarray
    faces: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    colors: np.ndarray
    material_ids: np.ndarray
    materials: tuple[Material, ...]
    landmarks: np.ndarray | None = None
    object_id: str = ""
    kind: str = ""
    placement: Placement | None = Placement()

    def bounds(self) -> np.ndarray:
        """`[2, 3]` lowest and highest corner of the bounding box of the vertices in use."""
        used = self.vertices[np.unique(self.faces)]
        return np.stack([used.min(axis=0), used.max(axis=0)])

    def normalised(self) -> Mesh:
        """The mesh centred on its bounding box and scaled to a longest side of 2.

        Raises:
          ValueError: the mesh has no faces, no extent, or non-finite vertices.
        """
        if not len(self.faces):
            raise ValueError(f"{self.object_id or 'mesh'}: no faces; expected at least one")
        low, high = self.bounds()
        side = float((high - low).max())
        if not np.isfinite(side) or side <= 0:
            raise ValueError(
                f"{self.object_id or 'mesh'}: bounding box {low} to {high}; expected finite "
                "vertices and a longest side above 0"
            )
        return self.moved(-(low + high) / 2, LONGEST_SIDE / side)

    def moved(self, offset: np.ndarray, scale: float = 1.0) -> Mesh:
        """The mesh and its landmarks mapped by `p -> (p + offset) * scale`."""

        def move(points):
            return ((np.asarray(points, np.float64) + offset) * scale).astype(np.float32)

        return dataclasses.replace(
            self,
            vertices=move(self.vertices),
            landmarks=None if self.landmarks is None else move(self.landmarks),
            placement=None if self.placement is None else self.placement.then(offset, scale),
        )
