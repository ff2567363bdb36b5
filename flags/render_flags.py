"""Flags of `render.py`."""

from __future__ import annotations

from absl import flags

from flags import field_text
from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.job import STALL_SECONDS, RenderJob
from keypointnet_tf.rendering.lights import LightSampling
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scenes import RENDERERS
from keypointnet_tf.shapes.deformation import ALL, KINDS, Deformation
from keypointnet_tf.shapes.frames import AXES
from keypointnet_tf.shapes.shapenet import shapenet_sources
from keypointnet_tf.shapes.shapenet_lists import parse_ids
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
    _define_shapenet(values)
    define_deformation(values)
    _define_views(values)
    _define_lights(values)
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
    if sum(map(bool, (values.shapes, values.meshes, values.shapenet))) != 1:
        raise ValueError("expected one of --shapes, --meshes and --shapenet")
    same = ("objects", "pairs", "seed", "shard_mb", "renderer", "blender_samples")
    held_out = ("dev_share", "test_share", "dev_count", "test_count")
    return RenderJob(
        shapes=values.shapes or "",
        meshes=_annotated(values, _shapenet_sources(values) or _mesh_sources(values)),
        views=_views(values),
        deformation=deformation_from_flags(values),
        human_keypoints=values.human_keypoints or "",
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


def _define_shapenet(values: flags.FlagValues) -> None:
    strings = (
        (
            "shapenet",
            "Folder of ShapeNetCore, version 1 or 2, or of one of its classes, to render instead. "
            "Its frame is known; --up and --front override it.",
        ),
        ("category", "With --shapenet: a class by its name or synset."),
        (
            "ids",
            "With --shapenet: some models of the class, comma-separated, or a text file of "
            "one id per line, as 'model' or 'synset-model'.",
        ),
        (
            "split_lists",
            "With --shapenet: published splits, all.csv or a folder of train.txt, val.txt (here "
            "dev) and test.txt. Models that they lack are training data.",
        ),
        (
            "human_keypoints",
            "With ShapeNet v2 meshes: JSON of human keypoints of their class, which become the "
            "landmarks; meshes without keypoints are left out.",
        ),
    )
    for name, text in strings:
        flags.DEFINE_string(name, None, text, flag_values=values)


def define_deformation(values: flags.FlagValues) -> None:
    """Adds the flags of deformed objects."""
    flags.DEFINE_enum(
        "deform",
        None,
        [*KINDS, ALL],
        "Deform each object, by directions drawn from --seed; all: each by its own kind.",
        flag_values=values,
    )
    flags.DEFINE_float(
        "deform_strength", 0.5, "With --deform: from 0, none, to 1.", flag_values=values
    )


def deformation_from_flags(values: flags.FlagValues) -> Deformation | None:
    """The deformation that the flags describe, None for none.

    Raises:
      ValueError: the strength is out of range, or a library for it is missing.
    """
    if values.deform is None:
        return None
    try:
        deformation = Deformation(values.deform, values.deform_strength, values.seed)
    except ValueError as error:
        raise ValueError(f"--deform: {error}") from error
    deformation.check_available()
    return deformation


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


def _mesh_sources(values: flags.FlagValues) -> tuple[MeshSource, ...]:
    if not values.meshes:
        return ()
    overrides = read_overrides(values.frames) if values.frames else None
    return file_sources(values.meshes, up=values.up, front=values.front, overrides=overrides)


def _shapenet_sources(values: flags.FlagValues) -> tuple[MeshSource, ...]:
    if not values.shapenet:
        for name in ("category", "ids", "split_lists"):
            if values[name].value is not None:
                raise ValueError(f"--{name} is given; expected --shapenet with it")
        return ()
    axes = {
        name: None if values[name].using_default_value else values[name].value
        for name in ("up", "front")
    }
    return shapenet_sources(
        values.shapenet,
        values.category,
        ids=None if values.ids is None else parse_ids(values.ids),
        splits=values.split_lists,
        overrides=read_overrides(values.frames) if values.frames else None,
        **axes,
    )


def _annotated(values: flags.FlagValues, sources: tuple[MeshSource, ...]) -> tuple[MeshSource, ...]:
    """The sources that have human keypoints, where asked for."""
    if not values.human_keypoints:
        return sources
    if not sources:
        raise ValueError("--human_keypoints needs the meshes of ShapeNet v2 models")
    from keypointnet_tf.data.human_keypoints import cached_human_keypoints
    from keypointnet_tf.data.object_mesh import annotated_sources

    return annotated_sources(sources, cached_human_keypoints(values.human_keypoints))
