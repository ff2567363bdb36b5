"""Maps of space along a bar: laws and values computed by hand."""

import numpy as np
import pytest

from keypointnet_tf.shapes import skinning, space_maps

QUARTER = np.pi / 2
STRONGEST = {
    "bend": lambda p: space_maps.bend(p, np.radians(80)),
    "twist": lambda p: space_maps.twist(p, np.radians(120)),
    "taper": lambda p: space_maps.taper(p, 0.6),
    "stretch": lambda p: space_maps.stretch(p, 1.5, centre=0.3, reach=0.5),
}


def box_points(count=200, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3))


def neutral_line(count=2001):
    line = np.zeros((count, 3))
    line[:, 0] = np.linspace(-1, 1, count)
    return line


def length(line):
    return np.linalg.norm(np.diff(line, axis=0), axis=1).sum()


def jacobians(point_map, points, step=1e-5):
    """`[N, 3, 3]` by central differences."""
    columns = [
        (point_map(points + step * e) - point_map(points - step * e)) / (2 * step)
        for e in np.eye(3)
    ]
    return np.stack(columns, axis=-1)


def test_bend_takes_a_quarter_turn_by_hand():
    # Curvature pi / 4: the ends of the neutral line lie at (+-sin 45, 1 - cos 45) / (pi / 4).
    ends = space_maps.bend(np.array([[-1.0, 0, 0.2], [1, 0, 0.2], [0, 0, 0]]), QUARTER)
    x, y = np.sqrt(0.5) * 4 / np.pi, (1 - np.sqrt(0.5)) * 4 / np.pi
    np.testing.assert_allclose(ends, [[-x, y, 0.2], [x, y, 0.2], [0, 0, 0]], atol=1e-12)


def test_bend_keeps_arc_length_on_the_neutral_line_only():
    line = neutral_line()
    assert length(space_maps.bend(line, QUARTER)) == pytest.approx(2, abs=1e-6)
    line[:, 1] = 0.5
    expected = 2 * (1 - QUARTER / 2 * 0.5)
    assert length(space_maps.bend(line, QUARTER)) == pytest.approx(expected, abs=1e-6)


def test_twist_keeps_distance_from_the_axis_and_turns_by_hand():
    points = box_points()
    twisted = space_maps.twist(points, 2.0)
    np.testing.assert_allclose(twisted[:, 0], points[:, 0])
    np.testing.assert_allclose(np.hypot(*twisted[:, 1:].T), np.hypot(*points[:, 1:].T), atol=1e-12)
    ends = space_maps.twist(np.array([[1.0, 0.5, 0], [-1, 0.5, 0], [0, 0.5, 0]]), np.pi)
    np.testing.assert_allclose(ends, [[1, 0, 0.5], [-1, 0, -0.5], [0, 0.5, 0]], atol=1e-12)


def test_taper_by_hand():
    points = np.array([[1.0, 0.5, -1], [-1, 0.5, -1], [0, 0.5, -1]])
    expected = [[1, 0.7, -1.4], [-1, 0.3, -0.6], [0, 0.5, -1]]
    np.testing.assert_allclose(space_maps.taper(points, 0.4), expected)


def test_stretch_by_hand():
    # Half of `growth reach` on either side of the centre, which stays; rigid beyond.
    points = np.array([[-1.0, 1, 2], [-0.5, 1, 2], [0, 1, 2], [0.5, 1, 2], [1, 1, 2]])
    found = space_maps.stretch(points, 0.8, centre=0, reach=0.5)
    np.testing.assert_allclose(found[:, 0], [-1.2, -0.7, 0, 0.7, 1.2], atol=1e-12)
    np.testing.assert_array_equal(found[:, 1:], points[:, 1:])


def test_volumes_change_as_stated():
    points = box_points(50) * 0.9

    def volumes(point_map):
        return np.linalg.det(jacobians(point_map, points))

    s, t = points[:, 0], points[:, 1]
    np.testing.assert_allclose(volumes(lambda p: space_maps.twist(p, 2.0)), 1, atol=1e-6)
    np.testing.assert_allclose(volumes(lambda p: space_maps.bend(p, 1.2)), 1 - 0.6 * t, atol=1e-6)
    np.testing.assert_allclose(
        volumes(lambda p: space_maps.taper(p, 0.5)), (1 + 0.5 * s) ** 2, atol=1e-6
    )
    bump = np.where(np.abs(s - 0.1) < 0.4, (1 + np.cos(np.pi * (s - 0.1) / 0.4)) / 2, 0)
    stretched = volumes(lambda p: space_maps.stretch(p, 2.0, centre=0.1, reach=0.4))
    np.testing.assert_allclose(stretched, 1 + 2 * bump, atol=1e-4)


@pytest.mark.parametrize("name", STRONGEST)
def test_nothing_is_turned_inside_out(name):
    corners = np.array(np.meshgrid(*[(-1.0, 0.0, 1.0)] * 3)).reshape(3, -1).T
    points = np.concatenate([box_points(2000), corners])
    assert np.linalg.det(jacobians(STRONGEST[name], points)).min() > 0.05


def test_no_angle_is_no_change():
    points = box_points()
    for moved in (
        space_maps.bend(points, 0.0),
        space_maps.twist(points, 0.0),
        space_maps.taper(points, 0.0),
        space_maps.stretch(points, 0.0, centre=0.1, reach=0.5),
    ):
        np.testing.assert_array_equal(moved, points)


def test_bone_weights_are_a_smooth_partition():
    s = np.linspace(-1, 1, 401)
    for bones in (2, 3, 4):
        weights = skinning.bone_weights(s, bones)
        assert weights.shape == (401, bones) and weights.min() >= 0
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
        assert np.abs(np.diff(weights, axis=0)).max() < 0.02
    # At a joint the two bones share alike; at the ends each bone has its own.
    np.testing.assert_allclose(
        skinning.bone_weights(np.array([-1.0, 0, 1]), 2), [[1, 0], [0.5, 0.5], [0, 1]]
    )


def test_a_chain_keeps_its_joints_and_its_middle():
    rng = np.random.default_rng(1)
    for bones in (2, 3, 4):
        turns = rng.normal(size=(bones - 1, 3)) * 0.4
        poses = skinning.chain_poses(turns)
        joints = np.zeros((bones - 1, 4))
        joints[:, 0], joints[:, 3] = skinning.joint_places(bones), 1
        before = np.einsum("wij,wj->wi", poses[:-1], joints)
        after = np.einsum("wij,wj->wi", poses[1:], joints)
        np.testing.assert_allclose(before, after, atol=1e-12)
        if bones % 2:
            np.testing.assert_allclose(poses[bones // 2], np.eye(4), atol=1e-12)
        else:
            both = poses[bones // 2 - 1] @ [0, 0, 0, 1], poses[bones // 2] @ [0, 0, 0, 1]
            np.testing.assert_allclose(both, [[0, 0, 0, 1]] * 2, atol=1e-12)


def test_skinning_is_the_weighted_sum_of_the_bones():
    pytest.importorskip("tensorflow_graphics.geometry.transformation.linear_blend_skinning")
    points, turns = box_points(30), np.array([[0.0, 0.5, 0], [0, 0, -0.4], [0, 0.2, 0.3]])
    poses = skinning.chain_poses(turns)
    weights = skinning.bone_weights(points[:, 0], 4)
    expected = np.zeros_like(points)
    for index, point in enumerate(points):
        for bone in range(4):
            moved = poses[bone] @ np.append(point, 1)
            expected[index] += weights[index, bone] * moved[:3]
    np.testing.assert_allclose(skinning.skin(points, turns), expected, atol=1e-12)


def test_two_bones_bend_by_hand():
    pytest.importorskip("tensorflow_graphics.geometry.transformation.linear_blend_skinning")
    # Both halves turn by 30 degrees about the middle: the ends rise to sin 30.
    ends = skinning.skin(
        np.array([[1.0, 0, 0], [-1, 0, 0], [0, 0, 0]]), np.array([[0, 0, np.pi / 3]])
    )
    x = np.sqrt(0.75)
    np.testing.assert_allclose(ends, [[x, 0.5, 0], [-x, 0.5, 0], [0, 0, 0]], atol=1e-12)


def test_without_the_library_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setattr(skinning.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="tensorflow-graphics is not installed.*3.11"):
        skinning.skin(box_points(3), np.zeros((1, 3)))
