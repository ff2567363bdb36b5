"""Flags of `render.py`."""

from __future__ import annotations

from absl import flags

from flags import field_text
from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.job import STALL_SECONDS, RenderJob
from keypointnet_tf.rendering.lights import LightSampling
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scenes import RENDERERS
from keypointnet_tf.shapes.frames import AXES
from keypointnet_tf.shapes.sources import MeshSource, file_sources, read_overrides

_DEFAULTS = {field: value.default for field, value in RenderJob.__dataclass_fields__.items()}
_VIEWS = PairConfig()
_CAMERA = CameraSampling()
_LIGHTS = LightSampling()
# Ranges of `LightSampling` and their flags.
_LIGHT_RANGES = {
    "ambient": "ambient_light",
    "key": "key_light",
    "fill": "fill_light",
    "specular": "specular",
}


def define(values: flags.FlagValues) -> None:
    """Adds the flags; defaults are those of the config dataclasses."""
    _define_objects(values)
    _define_views(values)
    _define_lights(values)
    _define_splits(values)
    flags.DEFINE_string(
        "out", None, "Folder for the records; run again to continue. Required.", flag_values=values
    )
    _define_work(values)


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
    same = ("objects", "pairs", "seed", "shard_mb", "renderer", "blender_samples")
    held_out = ("dev_share", "test_share", "dev_count", "test_count")
    return RenderJob(
        shapes=values.shapes or "",
        meshes=_mesh_sources(values),
        views=_views(values),
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
        (
            "blender_samples",
            _DEFAULTS["blender_samples"],
            "With --renderer=blender: camera rays per pixel, in place of --supersample.",
        ),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, flag_values=values)
    floats = (
        ("max_angle", _CAMERA.max_angle_degrees, "Largest angle between a pair's views, degrees."),
        ("max_roll", _CAMERA.max_roll_degrees, "Largest roll of the camera either way, degrees."),
        ("min_elevation", _CAMERA.min_elevation_degrees, "Lowest elevation of the camera."),
        ("max_elevation", _CAMERA.max_elevation_degrees, "Highest elevation of the camera."),
        ("camera_shift", _CAMERA.shift, "Largest shift of the aimed camera along each axis."),
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
    for name in ("distance", "field_of_view"):
        _define_range(
            values, f"{name}_range", None, f"Draws the {name} of each view, --{name} stays nominal."
        )


def _define_lights(values: flags.FlagValues) -> None:
    flags.DEFINE_enum(
        "lights",
        "random",
        ["random", "fixed"],
        "Whether each view has lights of its own.",
        flag_values=values,
    )
    for name, flag in _LIGHT_RANGES.items():
        text = field_text(LightSampling, name)
        _define_range(values, flag, getattr(_LIGHTS, name), f"{text} Random lights.")
    flags.DEFINE_float("tint", _LIGHTS.tint, field_text(LightSampling, "tint"), flag_values=values)


def _define_range(
    values: flags.FlagValues, name: str, default: tuple[float, float] | None, text: str
) -> None:
    shown = None if default is None else [f"{value:g}" for value in default]
    flags.DEFINE_list(name, shown, f"{text} Lowest,highest.", flag_values=values)


def _views(values: flags.FlagValues) -> PairConfig:
    sampling = CameraSampling(
        distance=values.distance,
        distance_range=_range(values, "distance_range"),
        shift=values.camera_shift,
        max_roll_degrees=values.max_roll,
        max_angle_degrees=values.max_angle,
        min_elevation_degrees=values.min_elevation,
        max_elevation_degrees=values.max_elevation,
    )
    lights = LightSampling(
        tint=values.tint, **{name: _range(values, flag) for name, flag in _LIGHT_RANGES.items()}
    )
    return PairConfig(
        size=values.size,
        supersample=values.supersample,
        field_of_view_degrees=values.field_of_view,
        field_of_view_range=_range(values, "field_of_view_range"),
        sampling=sampling,
        lights=lights if values.lights == "random" else None,
    )


def _range(values: flags.FlagValues, name: str) -> tuple[float, float] | None:
    """Two numbers of a list flag, None where it is not given."""
    texts = values[name].value
    if texts is None:
        return None
    try:
        low, high = map(float, texts)
    except ValueError as error:
        raise ValueError(
            f"--{name} is {','.join(texts)}; expected two numbers, such as 1,2"
        ) from error
    return low, high


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


def _mesh_sources(values: flags.FlagValues) -> tuple[MeshSource, ...]:
    if not values.meshes:
        return ()
    overrides = read_overrides(values.frames) if values.frames else None
    return file_sources(values.meshes, up=values.up, front=values.front, overrides=overrides)
