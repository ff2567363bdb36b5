"""Meshes of many faces: nothing is lost, and memory stays bounded."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import keypointnet_tf
from keypointnet_tf.shapes.mesh_file import load_mesh

TESTS = pathlib.Path(__file__).resolve().parents[1]
MEMORY = 4 << 30
MOST_KILOBYTES = 3 << 20

CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
sys.path.append(sys.argv[2])
from peak_memory import peak_kilobytes
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes.mesh_file import load_mesh
mesh = load_mesh(sys.argv[1])
pose = placement.look_at((20, -17, 15))
view = Scene(mesh).render(pose, size=64, focal=placement.focal_length())
peak = peak_kilobytes()
seen = int((view.face_ids >= 0).sum())
print(json.dumps(dict(faces=len(mesh.faces), materials=len(mesh.materials), seen=seen, peak=peak)))
"""


def write_grid(path, side):
    """A wavy square of `2 (side - 1)^2` faces with texture coordinates and three materials."""
    steps = np.linspace(-1, 1, side)
    x, y = (axis.reshape(-1) for axis in np.meshgrid(steps, steps))
    index = np.arange(1, side**2 + 1).reshape(side, side)
    a, b, c, d = (
        part.reshape(-1)
        for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1])
    )
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).tolist()
    with path.open("w") as file:
        for u, v in zip(x.tolist(), y.tolist(), strict=True):
            file.write(f"v {u:.6f} {v:.6f} {0.2 * np.sin(3 * u):.6f}\nvt {u:.4f} {v:.4f}\n")
        for i in range(3):
            file.write(f"usemtl m{i}\n")
            file.writelines("f {0}/{0} {1}/{1} {2}/{2}\n".format(*face) for face in faces[i::3])
    return path


def test_a_grid_keeps_its_faces_and_its_smoothness(tmp_path):
    side = 101
    mesh = load_mesh(write_grid(tmp_path / "grid.obj", side))
    assert len(mesh.faces) == 20_000 and len(mesh.vertices) == side**2
    assert [material.name for material in mesh.materials] == ["m0", "m1", "m2"]
    corners = mesh.vertices[mesh.faces]
    np.testing.assert_allclose(mesh.uv, corners[..., :2], atol=1e-4)
    slope = 0.6 * np.cos(3 * corners[..., 0])
    expected = np.stack([-slope, 0 * slope, np.ones_like(slope)], axis=-1)
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    inner = np.abs(corners[..., :2]).max(axis=-1) < 0.97
    np.testing.assert_allclose(mesh.normals[inner], expected[inner], atol=2e-3)


@pytest.mark.slow
def test_a_million_faces_fit_in_three_gibibytes(tmp_path):
    if not pathlib.Path("/proc/self/status").exists():
        pytest.skip("peaks of memory are read from Linux' /proc")
    path = write_grid(tmp_path / "grid.obj", 708)
    package = pathlib.Path(keypointnet_tf.__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(package), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", CHILD.format(memory=MEMORY), str(path), str(TESTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["faces"] == 2 * 707**2 and found["materials"] == 3 and found["seen"] > 500
    assert found["peak"] < MOST_KILOBYTES
