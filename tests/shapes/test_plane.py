"""Laws of the procedural planes, and hand-computed values of their building blocks."""

import numpy as np
import pytest
import trimesh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from keypointnet_tf.shapes import plane, plane_kinds, plane_plan
from keypointnet_tf.shapes.mesh import Mesh

COUNT = 120
ROWS = {name: i for i, name in enumerate(plane.LANDMARKS)}
ENGINES = ("engine_inner", "engine_outer")


@pytest.fixture(scope="module")
def planes() -> list[Mesh]:
    return [plane.generate(np.random.default_rng([3, i]), f"plane_{i}") for i in range(COUNT)]


@pytest.fixture(scope="module")
def landmarks(planes) -> np.ndarray:
    return np.stack([mesh.landmarks for mesh in planes])


def point(landmarks: np.ndarray, name: str) -> np.ndarray:
    return landmarks[..., ROWS[name], :]


def components(mesh: Mesh) -> np.ndarray:
    """`[F]` number of the connected part that each face belongs to."""
    first, second = mesh.faces[:, [0, 1]].ravel(), mesh.faces[:, [1, 2]].ravel()
    size = len(mesh.vertices)
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(size, size))
    return connected_components(graph, directed=False)[1][mesh.faces[:, 0]]


def test_shares_are_probabilities_of_at_least_a_tenth():
    assert sum(plane_kinds.SHARES.values()) == pytest.approx(1)
    assert min(plane_kinds.SHARES.values()) >= 0.1
    assert plane.KINDS == tuple(plane_kinds.SHARES) == tuple(plane_kinds.DRAW)


def test_the_nose_is_in_front_and_the_fin_stands_up_behind(landmarks):
    nose, tail = point(landmarks, "nose"), point(landmarks, "tail")
    fin_top, fin_root = point(landmarks, "fin_top"), point(landmarks, "fin_root")
    assert (nose[:, 0] > tail[:, 0] + 0.9).all()
    middle = (nose[:, 0] + tail[:, 0]) / 2
    assert (fin_top[:, 0] < middle).all() and (fin_root[:, 0] < middle).all()
    assert (fin_top[:, 2] > fin_root[:, 2] + 0.1).all()
    cockpit = point(landmarks, "cockpit")
    assert (cockpit[:, 2] > nose[:, 2]).all() and (cockpit[:, 0] < nose[:, 0]).all()
    assert (cockpit[:, 2] > point(landmarks, "belly")[:, 2]).all()


def test_wings_run_outwards_and_root_front_is_before_root_rear(landmarks):
    front, rear = (point(landmarks, f"left_wing_root_{end}") for end in ("front", "rear"))
    tip = point(landmarks, "left_wing_tip")
    assert (front[:, 0] > rear[:, 0] + 0.05).all()
    assert (tip[:, 1] > np.maximum(front[:, 1], rear[:, 1]) + 0.2).all()
    tailplane = point(landmarks, "left_tailplane_tip")
    present = np.isfinite(tailplane[:, 0])
    assert (tailplane[present, 0] < rear[present, 0]).all()


def test_engines_number_none_to_four_by_kind(planes, landmarks):
    pairs = sum(np.isfinite(point(landmarks, f"left_{name}")[:, 0]).astype(int) for name in ENGINES)
    seen = {kind: set() for kind in plane.KINDS}
    for mesh, number in zip(planes, pairs, strict=True):
        seen[mesh.kind].add(int(number))
    assert seen["airliner"] == seen["turboprop"] == {1, 2}
    assert seen["business_jet"] == seen["fighter"] == {1}
    assert seen["glider"] == seen["high_wing_prop"] == seen["low_wing_prop"] == {0}


def test_an_outer_engine_has_an_inner_one_nearer_the_body(landmarks):
    inner, outer = (point(landmarks, f"left_{name}") for name in ENGINES)
    four = np.isfinite(outer[:, 0])
    assert four.any() and (inner[four, 1] < outer[four, 1]).all()


def test_only_deltas_lack_a_tailplane(planes, landmarks):
    absent = np.isnan(point(landmarks, "left_tailplane_tip")[:, 0])
    assert absent.any()
    assert {mesh.kind for mesh, bare in zip(planes, absent, strict=True) if bare} == {"fighter"}


def test_span_to_length_reaches_from_fighters_to_gliders(landmarks):
    span = 2 * point(landmarks, "left_wing_tip")[:, 1]
    ratio = span / (point(landmarks, "nose") - point(landmarks, "tail"))[:, 0]
    assert 0.55 < ratio.min() < 0.75 and 1.45 < ratio.max() < 1.7


def test_landmarks_vary_along_the_plane(landmarks):
    spread = dict(zip(plane.LANDMARKS, np.nanstd(landmarks[..., 0], axis=0), strict=True))
    assert np.mean(list(spread.values())) >= 0.08
    for name in ("left_wing_tip", "left_wing_root_front", "cockpit", "left_tailplane_tip"):
        assert spread[name] >= 0.08, name


def test_landmarks_lie_on_the_surface(planes):
    for mesh in planes[:40]:
        triangles = mesh.vertices[mesh.faces].astype(float)
        for name, target in zip(plane.LANDMARKS, mesh.landmarks.astype(float), strict=True):
            if np.isfinite(target[0]):
                targets = np.repeat(target[None], len(triangles), axis=0)
                nearest = trimesh.triangles.closest_point(triangles, targets)
                distance = np.linalg.norm(nearest - target, axis=1).min()
                assert distance < 0.03, (mesh.object_id, mesh.kind, name)


def test_every_part_is_closed_and_faces_outwards(planes):
    for mesh in planes[:60]:
        corners = mesh.vertices[mesh.faces].astype(float)
        labels = components(mesh)
        for label in range(labels.max() + 1):
            own = corners[labels == label] - corners[labels == label].mean(axis=(0, 1))
            volume = np.einsum("fi,fi->", own[:, 0], np.cross(own[:, 1], own[:, 2])) / 6
            assert volume > 0, (mesh.object_id, mesh.kind, label)
            directed = np.sort(mesh.faces[labels == label][:, [[0, 1], [1, 2], [2, 0]]], axis=-1)
            _, uses = np.unique(directed.reshape(-1, 2), axis=0, return_counts=True)
            assert (uses == 2).all(), (mesh.object_id, mesh.kind, label)


def test_no_part_floats(planes):
    """Parts whose boxes touch hang together; all of a plane's parts do."""
    for mesh in planes:
        labels = components(mesh)
        boxes = []
        for label in np.unique(labels):
            used = mesh.vertices[np.unique(mesh.faces[labels == label])]
            boxes.append((used.min(axis=0), used.max(axis=0)))
        low, high = (np.array(corner) for corner in zip(*boxes, strict=True))
        touch = ((low[:, None] <= high[None]) & (low[None] <= high[:, None])).all(axis=-1)
        assert connected_components(coo_array(touch))[0] == 1, (mesh.object_id, mesh.kind)


def test_position_lights_tell_left_from_right(planes):
    for mesh in planes:
        names = [material.name for material in mesh.materials]
        for name, sign in (("left_light", 1), ("right_light", -1)):
            faces = mesh.faces[mesh.material_ids == names.index(name)]
            assert (sign * mesh.vertices[faces][..., 1] > 0.2).all()


def test_surface_points_of_a_trapezoid():
    wing = plane_plan.trapezoid(
        (0.4, 0, -0.1), 1.0, sweep=45, root_chord=0.4, tip_chord=0.2, rise=0.1
    )
    np.testing.assert_allclose(wing.point(0.0), [0.4, 0, -0.1])
    np.testing.assert_allclose(wing.point(1.0), [-0.6, 1, 0], atol=1e-12)
    np.testing.assert_allclose(wing.point(1.0, 1.0), [-0.8, 1, 0], atol=1e-12)
    np.testing.assert_allclose(wing.point(0.5, 0.5), [0.4 - 0.5 - 0.15, 0.5, -0.05])
    fin = plane_plan.trapezoid(
        (-0.5, 0, 0.1), 0.4, sweep=0, root_chord=0.3, tip_chord=0.3, vertical=True
    )
    np.testing.assert_allclose(fin.point(1.0, 1.0), [-0.8, 0, 0.5])


def test_body_outline_and_side_of_a_round_fuselage():
    body = plane_plan.make_body(
        half_width=0.1,
        half_height=0.2,
        nose=0.4,
        pointed=0.5,
        droop=0.0,
        tail=0.6,
        tail_end=0.2,
        rise=0.5,
    )
    np.testing.assert_allclose(body.outline(0.2), [0.1, -0.2, 0.2])
    assert body.side(0.2, 0.0) == pytest.approx(0.1)
    assert body.side(0.2, 0.12) == pytest.approx(0.1 * 0.8)
    assert body.side(0.2, 0.3) == 0
    np.testing.assert_allclose(body.end(-1), [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(body.end(0), [-1, 0, 0.1], atol=1e-12)


def test_a_hump_raises_only_the_top():
    shape = dict(
        half_width=0.1,
        half_height=0.1,
        nose=0.2,
        pointed=0.5,
        droop=0.0,
        tail=0.5,
        tail_end=0.2,
        rise=0.0,
    )
    hump = plane_plan.Hump(front=0.5, windscreen_top=0.4, roof_rear=0.0, rear=-0.2, height=0.08)
    flat, raised = plane_plan.make_body(**shape), plane_plan.make_body(**shape, hump=hump)
    assert raised.outline(0.2)[2] == pytest.approx(flat.outline(0.2)[2] + 0.08)
    assert raised.outline(0.6)[2] == pytest.approx(flat.outline(0.6)[2])
    assert raised.outline(0.2)[1] == pytest.approx(flat.outline(0.2)[1])
