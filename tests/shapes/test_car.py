"""Laws of the procedural cars."""

import collections

import numpy as np
import pytest

from keypointnet_tf.shapes import car, car_body, car_kinds
from keypointnet_tf.shapes.mesh import Mesh

COUNT = 120
ROWS = {name: i for i, name in enumerate(car.LANDMARKS)}


@pytest.fixture(scope="module")
def cars() -> list[Mesh]:
    return [car.generate(np.random.default_rng([3, i]), f"car_{i}") for i in range(COUNT)]


@pytest.fixture(scope="module")
def landmarks(cars) -> np.ndarray:
    return np.stack([mesh.landmarks for mesh in cars])


def point(landmarks: np.ndarray, name: str) -> np.ndarray:
    return landmarks[:, ROWS[name]]


def test_every_kind_has_its_share():
    rng = np.random.default_rng(0)
    drawn = collections.Counter(car_kinds.draw_kind(rng) for _ in range(300))
    assert set(drawn) == set(car.KINDS)
    assert min(drawn.values()) >= 0.08 * 300
    assert min(car_kinds.SHARES.values()) >= 0.12
    assert sum(car_kinds.SHARES.values()) == pytest.approx(1)


def test_the_same_generator_gives_the_same_car():
    first, second = (car.generate(np.random.default_rng(5), "car") for _ in range(2))
    np.testing.assert_array_equal(first.vertices, second.vertices)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)
    assert first.kind == second.kind


def test_all_landmarks_are_present(landmarks):
    assert landmarks.shape == (COUNT, len(car.LANDMARKS), 3)
    assert np.isfinite(landmarks).all()


def test_left_is_positive_y_and_pairs_mirror_each_other(landmarks):
    for left, right in car.SYMMETRIC_PAIRS:
        assert left.startswith("left_") and right == left.replace("left_", "right_")
        assert (point(landmarks, left)[:, 1] > 0.05).all()
        mirrored = point(landmarks, right) * (1, -1, 1)
        np.testing.assert_allclose(mirrored, point(landmarks, left), atol=1e-5)


def test_landmarks_stand_in_the_order_of_a_car(landmarks):
    along = ("front_bumper", "front_wheel", "roof_front", "roof_rear", "rear_bumper")
    x = np.stack([point(landmarks, f"left_{name}")[:, 0] for name in along])
    assert (np.diff(x, axis=0) < 0).all()
    upper = point(landmarks, "left_roof_front")[:, 2]
    for lower in ("windscreen_base", "rear_window_base", "headlight", "taillight", "mirror"):
        assert (upper > point(landmarks, f"left_{lower}")[:, 2]).all()
    assert (point(landmarks, "left_mirror")[:, 1] > point(landmarks, "left_roof_front")[:, 1]).all()


def test_wheels_stand_on_the_ground(cars):
    for mesh in cars:
        tyre = next(i for i, m in enumerate(mesh.materials) if m.name == "tyre")
        used = mesh.vertices[np.unique(mesh.faces[mesh.material_ids == tyre])]
        low = mesh.bounds()[0, 2]
        assert used[:, 2].min() == pytest.approx(low, abs=1e-5)
        others = mesh.vertices[np.unique(mesh.faces[mesh.material_ids != tyre])]
        assert others[:, 2].min() > low + 0.01
        for name in ("left_front_wheel", "right_rear_wheel"):
            hub = mesh.landmarks[ROWS[name]]
            foot = used[used[:, 2] < low + 1e-4]
            assert np.abs(foot[:, 0] - hub[0]).min() < 1e-3


def test_the_longest_side_is_the_length(cars):
    for mesh in cars:
        low, high = mesh.bounds()
        assert high[0] - low[0] == pytest.approx(2, abs=1e-5)
        assert (high - low)[1:].max() < 1.4


def test_proportions_vary(landmarks):
    assert landmarks[:, :, 0].std(axis=0).mean() >= 0.08


def test_landmarks_lie_on_the_surface(cars):
    for mesh in cars[:40]:
        triangles = mesh.vertices[mesh.faces].astype(float)
        for name, landmark in zip(car.LANDMARKS, mesh.landmarks, strict=True):
            assert distance_to(triangles, landmark) < 0.04, (mesh.object_id, mesh.kind, name)


def test_triangles_face_outwards(cars):
    for mesh in cars:
        corners = mesh.vertices[mesh.faces].astype(float)
        volumes = np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
        for index in range(len(mesh.materials)):
            assert volumes[mesh.material_ids == index].sum() > 0, mesh.materials[index].name


def test_face_count_is_moderate(cars):
    counts = [len(mesh.faces) for mesh in cars]
    assert min(counts) >= 1000
    assert np.median(counts) <= 4000 and max(counts) <= 4600


@pytest.mark.parametrize("kind", car.KINDS)
def test_dimensions_are_consistent(kind):
    for seed in range(60):
        d = car_kinds.draw_dimensions(np.random.default_rng(seed), kind)
        assert d.end > d.cowl > d.roof_front > d.roof_rear >= d.rear_base > -d.end
        assert d.ride < d.nose_top <= d.height and d.belt < d.height
        assert d.end - d.front_axle > car_body.ARCH * d.wheel_radius
        assert d.end + d.rear_axle > car_body.ARCH * d.wheel_radius
        assert d.front_axle - d.rear_axle > 4 * d.wheel_radius


def test_warp_leaves_the_middle_and_keeps_the_sides_apart():
    d = car_kinds.draw_dimensions(np.random.default_rng(1), "sedan")
    middle = np.array([[0.0, 0.5, 0.4], [d.front_axle, -0.8, 0.6], [d.rear_axle, 0.8, 0.6]])
    np.testing.assert_array_equal(car_body.warp(d, middle), middle)
    corner = np.array([[d.end, d.width / 2, d.ride]])
    np.testing.assert_allclose(car_body.warp(d, corner), corner - [[d.nose_bow, 0, 0]])


def test_slab_is_closed_and_spans_its_thickness():
    y, z = np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0])
    base = np.stack([np.zeros_like(y), y, z], axis=-1)
    part = car_body.slab(base, (1, 0, 0), lift=0.1, sink=0.2)
    a, b, c = (part.vertices[part.faces[:, i]] for i in range(3))
    volume = np.einsum("fi,fi->", a, np.cross(b, c)) / 6
    assert volume == pytest.approx(2 * 1 * 0.3)


def distance_to(triangles: np.ndarray, target: np.ndarray) -> float:
    """Distance from `target [3]` to the nearest of `triangles [F, 3, 3]`."""
    a, b, c = (triangles[:, i] - target for i in range(3))
    best = min(_distance_to_segments(*pair) for pair in ((a, b), (b, c), (c, a)))
    u, v = b - a, c - a
    normal = np.cross(u, v)
    area = (normal**2).sum(axis=1)
    kept = area > 1e-14
    a, u, v, normal, area = (array[kept] for array in (a, u, v, normal, area))
    beta = np.einsum("fi,fi->f", np.cross(-a, v), normal) / area
    gamma = np.einsum("fi,fi->f", np.cross(u, -a), normal) / area
    inside = (beta >= 0) & (gamma >= 0) & (beta + gamma <= 1)
    height = np.abs(np.einsum("fi,fi->f", a, normal)) / np.sqrt(area)
    return float(min([best, *height[inside]]))


def _distance_to_segments(a: np.ndarray, b: np.ndarray) -> float:
    along = b - a
    length = np.maximum((along**2).sum(axis=1), 1e-20)
    share = np.clip(-(a * along).sum(axis=1) / length, 0, 1)
    return float(np.linalg.norm(a + share[:, None] * along, axis=1).min())
