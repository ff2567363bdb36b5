"""Blender as a library (package bpy): loaded late, silent, without files, pixels in memory.

Blender is one global state per process, so everything here is too; use it in worker processes.
Written for bpy 4.5. Letters: S image side.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np

# What Cycles is told beside the number of samples. A box of one pixel makes alpha the share of the
# pixel that is covered, as in `scene.py`; seed and pattern are the same for every view.
CYCLES = {
    "device": "CPU",
    "seed": 0,
    "use_animated_seed": False,
    "use_adaptive_sampling": False,
    "use_denoising": False,
    "pixel_filter_type": "BOX",
    "max_bounces": 4,
    "diffuse_bounces": 2,
    "glossy_bounces": 2,
    "transmission_bounces": 4,
    "volume_bounces": 0,
    # Holes of cut-out materials in front of each other, as many as `scene.MOST_HOLES`.
    "transparent_max_bounces": 32,
    "caustics_reflective": False,
    "caustics_refractive": False,
}
RENDER = {
    "engine": "CYCLES",
    "film_transparent": True,
    "threads_mode": "FIXED",
    "threads": 1,
    "resolution_percentage": 100,
    "use_compositing": False,
    "use_sequencer": False,
    # Keeps the ray tracing structure from one view of an object to the next.
    "use_persistent_data": True,
}

# The passes of the last view, one after the other, as Cycles left them.
_last_passes: dict[str, np.ndarray] = {}


@functools.cache
def load() -> ModuleType:
    """The module bpy.

    Raises:
      ImportError: it is not installed, or lacks a system library.
    """
    # No settings of the user are read, and no cache is written into the home folder.
    os.environ["BLENDER_USER_RESOURCES"] = os.path.join(os.devnull, "none")
    with quiet(), _without_variable("OCIO"):  # Another colour configuration changes every picture.
        import bpy
    _drop_temporary_folder(bpy)
    _keep_passes()
    return bpy


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drops what is printed; Blender writes past Python to the process's own stdout and stderr."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    for stream in streams:
        stream.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in kept:
            os.dup2(sink, number)
        yield
    finally:
        for stream in streams:
            stream.flush()
        # The C library holds text back that is not for a terminal.
        ctypes.CDLL(None if os.name == "posix" else "ucrtbase").fflush(None)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(sink)


def new_scene(samples: int):
    """An empty scene (`bpy.types.Scene`) in an otherwise empty Blender, set up for Cycles.

    Args:
      samples: camera rays per pixel.
    """
    bpy = load()
    with quiet():
        bpy.ops.wm.read_factory_settings(use_empty=True)
    _drop_temporary_folder(bpy)
    scene = bpy.context.scene
    for settings, values in ((scene.render, RENDER), (scene.cycles, CYCLES)):
        for name, value in values.items():
            setattr(settings, name, value)
    scene.cycles.samples = samples
    scene.view_layers[0].use_pass_z = True
    return scene


def render_passes(scene) -> tuple[np.ndarray, np.ndarray]:
    """Renders the scene's camera.

    Returns:
      `[S, S, 4]` float32 linear light, premultiplied by alpha, and `[S, S]` float32 distance in
      front of the camera at each pixel's first sample (1e10 where it missed); row 0 on top.

    Raises:
      RuntimeError: Blender rendered nothing.
    """
    _last_passes.clear()
    with quiet():
        load().ops.render.render()
    if set(_last_passes) < {"Combined", "Depth"}:
        raise RuntimeError(f"Blender gave the passes {list(_last_passes)}; expected an image")
    image, depth = (_last_passes[name][::-1] for name in ("Combined", "Depth"))
    return image, depth[..., 0]


def matrix(rows: np.ndarray):
    """A `mathutils.Matrix` of `[4, 4]` rows."""
    import mathutils  # Comes with bpy.

    return mathutils.Matrix(np.asarray(rows, float).tolist())


def _drop_temporary_folder(bpy: ModuleType) -> None:
    """Nothing here uses it, and a worker that is killed would leave it behind."""
    with contextlib.suppress(OSError):
        os.rmdir(bpy.app.tempdir)


def _keep_passes() -> None:
    """Has Cycles leave a copy of its passes here.

    Without a window, Blender offers no other way to a picture's pixels than through a file.
    """
    import cycles  # Blender's own add-on.

    render = cycles.CyclesRender.render

    def render_and_keep(engine, depsgraph) -> None:
        render(engine, depsgraph)
        passes = engine.get_result().layers[0].passes
        sizes = [engine.resolution_x * engine.resolution_y * item.channels for item in passes]
        values = np.empty(sum(sizes), np.float32)
        passes.foreach_get("rect", values)
        shape = (engine.resolution_y, engine.resolution_x, -1)
        parts = np.split(values, np.cumsum(sizes)[:-1])
        for item, part in zip(passes, parts, strict=True):
            _last_passes[item.name] = part.reshape(shape)

    cycles.CyclesRender.render = render_and_keep


@contextlib.contextmanager
def _without_variable(name: str) -> Iterator[None]:
    before = os.environ.pop(name, None)
    try:
        yield
    finally:
        if before is not None:
            os.environ[name] = before
