"""Laws of the procedural chairs: what every chair has, and that chairs differ."""

from collections import Counter

import numpy as np
import pytest
import trimesh

from keypointnet_tf.shapes import chair
from keypointnet_tf.shapes.chair_kinds import KIND_RANGES

ROW = {name: i for i, name in enumerate(chair.LANDMARKS)}
LANDMARK_TOLERANCE = 0.04


@pytest.fixture(scope="module")
def chairs():
    return [chair.generate(np.random.default_rng([5, i]), f"chair_{i}") for i in range(300)]


@pytest.fixture(scope="module")
def one_of_each(chairs):
    return [next(m for m in chairs if m.kind == kind) for kind in chair.KINDS]


def _rows(mesh, *names):
    return np.stack([mesh.landmarks[ROW[name]] for name in names])


def test_every_kind_is_common(chairs):
    shares = {kind: count / len(chairs) for kind, count in Counter(m.kind for m in chairs).items()}
    assert set(shares) == set(chair.KINDS)
    assert min(shares.values()) >= 0.08, shares
    assert sum(kind.share for kind in KIND_RANGES.values()) == pytest.approx(1)


def test_same_generator_state_gives_the_same_chair():
    first, again = (chair.generate(np.random.default_rng(4), "a") for _ in range(2))
    np.testing.assert_array_equal(first.vertices, again.vertices)
    np.testing.assert_array_equal(first.landmarks, again.landmarks)
    np.testing.assert_array_equal(first.materials[1].texture, again.materials[1].texture)


def test_every_chair_has_a_back_above_the_rear_of_its_seat(chairs):
    for mesh in chairs:
        front, rear, top = _rows(mesh, "left_seat_front", "left_seat_back", "left_back_top")
        assert rear[0] < front[0]
        assert top[0] < front[0] and top[2] > rear[2] + 0.1
        middle = (front[0] + rear[0]) / 2
        used = mesh.vertices[np.unique(mesh.faces)]
        above = used[used[:, 2] > rear[2] + 0.7 * (top[2] - rear[2])]
        behind = above[np.abs(above[:, 1]) < abs(rear[1])]
        assert len(behind) and np.median(behind[:, 0]) < middle, mesh.object_id


def test_left_is_positive_y_and_mirrors_right(chairs):
    for mesh in chairs:
        for left, right in chair.SYMMETRIC_PAIRS:
            a, b = _rows(mesh, left, right)
            np.testing.assert_array_equal(a * (1, -1, 1), b)
            assert np.isnan(a).all() or a[1] > 0.05
    centre = [i for name, i in ROW.items() if not name.startswith(("left_", "right_"))]
    y = np.stack([m.landmarks[centre, 1] for m in chairs])
    assert np.nanmax(np.abs(y)) < 1e-6


def test_surface_is_mirror_symmetric(one_of_each):
    for mesh in one_of_each:
        points = np.round(mesh.vertices, 3)
        mirrored = np.round(mesh.vertices * (1, -1, 1), 3)
        distance = np.abs(points[:, None] - mirrored[None]).max(axis=2)
        assert distance.min(axis=1).max() < 2e-3, mesh.kind


def test_feet_and_bases_stand_on_the_floor(chairs):
    for mesh in chairs:
        floor = mesh.bounds()[0, 2]
        feet = _rows(mesh, "left_front_foot", "left_rear_foot")
        base = mesh.landmarks[ROW["base_centre"]]
        assert np.isnan(feet).all() == np.isfinite(base).all()
        if np.isfinite(base).all():
            assert floor - 1e-3 <= base[2] < floor + 0.3
        else:
            np.testing.assert_allclose(feet[:, 2], floor, atol=0.01)
            assert feet[1, 0] < feet[0, 0]


def test_landmarks_lie_on_the_surface(chairs):
    for mesh in chairs[:40]:
        triangles = mesh.vertices[mesh.faces].astype(float)
        for name, row in ROW.items():
            point = mesh.landmarks[row]
            if np.isfinite(point).all():
                tiled = np.broadcast_to(point, (len(triangles), 3))
                closest = trimesh.triangles.closest_point(triangles, tiled)
                distance = np.linalg.norm(closest - point, axis=1).min()
                assert distance < LANDMARK_TOLERANCE, (mesh.object_id, name, distance)


def test_proportions_vary_along_x(chairs):
    spread = np.nanstd([mesh.landmarks[:, 0] for mesh in chairs], axis=0)
    assert spread.shape == (len(chair.LANDMARKS),)
    assert np.mean(spread) >= 0.08, dict(zip(chair.LANDMARKS, spread, strict=True))


def test_every_landmark_and_every_absence_occurs(chairs):
    share = np.mean([np.isfinite(mesh.landmarks[:, 0]) for mesh in chairs], axis=0)
    always = {"left_seat_front", "left_seat_back", "left_back_top", "back_top_centre"}
    assert all(share[ROW[name]] == 1 for name in always)
    optional = ("left_arm_front", "left_arm_rear", "left_front_foot", "base_centre", "back_centre")
    assert all(0.1 < share[ROW[name]] < 1 for name in optional), share


def test_every_closed_surface_faces_outwards(one_of_each):
    for mesh in one_of_each:
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
        for part in solid.split(only_watertight=False):
            assert part.is_watertight and part.volume > 0, mesh.kind


def test_size_of_the_mesh(chairs):
    assert all(500 <= len(mesh.faces) <= 4000 for mesh in chairs)


def test_front_and_rear_of_a_panel_back_differ_in_colour(chairs):
    for mesh in chairs[:40]:
        names = [material.name for material in mesh.materials]
        if "shell" not in names:
            continue
        shell = mesh.normals[mesh.material_ids == names.index("shell")].reshape(-1, 3)
        assert shell[:, 0].min() < -0.8, "the shell covers the rear"
