"""Building blocks of the procedural shapes: solids, lofts, tubes, and the builder that joins them.

Every function returns a `Part` with outward-facing triangles, in the object frame of `mesh.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals


class Part(NamedTuple):
    """A closed or open surface: `vertices [V, 3]`, `faces [F, 3]`."""

    vertices: np.ndarray
    faces: np.ndarray

    def moved(self, offset: Sequence[float]) -> Part:
        return Part(self.vertices + np.asarray(offset, float), self.faces)

    def scaled(self, factors: float | Sequence[float]) -> Part:
        factors = np.broadcast_to(np.asarray(factors, float), 3)
        faces = self.faces if np.prod(factors) > 0 else self.faces[:, ::-1]
        return Part(self.vertices * factors, faces)

    def rotated(self, axis: str, degrees: float) -> Part:
        """Turned about `x`, `y` or `z` through the origin, right-handed."""
        i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        vertices = self.vertices.copy()
        vertices[:, i] = c * self.vertices[:, i] - s * self.vertices[:, j]
        vertices[:, j] = s * self.vertices[:, i] + c * self.vertices[:, j]
        return Part(vertices, self.faces)

    def mirrored(self) -> Part:
        """The other side's twin: `y -> -y`."""
        return self.scaled((1, -1, 1))


def box(size: Sequence[float], centre: Sequence[float] = (0, 0, 0)) -> Part:
    """Axis-aligned box with full side lengths `size`."""
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    rings = [np.column_stack([square, np.full(4, z)]) for z in (-0.5, 0.5)]
    return loft(rings).scaled(size).moved(centre)


def ellipsoid(radii: Sequence[float], centre: Sequence[float] = (0, 0, 0), n: int = 16) -> Part:
    """Ellipsoid with semi-axes `radii`."""
    polar = np.linspace(np.pi, 0, n // 2 + 1)[1:-1]
    around = _turn(n)
    rings = [np.column_stack([np.sin(t) * around, np.full(n, np.cos(t))]) for t in polar]
    return loft(rings, tips=((0, 0, -1), (0, 0, 1))).scaled(radii).moved(centre)


def tube(
    start: Sequence[float],
    end: Sequence[float],
    radius: float,
    end_radius: float | None = None,
    n: int = 14,
) -> Part:
    """Closed cylinder, or cone frustum, from `start` to `end`."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = (end - start) / max(np.linalg.norm(end - start), 1e-12)
    side = np.cross(axis, [0, 0, 1] if abs(axis[2]) < 0.9 else [1, 0, 0])
    side /= np.linalg.norm(side)
    circle = _turn(n) @ np.stack([side, np.cross(axis, side)])
    radii = (radius, radius if end_radius is None else end_radius)
    return loft([start + radii[0] * circle, end + radii[1] * circle])


def prism(outline: Sequence[Sequence[float]], y0: float, y1: float) -> Part:
    """Side profile `outline` (`(x, z)` points, convex, anticlockwise seen from `-y`) swept in y."""
    outline = np.asarray(outline, float)
    rings = [np.insert(outline, 1, y, axis=1) for y in (min(y0, y1), max(y0, y1))]
    return loft([ring[::-1] for ring in rings])


def loft(
    rings: Sequence[np.ndarray],
    *,
    tips: tuple[Sequence[float] | None, Sequence[float] | None] = (None, None),
    caps: tuple[bool, bool] = (True, True),
) -> Part:
    """Skin over successive rings.

    Args:
      rings: each `[N, 3]`, anticlockwise when seen from the end that the loft grows towards.
      tips: a point to close the first / last ring to, in place of a flat cap.
      caps: whether to close the first / last ring at its mean point when it has no tip.
    """
    n = len(rings[0])
    vertices = np.concatenate([np.asarray(r, float) for r in rings])
    i, j = np.arange(n), (np.arange(n) + 1) % n
    faces = []
    for base in range(0, n * (len(rings) - 1), n):
        a, b, c, d = base + i, base + j, base + n + j, base + n + i
        faces += [np.column_stack([a, b, c]), np.column_stack([a, c, d])]
    for end, (ring, tip, cap) in enumerate(zip((0, len(rings) - 1), tips, caps, strict=True)):
        if tip is None and not cap:
            continue
        point = np.mean(rings[ring], axis=0) if tip is None else np.asarray(tip, float)
        hub = np.full(n, len(vertices))
        vertices = np.concatenate([vertices, point[None]])
        first, second = (j, i) if end == 0 else (i, j)
        faces.append(np.column_stack([ring * n + first, ring * n + second, hub]))
    return Part(vertices, np.concatenate(faces))


def section(
    width: float, height: float, *, x: float, z: float = 0.0, square: float = 2.0, n: int = 24
) -> np.ndarray:
    """Superellipse ring `[n, 3]` in the plane `x`, for lofts that grow towards `+x`.

    `square` is the exponent: 2 is an ellipse, 4 a rounded box.
    """
    circle = _turn(n)
    rounded = np.sign(circle) * np.abs(circle) ** (2 / square)
    return np.column_stack(
        [np.full(n, x), rounded[:, 0] * width / 2, z + rounded[:, 1] * height / 2]
    )


def wing(
    root: Sequence[float],
    tip: Sequence[float],
    *,
    root_chord: float,
    tip_chord: float,
    thickness: float = 0.1,
    vertical: bool = False,
    n: int = 12,
) -> Part:
    """Lifting surface between two leading-edge points; chords run towards `-x`.

    `thickness` is a share of the chord, in z (in y when `vertical`, for fins).
    """
    loop = _turn(n)
    rings = []
    for point, chord in ((root, root_chord), (tip, tip_chord)):
        flat = np.zeros((n, 3))
        flat[:, 0] = (loop[:, 0] - 1) * chord / 2
        flat[:, 1 if vertical else 2] = loop[:, 1] * chord * thickness / 2
        rings.append(flat + np.asarray(point, float))
    return _outward(loft(rings))


def _turn(n: int) -> np.ndarray:
    """`[n, 2]` unit circle, anticlockwise."""
    angle = np.arange(n) * 2 * np.pi / n
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _outward(part: Part) -> Part:
    """Flips a closed part whose signed volume is negative."""
    a, b, c = (part.vertices[part.faces[:, i]] for i in range(3))
    if np.einsum("fi,fi->", a, np.cross(b, c)) < 0:
        return Part(part.vertices, part.faces[:, ::-1])
    return part


class MeshBuilder:
    """Collects parts with their materials and joins them into one `Mesh`."""

    def __init__(self) -> None:
        self._parts: list[tuple[Part, Material, np.ndarray]] = []

    def add(
        self,
        part: Part,
        material: Material,
        *,
        uv_axes: tuple[int, int] = (0, 2),
        uv_bounds: np.ndarray | None = None,
    ) -> None:
        """Adds a part.

        Textures are projected along the third axis: `uv_axes` are the coordinates that become
        `(u, v)`, with `uv_bounds` `[2, 3]` (default: the part's box) mapped to 0..1.
        """
        bounds = uv_bounds
        if bounds is None:
            bounds = np.stack([part.vertices.min(axis=0), part.vertices.max(axis=0)])
        low, high = np.asarray(bounds, float)
        unit = (part.vertices - low) / np.maximum(high - low, 1e-9)
        self._parts.append((part, material, unit[:, list(uv_axes)]))

    def add_pair(self, part: Part, material: Material, **kwargs) -> None:
        """Adds a part and its mirror image across the plane `y = 0`."""
        self.add(part, material, **kwargs)
        self.add(part.mirrored(), material, **kwargs)

    def build(
        self,
        *,
        landmarks: np.ndarray | None,
        object_id: str,
        kind: str = "",
        crease_degrees: float = 40.0,
    ) -> Mesh:
        """The joined mesh in the project's frame, normalised; landmarks move with it."""
        materials: list[Material] = []
        vertices, faces, normals, uv, ids = [], [], [], [], []
        start = 0
        for part, material, part_uv in self._parts:
            if not any(material is m for m in materials):
                materials.append(material)
            index = next(i for i, m in enumerate(materials) if m is material)
            vertices.append(part.vertices)
            faces.append(part.faces + start)
            normals.append(corner_normals(part.vertices, part.faces, crease_degrees=crease_degrees))
            uv.append(part_uv[part.faces])
            ids.append(np.full(len(part.faces), index, np.int32))
            start += len(part.vertices)
        all_faces = np.concatenate(faces).astype(np.int32)
        mesh = Mesh(
            vertices=np.concatenate(vertices).astype(np.float32),
            faces=all_faces,
            normals=np.concatenate(normals).astype(np.float32),
            uv=np.concatenate(uv).astype(np.float32),
            colors=np.ones((len(all_faces), 3, 3), np.float32),
            material_ids=np.concatenate(ids),
            materials=tuple(materials),
            landmarks=None if landmarks is None else np.asarray(landmarks, np.float32),
            object_id=object_id,
            kind=kind,
        )
        return mesh.normalised()
