"""Flags of `render.py`."""

from __future__ import annotations

from absl import flags

from flags.source_flags import (
    define_deformation,
    define_sources,
    deformation_from_flags,
    sources_from_flags,
)
from flags.view_flags import define_views, views_from_flags
from keypointnet_tf.rendering.job import STALL_SECONDS, RenderJob

_DEFAULTS = {field: value.default for field, value in RenderJob.__dataclass_fields__.items()}


def define(values: flags.FlagValues) -> None:
    """Adds the flags; defaults are those of the config dataclasses."""
    define_sources(values)
    define_deformation(values)
    define_views(values)
    _define_splits(values)
    flags.DEFINE_string(
        "out", None, "Folder for the records; run again to continue. Required.", flag_values=values
    )
    _define_work(values)
    _define_preview(values)


def config_from_flags(values: flags.FlagValues) -> RenderJob:
    """The job that the flags describe.

    Raises:
      ValueError: a flag is missing, contradicts another or is out of range, `--meshes` or
        `--shapenet` finds no mesh or none with human keypoints, or a library for `--deform` is
        missing.
    """
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the records")
    same = ("objects", "pairs", "seed", "shard_mb", "renderer", "blender_samples")
    held_out = ("dev_share", "test_share", "dev_count", "test_count")
    return RenderJob(
        shapes=values.shapes or "",
        meshes=sources_from_flags(values),
        views=views_from_flags(values),
        deformation=deformation_from_flags(values),
        human_keypoints=values.human_keypoints or "",
        **{name: values[name].value for name in same + held_out},
    )


def _define_splits(values: flags.FlagValues) -> None:
    for split in ("dev", "test"):
        name = f"{split}_share"
        flags.DEFINE_float(
            name,
            _DEFAULTS[name],
            f"Share of the objects in the {split} split.",
            flag_values=values,
        )
    for split in ("dev", "test"):
        flags.DEFINE_integer(
            f"{split}_count",
            None,
            f"Number of objects in the {split} split, in place of the share.",
            flag_values=values,
        )


def _define_work(values: flags.FlagValues) -> None:
    flags.DEFINE_float(
        "shard_mb",
        _DEFAULTS["shard_mb"],
        "Size in MiB up to which objects share a record file; 0 for a file per object.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "workers",
        0,
        "Processes; 0 for one per core. The output does not depend on it. 1 renders in the main "
        "process, where an object that crashes ends the job.",
        flag_values=values,
    )
    flags.DEFINE_string(
        "cluster",
        "",
        "Address of a Ray cluster to render on; 'auto' for the one that runs on this machine, "
        "'local' for one made for this job. Workers need --out and the meshes at the same paths.",
        flag_values=values,
    )
    flags.DEFINE_float(
        "stall_seconds",
        STALL_SECONDS,
        "A process that finishes no pair for so long is replaced, and its object tried again.",
        flag_values=values,
    )


def _define_preview(values: flags.FlagValues) -> None:
    flags.DEFINE_boolean(
        "preview",
        False,
        "Instead of records, write preview.png and preview.csv into --out: the objects from six "
        "sides with their axes, and hints at wrong frames and broken meshes.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "preview_count",
        24,
        "With --preview: most objects, spread evenly over the list.",
        lower_bound=1,
        flag_values=values,
    )
