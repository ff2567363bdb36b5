"""Poses from keypoints: exact where the keypoints are."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from keypointnet_tf.data.framing import Framing
from keypointnet_tf.discovery.photo_keypoints import PhotoKeypoints
from keypointnet_tf.discovery.photo_pose import absolute_pose, relative_rotation


def photo(xyz, name="a"):
    count = len(xyz)
    return PhotoKeypoints(
        file=name,
        width=8,
        height=8,
        framing=Framing((4, 4), 8),
        xy=np.zeros((count, 2)),
        depth=xyz[:, 2],
        xyz_camera=xyz,
        confidence=np.ones(count),
        front=np.zeros(2),
        back=np.zeros(2),
        margin=1.0,
        faces_right=True,
        faces_confidence=1.0,
    )


def test_the_pose_of_the_canonical_points_themselves():
    rng = np.random.default_rng(0)
    canonical, rotation = rng.normal(size=(10, 3)), Rotation.random(random_state=1).as_matrix()
    offset = np.array([0.1, 0.2, -30])
    pose = absolute_pose(photo(canonical @ rotation.T + offset), canonical)
    np.testing.assert_allclose(pose[:3, :3], rotation, atol=1e-9)
    np.testing.assert_allclose(pose[:3, 3], offset, atol=1e-9)
    np.testing.assert_array_equal(pose[3], [0, 0, 0, 1])


def test_relative_rotation_is_the_second_after_the_first():
    points = np.random.default_rng(0).normal(size=(10, 3))
    first, second = (Rotation.random(random_state=n).as_matrix() for n in (1, 2))
    found = relative_rotation(photo(points @ first.T), photo(points @ second.T + 3))
    np.testing.assert_allclose(found, second @ first.T, atol=1e-9)


def test_what_determines_no_rotation_is_named():
    line = np.outer(np.arange(5.0), [1, 2, 3])
    with pytest.raises(ValueError, match="b.png: keypoints lie on a line"):
        absolute_pose(photo(line, "b.png"), line + 1)
    with pytest.raises(ValueError, match="have 5 and 4 keypoints"):
        relative_rotation(photo(line), photo(line[:4]))
