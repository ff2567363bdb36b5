"""Non-rigid deformation of a mesh and its landmarks together, for tests of robustness.

A deformation is a map of space along the object's longest side (`space_maps.py`, `skinning.py`);
every vertex and every landmark goes through the same map. Letters: N points.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable

import numpy as np

from keypointnet_tf.shapes import skinning, space_maps
from keypointnet_tf.shapes.mesh import Mesh, corner_normals
from keypointnet_tf.shapes.refinement import refined

# What each kind does at strength 1; less strength does proportionally less.
BEND_DEGREES = 80.0
TWIST_DEGREES = 120.0
TAPER_CHANGE = 0.6
STRETCH_GROWTH = 1.5
STRETCH_REACH = 0.5
# Of each joint, divided by the number of bones.
JOINT_DEGREES = 70.0
BONES = (2, 3, 4)
# Of the mesh before it is deformed, so that flat faces bend.
LONGEST_EDGE = 0.1
ALL = "all"

PointMap = Callable[[np.ndarray], np.ndarray]


def _bend(rng: np.random.Generator, strength: float) -> PointMap:
    direction, angle = rng.uniform(0, 2 * np.pi), np.radians(BEND_DEGREES) * strength

    def bend(points: np.ndarray) -> np.ndarray:
        bent = space_maps.bend(space_maps.turn(points, -direction), angle)
        return space_maps.turn(bent, direction)

    return bend


def _twist(rng: np.random.Generator, strength: float) -> PointMap:
    angle = rng.choice([-1, 1]) * np.radians(TWIST_DEGREES) * strength
    return lambda points: space_maps.twist(points, angle)


def _taper(rng: np.random.Generator, strength: float) -> PointMap:
    change = rng.choice([-1, 1]) * TAPER_CHANGE * strength
    return lambda points: space_maps.taper(points, change)


def _stretch(rng: np.random.Generator, strength: float) -> PointMap:
    centre = rng.uniform(STRETCH_REACH - 1, 1 - STRETCH_REACH)
    growth = STRETCH_GROWTH * strength
    return lambda points: space_maps.stretch(points, growth, centre=centre, reach=STRETCH_REACH)


def _skin(rng: np.random.Generator, strength: float) -> PointMap:
    bones = int(rng.choice(BONES))
    direction = rng.uniform(0, 2 * np.pi, bones - 1)
    axes = np.stack([np.zeros(bones - 1), np.cos(direction), np.sin(direction)], axis=-1)
    turns = axes * np.radians(JOINT_DEGREES) / bones * strength
    return lambda points: skinning.skin(points, turns)


_DRAWN_MAPS: dict[str, Callable[[np.random.Generator, float], PointMap]] = {
    "bend": _bend,
    "twist": _twist,
    "taper": _taper,
    "stretch": _stretch,
    "skin": _skin,
}
KINDS = tuple(_DRAWN_MAPS)


@dataclasses.dataclass(frozen=True)
class Deformation:
    """How objects are deformed.

    Attributes:
      kind: one of `KINDS`, or "all": each object draws its own.
      strength: 0 leaves the object as it is, 1 is strong but turns nothing inside out.
      seed: of what is drawn per object: direction, sign, part, bones. Non-negative. The draws do
        not depend on `strength`.

    Raises:
      ValueError: an unknown kind, or a number out of range.
    """

    kind: str
    strength: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in (*KINDS, ALL):
            raise ValueError(f"kind is {self.kind!r}; expected one of {', '.join(KINDS)}, {ALL}")
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength is {self.strength}; expected 0 to 1")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; expected 0 or more")

    def kind_of(self, object_id: str) -> str:
        """The kind that an object gets."""
        if self.kind != ALL:
            return self.kind
        return KINDS[_rng(self.seed, object_id).integers(len(KINDS))]

    def check_available(self) -> None:
        """Raises ValueError when a library that this deformation needs is not installed."""
        if self.strength > 0 and self.kind in ("skin", ALL):
            skinning.require_library()


def deform(mesh: Mesh, deformation: Deformation) -> Mesh:
    """The deformed mesh, normalised anew, with its landmarks moved by the map of the surface.

    The map is a function of the deformation and `mesh.object_id`. The faces are cut into small ones
    first, and corner normals are computed anew. At strength 0 the mesh itself is returned.

    Raises:
      ValueError: the mesh has no faces or no extent, or skinning lacks its library.
    """
    if deformation.strength == 0:
        return mesh
    kind = deformation.kind_of(mesh.object_id)
    rng = _rng(deformation.seed, mesh.object_id, KINDS.index(kind))
    mesh = refined(mesh.normalised(), LONGEST_EDGE)
    return _moved(mesh, _along_longest_side(_DRAWN_MAPS[kind](rng, deformation.strength), mesh))


def _rng(seed: int, object_id: str, *more: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(object_id.encode()), *more])


def _along_longest_side(bar_map: PointMap, mesh: Mesh) -> PointMap:
    """The map of object coordinates whose bar runs along the longest side of a normalised mesh."""
    longest = int(np.ptp(mesh.bounds(), axis=0).argmax())
    # A cyclic change of axes, so that the coordinates stay right-handed.
    order = [longest, (longest + 1) % 3, (longest + 2) % 3]

    def map_points(points: np.ndarray) -> np.ndarray:
        moved = np.empty_like(points)
        moved[:, order] = bar_map(points[:, order])
        return moved

    return map_points


def _moved(mesh: Mesh, point_map: PointMap) -> Mesh:
    """The mesh and its landmarks mapped, normalised, with new normals; absent landmarks stay so."""
    count = len(mesh.vertices)
    landmarks = np.empty((0, 3)) if mesh.landmarks is None else mesh.landmarks
    points = np.concatenate([mesh.vertices, landmarks]).astype(np.float64)
    present = np.isfinite(points).all(axis=1)
    points[present] = point_map(points[present])
    points = points.astype(np.float32)
    mesh = dataclasses.replace(
        mesh,
        vertices=points[:count],
        landmarks=None if mesh.landmarks is None else points[count:],
    ).normalised()
    normals = corner_normals(mesh.vertices, mesh.faces)
    return dataclasses.replace(mesh, normals=normals, placement=None)
