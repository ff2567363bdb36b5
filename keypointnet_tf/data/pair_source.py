"""Fresh pairs rendered for each step, without Keras, so that render workers start fast.

The batch at a global step is a pure function of (seed, step) and the settings.
Letters: B batch.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

from keypointnet_tf.data.batches import Batch, to_batch
from keypointnet_tf.data.order import index_at
from keypointnet_tf.rendering.pairs import PairConfig, ViewPair, pair_rng, render_pair
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.deformation import Deformation, deform
from keypointnet_tf.shapes.mesh import Mesh


@dataclasses.dataclass(frozen=True)
class ProceduralObjects:
    """Object number to mesh of a procedural category; `seed` tells object sets apart."""

    category: str
    seed: int = 0

    def __call__(self, index: int) -> Mesh:
        from keypointnet_tf.shapes.procedural import generate_object

        return generate_object(self.category, self.seed, index)


@dataclasses.dataclass(frozen=True)
class MeshList:
    """Object number to mesh of a list; `PairSource.objects` must be its length."""

    meshes: Sequence[Mesh]

    def __call__(self, index: int) -> Mesh:
        return self.meshes[index]


@dataclasses.dataclass(frozen=True)
class DeformedObjects:
    """Object number to deformed mesh; `mesh_at` gives the meshes."""

    mesh_at: Callable[[int], Mesh]
    deformation: Deformation

    def __call__(self, index: int) -> Mesh:
        return deform(self.mesh_at(index), self.deformation)


@dataclasses.dataclass(frozen=True)
class PairSource:
    """Global step to batch dictionary of freshly rendered pairs.

    With a pool, pair `n` of the stream takes the object at place `n` of the endless shuffled
    order of the pool (`order.index_at`) and pair index `n`. Without a pool, batch `s` shows the
    objects `(s // steps_per_object) B` to `+ B - 1`, each for `steps_per_object` steps.

    Attributes:
      mesh_at: object number to mesh; picklable for use in worker processes.
      batch_size: B.
      config: how pairs are rendered, or a picklable function from the step to that (for a
        schedule of the distance between views).
      seed: of cameras, lights and order.
      objects: size of the pool, or None for endless new objects.
      steps_per_object: steps for which an object is shown where there is no pool.
      cached_scenes: scenes kept ready by each worker process.
      change: what is done to a batch with alpha at its step, picklable, or None.

    Raises:
      ValueError: a number below 1.
    """

    mesh_at: Callable[[int], Mesh]
    batch_size: int
    config: PairConfig | Callable[[int], PairConfig] = PairConfig()
    seed: int = 0
    objects: int | None = None
    steps_per_object: int = 1
    cached_scenes: int = 256
    change: Callable[[Batch, int], Batch] | None = None

    def __post_init__(self):
        for name in ("batch_size", "objects", "steps_per_object", "cached_scenes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; expected at least 1")

    def __call__(self, step: int) -> Batch:
        """The batch dictionary at a global step."""
        batch = to_batch(self.pairs(step), alpha=self.change is not None)
        return batch if self.change is None else self.change(batch, step)

    def pairs(self, step: int) -> list[ViewPair]:
        """The B pairs of a global step, landmarks and names included."""
        config = self.config(step) if callable(self.config) else self.config
        return [self._pair(*self._address(step, slot), config) for slot in range(self.batch_size)]

    def _pair(self, object_index: int, pair_index: int, config: PairConfig) -> ViewPair:
        rng = pair_rng(self.seed, object_index, pair_index)
        return render_pair(self._scene_at(object_index), rng, config)

    def _address(self, step: int, slot: int) -> tuple[int, int]:
        number = step * self.batch_size + slot
        if self.objects is not None:
            return index_at(number, count=self.objects, seed=self.seed), number
        group, pair_index = divmod(step, self.steps_per_object)
        return group * self.batch_size + slot, pair_index

    @functools.cached_property
    def _scene_at(self) -> Callable[[int], Scene]:
        return functools.lru_cache(self.cached_scenes)(lambda index: Scene(self.mesh_at(index)))

    def __getstate__(self) -> dict:
        # Scenes hold ray casters, which do not pickle; each process builds its own.
        return {name: value for name, value in vars(self).items() if name != "_scene_at"}
