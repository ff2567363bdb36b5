"""One sample inside smooth surfaces, all at their edges: the same picture as all everywhere.

Letters: V views.
"""

import dataclasses

import numpy as np
import pytest

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS
from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.rendering.view import View
from keypointnet_tf.shapes.mesh import Material, Mesh, corner_normals
from keypointnet_tf.shapes.procedural import generate_object

FOCAL = placement.focal_length()


def views(scene, count=4, **options):
    """Renderings from random cameras of the upper hemisphere."""
    rng = np.random.default_rng(0)
    poses = np.concatenate(
        [placement.sample_pair(rng, placement.CameraSampling()) for _ in range(count // 2)]
    )
    return [
        scene.render(pose, focal=FOCAL, lights=DEFAULT_LIGHTS, **{"size": 96, **options})
        for pose in poses
    ]


def both(mesh, **options):
    return [views(Scene(mesh, adaptive=kind), **options) for kind in (True, False)]


@pytest.mark.parametrize("category", ["plane", "car", "chair"])
@pytest.mark.parametrize("number", range(3))
def test_pictures_are_those_of_full_sampling(category, number):
    """Alpha is equal; colours differ by 0.4 of 255 levels in the mean, by 12 in 1 % of pixels."""
    for adaptive, full in zip(*both(generate_object(category, 0, number)), strict=True):
        np.testing.assert_array_equal(adaptive.rgba[..., 3], full.rgba[..., 3])
        on = full.rgba[..., 3] > 0
        difference = np.abs(adaptive.rgba.astype(int) - full.rgba)[on][:, :3].max(axis=1)
        assert difference.mean() < 0.4 and np.quantile(difference, 0.99) < 12
        depth = np.abs(adaptive.depth - full.depth)[on]
        # Where parts run through each other next to an edge, samples of the other part are missed.
        assert np.quantile(depth, 0.95) < 0.01 and depth.max() < 0.2
        np.testing.assert_array_equal(adaptive.face_ids >= 0, full.face_ids >= 0)


def thin_rods(width):
    """Upright rods of square section that stand apart, thinner than a pixel of the test's views."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    one = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))])
    places = [(x, y, 0) for x in np.linspace(-0.9, 0.9, 7) for y in (-0.5, 0.1, 0.6)]
    vertices = np.concatenate([corners * [width / 2, width / 2, 0.9] + p for p in places])
    faces = np.concatenate([one + 8 * i for i in range(len(places))]).astype(np.int32)
    vertices = vertices.astype(np.float32)
    return Mesh(
        vertices,
        faces,
        corner_normals(vertices, faces),
        np.zeros((len(faces), 3, 2), np.float32),
        np.ones((len(faces), 3, 3), np.float32),
        np.zeros(len(faces), np.int32),
        (Material("steel", (0.7, 0.7, 0.8)),),
    )


@pytest.mark.parametrize("width", [0.006, 0.02, 0.05])
def test_thin_rods_lose_nothing(width):
    for adaptive, full in zip(*both(thin_rods(width)), strict=True):
        np.testing.assert_array_equal(adaptive.rgba[..., 3], full.rgba[..., 3])
        assert np.abs(adaptive.rgba.astype(int) - full.rgba).max() <= 2


def test_parts_that_run_through_each_other_are_seen_by_their_neighbours():
    """Two crossing sheets of different colours: no feature edge is where they meet.

    Next to a feature edge, whose pixels were not compared, a sample may be missed: in one of these
    views an edge runs along the line where they meet.
    """
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) * 0.8
    tilted = corners @ np.array([[0.8, 0, 0.6], [0, 1, 0], [-0.6, 0, 0.8]], np.float32)
    vertices = np.concatenate([corners, tilted]).astype(np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], np.int32)
    mesh = Mesh(
        vertices,
        faces,
        corner_normals(vertices, faces),
        np.zeros((4, 3, 2), np.float32),
        np.ones((4, 3, 3), np.float32),
        np.array([0, 0, 1, 1], np.int32),
        (Material("red", (1, 0, 0)), Material("blue", (0, 0, 1))),
    )
    for adaptive, full in zip(*both(mesh), strict=True):
        np.testing.assert_array_equal(adaptive.rgba[..., 3], full.rgba[..., 3])
        difference = np.abs(adaptive.rgba.astype(int) - full.rgba).max(axis=-1)
        assert (difference > 3).mean() < 0.01
        assert np.abs(adaptive.rgba.astype(float) - full.rgba).mean() < 0.3


def test_one_sample_per_pixel_is_the_same_either_way():
    mesh = generate_object("car", 0, 0)
    for adaptive, full in zip(*both(mesh, supersample=1), strict=True):
        for one, other in zip(adaptive, full, strict=True):
            np.testing.assert_array_equal(one, other)


def test_no_hit_lies_outside_the_box_that_is_traced(monkeypatch):
    scene, rng = Scene(generate_object("plane", 0, 1)), np.random.default_rng(3)
    sampling = placement.CameraSampling(shift=0.6, max_roll_degrees=180)
    for pose in placement.sample_pair(rng, sampling):
        for size, focal in ((64, FOCAL), (33, 2 * FOCAL), (64, 0.4 * FOCAL)):
            traced = scene.render(pose, size=size, focal=focal, lights=DEFAULT_LIGHTS)
            with monkeypatch.context() as patch:
                patch.setattr(View, "box", (0, size, 0, size))
                whole = scene.render(pose, size=size, focal=focal, lights=DEFAULT_LIGHTS)
            np.testing.assert_array_equal(traced.rgba[..., 3], whole.rgba[..., 3])
            assert np.abs(traced.rgba.astype(int) - whole.rgba).max() <= 2


def test_it_saves_most_of_the_rays(monkeypatch):
    """What it is for: fewer than six in ten samples of a car are cast at 128 px."""
    counts = []
    scene = Scene(generate_object("car", 0, 0))
    cast = scene._caster.cast

    def counting(grid, near=0.0, rays=None):
        total = len(grid.columns) * len(grid.rows)
        counts.append(total if rays is None else len(rays))
        return cast(grid, near, rays)

    monkeypatch.setattr(scene, "_caster", type("Counting", (), {"cast": staticmethod(counting)})())
    pose = placement.look_at((20, 18, 12))
    scene.render(pose, size=128, focal=FOCAL, lights=DEFAULT_LIGHTS)
    adaptive = sum(counts)
    counts.clear()
    scene._adaptive = False
    scene.render(pose, size=128, focal=FOCAL, lights=DEFAULT_LIGHTS)
    assert adaptive < 0.6 * sum(counts)


def test_pairs_are_functions_of_their_numbers():
    scene = Scene(generate_object("chair", 0, 2))
    config = dataclasses.replace(PairConfig(), size=48)
    first, second = (render_pair(scene, pair_rng(0, 2, 5), config) for _ in range(2))
    np.testing.assert_array_equal(first.image0, second.image0)
    fresh = render_pair(Scene(generate_object("chair", 0, 2)), pair_rng(0, 2, 5), config)
    np.testing.assert_array_equal(first.image1, fresh.image1)
