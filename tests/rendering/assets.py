"""Small assets in several file formats, in a frame of their own, for the tests of Blender."""

import json

import collada
import numpy as np
import trimesh
from PIL import Image

from keypointnet_tf.shapes.color_space import srgb_to_linear
from keypointnet_tf.shapes.frames import frame_rotation
from keypointnet_tf.shapes.parts import box
from keypointnet_tf.shapes.sources import MeshSource

UP, FRONT = "y", "-z"
RED, GREEN, BLUE, YELLOW = (230, 20, 20), (20, 200, 20), (20, 20, 230), (230, 220, 20)
# Size, centre (our frame) and colour of boxes that look different from every side.
BOXES = (
    ((2.0, 0.8, 0.4), (0.0, 0.0, 0.0), RED),
    ((0.3, 0.2, 0.9), (0.7, 0.3, 0.5), GREEN),
    ((0.4, 0.5, 0.2), (-0.6, -0.6, 0.14), BLUE),
)


def to_file(points):
    """Points of our frame in the coordinates of a file with `UP` and `FRONT`."""
    return np.asarray(points) @ frame_rotation(UP, FRONT) * 37 + [5, -9, 2]


def source(path):
    return MeshSource(str(path), path.stem, up=UP, front=FRONT)


def write_boxes(path, up_axis="Y_UP"):
    """The boxes as `.obj` with `.mtl`, `.glb` or `.dae`, by the suffix.

    A `.dae` declares `up_axis`, which changes nothing: the axes are those that the source tells.
    """
    parts = [(box(size, centre), color) for size, centre, color in BOXES]
    if path.suffix == ".dae":
        _write_dae(path, parts, up_axis)
        return source(path)
    scene = trimesh.Scene()
    for number, (part, color) in enumerate(parts):
        mesh = trimesh.Trimesh(to_file(part.vertices), part.faces, process=False)
        material = trimesh.visual.material.SimpleMaterial(
            name=f"paint{number}", diffuse=(*color, 255), specular=(0, 0, 0, 255)
        )
        if path.suffix == ".glb":
            factor = [*srgb_to_linear(np.asarray(color) / 255), 1.0]
            material = trimesh.visual.material.PBRMaterial(
                name=f"paint{number}", baseColorFactor=factor, metallicFactor=0.0
            )
        uv = np.zeros((len(part.vertices), 2))
        mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
        scene.add_geometry(mesh)
    if path.suffix == ".glb":
        scene.export(path)
        return source(path)
    text, extra = trimesh.exchange.obj.export_obj(
        scene, mtl_name=f"{path.stem}.mtl", return_texture=True
    )
    path.write_text(text)
    for name, data in extra.items():
        (path.parent / name).write_bytes(data)
    return source(path)


def _write_dae(path, parts, up_axis):
    document = collada.Collada()
    document.assetInfo.upaxis = up_axis
    nodes = []
    for number, (part, color) in enumerate(parts):
        name = f"part{number}"
        paint = (*(np.asarray(color) / 255), 1.0)
        effect = collada.material.Effect(f"{name}_effect", [], "lambert", diffuse=paint)
        material = collada.material.Material(f"{name}_material", f"{name}_material", effect)
        document.effects.append(effect)
        document.materials.append(material)
        points = collada.source.FloatSource(
            f"{name}_points", to_file(part.vertices).ravel(), ("X", "Y", "Z")
        )
        geometry = collada.geometry.Geometry(document, f"{name}_mesh", name, [points])
        inputs = collada.source.InputList()
        inputs.addInput(0, "VERTEX", f"#{name}_points")
        faces = geometry.createTriangleSet(np.ravel(part.faces), inputs, "paint")
        geometry.primitives.append(faces)
        document.geometries.append(geometry)
        bound = collada.scene.MaterialNode("paint", material, inputs=[])
        nodes.append(collada.scene.Node(name, [collada.scene.GeometryNode(geometry, [bound])]))
    scene = collada.scene.Scene("scene", nodes)
    document.scenes.append(scene)
    document.scene = scene
    document.write(str(path))


def write_lit_ball(path, *, side):
    """A white ball as `.gltf` with a lamp on one side: `side` is 1 for `+y` of our frame, or -1."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    mesh = trimesh.Trimesh(to_file(ball.vertices), ball.faces, process=False)
    material = trimesh.visual.material.PBRMaterial(name="white", metallicFactor=0.0)
    mesh.visual = trimesh.visual.TextureVisuals(uv=np.zeros((len(ball.vertices), 2)))
    mesh.visual.material = material
    files = trimesh.Scene(mesh).export(file_type="gltf")
    model = json.loads(files.pop("model.gltf"))
    lamp = {"type": "point", "intensity": 37.0**2 * 683 * 60}
    model["extensionsUsed"] = ["KHR_lights_punctual"]
    model["extensions"] = {"KHR_lights_punctual": {"lights": [lamp]}}
    place = to_file([0.0, 5.0 * side, 0.0]).tolist()
    extension = {"KHR_lights_punctual": {"light": 0}}
    model["nodes"].append({"translation": place, "extensions": extension})
    model["scenes"][0]["nodes"].append(len(model["nodes"]) - 1)
    path.write_text(json.dumps(model))
    for name, data in files.items():
        (path.parent / name).write_bytes(data)
    return source(path)


def quarters(alpha=None):
    """A texture: red, green over blue, yellow; with an alpha channel where `alpha` is given."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:32, :32], pixels[:32, 32:], pixels[32:, :32], pixels[32:, 32:] = (
        RED,
        GREEN,
        BLUE,
        YELLOW,
    )
    if alpha is not None:
        pixels = np.dstack([pixels, np.full((64, 64), alpha, np.uint8)])
    return Image.fromarray(pixels)


def write_sheet(path, *, mtl, alpha=None, both_sides=False):
    """A square that faces our `+x`, as OBJ in our own frame, with `uv` running with `(y, z)`.

    Its material is `sheet` of the MTL text; `both_sides` adds its back, of material `back`. Beside
    it lie the pictures `quarters.png` and `holes.png`, whose left half is black.
    """
    quarters(alpha).save(path.parent / "quarters.png")
    holes = np.full((64, 64), 255, np.uint8)
    holes[:, :32] = 0
    Image.fromarray(holes).save(path.parent / "holes.png")
    lines = ["mtllib sheet.mtl", "usemtl sheet"]
    lines += [f"v 0 {y} {z}" for y, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    lines += [
        "v -0.4 0 0",
        "vt 0 0",
        "vt 1 0",
        "vt 1 1",
        "vt 0 1",
        "f 1/1 2/2 3/3",
        "f 1/1 3/3 4/4",
    ]
    if both_sides:
        lines += ["usemtl back", "f 3/3 2/2 1/1", "f 4/4 3/3 1/1"]
    path.write_text("\n".join(lines) + "\n")
    (path.parent / "sheet.mtl").write_text(mtl)
    return MeshSource(str(path), path.stem)
