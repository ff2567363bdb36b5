"""Cameras described by hand-computed numbers."""

import numpy as np
import pytest

from keypointnet_tf.data import camera_facts
from keypointnet_tf.geometry import placement


def rolled(pose, degrees):
    """The camera turned about its own axis, so that the picture turns by `degrees`."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ pose


def test_a_camera_by_hand():
    pose = placement.look_at([0, 20 * np.cos(np.pi / 6), 20 * np.sin(np.pi / 6)])
    found = camera_facts.camera_facts(pose)
    assert found.distance == pytest.approx(20)
    assert camera_facts.elevation(found.direction) == pytest.approx(30)
    assert camera_facts.azimuth(found.direction) == pytest.approx(90)  # the object's left
    assert found.roll == pytest.approx(0) and found.off_aim == pytest.approx(0)


@pytest.mark.parametrize("degrees", [-120, -10, 35])
def test_roll_is_positive_clockwise(degrees):
    pose = rolled(placement.look_at([30, 5, 10]), -degrees)
    assert camera_facts.camera_facts(pose).roll == pytest.approx(degrees)
    # The object's up axis points to the right of image-up where it is turned clockwise.
    right = placement.project_points(np.array([[0, 0, 1.0]]), pose, 1.0)[0][0, 0]
    assert np.sign(right) == np.sign(degrees)


def test_roll_has_no_meaning_above_the_pole():
    assert np.isnan(camera_facts.camera_facts(placement.look_at([0, 0, 30])).roll)


def test_shift_off_the_aim():
    pose = placement.look_at([30, 0, 0])
    pose[:3, 3] += [0.3, -0.4, 2]
    assert camera_facts.camera_facts(pose).off_aim == pytest.approx(0.5)


def test_angles_of_two_views():
    first, second = placement.look_at([10, 0, 0]), rolled(placement.look_at([0, 10, 0]), 0)
    directions = camera_facts.camera_facts(np.stack([first, second])).direction
    assert camera_facts.angle_between(*directions) == pytest.approx(90)
    assert camera_facts.rotation_angle(first, second) == pytest.approx(90)
    assert camera_facts.rotation_angle(first, rolled(first, 25)) == pytest.approx(25)
    assert camera_facts.rotation_angle(first, rolled(first, 180)) == pytest.approx(180)
    assert camera_facts.rotation_angle(first, first) == pytest.approx(0, abs=1e-6)


def test_statistics_leave_nan_out():
    found = camera_facts.statistics(np.array([1.0, np.nan, 3, 2]))
    assert (found["min"], found["median"], found["mean"], found["max"]) == (1, 2, 2, 3)
    assert set(camera_facts.statistics(np.array([np.nan])).values()) == {None}


def test_sectors_are_centred_in_front():
    shares = camera_facts.sector_shares(np.array([350.0, 10, 90, 180]))
    assert [shares[0], shares[3], shares[6]] == [0.5, 0.25, 0.25] and sum(shares) == 1
