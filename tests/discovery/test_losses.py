"""Losses: values by hand, zero at the truth and positive off it, loops equal the array form."""

import keras
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.discovery import losses
from keypointnet_tf.geometry import placement

B, K = 4, 6


def to_numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


@pytest.fixture
def pair():
    """True keypoints of B view pairs, as NumPy float32."""
    rng = np.random.default_rng(0)
    poses = np.stack([placement.sample_pair(rng, placement.CameraSampling()) for _ in range(B)])
    points = rng.uniform(-0.7, 0.7, (B, K, 3))
    focal = rng.uniform(20, 25, (B, 2))
    values = {"points": points, "pose_0to1": poses[:, 1] @ placement.invert_pose(poses[:, 0])}
    for view in (0, 1):
        values[f"pose{view}"], values[f"focal{view}"] = poses[:, view], focal[:, view]
        values[f"xyz{view}"] = placement.transform_points(points, poses[:, view])
        values[f"uv{view}"] = placement.project_points(points, poses[:, view], focal[:, view])[0]
    return {name: value.astype(np.float32) for name, value in values.items()}


def disturbed(values, scale, seed=3):
    noise = np.random.default_rng(seed).normal(size=values.shape)
    return (values + scale * noise).astype(np.float32)


def heatmaps(seed=4, cells=8):
    values = np.random.default_rng(seed).gamma(0.3, size=(B, cells, cells, K))
    return (values / values.sum(axis=(1, 2), keepdims=True)).astype(np.float32)


# === Multi-view consistency ===


def test_consistency_by_hand():
    """Two points straight ahead, one seen at a squared distance of 0.25: mean 0.125."""
    xyz = np.array([[[0, 0, -10], [2, 1, -10]]], np.float32)
    uv = np.array([[[0.3, -0.4], [1.0, 0.5]]], np.float32)
    eye, focal = np.eye(4, dtype=np.float32)[None], np.array([5.0], np.float32)
    np.testing.assert_allclose(
        to_numpy(losses.multi_view_consistency(xyz, uv, eye, focal)), [0.125], rtol=1e-5
    )


def test_consistency_is_zero_at_the_truth_only(pair):
    def loss(uv):
        args = (pair["xyz0"], uv, pair["pose_0to1"], pair["focal1"])
        return to_numpy(losses.multi_view_consistency(*args))

    assert loss(pair["uv1"]).shape == (B,)
    np.testing.assert_allclose(loss(pair["uv1"]), 0, atol=1e-9)
    assert (loss(disturbed(pair["uv1"], 0.1)) > 1e-3).all()


def test_consistency_equals_loops(pair):
    uv, xyz = disturbed(pair["uv1"], 0.1), disturbed(pair["xyz0"], 0.1)
    expected = []
    for b in range(B):
        total = 0
        for k in range(K):
            x, y, z, _ = pair["pose_0to1"][b] @ np.append(xyz[b, k], 1)
            u, v = -pair["focal1"][b] * x / z, -pair["focal1"][b] * y / z
            total += (u - uv[b, k, 0]) ** 2 + (v - uv[b, k, 1]) ** 2
        expected.append(total / K)
    found = losses.multi_view_consistency(xyz, uv, pair["pose_0to1"], pair["focal1"])
    np.testing.assert_allclose(to_numpy(found), expected, rtol=1e-3)


# === Relative pose ===


def test_pose_by_hand():
    """Points turned by 40 degrees where 10 are true: 30 degrees off."""
    points = np.random.default_rng(1).normal(size=(1, K, 3))
    turns = Rotation.from_euler("z", [[40], [10]], degrees=True).as_matrix()
    moved = points @ turns[0].T + [1, 2, 3]
    found = losses.relative_pose(points, moved, turns[1:].astype(np.float32))
    np.testing.assert_allclose(to_numpy(found), [np.radians(30)], atol=1e-5)


def test_pose_is_zero_at_the_truth_only(pair):
    truth = pair["pose_0to1"][:, :3, :3]
    np.testing.assert_allclose(
        to_numpy(losses.relative_pose(pair["xyz0"], pair["xyz1"], truth)), 0, atol=1e-4
    )
    off = losses.relative_pose(pair["xyz0"], disturbed(pair["xyz1"], 0.2), truth)
    assert (to_numpy(off) > 0.01).all()


def test_pose_does_not_change_when_views_are_swapped(pair):
    xyz0, xyz1 = disturbed(pair["xyz0"], 0.2), disturbed(pair["xyz1"], 0.2, seed=5)
    truth = pair["pose_0to1"][:, :3, :3]
    there = losses.relative_pose(xyz0, xyz1, truth)
    back = losses.relative_pose(xyz1, xyz0, np.swapaxes(truth, 1, 2))
    np.testing.assert_allclose(to_numpy(there), to_numpy(back), atol=1e-4)


# === Separation ===


def test_separation_by_hand():
    """Two of three points 0.1 apart: (0.05 - 0.01) for each of the two, over three."""
    points = np.array([[[0, 0, 0], [0.1, 0, 0], [1, 0, 0]]], np.float32)
    np.testing.assert_allclose(to_numpy(losses.separation(points, 0.05)), [0.08 / 3], rtol=1e-5)


def test_separation_leaves_self_pairs_out():
    apart = np.arange(3, dtype=np.float32)[None, :, None] * np.ones((1, 1, 3), np.float32)
    assert to_numpy(losses.separation(apart, 0.05)) == [0]
    together = np.zeros((1, 5, 3), np.float32)
    np.testing.assert_allclose(to_numpy(losses.separation(together, 0.05)), [4 * 0.05], rtol=1e-5)


def test_separation_equals_loops(pair):
    expected = []
    for points in pair["points"]:
        total = 0
        for k in range(K):
            for other in range(K):
                if other != k:
                    total += max(0, 0.5 - ((points[k] - points[other]) ** 2).sum())
        expected.append(total / K)
    found = to_numpy(losses.separation(pair["points"], 0.5))
    assert (found > 0).all()
    np.testing.assert_allclose(found, expected, rtol=1e-4)


# === Silhouette and variance ===


def test_silhouette_by_hand():
    """Wholly on the object: 0. Half on it: log 2. Off it: -log 1e-12."""
    maps = np.zeros((3, 2, 2, 1), np.float32)
    maps[0, 0, 0] = 1
    maps[1, 0, 0] = maps[1, 1, 1] = 0.5
    maps[2, 1, 1] = 1
    mask = np.zeros((3, 2, 2, 1), np.float32)
    mask[:, 0] = 1
    expected = [0, np.log(2), 12 * np.log(10)]
    np.testing.assert_allclose(to_numpy(losses.silhouette(maps, mask)), expected, atol=1e-4)


def test_silhouette_equals_loops():
    maps, mask = heatmaps(), np.random.default_rng(5).random((B, 8, 8, 1)).astype(np.float32)
    expected = [
        np.mean([-np.log((maps[b, :, :, k] * mask[b, :, :, 0]).sum()) for k in range(K)])
        for b in range(B)
    ]
    np.testing.assert_allclose(to_numpy(losses.silhouette(maps, mask)), expected, rtol=1e-4)


def test_variance_equals_loops():
    maps = heatmaps()
    place = (np.arange(8) + 0.5) / 4 - 1
    expected = []
    for b in range(B):
        total = 0
        for k in range(K):
            rows, columns = maps[b, :, :, k].sum(axis=1), maps[b, :, :, k].sum(axis=0)
            for shares in (rows, columns):
                total += (shares * place**2).sum() - (shares * place).sum() ** 2
        expected.append(total / K)
    np.testing.assert_allclose(to_numpy(losses.variance(maps)), expected, rtol=1e-3)


# === Orientation and template ===


def test_axis_points_and_the_bit_by_hand():
    """From `-y` the object's front is on the right, from `+y` on the left."""
    poses = np.stack([placement.look_at((0, y, 0)) for y in (-30, 30)]).astype(np.float32)
    uv = losses.axis_points_uv(poses, np.array([15.0, 15.0], np.float32))
    expected = [[[0.5, 0], [-0.5, 0]], [[-0.5, 0], [0.5, 0]]]
    np.testing.assert_allclose(to_numpy(uv), expected, atol=1e-6)
    np.testing.assert_array_equal(to_numpy(losses.faces_right(uv)), [1, 0])


def test_orientation_is_the_mean_over_four_numbers(pair):
    ends = np.broadcast_to(np.array([[1.0, 0, 0], [-1, 0, 0]]), (B, 2, 3))
    truth, _ = placement.project_points(ends, pair["pose0"], pair["focal0"])
    truth = truth.astype(np.float32)

    def loss(uv):
        return to_numpy(losses.orientation(uv, pair["pose0"], pair["focal0"]))

    np.testing.assert_allclose(loss(truth), np.zeros(B), atol=1e-9)
    np.testing.assert_allclose(loss(truth + 0.1), np.full(B, 0.01), rtol=1e-3)
    truth[:, 1, 0] += 0.2
    np.testing.assert_allclose(loss(truth), np.full(B, 0.01), rtol=1e-3)


def test_template_is_the_mean_squared_distance(pair):
    points = pair["points"][0]
    turned = placement.transform_points(np.broadcast_to(points, (B, K, 3)), pair["pose0"])
    turned = turned.astype(np.float32)

    def loss(xyz):
        return to_numpy(losses.template(xyz, points, pair["pose0"]))

    np.testing.assert_allclose(loss(turned), np.zeros(B), atol=1e-9)
    turned[:, 0] += np.array([0.1, 0.2, 0.2], np.float32)
    np.testing.assert_allclose(loss(turned), np.full(B, 0.09 / K), rtol=1e-3)


# === Landmarks ===


def test_landmarks_by_hand():
    """One landmark one unit off, one two units off, one absent: (1 + 4) / 2."""
    truth = np.array([[[0, 0, 0], [1, 0, 0], [np.nan] * 3]], np.float32)
    found = np.array([[[0, 0, 1], [1, 2, 0], [9, 9, 9]]], np.float32)
    value = losses.landmarks(found, truth, np.eye(4, dtype=np.float32)[None])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(value), [2.5])


def test_landmarks_turn_with_the_object(pair):
    value = to_numpy(losses.landmarks(pair["xyz0"], pair["points"], pair["pose0"]))
    np.testing.assert_allclose(value, np.zeros(B), atol=1e-8)


# === Gradients ===


def test_absent_landmarks_leave_finite_gradients(gradient_of):
    truth = np.full((1, 3, 3), np.nan, np.float32)
    pose = np.eye(4, dtype=np.float32)[None]
    gradient = gradient_of(
        lambda xyz: losses.landmarks(xyz, truth, pose)[0], np.ones((1, 3, 3), np.float32)
    )
    np.testing.assert_array_equal(gradient, 0)


def test_gradients_are_finite_where_training_starts(gradient_of, pair):
    """All keypoints at one place, as an untrained network gives them, and exactly right ones."""
    truth, focal = pair["pose_0to1"], pair["focal1"]
    together = np.zeros((B, K, 3), np.float32) + np.array([0, 0, -30], np.float32)
    for xyz0, xyz1 in ((together, together), (pair["xyz0"], pair["xyz1"])):
        for function in (
            lambda x, y=xyz1: losses.relative_pose(x, y, truth[:, :3, :3]),
            lambda x: losses.multi_view_consistency(x, pair["uv1"], truth, focal),
            lambda x: losses.separation(x, 0.05),
            lambda x: losses.template(x, pair["points"][0], pair["pose0"]),
        ):
            assert np.isfinite(gradient_of(function, xyz0)).all()


def test_separation_pushes_points_apart(gradient_of):
    points = np.array([[[0, 0, 0], [0.1, 0, 0], [1, 0, 0]]], np.float32)
    gradient = gradient_of(lambda p: losses.separation(p, 0.05), points)
    np.testing.assert_allclose(
        gradient[0], [[0.4 / 3, 0, 0], [-0.4 / 3, 0, 0], [0, 0, 0]], atol=1e-6
    )
