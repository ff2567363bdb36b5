"""Flags of `render.py`."""

from __future__ import annotations

from absl import flags

from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scenes import RENDERERS
from keypointnet_tf.shapes.frames import AXES
from keypointnet_tf.shapes.sources import MeshSource, file_sources, read_overrides

_DEFAULTS = {field: value.default for field, value in RenderJob.__dataclass_fields__.items()}
_VIEWS = PairConfig()
_CAMERA = CameraSampling()


def define(values: flags.FlagValues) -> None:
    """Adds the flags; defaults are those of the config dataclasses."""
    _define_objects(values)
    _define_views(values)
    _define_splits(values)
    flags.DEFINE_string(
        "out", None, "Folder for the records; run again to continue. Required.", flag_values=values
    )
    flags.DEFINE_integer(
        "workers",
        0,
        "Processes; 0 for one per core. The output does not depend on it.",
        flag_values=values,
    )


def config_from_flags(values: flags.FlagValues) -> RenderJob:
    """The job that the flags describe.

    Raises:
      ValueError: a flag is missing, contradicts another or is out of range, or `--meshes` finds
        no mesh.
    """
    if not values.out:
        raise ValueError("--out is missing; expected a folder for the records")
    if bool(values.shapes) == bool(values.meshes):
        raise ValueError("expected one of --shapes and --meshes")
    sampling = CameraSampling(
        distance=values.distance,
        max_roll_degrees=values.max_roll,
        max_angle_degrees=values.max_angle,
    )
    views = PairConfig(
        size=values.size,
        supersample=values.supersample,
        field_of_view_degrees=values.field_of_view,
        sampling=sampling,
    )
    same = ("objects", "pairs", "seed", "renderer", "blender_samples")
    held_out = ("dev_share", "test_share", "dev_count", "test_count")
    return RenderJob(
        shapes=values.shapes or "",
        meshes=_mesh_sources(values),
        views=views,
        **{name: values[name].value for name in same + held_out},
    )


def _define_objects(values: flags.FlagValues) -> None:
    flags.DEFINE_enum(
        "shapes",
        None,
        ["plane", "car", "chair"],
        "Category of procedural objects to render.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "objects", _DEFAULTS["objects"], "How many procedural objects.", flag_values=values
    )
    flags.DEFINE_multi_string(
        "meshes",
        [],
        "Mesh file, folder or glob pattern to render instead; may be repeated.",
        flag_values=values,
    )
    for name, what in (("up", "up"), ("front", "forward")):
        flags.DEFINE_enum(
            name,
            getattr(MeshSource, name),
            list(AXES),
            f"Axis of the mesh files that points {what}.",
            flag_values=values,
        )
    flags.DEFINE_string(
        "frames",
        None,
        "CSV of exceptions: a column 'object' (the id, as in job.txt) and any of 'up', 'front' "
        "and 'split'.",
        flag_values=values,
    )


def _define_views(values: flags.FlagValues) -> None:
    integers = (
        ("pairs", _DEFAULTS["pairs"], "View pairs per object."),
        ("size", _VIEWS.size, "Image side in pixels."),
        ("supersample", _VIEWS.supersample, "Sub-pixels per pixel side, for smooth edges."),
        ("seed", _DEFAULTS["seed"], "Seed of objects, cameras, lights and splits."),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, flag_values=values)
    floats = (
        ("max_angle", _CAMERA.max_angle_degrees, "Largest angle between a pair's views, degrees."),
        ("max_roll", _CAMERA.max_roll_degrees, "Largest roll of the camera either way, degrees."),
        ("distance", _CAMERA.distance, "Of the camera from the object, whose longest side is 2."),
        ("field_of_view", _VIEWS.field_of_view_degrees, "Of the whole image, degrees."),
    )
    for name, default, text in floats:
        flags.DEFINE_float(name, default, text, flag_values=values)
    flags.DEFINE_enum(
        "renderer",
        _DEFAULTS["renderer"],
        list(RENDERERS),
        "The built-in ray caster, or Blender's Cycles with the meshes' own materials and lights.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "blender_samples",
        _DEFAULTS["blender_samples"],
        "With --renderer blender: camera rays per pixel, in place of --supersample.",
        flag_values=values,
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


def _mesh_sources(values: flags.FlagValues) -> tuple[MeshSource, ...]:
    if not values.meshes:
        return ()
    overrides = read_overrides(values.frames) if values.frames else None
    return file_sources(values.meshes, up=values.up, front=values.front, overrides=overrides)
