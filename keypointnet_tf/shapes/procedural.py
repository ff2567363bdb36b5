"""The registry of procedural categories; objects are functions of (category, seed, index)."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable

import numpy as np

from keypointnet_tf.shapes import car, chair, plane
from keypointnet_tf.shapes.mesh import Mesh


@dataclasses.dataclass(frozen=True)
class Category:
    """One procedural object category.

    Attributes:
      name: as used by flags.
      landmark_names: names of the `L` ground-truth landmarks, in the order of `Mesh.landmarks`.
      symmetric_pairs: landmark names that swap under the mirror `y -> -y`, `(left, right)`.
      kinds: the named types that the generator draws from.
      generate: makes one object from a random generator and an object id.
    """

    name: str
    landmark_names: tuple[str, ...]
    symmetric_pairs: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    generate: Callable[[np.random.Generator, str], Mesh]


def _category(name: str, module) -> Category:
    return Category(name, module.LANDMARKS, module.SYMMETRIC_PAIRS, module.KINDS, module.generate)


CATEGORIES = {
    "plane": _category("plane", plane),
    "car": _category("car", car),
    "chair": _category("chair", chair),
}


def generate_object(category: str, seed: int, index: int) -> Mesh:
    """Object number `index` of a category: the same mesh for the same arguments, always.

    Args:
      category: a key of `CATEGORIES`.
      seed: any non-negative integer; other seeds give other objects.
      index: non-negative object number.

    Returns:
      A normalised mesh with landmarks and `object_id` `"<category>_<seed>_<index>"`.

    Raises:
      ValueError: unknown category.
    """
    if category not in CATEGORIES:
        raise ValueError(f"category is {category!r}; expected one of {', '.join(CATEGORIES)}")
    rng = np.random.default_rng([zlib.crc32(category.encode()), seed, index])
    return CATEGORIES[category].generate(rng, f"{category}_{seed}_{index:06d}")
