"""The renderers by name: opens a mesh with one of them, and tells whether it is at hand.

Both give a scene with `.mesh` and `.render(...)` of the same arguments and results. Nothing here
loads a renderer before it is used.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import numpy as np

from keypointnet_tf.rendering.lights import Lights

if TYPE_CHECKING:
    from keypointnet_tf.rendering.looks import Looks
    from keypointnet_tf.rendering.scene import Rendering
    from keypointnet_tf.shapes.mesh import Mesh
    from keypointnet_tf.shapes.sources import MeshSource

RENDERERS = ("embree", "blender")
BLENDER_SAMPLES = 16


class AnyScene(Protocol):
    """What views are rendered of."""

    mesh: Mesh

    def render(
        self,
        object_to_camera: np.ndarray,
        *,
        size: int,
        focal: float,
        supersample: int,
        lights: Lights,
        looks: Looks | None = None,
    ) -> Rendering:
        """One view; see `scene.Scene.render`."""


def open_scene(
    renderer: str,
    mesh: Mesh,
    source: MeshSource | None = None,
    *,
    blender_samples: int = BLENDER_SAMPLES,
) -> AnyScene:
    """A mesh, ready to be rendered.

    Args:
      renderer: one of `RENDERERS`. "blender" loads Blender into this process, which a render
        worker should do rather than the main process (`needs_worker`).
      mesh: in the object frame.
      source: the file that `mesh` was loaded from, None when it is generated or changed; Blender
        reads it again for its materials and lights.
      blender_samples: camera rays per pixel of "blender".

    Raises:
      ValueError: an unknown renderer, or a mesh that cannot be rendered.
    """
    check_name(renderer)
    if renderer == "blender":
        from keypointnet_tf.rendering.blender_scene import BlenderScene

        return BlenderScene(source, mesh, samples=blender_samples)
    from keypointnet_tf.rendering.scene import Scene

    return Scene(mesh)


def check_name(renderer: str) -> None:
    """Raises ValueError when there is no renderer of that name."""
    if renderer not in RENDERERS:
        raise ValueError(f"renderer is {renderer!r}; expected one of {', '.join(RENDERERS)}")


def needs_worker(renderer: str) -> bool:
    """Whether the renderer belongs into worker processes even when there is only one.

    Blender is one state per process, prints past Python, and takes the process with it when it
    crashes.
    """
    return renderer == "blender"


def check_installed(renderer: str) -> None:
    """Makes sure, before any work, that worker processes can load the renderer.

    Raises:
      ValueError: Blender's package is missing, or cannot be loaded; says why and what to do.
    """
    if renderer != "blender":
        return
    reason = blender_problem()
    if reason:
        raise ValueError(
            "renderer 'blender' needs the package bpy: pip install 'keypointnet-tf[blender]' "
            f"(Python 3.11), in an environment of its own, see docs/blender.md; {reason}"
        )


def blender_problem() -> str:
    """Why `import bpy` fails, as a child process finds; "" where it works."""
    code = "from keypointnet_tf.rendering import blender_session as s; s.load()"
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return lines[-1]
