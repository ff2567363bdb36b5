"""Scores up to symmetry: what a symmetric object cannot tell is forgiven, and nothing else."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.metrics import orientation, pose, symmetry
from keypointnet_tf.metrics.summary import score

POINTS = np.array([[0.8, 0.3, 0.1], [0.5, -0.4, 0.2], [-0.7, 0.2, -0.3], [0.1, -0.1, 0.6]])


def turn_about_z(degrees):
    return Rotation.from_euler("z", degrees, degrees=True).as_matrix()


@pytest.mark.parametrize(
    ("degrees", "fold", "expected"),
    [(40, 1, 40), (170, 2, 10), (100, 4, 10), (50, 4, 40), (133, 0, 0), (180, 3, 60), (-70, 3, 50)],
)
def test_turns_about_z_by_hand(degrees, fold, expected):
    found = symmetry.error_up_to_turns(turn_about_z(degrees)[None], np.array([fold]))
    np.testing.assert_allclose(found, [expected], atol=1e-6)


def test_tilt_is_never_forgiven():
    tilt = Rotation.from_euler("x", 25, degrees=True).as_matrix()
    found = symmetry.error_up_to_turns((turn_about_z(77) @ tilt)[None], np.array([0]))
    np.testing.assert_allclose(found, [25])
    # Five turns of 72 degrees leave 5: cos(angle / 2) = cos(2.5) cos(12.5).
    found = symmetry.error_up_to_turns((turn_about_z(77) @ tilt)[None], np.array([5]))
    half = np.cos(np.radians(2.5)) * np.cos(np.radians(12.5))
    np.testing.assert_allclose(found, [2 * np.degrees(np.arccos(half))])


def test_turns_are_brute_force():
    rotations = Rotation.random(50, rng=np.random.default_rng(0)).as_matrix()
    for fold in (1, 2, 3, 6):
        best = np.min(
            [
                pose.rotation_angle_degrees(turn_about_z(360 * j / fold).T @ rotations)
                for j in range(fold)
            ],
            axis=0,
        )
        found = symmetry.error_up_to_turns(rotations, np.full(50, fold))
        np.testing.assert_allclose(found, best, atol=1e-6)
    fine = [pose.rotation_angle_degrees(turn_about_z(t).T @ rotations) for t in np.arange(0, 360)]
    found = symmetry.error_up_to_turns(rotations, np.zeros(50, int))
    assert (found <= np.min(fine, axis=0) + 1e-6).all()
    np.testing.assert_allclose(found, np.min(fine, axis=0), atol=0.5)


def forgiven(points0, points1, **symmetries):
    plain = pose.pair_angular_errors(np.stack([points0, points1])[None], np.eye(3))
    given = {"mirror": np.array([False]), "fold": np.array([1]), **symmetries}
    return plain[0], symmetry.forgiving_errors(points0[None], points1[None], plain, **given)[0]


def test_swapped_sides_in_one_view_are_right_for_a_mirror_image():
    plain, kept = forgiven(POINTS, POINTS * symmetry.MIRROR)
    assert plain > 30 and kept == plain
    for pair in ((POINTS, POINTS * symmetry.MIRROR), (POINTS * symmetry.MIRROR, POINTS)):
        _, found = forgiven(*pair, mirror=np.array([True]))
        np.testing.assert_allclose(found, 0, atol=1e-6)


def test_front_for_back_is_not_a_mirror_symmetry():
    _, found = forgiven(POINTS, POINTS * [-1, 1, 1], mirror=np.array([True]))
    assert found > 30


def test_half_turn_in_one_view():
    turned = POINTS @ turn_about_z(180).T
    plain, found = forgiven(POINTS, turned, fold=np.array([2]))
    np.testing.assert_allclose([plain, found], [180, 0], atol=1e-5)
    assert forgiven(POINTS, turned, fold=np.array([3]))[1] > 50


def test_forgiving_is_never_worse_and_undetermined_stays_worst():
    rng = np.random.default_rng(1)
    for _ in range(20):
        plain, found = forgiven(
            rng.normal(size=(5, 3)),
            rng.normal(size=(5, 3)),
            mirror=np.array([True]),
            fold=np.array([4]),
        )
        assert found <= plain
    line = np.outer([0, 1, 2, 3.0], [1, 2, 3])
    assert forgiven(line, line, mirror=np.array([True]), fold=np.array([0])) == (180, 180)


def test_side_of_a_half_turn_and_of_any_turn(perfect):
    truth = orientation.true_orient_uv(perfect.object_to_camera, perfect.focal)
    wrong = truth[:, :, ::-1]
    for fold, expected in ((1, False), (2, True), (0, True)):
        found = symmetry.side_forgiven(
            wrong, perfect.object_to_camera, perfect.focal, np.full(4, fold)
        )
        assert (found == expected).all()


def test_figures_stand_beside_the_plain_ones(perfect):
    """Swapped left for right in view1 of every pair; declared, that is right."""
    swapped = perfect.uv.copy()
    depth = perfect.depth.copy()
    camera = perfect.xyz_object[:, 1] * symmetry.MIRROR
    poses = perfect.object_to_camera[:, 1]
    camera = camera @ np.swapaxes(poses[:, :3, :3], -1, -2) + poses[:, None, :3, 3]
    swapped[:, 1] = -perfect.focal[:, 1, None, None] * camera[..., :2] / camera[..., 2:]
    depth[:, 1] = camera[..., 2]
    plain = dataclasses.replace(perfect, uv=swapped, depth=depth)
    assert np.isnan(score(plain).summary["angular_error_mean_deg_sym"])
    told = symmetry.declare(plain, mirror=True)
    summary = score(told).summary
    assert summary["angular_error_mean_deg"] > 30 and summary["accuracy_10deg"] < 0.5
    np.testing.assert_allclose(summary["angular_error_mean_deg_sym"], 0, atol=1e-5)
    assert summary["accuracy_10deg_sym"] == 1


def test_what_the_file_says_wins_over_what_is_declared(perfect):
    said = dataclasses.replace(perfect, rotation_fold=np.array([2, 2, 1, 1]))
    found = symmetry.declare(said, mirror=True, fold=5)
    np.testing.assert_array_equal(found.rotation_fold, [2, 2, 1, 1])
    assert found.mirror_symmetric.all()
    assert symmetry.declare(said) is said
    with pytest.raises(ValueError, match="'rotation_fold'"):
        symmetry.declare(perfect, fold=-1)


def test_permutations_of_swaps_and_cycles():
    """Feet 2, 3, 4 of a star, arms 0, 1: the mirror also swaps feet 2 and 4."""
    found = symmetry.permutations_of(5, swaps=[(0, 1), (2, 4)], cycles=[(2, 3, 4)])
    expected = {
        (1, 0, 4, 3, 2),
        (0, 1, 3, 4, 2),
        (0, 1, 4, 2, 3),
        (1, 0, 2, 4, 3),
        (1, 0, 3, 2, 4),
    }
    assert {tuple(row) for row in found.tolist()} == expected
    assert symmetry.permutations_of(3).shape == (0, 3)
    named = symmetry.reflection_of(["left_a", "b", "right_a"], [["left_a", "right_a"]])
    np.testing.assert_array_equal(named, [[2, 1, 0]])


def test_impossible_permutations_are_refused():
    with pytest.raises(ValueError, match=r"swaps hold \[0, 3\]"):
        symmetry.permutations_of(3, swaps=[(0, 3)])
    with pytest.raises(ValueError, match=r"cycles hold \[1, 1\]"):
        symmetry.permutations_of(3, cycles=[(1, 1)])
    with pytest.raises(ValueError, match=r"name \['wing'\]"):
        symmetry.reflection_of(["a"], [["a", "wing"]])
