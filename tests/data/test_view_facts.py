"""A disc of known place and size, seen by cameras that agree with it and by others."""

import numpy as np
import pytest

from keypointnet_tf.data.inspection_pair import pair_facts, pair_problems
from keypointnet_tf.data.inspection_table import repeats, size_ratios
from keypointnet_tf.data.view_facts import mask_box, tolerance_pixels, view_facts
from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.pairs import ViewPair

SIZE, FOCAL = 64, 22.9
# Six points of the unit ball, whose picture is the disc.
POINTS = np.concatenate([np.eye(3), -np.eye(3)]) * 0.9


def ball(pose, *, focal=FOCAL, radius=1.0, size=SIZE):
    """A white ball about the origin."""
    (centre,), depth = placement.project_points(np.zeros((1, 3)), pose, focal)
    place = (np.arange(size) + 0.5) * 2 / size - 1
    inside = (place - centre[0]) ** 2 + (-place[:, None] - centre[1]) ** 2
    image = np.full((size, size, 4), 255, np.uint8)
    image[..., 3] *= inside < (radius * focal / -depth[0]) ** 2
    return image


def pair(image0=None, image1=None, **changes):
    poses = [placement.look_at([30, 0, 5]).astype(np.float32) for _ in range(2)]
    poses[1] = placement.look_at([5, -30, 9]).astype(np.float32)
    images = [
        ball(p) if image is None else image
        for p, image in zip(poses, (image0, image1), strict=True)
    ]
    values = dict(
        image0=images[0],
        image1=images[1],
        object_to_camera0=poses[0],
        object_to_camera1=poses[1],
        focal0=FOCAL,
        focal1=FOCAL,
        landmarks=POINTS,
        object_id="ball",
    )
    return ViewPair(**{**values, **changes})


def problems(found):
    return {(check, field) for check, _, field in pair_problems(pair_facts(found), SIZE)}


def shifted(x=0.0, y=0.0, z=0.0):
    pose = placement.look_at([30, 0, 5]).astype(np.float32)
    pose[:3, 3] += [x, y, z]
    return pose


def test_a_good_pair_has_no_problem():
    assert problems(pair()) == set()
    view = pair_facts(pair()).views[0]
    # The diagonal of the disc's box is 2 sqrt 2 in object units.
    assert view.extent == pytest.approx(2 * np.sqrt(2), rel=0.05)
    assert (view.landmarks_inside, view.landmarks_off_mask, view.landmarks_outside) == (6, 0, 0)


def nothing():
    return np.zeros((SIZE, SIZE, 4), np.uint8)


def everything():
    return np.full((SIZE, SIZE, 4), 255, np.uint8)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: pair(nothing()), {"empty_mask"}),
        (lambda: pair(everything()), {"mask_in_box", "touches_border"}),
        (lambda: pair(object_to_camera0=shifted(x=0.9)), {"mask_in_box", "leaves_frame"}),
        (lambda: pair(object_to_camera0=shifted(y=-2)), {"mask_in_box", "leaves_frame"}),
        (lambda: pair(focal0=FOCAL / 2), {"mask_in_box"}),
        (lambda: pair(object_to_camera0=shifted(z=-40)), {"mask_in_box"}),
        (lambda: pair(ball(shifted(), radius=0.5)), {"landmarks_on_mask"}),
    ],
)
def test_problems_of_one_view(found, expected):
    assert problems(found()) == {(check, "img0") for check in expected}


def test_landmarks_off_both_views():
    expected = {("landmarks_on_mask", f"img{view}") for view in range(2)}
    assert problems(pair(landmarks=1.35 * POINTS)) == expected


def test_equal_views_are_told():
    same = pair()
    assert problems(pair(image0=same.image1)) >= {("pair_views", "img1")}
    poses = dict.fromkeys(("object_to_camera0", "object_to_camera1"), same.object_to_camera0)
    assert ("pair_views", "mv1") in problems(pair(**poses))
    empty = np.zeros((SIZE, SIZE, 4), np.uint8)
    assert ("pair_views", "img1") not in problems(pair(empty, empty))


def test_absent_landmarks_do_not_count():
    points = np.concatenate([POINTS, np.full((5, 3), np.nan)])
    assert pair_facts(pair(landmarks=points)).views[0].landmarks_inside == 6
    assert pair_facts(pair(landmarks=None)).landmarks == 0


def test_mask_box_by_hand():
    mask = np.zeros((8, 8), bool)
    assert mask_box(mask) is None
    mask[2:4, 5] = True
    assert mask_box(mask).tolist() == [[5, 2], [6, 4]]


def test_near_means_within_the_tolerance():
    pose = placement.look_at([30, 0, 0])
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    image[:, : SIZE // 2] = 255
    step = 2 / SIZE * 30 / FOCAL  # one pixel to the right, in object units
    off = [
        view_facts(image, pose, FOCAL, np.array([[0, pixels * step, 0]])).landmarks_off_mask
        for pixels in (-3, 0.5, tolerance_pixels(SIZE) - 0.5, tolerance_pixels(SIZE) + 1.5)
    ]
    assert off == [0, 0, 0, 1]


def test_repeats_name_the_first_of_each_group():
    keys = np.array([7, 0, 5, 7, 0, 5, 7], np.uint64)
    owners = np.array([0, 0, 1, 1, 2, 1, 3])
    assert sorted(repeats(keys, owners)) == [(0, 3), (0, 6)]
    assert list(repeats(keys[:0], owners[:0])) == []


def test_sizes_are_judged_by_the_best_view():
    rows = np.zeros(2, [("object", "i4"), ("direction", "f4", (2, 3)), ("extent", "f4", 2)])
    rows["object"] = [0, 1]
    rows["direction"][0] = [[1, 0, 0], [0, 1, 0]]  # together they show all axes in full
    rows["extent"][0] = [1.5, 2.5]
    rows["direction"][1] = [[1, 0, 0], [1, 0, 0]]  # from in front: a long object may look small
    rows["extent"][1] = [0.2, 0.2]
    ratios = size_ratios(rows, 2)
    assert ratios[0] == pytest.approx(2.5 / 2) and np.isnan(ratios[1])
    rows["extent"] = np.nan
    assert np.isnan(size_ratios(rows, 2)).all()
