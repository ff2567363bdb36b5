"""Turning foreign frames into ours."""

import numpy as np
import pytest

from keypointnet_tf.data.up_axis import YUP_FROM_ZUP
from keypointnet_tf.shapes.frames import AXES, KNOWN_FRAMES, Frame, frame_rotation

PAIRS = [(up, front) for up in AXES for front in AXES if up[-1] != front[-1]]


def test_there_are_24_frames():
    rotations = {frame_rotation(up, front).tobytes() for up, front in PAIRS}
    assert len(PAIRS) == len(rotations) == 24


@pytest.mark.parametrize("up, front", PAIRS)
def test_rotation_is_proper_and_takes_up_to_z_and_front_to_x(up, front):
    rotation = frame_rotation(up, front)
    np.testing.assert_array_equal(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_array_equal(rotation @ AXES[up], [0, 0, 1])
    np.testing.assert_array_equal(rotation @ AXES[front], [1, 0, 0])


@pytest.mark.parametrize("up, front", PAIRS)
def test_axes_of_the_file_are_named(up, front):
    frame = Frame(up, front)
    assert (frame.file_axis("z"), frame.file_axis("x")) == (up, front)
    for axis in AXES:
        np.testing.assert_array_equal(frame.rotation() @ AXES[frame.file_axis(axis)], AXES[axis])


def test_our_own_frame_stays():
    np.testing.assert_array_equal(KNOWN_FRAMES["ours"].rotation(), np.eye(3))


def test_shapenet_v2_by_hand():
    # File (right, up, back) = (1, 2, 3) lies 3 behind, 1 to the right, so at -1 of our left axis.
    np.testing.assert_array_equal(KNOWN_FRAMES["shapenet_v2"].rotation() @ [1, 2, 3], [-3, -1, 2])


def test_published_records_turn_as_their_reader_turns_them():
    to_theirs = YUP_FROM_ZUP[:3, :3]
    to_ours = KNOWN_FRAMES["published_records"].rotation()
    np.testing.assert_array_equal(to_ours @ to_theirs, np.eye(3))


@pytest.mark.parametrize("up, front", [("z", "z"), ("z", "-z"), ("-x", "x")])
def test_axes_along_one_line_are_refused(up, front):
    with pytest.raises(ValueError, match=f"front is '{front}'; expected an axis across up '{up}'"):
        frame_rotation(up, front)


def test_unknown_axes_are_refused():
    with pytest.raises(ValueError, match="up is 'w'; expected one of x, y, z, -x, -y, -z"):
        frame_rotation("w", "x")
    with pytest.raises(ValueError, match="front is '\\+x'; expected one of"):
        frame_rotation("z", "+x")
