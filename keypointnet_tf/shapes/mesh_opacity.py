"""What a material's opacity makes of its surface: whole, left out, or with parts cut out.

This project's pictures know no glass, whose mask would be neither object nor background. A material
that is as good as invisible is left out with its faces, any other is drawn opaque; where a picture
tells opacity texel by texel, what is less than half opaque is cut out, so that leaves and lattices
drawn on a sheet keep their shape. Letters: H W pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST_OPACITY = 0.05
# `Material.cutout` cuts out what is below this.
HALF = 128


class Coverage(NamedTuple):
    """What is left of a surface.

    Attributes:
      visible: whether anything is.
      cutout: as of `Material.cutout`.
    """

    visible: bool
    cutout: np.ndarray | None = None


def blended(opacity: float, alpha: np.ndarray | None = None) -> Coverage:
    """Of a surface that lets light through in part, as glTF's BLEND and MTL's `d` and `map_d`.

    A picture that is nowhere half opaque shows a pane, not holes: its mean counts as opacity.

    Args:
      opacity: of the whole surface, 0 to 1.
      alpha: uint8 `[H, W]` opacity texel by texel.
    """
    if alpha is None or alpha.max() < HALF:
        share = 1.0 if alpha is None else float(alpha.mean()) / 255
        return Coverage(opacity * share >= LEAST_OPACITY)
    return Coverage(opacity >= LEAST_OPACITY, alpha if alpha.min() < HALF else None)


def masked(opacity: float, alpha: np.ndarray | None = None, *, cutoff: float) -> Coverage:
    """Of a surface that is there or not, as glTF's MASK: where opacity reaches the cutoff.

    Args:
      opacity: of the whole surface, 0 to 1; multiplies `alpha`.
      alpha: uint8 `[H, W]` opacity texel by texel.
      cutoff: least opacity of what is there.
    """
    if alpha is None or cutoff <= 0:
        return Coverage(opacity >= cutoff)
    scaled = np.round(alpha * (opacity * HALF / (255 * cutoff)), 3)
    cutout = np.clip(scaled, 0, 255).astype(np.uint8)
    visible = bool(cutout.max() >= HALF)
    return Coverage(visible, cutout if visible and cutout.min() < HALF else None)


def without_fringe(texture: np.ndarray, cutout: np.ndarray) -> np.ndarray:
    """The texture with its cut-out texels, often black or white, in the mean colour of the others.

    Otherwise they would shine through along the edges, where texels are interpolated.

    Args:
      texture: uint8 `[H, W, 3]`.
      cutout: uint8 `[H, W]`, of the texture's size, somewhere not cut out.
    """
    seen = cutout >= HALF
    return np.where(seen[..., None], texture, texture[seen].mean(axis=0).astype(np.uint8))
