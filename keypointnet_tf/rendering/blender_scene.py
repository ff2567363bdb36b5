"""A mesh in Blender, rendered by Cycles, with the interface of `scene.Scene`.

The camera, the object frame and the size of the object are those of the built-in renderer; what
differs is how surfaces look. Blender is one state per process: the newest scene is the only one
that can be rendered. Letters: S image side.
"""

from __future__ import annotations

import numpy as np

from keypointnet_tf.geometry.placement import invert_pose
from keypointnet_tf.rendering import blender_session
from keypointnet_tf.rendering.blender_assets import add_asset
from keypointnet_tf.rendering.blender_mesh import add_mesh
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS, Lights
from keypointnet_tf.rendering.scene import Rendering, checked_pose, used_points
from keypointnet_tf.rendering.scenes import BLENDER_SAMPLES
from keypointnet_tf.shapes.color_space import linear_to_srgb, srgb_to_linear
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.shapes.sources import MeshSource

SENSOR = 36.0
# Depths at or beyond this are Blender's mark of "nothing there".
FARTHEST = 1e9


class BlenderScene:
    """An object in Blender, built once, rendered any number of times.

    Args:
      source: the file that `mesh` was loaded from; read again by Blender where the format brings
        materials and lights. None builds Blender's object from `mesh`.
      mesh: in the object frame; not normalised here.
      samples: camera rays per pixel.

    Raises:
      ImportError: the package bpy is missing or cannot be loaded.
      ValueError: the mesh has no faces or non-finite vertices, or `samples` is below 1.
    """

    _newest: BlenderScene | None = None

    def __init__(
        self, source: MeshSource | None, mesh: Mesh, *, samples: int = BLENDER_SAMPLES
    ) -> None:
        if samples < 1:
            raise ValueError(f"samples is {samples}; expected 1 or more")
        points = used_points(mesh)
        self.mesh = mesh
        self._radius = float(np.linalg.norm(points, axis=1).max())
        self._scene = blender_session.new_scene(samples)
        BlenderScene._newest = self
        if source is None or not add_asset(self._scene, source, mesh):
            add_mesh(self._scene, mesh)
        self._camera = _Camera(self._scene)
        own_lights = any(item.type == "LIGHT" for item in self._scene.objects)
        self._lights = _CameraLights(self._scene, self._camera.item, suns=not own_lights)

    def render(
        self,
        object_to_camera: np.ndarray,
        *,
        size: int,
        focal: float,
        supersample: int = 2,
        lights: Lights = DEFAULT_LIGHTS,
        looks: None = None,
    ) -> Rendering:
        """Renders one view.

        Args:
          object_to_camera: `[4, 4]` rigid matrix.
          size: image side in pixels.
          focal: focal length in NDC units (`placement.focal_length`).
          supersample: accepted for the interface; the number of samples takes its place.
          lights: in the camera frame; where the asset brings lights, only the ambient term.
          looks: None; Blender's materials are the asset's own.

        Returns:
          As `scene.Rendering`, except that `depth` is that of each pixel's first camera ray, NaN
          where that missed, and `face_ids` are all -1.

        Raises:
          ValueError: the matrix is not a finite `[4, 4]`, a number is out of range, or there are
            looks.
          RuntimeError: a newer scene has taken Blender over.
        """
        if looks is not None:
            raise ValueError("Blender renders materials as they are; expected random_materials 0")
        pose = checked_pose(object_to_camera, size=size, focal=focal, supersample=supersample)
        if BlenderScene._newest is not self:
            raise RuntimeError("a newer BlenderScene was opened in this process; expected one only")
        self._camera.place(pose, focal, self._radius)
        self._lights.set(lights)
        self._scene.render.resolution_x = self._scene.render.resolution_y = size
        light, distance = blender_session.render_passes(self._scene)
        rgba = straight_rgba(light)
        seen = (rgba[..., 3] > 0) & (distance < FARTHEST)
        depth = np.where(seen, -distance, np.nan).astype(np.float32)
        return Rendering(rgba, depth, np.full((size, size), -1, np.int32))


def straight_rgba(light: np.ndarray) -> np.ndarray:
    """`[S, S, 4]` uint8 sRGB with straight alpha of premultiplied linear light `[S, S, 4]`.

    Blender's view transform "Standard": the sRGB curve, clipped at 1.
    """
    alpha = np.clip(light[..., 3:], 0, 1)
    color = light[..., :3] / np.maximum(alpha, 1e-6)
    shown = linear_to_srgb(np.clip(color, 0, 1)) * (alpha > 0.5 / 255)
    return (np.concatenate([shown, alpha], axis=-1) * 255 + 0.5).astype(np.uint8)


class _Camera:
    """Blender's camera, which has our axes."""

    def __init__(self, scene) -> None:
        bpy = blender_session.load()
        self.item = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        # The angles of Euler's kind lose precision straight above the object.
        self.item.rotation_mode = "QUATERNION"
        self.item.data.sensor_width = SENSOR
        scene.collection.objects.link(self.item)
        scene.camera = self.item

    def place(self, pose: np.ndarray, focal: float, radius: float) -> None:
        """Moves the camera to `pose [4, 4]`; `radius` is the object's about its origin."""
        self.item.matrix_world = blender_session.matrix(invert_pose(pose))
        self.item.data.lens = focal * SENSOR / 2
        # Rays start close to the object: Cycles counts in float32, and the camera is far away.
        depth = -float(pose[2, 3])
        self.item.data.clip_start = max(1e-3, 0.99 * (depth - radius))
        self.item.data.clip_end = max(1.0, 1.01 * (depth + radius))


class _CameraLights:
    """The lights of a view: the world for the ambient term, suns that hang on the camera."""

    def __init__(self, scene, camera, *, suns: bool) -> None:
        bpy = blender_session.load()
        world = bpy.data.worlds.new("ambient")
        world.use_nodes = True
        world.cycles.sampling_method = "NONE"  # It is the same from everywhere.
        scene.world = world
        self._ambient = world.node_tree.nodes["Background"].inputs["Color"]
        self._scene, self._camera, self._wanted = scene, camera, suns
        self._suns: list = []

    def set(self, lights: Lights) -> None:
        """Shows surfaces about as bright as the built-in renderer does.

        That one multiplies colours as they are shown; light adds up before the sRGB curve. So each
        sun adds what takes the ambient term to its sum with the sun, along that curve.
        """
        ambient = srgb_to_linear(lights.ambient)
        self._ambient.default_value = (*ambient, 1)
        if not self._wanted:
            return
        while len(self._suns) < len(lights.directions):
            self._suns.append(self._new_sun())
        for sun in self._suns[len(lights.directions) :]:
            sun.data.energy = 0
        for sun, direction, color in zip(
            self._suns, lights.directions, lights.colors, strict=False
        ):
            sun.rotation_quaternion = _turn_to(direction)
            both = srgb_to_linear(np.add(lights.ambient, color))
            sun.data.color = both - ambient
            sun.data.energy = np.pi  # A white surface that faces it reflects 1.

    def _new_sun(self):
        bpy = blender_session.load()
        sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
        sun.rotation_mode = "QUATERNION"
        sun.parent = self._camera
        self._scene.collection.objects.link(sun)
        return sun


def _turn_to(direction):
    """The rotation (a Blender quaternion) of a sun towards which `direction` points."""
    import mathutils  # Comes with bpy.

    return mathutils.Vector(direction).to_track_quat("Z", "Y")
