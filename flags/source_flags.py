"""Flags of what is rendered: procedural objects, mesh files, ShapeNet; landmarks, deformations."""

from __future__ import annotations

from absl import flags

from keypointnet_tf.rendering.job import RenderJob
from keypointnet_tf.shapes.deformation import ALL, KINDS, Deformation
from keypointnet_tf.shapes.frames import AXES
from keypointnet_tf.shapes.shapenet import shapenet_sources
from keypointnet_tf.shapes.shapenet_lists import parse_ids
from keypointnet_tf.shapes.sources import MeshSource, file_sources, read_overrides


def define_sources(values: flags.FlagValues) -> None:
    """Adds the flags of objects, mesh files and ShapeNet."""
    _define_objects(values)
    _define_shapenet(values)


def sources_from_flags(values: flags.FlagValues) -> tuple[MeshSource, ...]:
    """The mesh files that the flags name, () for procedural objects.

    Raises:
      ValueError: none of the ways to name objects is taken, or more than one; a mesh is not found;
        none has human keypoints.
    """
    if sum(map(bool, (values.shapes, values.meshes, values.shapenet))) != 1:
        raise ValueError("expected one of --shapes, --meshes and --shapenet")
    return _annotated(values, _shapenet_sources(values) or _mesh_sources(values))


def _define_objects(values: flags.FlagValues) -> None:
    flags.DEFINE_enum(
        "shapes",
        None,
        ["plane", "car", "chair"],
        "Category of procedural objects to render.",
        flag_values=values,
    )
    flags.DEFINE_integer(
        "objects", RenderJob.objects, "How many procedural objects.", flag_values=values
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
