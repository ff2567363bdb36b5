"""Materials in Blender: made from the project's `Material`, and imported ones mended."""

from __future__ import annotations

import numpy as np

from keypointnet_tf.rendering.blender_session import load
from keypointnet_tf.rendering.shading import DARKEST_ALBEDO
from keypointnet_tf.shapes.color_space import srgb_to_linear
from keypointnet_tf.shapes.mesh import Material
from keypointnet_tf.shapes.mesh_opacity import HALF, LEAST_OPACITY

# Name of the mesh attribute that holds the linear colours of face corners.
CORNER_COLORS = "corner_colors"
ROUGHNESS = 0.6


def new_material(material: Material):
    """A `bpy.types.Material`: colour times texture times corner colours, lifted at the dark end.

    The lift is that of `shading.py`; multiplying as linear light comes to the same as shown.
    """
    result = load().data.materials.new(material.name)
    result.use_nodes = True
    nodes, links = result.node_tree.nodes, result.node_tree.links
    surface = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = ROUGHNESS
    corners = nodes.new("ShaderNodeVertexColor")
    corners.layer_name = CORNER_COLORS
    color = _vector_math(result, "MULTIPLY", corners.outputs["Color"])
    color.inputs[1].default_value = srgb_to_linear(material.color)
    if material.texture is not None:
        texture = nodes.new("ShaderNodeTexImage")
        texture.image = _image(material.name, material.texture)
        color = _vector_math(result, "MULTIPLY", color.outputs[0])
        links.new(texture.outputs["Color"], color.inputs[1])
    darkest = float(srgb_to_linear(DARKEST_ALBEDO))
    lifted = _vector_math(result, "MULTIPLY_ADD", color.outputs[0])
    lifted.inputs[1].default_value = (1 - darkest,) * 3
    lifted.inputs[2].default_value = (darkest,) * 3
    links.new(lifted.outputs[0], surface.inputs["Base Color"])
    if material.cutout is not None:
        _cut_out(result, surface, material.cutout)
    return result


def mend_material(material, known: Material | None, *, as_shown: bool) -> None:
    """Sets right what importers take differently from what files mean.

    Textures that Blender has not found are replaced, the alpha of those that are used for colour
    alone does not darken them, and opacity is what `mesh_opacity.py` makes of it: a surface is
    there or not.

    Args:
      material: `bpy.types.Material`, changed.
      known: the same material as `mesh_file.py` reads it, if it does.
      as_shown: whether the file's colours are display-referred (OBJ and DAE). Then, too, its `Tf`
        does not make it glass, which exporters write for any material.
    """
    nodes = material.node_tree.nodes if material.use_nodes else ()
    for surface in [node for node in nodes if node.type == "BSDF_PRINCIPLED"]:
        _set_opacity(material, surface, known)
        if as_shown:
            color = surface.inputs["Base Color"]
            color.default_value[:3] = srgb_to_linear(color.default_value[:3])
            surface.inputs["Transmission Weight"].default_value = 0.0
    for node in [node for node in nodes if node.type == "TEX_IMAGE" and node.image]:
        if not node.image.size[0]:
            _replace_image(nodes, node, known)
        elif not node.outputs["Alpha"].is_linked:
            node.image.alpha_mode = "CHANNEL_PACKED"


def is_invisible(material) -> bool:
    """Whether a `bpy.types.Material`, or None, as imported, is as good as not there."""
    nodes = material.node_tree.nodes if material is not None and material.use_nodes else ()
    alphas = [node.inputs["Alpha"] for node in nodes if node.type == "BSDF_PRINCIPLED"]
    return bool(alphas) and not any(
        alpha.is_linked or alpha.default_value >= LEAST_OPACITY for alpha in alphas
    )


def _set_opacity(material, surface, known: Material | None) -> None:
    """Makes a surface opaque, but for what `known` has cut out."""
    alpha, links = surface.inputs["Alpha"], material.node_tree.links
    if known is None and alpha.is_linked:
        return
    for link in list(alpha.links):
        links.remove(link)
    alpha.default_value = 1.0
    if known is not None and known.cutout is not None:
        _cut_out(material, surface, known.cutout)


def _cut_out(material, surface, cutout: np.ndarray) -> None:
    """Takes away the surface where the interpolated `cutout [H, W]` is below one half."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    texture, there = nodes.new("ShaderNodeTexImage"), nodes.new("ShaderNodeMath")
    grey = np.repeat(cutout[..., None], 3, axis=2)
    texture.image = _image(f"{material.name} cutout", grey, space="Non-Color")
    there.operation = "GREATER_THAN"
    there.inputs[1].default_value = (HALF - 0.5) / 255
    links.new(texture.outputs["Color"], there.inputs[0])
    links.new(there.outputs[0], surface.inputs["Alpha"])


def _replace_image(nodes, node, known: Material | None) -> None:
    """Gives a texture node the image of `known`, or lets the plain colour show."""
    if known is not None and known.texture is not None:
        node.image = _image(known.name, known.texture)
    elif any(link.to_node.type == "MIX" for link in node.outputs["Color"].links):
        # It is multiplied by the plain colour.
        node.image = _image("white", np.full((1, 1, 3), 255, np.uint8))
    else:
        nodes.remove(node)


def _vector_math(material, operation: str, value):
    """A node that works on `value`, an output of another, and on its further inputs."""
    node = material.node_tree.nodes.new("ShaderNodeVectorMath")
    node.operation = operation
    material.node_tree.links.new(value, node.inputs[0])
    return node


def _image(name: str, texture: np.ndarray, *, space: str = "sRGB"):
    """A `bpy.types.Image` of a texture `[H, W, 3]` uint8, whose first row is on top."""
    height, width = texture.shape[:2]
    image = load().data.images.new(name, width, height)
    image.colorspace_settings.name = space  # Later it would blacken the pixels.
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., :3] = texture[::-1] / np.float32(255)
    image.pixels.foreach_set(pixels.ravel())
    return image
