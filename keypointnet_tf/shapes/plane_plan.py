"""The dimensions of one procedural plane, and the solids and surface points that follow from them.

Frame: `+x` forward, `+y` left, `z` up; before normalisation the fuselage runs from `x = -1` to
`x = 1`. Letters: S fuselage stations, R wing ribs.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes import parts

Point = tuple[float, float, float]
RING = 24
RIB = 16


@dataclasses.dataclass(frozen=True)
class Body:
    """Fuselage: superellipse sections between a tail point and a nose point.

    Attributes:
      x: `[S]` ascending stations; the first and last are the tail's and the nose's point.
      width: `[S]` half widths.
      bottom, top: `[S]` heights `z` of the lower and upper outline.
      square: superellipse exponent, 2 for an ellipse.
    """

    x: np.ndarray
    width: np.ndarray
    bottom: np.ndarray
    top: np.ndarray
    square: float = 2.0

    def outline(self, x) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half width, bottom and top at `x` (any shape), on the triangles' own straight edges."""
        return tuple(np.interp(x, self.x, v) for v in (self.width, self.bottom, self.top))

    def side(self, x, z) -> np.ndarray:
        """Half width at height `z`; 0 above the top and below the bottom."""
        width, bottom, top = self.outline(x)
        half = np.maximum((top - bottom) / 2, 1e-9)
        up = np.clip(np.abs(z - (top + bottom) / 2) / half, 0, 1)
        return width * (1 - up**self.square) ** (1 / self.square)

    def end(self, index: int) -> np.ndarray:
        """`[3]` the tail's point (0) or the nose's (-1)."""
        return np.array([self.x[index], 0, (self.bottom[index] + self.top[index]) / 2])

    def part(self) -> parts.Part:
        """The closed skin."""
        inner = zip(self.x[1:-1], self.width[1:-1], self.bottom[1:-1], self.top[1:-1], strict=True)
        rings = [
            parts.section(2 * w, t - b, x=x, z=(t + b) / 2, square=self.square, n=RING)
            for x, w, b, t in inner
        ]
        return parts.loft(rings, tips=(self.end(0), self.end(-1)))


@dataclasses.dataclass(frozen=True)
class Hump:
    """Cabin or spine that raises the fuselage's top: trapezium over `x`, with `height`."""

    front: float
    windscreen_top: float
    roof_rear: float
    rear: float
    height: float


def make_body(
    *,
    half_width: float,
    half_height: float,
    nose: float,
    pointed: float,
    droop: float,
    tail: float,
    tail_end: float,
    rise: float,
    square: float = 2.0,
    hump: Hump | None = None,
) -> Body:
    """A fuselage from a few proportions.

    Args:
      half_width, half_height: of the middle part.
      nose, tail: lengths of the tapering ends.
      pointed: 0.5 makes the nose an ellipsoid, 1 and above a point.
      droop, rise: how far the nose's point sinks and the tail's rises, in half heights.
      tail_end: size of the last section as a share of the middle's.
      square: superellipse exponent.
      hump: added to the top.
    """
    front, rear = 1 - nose, -1 + tail
    x = np.concatenate(
        [
            np.linspace(-0.988, rear, 9),
            np.linspace(rear, front, 9),
            front + nose * np.sin(np.linspace(0, np.pi / 2, 12))[:-1],
            [] if hump is None else np.linspace(hump.windscreen_top, hump.front, 4),
        ]
    )
    x = np.sort(x)
    x = np.concatenate([[-1.0], x[np.diff(x, append=1.0) > 1e-3], [1.0]])
    to_nose = np.clip((x - front) / nose, 0, 1)
    to_tail = np.clip((rear - x) / tail, 0, 1) ** 1.5
    size = (1 - to_nose**2) ** pointed * (1 - (1 - tail_end) * to_tail)
    size[0] = 0
    middle = half_height * (rise * to_tail - droop * to_nose**2)
    top = middle + half_height * size
    if hump is not None:
        corners = [hump.rear, hump.roof_rear, hump.windscreen_top, hump.front]
        top = top + np.interp(x, corners, [0, hump.height, hump.height, 0])
    return Body(x, half_width * size, middle - half_height * size, top, square)


@dataclasses.dataclass(frozen=True)
class Surface:
    """Left half of a wing or tailplane, or a fin.

    Attributes:
      root: leading edge in the plane of symmetry.
      span: half span, or a fin's height.
      shares: `[R]` ribs' places, 0 at the root to 1 at the tip.
      setback: `[R]` how far each rib's leading edge lies behind the root's.
      chords: `[R]` rib lengths.
      rise: height of the tip above the root (dihedral); unused for fins.
      thickness: share of the chord.
      vertical: whether it is a fin.
    """

    root: Point
    span: float
    shares: tuple[float, ...]
    setback: tuple[float, ...]
    chords: tuple[float, ...]
    rise: float = 0.0
    thickness: float = 0.12
    vertical: bool = False

    def point(self, share, chordwise: float = 0.0) -> np.ndarray:
        """`[..., 3]` at `share` of the span, `chordwise` from leading (0) to trailing edge (1)."""
        share = np.asarray(share, float)
        back = np.interp(share, self.shares, self.setback)
        back = back + chordwise * self.chord(share)
        out, up = (0, self.span) if self.vertical else (self.span, self.rise)
        return np.stack([-back, share * out, share * up], axis=-1) + self.root

    def chord(self, share) -> np.ndarray:
        return np.interp(share, self.shares, self.chords)

    def part(self) -> parts.Part:
        """The closed skin of the left half, or of the fin."""
        angle = np.arange(RIB) * 2 * np.pi / RIB
        along = (np.cos(angle) - 1) / 2
        thick = np.sin(angle) * (0.75 + 0.35 * np.cos(angle)) * self.thickness / 2
        across = (1, 1) if self.vertical else (2, -1)
        rings = []
        for share, chord in zip(self.shares, self.chords, strict=True):
            ring = np.zeros((RIB, 3))
            ring[:, 0] = along * chord
            ring[:, across[0]] = across[1] * thick * chord
            rings.append(ring + self.point(share))
        return parts.loft(rings)


def trapezoid(
    root: Point,
    span: float,
    *,
    sweep: float,
    root_chord: float,
    tip_chord: float,
    kink: tuple[float, float] | None = None,
    **fields,
) -> Surface:
    """A surface with straight edges; `sweep` of the leading edge in degrees, `kink` an extra rib.

    `kink` is `(share, chord)`; the leading edge stays straight.
    """
    back = span * np.tan(np.radians(sweep))
    ribs = [(0.0, root_chord), *([kink] if kink else []), (1.0, tip_chord)]
    shares, chords = zip(*ribs, strict=True)
    return Surface(root, span, shares, tuple(s * back for s in shares), chords, **fields)


def elliptic(root: Point, span: float, *, root_chord: float, **fields) -> Surface:
    """A surface with rounded tips, straight along its quarter-chord line."""
    shares = (0.0, 0.3, 0.55, 0.75, 0.9, 1.0)
    chords = tuple(root_chord * max(0.25, np.sqrt(1 - s * s)) for s in shares)
    return Surface(
        root, span, shares, tuple((root_chord - c) * 0.4 for c in chords), chords, **fields
    )


@dataclasses.dataclass(frozen=True)
class Engine:
    """A nacelle; `front` is the centre of its front face.

    Attributes:
      front: centre of the front.
      radius, length: of the nacelle.
      blades: number of propeller blades, 0 for a jet.
      propeller: radius of the propeller.
      mount: end of the pylon at the airframe, or None.
    """

    front: Point
    radius: float
    length: float
    blades: int = 0
    propeller: float = 0.0
    mount: Point | None = None


@dataclasses.dataclass(frozen=True)
class Canopy:
    """Glass bubble: an ellipsoid sunk into the fuselage's top, with `bars` frames across."""

    centre: Point
    radii: Point
    bars: int = 0


@dataclasses.dataclass(frozen=True)
class Plan:
    """Everything drawn for one plane except its paint.

    Attributes:
      kind: the named type.
      body, wing, fin: always present.
      tailplane: None for pure deltas.
      canard: small fore wing, or None.
      engines: left-hand engines, inner first; each has a twin on the right.
      tail_engine: single jet at the fin's root, or None.
      nose_propeller: `(radius, blades)` or None.
      intakes: left air intake `(front centre, half width, half height, length)`, or None.
      nozzles: `y` of the exhausts in the tail, for fighters.
      canopy: glass bubble, or None where the windscreen is painted on the fuselage.
      windscreen: `(rear x, front x, lower z)` of the painted glass, or None.
      cabin: `(rear x, front x, lower z, upper z, count)` of the side windows, or None.
      winglet: height, 0 for none.
      tip_pods: radius of tanks or missiles at the wing tips, 0 for none.
      struts: whether the wing is braced from the fuselage.
      gear: `(height below the belly, x of the main wheels, x of the third wheel)`, or None.
      fairing: radii of the wing-body fairing under the belly, or None.
    """

    kind: str
    body: Body
    wing: Surface
    fin: Surface
    tailplane: Surface | None = None
    canard: Surface | None = None
    engines: tuple[Engine, ...] = ()
    tail_engine: Engine | None = None
    nose_propeller: tuple[float, int] | None = None
    intakes: tuple[Point, float, float, float] | None = None
    nozzles: tuple[float, ...] = ()
    canopy: Canopy | None = None
    windscreen: tuple[float, float, float] | None = None
    cabin: tuple[float, float, float, float, int] | None = None
    winglet: float = 0.0
    tip_pods: float = 0.0
    struts: bool = False
    gear: tuple[float, float, float] | None = None
    fairing: Point | None = None
