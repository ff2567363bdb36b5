"""Flags of how it is rendered: images, cameras and lights."""

from __future__ import annotations

from absl import flags

from flags import field_text
from keypointnet_tf.geometry.placement import CameraSampling
from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.rendering.lights import LightSampling
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.rendering.scenes import RENDERERS

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


def define_views(values: flags.FlagValues) -> None:
    """Adds the flags; defaults are those of the config dataclasses."""
    _define_images(values)
    _define_cameras(values)
    _define_lights(values)
    define_random_materials(values)


def define_random_materials(values: flags.FlagValues, condition: str = "") -> None:
    """Adds `--random_materials`; the condition stands before its text."""
    text = condition + field_text(PairConfig, "random_materials").split(";")[0] + "."
    flags.DEFINE_float("random_materials", _VIEWS.random_materials, text, flag_values=values)


def _define_images(values: flags.FlagValues) -> None:
    integers = (
        ("pairs", RenderJob.pairs, "View pairs per object."),
        ("size", _VIEWS.size, "Image side in pixels."),
        ("supersample", _VIEWS.supersample, "Sub-pixels per pixel side, for smooth edges."),
        ("seed", RenderJob.seed, "Seed of objects, cameras, lights and splits."),
        (
            "blender_samples",
            RenderJob.blender_samples,
            "With --renderer=blender: camera rays per pixel, in place of --supersample.",
        ),
    )
    for name, default, text in integers:
        flags.DEFINE_integer(name, default, text, flag_values=values)
    flags.DEFINE_enum(
        "renderer",
        RenderJob.renderer,
        list(RENDERERS),
        "The built-in ray caster, or Blender's Cycles with the meshes' own materials and lights.",
        flag_values=values,
    )


def _define_cameras(values: flags.FlagValues) -> None:
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


def views_from_flags(values: flags.FlagValues) -> PairConfig:
    """How pairs are taken, by the flags.

    Raises:
      ValueError: a range that cannot be.
    """
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
        random_materials=values.random_materials,
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
