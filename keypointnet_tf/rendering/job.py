"""What a rendering job makes: the objects, their views and their splits, before any is rendered.

A job's output is a pure function of its config (and of the mesh files); where it is written and
on how many processes is no part of it. Nothing here loads a mesh.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scenes import BLENDER_SAMPLES, check_name
from keypointnet_tf.shapes.deformation import Deformation
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.sources import SPLITS, MeshSource

# A worker that finishes no pair for so long counts as lost.
STALL_SECONDS = 600.0


@dataclasses.dataclass(frozen=True)
class RenderJob:
    """Config of a rendering job. Exactly one of `shapes` and `meshes` is given.

    Attributes:
      shapes: a procedural category ("plane", "car", "chair"), or "".
      objects: how many procedural objects.
      meshes: mesh files, one object each; see `shapes/sources.py`.
      pairs: view pairs per object.
      seed: of objects, cameras, lights and splits.
      views: how pairs are taken.
      dev_share, test_share: shares of the objects held out; the rest is training data. Meshes
        that name their split are not drawn: where any does, one without is training data.
      dev_count, test_count: explicit numbers of objects in place of the shares.
      shard_mb: size in MiB up to which objects share a record file; 0 for a file per object.
      deformation: how each object is deformed before it is rendered, None for not at all.
      human_keypoints: annotation file of `data/human_keypoints.py` whose points become the
        landmarks of the meshes, "" for none.
      renderer: "embree", the built-in ray caster, or "blender", see `scenes.py`.
      blender_samples: camera rays per pixel of "blender".
    """

    shapes: str = ""
    objects: int = 200
    meshes: tuple[MeshSource, ...] = ()
    pairs: int = 20
    seed: int = 0
    views: PairConfig = PairConfig()
    dev_share: float = 0.05
    test_share: float = 0.15
    dev_count: int | None = None
    test_count: int | None = None
    shard_mb: float = 0.0
    deformation: Deformation | None = None
    human_keypoints: str = ""
    renderer: str = "embree"
    blender_samples: int = BLENDER_SAMPLES

    def __post_init__(self) -> None:
        if bool(self.shapes) == bool(self.meshes):
            raise ValueError(
                f"shapes is {self.shapes!r} and meshes holds {len(self.meshes)} files; "
                "expected exactly one of the two"
            )
        if self.human_keypoints and not self.meshes:
            raise ValueError(
                f"human_keypoints is {self.human_keypoints!r} and shapes {self.shapes!r}; expected "
                "ShapeNet meshes for it"
            )
        check_name(self.renderer)
        for name, low, high in _RANGES:
            value = self.value(name)
            values = value if isinstance(value, tuple) else (value, value)
            if value is not None and not low <= values[0] <= values[1] <= high:
                raise ValueError(f"{name} is {value}; expected {low} to {high}")
        if self.views.random_materials and self.renderer == "blender":
            raise ValueError(
                f"random_materials is {self.views.random_materials} and renderer 'blender', which "
                "draws the meshes' own materials; expected random_materials 0, or renderer 'embree'"
            )
        camera = self.views.sampling
        if camera.min_elevation_degrees > camera.max_elevation_degrees:
            raise ValueError(
                f"elevations are {camera.min_elevation_degrees} to "
                f"{camera.max_elevation_degrees}; expected the lower one first"
            )
        self.split_counts()

    def value(self, name: str) -> Any:
        """A number of the job, its views or its cameras by its field name."""
        for part in (self, self.views, self.views.sampling):
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(name)

    def split_counts(self) -> tuple[int, int]:
        """Numbers of dev and test objects; shares are rounded, to 1 at least of 3 objects or more.

        Raises:
          ValueError: together they exceed the number of objects.
        """
        total = len(self.meshes) or self.objects
        dev = self.dev_count if self.dev_count is not None else _share_of(self.dev_share, total)
        test = self.test_count if self.test_count is not None else _share_of(self.test_share, total)
        if dev + test > total:
            raise ValueError(
                f"dev and test take {dev} and {test} objects; expected at most {total} together"
            )
        return dev, test


def _share_of(share: float, total: int) -> int:
    least = 1 if share > 0 and total >= 3 else 0
    return max(least, round(share * total))


# Bounds of the fields, ends included. Cameras stay outside any object of longest side 2, whose
# corners reach sqrt(3) from the origin.
_RANGES = (
    ("objects", 1, 10_000_000),
    ("pairs", 1, 1_000_000),
    ("seed", 0, 2**63 - 1),
    ("size", 8, 4096),
    ("supersample", 1, 16),
    ("field_of_view_degrees", 0.1, 150),
    ("field_of_view_range", 0.1, 150),
    ("distance", 2.5, 10_000),
    ("distance_range", 2.5, 10_000),
    ("shift", 0, 2),
    ("min_elevation_degrees", -90, 90),
    ("max_elevation_degrees", -90, 90),
    ("max_angle_degrees", 1, 180),
    ("max_roll_degrees", 0, 180),
    ("dev_share", 0, 1),
    ("test_share", 0, 1),
    ("dev_count", 0, 10_000_000),
    ("test_count", 0, 10_000_000),
    ("shard_mb", 0, 1_000_000),
    ("blender_samples", 1, 65_536),
)


class ObjectTask(NamedTuple):
    """One object to render: its number, its record's name, its id, and its file, if any."""

    index: int
    record: str
    object_id: str
    source: MeshSource | None

    def load(self, job: RenderJob) -> Mesh:
        """The object's mesh.

        Raises:
          ValueError: its file cannot be read as a mesh.
        """
        if self.source is not None:
            return self.source.load()
        from keypointnet_tf.shapes.procedural import generate_object

        return generate_object(job.shapes, job.seed, self.index)


def object_tasks(job: RenderJob) -> list[ObjectTask]:
    """The job's objects in order; records are numbered with at least four digits."""
    count = len(job.meshes) or job.objects
    width = max(4, len(str(count - 1)))
    sources: Sequence[MeshSource | None] = job.meshes or [None] * count
    return [
        ObjectTask(
            i,
            f"{i:0{width}d}",
            source.object_id if source else f"{job.shapes}_{job.seed}_{i:06d}",
            source,
        )
        for i, source in enumerate(sources)
    ]


def assign_splits(job: RenderJob, records: Sequence[str]) -> dict[str, list[str]]:
    """Record names of each split in order: as the meshes say, else drawn at random by object."""
    named = [source.split for source in job.meshes]
    if any(named):
        chosen = {
            split: [i for i, name in enumerate(named) if (name or "train") == split]
            for split in SPLITS
        }
    else:
        dev, test = job.split_counts()
        order = np.random.default_rng(job.seed).permutation(len(records))
        parts = np.split(order, [test, test + dev])
        chosen = dict(zip(("test", "dev", "train"), map(sorted, parts), strict=True))
    return {split: [records[i] for i in chosen[split]] for split in SPLITS}
