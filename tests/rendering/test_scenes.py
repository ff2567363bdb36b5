"""Renderers by name."""

import pytest

from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.scenes import check_installed, needs_worker, open_scene
from keypointnet_tf.shapes.procedural import generate_object


def test_the_built_in_renderer_opens_a_scene_here():
    mesh = generate_object("chair", 0, 0)
    scene = open_scene("embree", mesh)
    assert isinstance(scene, Scene) and scene.mesh is mesh
    check_installed("embree")
    assert not needs_worker("embree") and needs_worker("blender")


def test_unknown_renderers_are_refused():
    with pytest.raises(ValueError, match="renderer is 'eevee'"):
        open_scene("eevee", generate_object("chair", 0, 0))
