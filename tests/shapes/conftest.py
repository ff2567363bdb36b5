"""Hand-built solids whose frame is known."""

import dataclasses

import pytest

from keypointnet_tf.shapes.frames import frame_rotation
from keypointnet_tf.shapes.mesh import Material, Mesh
from keypointnet_tf.shapes.parts import MeshBuilder, box, tube


@pytest.fixture(scope="session")
def solid():
    """`solid(*parts)`: one normalised mesh of grey parts."""

    def build(*parts) -> Mesh:
        builder = MeshBuilder()
        for part in parts:
            builder.add(part, Material("grey"))
        return builder.build(landmarks=None, object_id="solid")

    return build


@pytest.fixture(scope="session")
def cart(solid):
    """A pickup of boxes on four wheels, in our frame: its cabin is towards the front."""
    wheels = [
        tube((x, y - 0.1, 0.2), (x, y + 0.1, 0.2), 0.2) for x in (-0.7, 0.7) for y in (-0.4, 0.4)
    ]
    return solid(box((2.0, 0.8, 0.3), (0, 0, 0.4)), box((0.6, 0.7, 0.4), (0.3, 0, 0.7)), *wheels)


@pytest.fixture(scope="session")
def read_as():
    """`read_as(mesh, up, front)`: the mesh when its file is read with these axes."""

    def turn(mesh: Mesh, up: str, front: str) -> Mesh:
        rotation = frame_rotation(up, front)
        return dataclasses.replace(
            mesh, vertices=mesh.vertices @ rotation.T, normals=mesh.normals @ rotation.T
        )

    return turn
