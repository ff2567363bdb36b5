"""The one mesh type that generators and file readers make and the renderer takes.

Frame: object frame, ``+x`` forward, ``z`` up, right-handed (so ``+y`` is the object's left).
After `Mesh.normalised` the longest side of the bounding box is 2 and its centre the origin.
Letters: V vertices, F faces, L ground-truth landmarks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

LONGEST_SIDE = 2.0


@dataclasses.dataclass(frozen=True)
class Material:
    """Surface colour.

    Attributes:
      name: as in the source file or generator, for messages.
      color: `(r, g, b)` in [0, 1], display-referred (sRGB); multiplies texture and vertex colour.
      texture: uint8 `[H, W, 3]`, first row on top (`v = 1`), or None. Repeats outside [0, 1].
    """

    name: str
    color: tuple[float, float, float] = (0.7, 0.7, 0.7)
    texture: np.ndarray | None = None


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

        landmarks = None if self.landmarks is None else move(self.landmarks)
        return dataclasses.replace(self, vertices=move(self.vertices), landmarks=landmarks)


def face_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """`[F, 3]` normals, length twice the face's area (zero for degenerate faces)."""
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


def corner_normals(
    vertices: np.ndarray, faces: np.ndarray, *, crease_degrees: float = 40.0
) -> np.ndarray:
    """`[F, 3, 3]` unit corner normals, smoothed over vertices shared by faces.

    A corner takes the area-weighted mean normal of its vertex where that is within
    `crease_degrees` of the face's own normal, else the face's own. Vertices at the same place
    but with other indices are smoothed together.
    """
    weighted = face_normals(vertices, faces)
    place = _places(vertices)
    sums = np.zeros((place.max(initial=-1) + 1, 3))
    for corner in range(3):
        np.add.at(sums, place[faces[:, corner]], weighted)
    flat = np.repeat(_unit(weighted)[:, None], 3, axis=1)
    smooth = _unit(sums)[place[faces]]
    near = (flat * smooth).sum(-1, keepdims=True) > np.cos(np.radians(crease_degrees))
    return np.where(near, smooth, flat).astype(np.float32)


def double_faces(vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces whose three corners lie where another face has its own, each `[F]` bool.

    Returns:
      `repeated`: an earlier face is the same, winding included. `opposed`: not repeated, and
      another face is the same but for its winding; modellers so paint the two sides of a sheet.
    """
    corners = _places(vertices)[faces]
    first = corners.argmin(axis=1)[:, None]
    wound = np.take_along_axis(corners, (first + np.arange(3)) % 3, axis=1)
    repeated = np.ones(len(faces), bool)
    repeated[np.unique(wound, axis=0, return_index=True)[1]] = False
    _, group = np.unique(np.sort(corners, axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    sides = np.bincount(group, ~repeated)
    return repeated, ~repeated & (sides[group] > 1)


def _places(vertices: np.ndarray) -> np.ndarray:
    """`[V]` numbers that are equal where vertices lie at the same place."""
    _, place = np.unique(np.round(vertices, 6), axis=0, return_inverse=True)
    return place.reshape(-1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-20)
