"""What a chair is to look like: its kinds, drawn dimensions (metres, degrees) and materials."""

from __future__ import annotations

import dataclasses

import numpy as np

from keypointnet_tf.shapes import paint
from keypointnet_tf.shapes.mesh import Material


@dataclasses.dataclass(frozen=True)
class Seat:
    """The seat, centred on the z axis.

    Attributes:
      depth, width: outer size in x and y (width at mid-depth).
      height: of the sitting surface's rim above the floor.
      thickness: of the board or body.
      square: exponent of the outline, 2 round to 12 rectangular.
      taper: share by which the front is wider and the rear narrower.
      cushion: thickness of a cushion on top of the board, 0 for none.
      dome: rise of the middle above the rim.
    """

    depth: float
    width: float
    height: float
    thickness: float
    square: float
    taper: float
    cushion: float
    dome: float

    @property
    def underside(self) -> float:
        """Height of the lower face."""
        return self.height - self.cushion - self.thickness

    @property
    def bevel(self) -> float:
        """Width of the rounded rim of the uppermost slab."""
        return 0.25 * (self.cushion or min(self.thickness, 0.1))

    def rear_edge(self, share: float) -> float:
        """x of the rear rim at `share` of the half-width."""
        return -self.depth / 2 * (1 - min(share, 1.0) ** self.square) ** (1 / self.square)

    def side_edge(self, x: float) -> float:
        """Half-width of the outline at `x`."""
        unit = np.clip(x / (self.depth / 2), -1, 1)
        round_off = (1 - abs(unit) ** self.square) ** (1 / self.square)
        return self.width / 2 * (1 + self.taper * unit) * round_off


@dataclasses.dataclass(frozen=True)
class Back:
    """The backrest, in coordinates that `chair_body.bend` maps onto the chair.

    Attributes:
      form: `panel`, `slats`, `ladder`, `splat`, `frame` or `hoop`.
      support: how a panel is held: `flush` with the seat, on `posts`, or on one `spine`.
      height, half_width, thickness: above the seat, along y, and of panel or rails.
      rake: degrees that it leans back.
      recline: extra lean at the top, a parabola.
      wrap: how far the outer edges come forward.
      flare: share by which the top is wider than the foot.
      gap: clear height between seat and panel or lowest rail.
      drop: how far the top's corners lie below its middle.
      bars: number of slats, rungs or spindles (odd, so that one is in the middle).
      post: thickness of the uprights.
      x: of the middle at seat height.
    """

    form: str
    support: str
    height: float
    half_width: float
    thickness: float
    rake: float
    recline: float
    wrap: float
    flare: float
    gap: float
    drop: float
    bars: int
    post: float
    x: float


@dataclasses.dataclass(frozen=True)
class Arms:
    """Armrests: `form` is `rail` (from the back to a front post), `loop`, `tee` or `side`."""

    form: str
    height: float
    width: float
    thickness: float
    front: float


@dataclasses.dataclass(frozen=True)
class Base:
    """What stands on the floor.

    Attributes:
      form: `legs`, `sled`, `cantilever`, `star` or `disc`.
      size: thickness of legs or tubes at the top.
      taper: thickness at the floor as a share of `size`.
      square: exponent of a leg's section.
      splay: how far the front feet, rear feet, and both sideways stand out from the leg tops.
      stretcher: `none`, `h`, `box` or `rung`, at `stretcher_height` as a share of the leg.
      radius: of a star or disc.
      spokes: of a star.
      castors: wheels below a star.
    """

    form: str
    size: float
    taper: float
    square: float
    splay: tuple[float, float, float]
    stretcher: str
    stretcher_height: float
    radius: float
    spokes: int
    castors: bool


@dataclasses.dataclass(frozen=True)
class Finish:
    """Materials; `shell` covers the rear of the back, so that front and rear differ."""

    frame: Material
    seat: Material
    back: Material
    shell: Material
    arm: Material
    wheel: Material


@dataclasses.dataclass(frozen=True)
class Chair:
    """One drawn chair."""

    kind: str
    seat: Seat
    back: Back
    arms: Arms | None
    base: Base
    finish: Finish


def finish(rng: np.random.Generator, *, soft: bool, metal: bool) -> Finish:
    """Draws materials: `soft` seats take fabrics, `metal` frames are grey or painted."""
    if metal:
        frame_color = paint.neutral(rng, 0.4, 0.9) if rng.uniform() < 0.7 else paint.vivid(rng)
        frame = paint.plain("metal", frame_color)
    else:
        frame_color = paint.wood(rng)
        frame = paint.textured("wood", grain(rng, frame_color))
    if soft or metal or rng.uniform() < 0.5:
        color = _other(rng, frame_color)
        seat_texture = fabric(rng, color) if soft else grain(rng, color, 0.02)
    else:
        color, seat_texture = frame_color, grain(rng, frame_color)
    same = rng.uniform() < 0.6
    back_color = color if same else _other(rng, color, 0.15)
    back_texture = fabric(rng, back_color) if soft else grain(rng, back_color, 0.03)
    shell_color = _other(rng, back_color)
    band = paint.contrasting(rng, color)
    paint.fill(seat_texture, band, u=(rng.uniform(0.86, 0.94), 1))
    return Finish(
        frame=frame,
        seat=paint.textured("seat", seat_texture),
        back=paint.textured("back", back_texture),
        shell=paint.plain("shell", shell_color),
        arm=paint.plain("arm", _other(rng, color)) if metal or soft else frame,
        wheel=paint.plain("wheel", (0.24, 0.24, 0.26)),
    )


def _other(rng: np.random.Generator, color: paint.Color, least: float = 0.25) -> paint.Color:
    """A contrasting colour that still shows on a black background."""
    return tuple(max(float(c), 0.12) for c in paint.contrasting(rng, color, least))


def fabric(rng: np.random.Generator, color: paint.Color) -> np.ndarray:
    """Cloth `[64, 64, 3]`: plain, striped or checked; symmetric in both directions."""
    texture = paint.canvas(color, 64, 64)
    if rng.uniform() < 0.5:
        count = int(rng.choice([5, 7, 9, 11]))
        texture = paint.stripes(rng, color, paint.contrasting(rng, color, 0.15), count)
        if rng.uniform() < 0.5:
            texture = np.ascontiguousarray(texture.swapaxes(0, 1))
    paint.speckle(rng, texture, 0.04)
    return symmetric(texture)


def grain(rng: np.random.Generator, color: paint.Color, strength: float = 0.05) -> np.ndarray:
    """Wood or moulded surface `[64, 64, 3]` with faint lines; symmetric in both directions."""
    texture = paint.canvas(color, 64, 64)
    lines = rng.normal(size=(1, 64, 1)) * strength * 255
    texture[:] = np.clip(texture + lines, 0, 255).astype(np.uint8)
    paint.speckle(rng, texture, strength / 2)
    return symmetric(texture)


def symmetric(texture: np.ndarray) -> np.ndarray:
    """The texture with its second halves replaced by mirror images of the first."""
    height, width = texture.shape[:2]
    quarter = texture[: height // 2, : width // 2]
    half = np.concatenate([quarter, quarter[:, ::-1]], axis=1)
    return np.concatenate([half, half[::-1]], axis=0)
