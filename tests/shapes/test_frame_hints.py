"""Hints at frames: none for what is right, the mending flags for what is not."""

import re

import numpy as np
import pytest

from keypointnet_tf.shapes.frame_evidence import FrameEvidence
from keypointnet_tf.shapes.frame_hints import frame_hints, turn_hint
from keypointnet_tf.shapes.frames import AXES, frame_rotation
from keypointnet_tf.shapes.likely_frame import PRESENT, LikelyFrame, likely_frame
from keypointnet_tf.shapes.mesh_file import load_mesh
from keypointnet_tf.shapes.parts import box, tube
from keypointnet_tf.shapes.procedural import generate_object

FRAMES = [(up, front) for up in AXES for front in AXES if up[-1] != front[-1]]
SIDEWAYS = [(up, front) for up, front in FRAMES if abs(frame_rotation(up, front)[1, 1]) < 0.5]


def mends(hint, up):
    """Whether the hint names our own frame's axes (either way round for the front)."""
    named = re.findall(r"--(up|front)=(-?[xyz])", hint)
    ups = [axis for flag, axis in named if flag == "up"] or [up]
    fronts = {axis for flag, axis in named if flag == "front"}
    return ups == ["z"] and bool(fronts & {"x", "-x"})


def test_the_right_frame_has_no_hint(cart, read_as):
    assert frame_hints(cart) == ()
    assert frame_hints(read_as(cart, "z", "-x"), up="z", front="-x") == ()


@pytest.mark.parametrize("up, front", SIDEWAYS)
def test_every_frame_with_another_lateral_axis_is_mended(cart, read_as, up, front):
    (hint,) = frame_hints(read_as(cart, up, front), up=up, front=front)
    assert mends(hint, up), hint


@pytest.mark.parametrize("up, front", [("-z", "x"), ("-z", "-x"), ("x", "z"), ("-x", "z")])
def test_upside_down_and_on_end(read_as, up, front):
    for mesh in (generate_object("plane", 0, 1), generate_object("car", 0, 0)):
        hints = frame_hints(read_as(mesh, up, front), up=up, front=front)
        assert len(hints) == 1 and mends(hints[0], up), hints


def test_the_words(cart, read_as):
    def hint(up, front):
        return " ".join(frame_hints(read_as(cart, up, front), up=up, front=front))

    swapped = "symmetric about x, not about y, so that the front may lie along y: try "
    assert hint("z", "y") == swapped + "--front=-x or --front=x"
    side = "looks as if it lay on its side: try --up=z --front=x or --front=-x"
    assert hint("y", "x") == side
    laid = "looks as if it lay on its back or stood on end: try --up=z --front=x or --front=-x"
    assert hint("x", "-z") == laid


def test_flags_are_axes_of_the_file():
    """In a file with y up and the front along -z, our x, y, z are its -z, -x, y."""
    axes = {"up": "y", "front": "-z"}
    assert turn_hint(PRESENT, **axes) is None
    assert turn_hint(LikelyFrame(1, -1, 0), **axes).endswith("try --up=x --front=y or --front=-y")
    assert turn_hint(LikelyFrame(2, -1, 1), **axes) == (
        "looks upside down: try --up=-y --front=-z or --front=z"
    )
    assert turn_hint(LikelyFrame(2, 1, 0), **axes).endswith("try --front=-x or --front=x")


def evidence(asymmetry, steadiness, breadth=((1, 1), (1, 1), (1, 1))):
    return FrameEvidence(*(np.array(part, float) for part in (asymmetry, steadiness, breadth)))


STANDS = ((-0.02, -0.02), (0.0, 0.0), (0.05, -0.02))


def test_two_planes_of_symmetry_leave_the_frame_alone():
    assert likely_frame(evidence((0, 0, 3), STANDS)) == PRESENT
    assert likely_frame(evidence((0, 3, 0), ((0, 0), (0.08, -0.02), (0.02, 0.02)))).up == 1


def test_a_shape_without_symmetry_is_left_alone():
    assert likely_frame(evidence((4, 4, 4), STANDS)) == PRESENT
    assert likely_frame(evidence((2, 4, 3), STANDS)) == PRESENT
    assert likely_frame(evidence((1, 4, 3), STANDS)) == (2, 1, 0)


def test_what_stands_is_not_laid_down_for_being_steadier():
    cupboard = ((0.08, 0.08), (0.0, 0.0), (0.011, 0.011))
    assert likely_frame(evidence((3, 0, 3), cupboard)) == PRESENT
    topples = ((0.08, 0.02), (0.0, 0.0), (-0.01, -0.01))
    assert likely_frame(evidence((3, 0, 3), topples)) == (0, 1, 1)


def test_upside_down_needs_clear_evidence():
    def turned(good, bad, broad):
        steadiness = ((-0.02, -0.02), (-0.02, -0.02), (bad, good))
        return likely_frame(evidence((2, 0, 3), steadiness, ((1, 1), (1, 1), (1, broad)))).sign

    assert turned(0.05, -0.02, 1) == -1
    assert turned(0.04, 0.0, 1) == 1
    assert turned(0.04, 0.0, 3) == -1


@pytest.mark.parametrize("category", ["plane", "car", "chair"])
def test_procedural_objects(category, read_as):
    """The rates that docs/meshes.md tells are measured on many more."""
    for index in range(6):
        mesh = generate_object(category, 5, index)
        assert frame_hints(mesh) == ()
        for up, front in (("y", "x"), ("z", "-y"), ("y", "-z")):
            assert frame_hints(read_as(mesh, up, front), up=up, front=front), (index, up, front)


@pytest.mark.parametrize(
    "name, right, wrong",
    [
        ("meshes/car/hatchback/hatchback.obj", ("z", "-y"), [("z", "x"), ("y", "x"), ("-z", "y")]),
        ("meshes/car/suv/suv.obj", ("z", "y"), [("z", "x"), ("y", "x"), ("y", "z")]),
        (
            "shapenet_v2/03001627/88382b877be91b2a572f8e1c1caad99e/models/model_normalized.obj",
            ("y", "-z"),
            [("y", "x"), ("z", "x"), ("z", "y"), ("-y", "z")],
        ),
    ],
)
def test_real_meshes(sample_data, name, right, wrong):
    def hints(up, front):
        return frame_hints(load_mesh(sample_data / name, up=up, front=front), up=up, front=front)

    assert hints(*right) == ()
    for up, front in wrong:
        (hint,) = hints(up, front)
        assert f"--up={right[0]}" in hint or up == right[0]
        assert f"--front={right[1]}" in hint


def test_a_sheet_is_called_flat_and_nothing_else(solid):
    sheet = solid(*[box((0.2, 0.1, 0.01), (0.2 * i, 0, 0)) for i in range(10)])
    (hint,) = frame_hints(sheet)
    assert hint == "nearly flat: 0.5 % as thick along z as it is long"


def test_a_stool_and_a_bottle_need_no_front(solid):
    legs = [tube((x, y, 0), (x, y, 1), 0.05) for x in (-0.4, 0.4) for y in (-0.4, 0.4)]
    assert frame_hints(solid(*legs, box((1, 1, 0.1), (0, 0, 1.05)))) == ()
    neck = tube((0, 0, 1.2), (0, 0, 1.6), 0.1, n=32)
    bottle = solid(tube((0, 0, 0), (0, 0, 1.2), 0.3, n=32), neck)
    assert frame_hints(bottle) == ()
