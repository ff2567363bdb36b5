"""A second source of planes, made by other means than the package's own generator.

For testing whether what was learnt on one family of shapes holds on another: bodies are turned
profiles, wings are convex hulls, and colour sits on the faces, not in textures. No landmarks.
Frame: object `+x` nose, `+y` left, `z` up; drawn with a body from x = 0.5 to about -0.5.
"""

from __future__ import annotations

import numpy as np
import trimesh

from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals

KINDS = ("airliner", "business_jet", "trainer", "turboprop", "delta", "glider", "biplane")
# Per kind: body radius; half span; root chord; tip share; sweep; wing x; wing height; dihedral.
RANGES = {
    "airliner": (0.055, 0.48, 0.21, 0.3, 0.27, 0.13, -0.5, 0.06),
    "business_jet": (0.058, 0.42, 0.18, 0.35, 0.16, 0.06, -0.7, 0.04),
    "trainer": (0.070, 0.58, 0.19, 0.8, 0.02, 0.22, 0.8, 0.02),
    "turboprop": (0.062, 0.56, 0.17, 0.5, 0.03, 0.16, 0.9, 0.01),
    "delta": (0.060, 0.33, 0.60, 0.1, 0.50, 0.18, -0.3, -0.01),
    "glider": (0.038, 0.98, 0.11, 0.4, 0.02, 0.20, 0.4, 0.06),
    "biplane": (0.075, 0.50, 0.17, 0.9, 0.03, 0.24, -0.7, 0.02),
}
TAIL_X = -0.33


def generate_other_plane(seed: int, index: int) -> Mesh:
    """Plane number `index` of the family `seed`: normalised, without landmarks.

    Every call with the same arguments returns the same mesh, named
    `other_plane_<seed>_<index>`.
    """
    rng = np.random.default_rng([seed, index, 7181])
    kind = KINDS[rng.integers(len(KINDS))]
    plane = _Plane(rng, kind)
    plane.body()
    plane.wings()
    plane.tail()
    plane.engines()
    return plane.mesh(f"other_plane_{seed}_{index:06d}")


class _Plane:
    """Collects solids and their face colours; sizes are fixed when it is made."""

    def __init__(self, rng: np.random.Generator, kind: str) -> None:
        self.rng, self.kind = rng, kind
        sizes = np.array(RANGES[kind]) * rng.uniform(0.85, 1.15, 8)
        self.radius, self.span, self.chord, self.tip, self.sweep, self.wing_x = sizes[:6]
        self.wing_z, self.rise = sizes[6] * self.radius, sizes[7]
        self.palette = rng.uniform(0.15, 1.0, (4, 3)) ** rng.choice([0.5, 1.0], (4, 1))
        if rng.uniform() < 0.4:
            self.palette[0] = rng.uniform(0.75, 0.95)
        self.upswept = rng.uniform(0.06, 0.16)
        self.parts: list[tuple[trimesh.Trimesh, np.ndarray]] = []

    def add(self, solid: trimesh.Trimesh, colors: np.ndarray, *, pair: bool = False) -> None:
        """Adds a solid with one colour or a colour per face, and its mirror image if `pair`."""
        colors = np.broadcast_to(colors, (len(solid.faces), 3))
        self.parts.append((solid, colors))
        if pair:
            twin = trimesh.Trimesh(solid.vertices * (1, -1, 1), solid.faces[:, ::-1], process=False)
            self.parts.append((twin, colors))

    def lift(self, x: np.ndarray) -> np.ndarray:
        """Height of the body's axis, which rises towards the tail."""
        return self.upswept * np.clip(-0.05 - x, 0, None) ** 1.5

    def body(self) -> None:
        """Turned fuselage in two colours with a cheat line and windows, and a canopy."""
        blunt = self.rng.uniform(0.45, 0.75)
        knots = [-0.5, -0.42, -0.25, -0.05, 0.28, 0.4, 0.47, 0.5]
        radii = np.array([0.05, 0.25, 0.65, 1, 1, 0.85, blunt, 0.0]) * self.radius
        x = np.linspace(-0.5, 0.5, 61)
        profile = np.column_stack([np.interp(x, knots, radii), x])
        solid = trimesh.creation.revolve(np.concatenate([[[0, -0.5]], profile]), sections=24)
        vertices = solid.vertices[:, [2, 0, 1]]
        height = vertices[:, 2].copy()
        vertices[:, 2] += self.lift(vertices[:, 0])
        solid = trimesh.Trimesh(vertices, solid.faces, process=False)
        at, level = solid.triangles_center, height[solid.faces].mean(axis=1) / self.radius
        line = self.rng.uniform(-0.4, 0.3)
        colors = np.where((level > line)[:, None], self.palette[0], self.palette[1])
        colors[np.abs(level - line) < 0.14] = self.palette[2]
        colors[at[:, 0] < -0.5 + self.rng.uniform(0, 0.2)] = self.palette[3]
        if self.kind in ("airliner", "business_jet", "turboprop"):
            row = (np.abs(level - 0.35) < 0.14) & (np.abs(at[:, 0] - 0.05) < 0.27)
            colors[row & (np.floor(at[:, 0] * 60) % 2 == 0)] = (0.1, 0.12, 0.16)
            colors[(level > 0.2) & (at[:, 0] > 0.37) & (at[:, 0] < 0.43)] = (0.1, 0.12, 0.16)
        else:
            self.ball((0.24, 0, 0.75 * self.radius), np.array([1.9, 0.62, 0.75]) * self.radius)
        self.add(solid, colors)

    def ball(self, centre, radii) -> None:
        """Dark canopy."""
        sphere = trimesh.creation.icosphere(subdivisions=2)
        self.add(trimesh.Trimesh(sphere.vertices * radii + centre, sphere.faces), (0.13, 0.2, 0.28))

    def fin(self, root, tip, root_chord, tip_chord, color, *, upright=False, pair=True) -> None:
        """Convex hull of two sections between the leading-edge points `root` and `tip`."""
        points = []
        for start, chord in ((root, root_chord), (tip, tip_chord)):
            for share, half in ((0, 0.002), (0.25, 0.04), (0.6, 0.035), (1, 0.004)):
                for sign in (-1, 1):
                    offset = sign * max(half * chord, 0.001)
                    out = (0, offset, 0) if upright else (0, 0, offset)
                    points.append(np.add(start, out) - (share * chord, 0, 0))
        self.add(trimesh.convex.convex_hull(np.array(points)), color, pair=pair)

    def wings(self) -> None:
        """Main wings with coloured tips; a second pair and struts on a biplane."""
        root = np.array([self.wing_x, 0, self.wing_z])
        tip = root + (-self.sweep, self.span, self.rise)
        tip_chord = self.chord * self.tip
        levels = [0.0, 3.2 * self.radius] if self.kind == "biplane" else [0.0]
        for level in levels:
            share = 0.86
            joint = root + (tip - root) * share
            chord = self.chord + (tip_chord - self.chord) * share
            up = (0, 0, level)
            self.fin(root + up, joint + up, self.chord, chord, self.palette[0] * 0.9)
            self.fin(joint + up, tip + up, chord, tip_chord, self.palette[2])
        if len(levels) > 1:
            for along in (0.12, 0.7):
                foot = root + (tip - root) * along - (0.3 * self.chord, 0, 0)
                self.stick(foot, foot + (0, 0, levels[1]), 0.006, pair=True)

    def tail(self) -> None:
        """Fin, and tailplane below or on top of it; a delta has the fin alone."""
        foot = np.array([TAIL_X, 0, self.lift(TAIL_X) + 0.2 * self.radius])
        tall, lean = self.rng.uniform(0.15, 0.21), self.rng.uniform(0.05, 0.14)
        top = foot + (-lean, 0, tall)
        self.fin(foot, top, 0.16, 0.08, self.palette[3], upright=True, pair=False)
        if self.kind == "delta":
            return
        high = self.kind in ("business_jet", "glider") or self.rng.uniform() < 0.15
        start = top - (0.005, 0, 0.004) if high else foot + (-0.03, 0, 0)
        sweep = min(0.6 * self.sweep, 0.1)
        end = start + (-sweep, self.rng.uniform(0.15, 0.21), 0.01)
        self.fin(start, end, 0.08 if high else 0.12, 0.06, self.palette[0])

    def engines(self) -> None:
        """Jets below the wings or on the tail, or propellers on the nose or wings."""
        root, tip = np.array([self.wing_x, 0, self.wing_z]), (-self.sweep, self.span, self.rise)
        mid_wing = root + 0.34 * np.array(tip)
        if self.kind == "airliner":
            below = mid_wing - (0.02, 0, 0.035)
            self.stick(below + (0.07, 0, 0), below - (0.07, 0, 0), 0.026, pair=True)
            pylon = mid_wing - (0.02, 0, 0.002), mid_wing - (0.0, 0, 0.03)
            self.fin(*pylon, 0.09, 0.07, self.palette[1], upright=True)
        elif self.kind == "business_jet":
            side = np.array([-0.2, 1.3 * self.radius, 0.55 * self.radius])
            self.stick(side + (0.08, 0, 0), side - (0.08, 0, 0), 0.026, pair=True)
            self.stick(side * (1, 0, 1), side, 0.012, pair=True)
        elif self.kind == "turboprop":
            self.stick(mid_wing + (0.07, 0, 0), mid_wing - (0.12, 0, 0), 0.024, pair=True)
            self.propeller(mid_wing + (0.07, 0, 0), 0.085, pair=True)
        elif self.kind in ("trainer", "biplane"):
            self.propeller(np.array([0.49, 0, 0]), 0.13, pair=False)
            self.wheels()
        elif self.kind == "delta":
            self.stick((-0.4, 0, self.lift(-0.4)), (-0.53, 0, self.lift(-0.4)), 0.6 * self.radius)

    def wheels(self) -> None:
        """Two main wheels on struts."""
        hub = np.array([self.wing_x - 0.03, 1.5 * self.radius, -2.1 * self.radius])
        self.stick((hub[0], 0.4 * self.radius, -0.6 * self.radius), hub, 0.008, pair=True)
        self.stick(hub - (0, 0.012, 0), hub + (0, 0.012, 0), 0.032, pair=True)

    def propeller(self, hub: np.ndarray, reach: float, *, pair: bool) -> None:
        """Spinner and blades; mirrored ones stand mirrored."""
        cone = trimesh.creation.cone(0.028, 0.06, sections=16)
        self.add(_placed(cone.vertices[:, [2, 0, 1]] + hub, cone), self.palette[3], pair=pair)
        count = int(self.rng.integers(2, 5))
        for angle in np.arange(count) * 2 * np.pi / count + np.pi / 2:
            blade = trimesh.creation.box((0.008, reach, 0.02))
            blade.apply_translation((0.012, reach / 2, 0))
            blade.apply_transform(trimesh.transformations.rotation_matrix(angle, (1, 0, 0)))
            blade.apply_translation(hub)
            self.add(blade, (0.3, 0.3, 0.32), pair=pair)

    def stick(self, start, end, radius: float, *, pair: bool = False) -> None:
        """Cylinder in a dull colour."""
        segment = np.array([start, end], float)
        solid = trimesh.creation.cylinder(radius, segment=segment, sections=16)
        self.add(solid, self.palette[1] * 0.6 + 0.15, pair=pair)

    def mesh(self, object_id: str) -> Mesh:
        """All parts as one normalised mesh."""
        starts = np.cumsum([0] + [len(solid.vertices) for solid, _ in self.parts])
        faces = [s.faces + start for (s, _), start in zip(self.parts, starts, strict=False)]
        faces = np.concatenate(faces).astype(np.int32)
        normals = [
            corner_normals(np.asarray(s.vertices), np.asarray(s.faces)) for s, _ in self.parts
        ]
        colors = np.concatenate([c for _, c in self.parts]).clip(0, 1)
        return Mesh(
            vertices=np.concatenate([s.vertices for s, _ in self.parts]).astype(np.float32),
            faces=faces,
            normals=np.concatenate(normals),
            uv=np.zeros((len(faces), 3, 2), np.float32),
            colors=np.repeat(colors[:, None], 3, axis=1).astype(np.float32),
            material_ids=np.zeros(len(faces), np.int32),
            materials=(Material("paint", (1.0, 1.0, 1.0)),),
            object_id=object_id,
            kind=self.kind,
        ).normalised()


def _placed(vertices: np.ndarray, like: trimesh.Trimesh) -> trimesh.Trimesh:
    return trimesh.Trimesh(vertices, like.faces, process=False)
