"""Photos with known cameras: read, mapped to the training camera, paired."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from keypointnet_tf.data.photo_views import pairs_of, training_views
from keypointnet_tf.data.posed_photos import read_transforms
from keypointnet_tf.geometry import placement

WIDTH, HEIGHT, FOCAL, SIZE = 120, 80, 110.0, 32
CENTER, SCALE = np.array([0.7, -1.1, 2.0]), 0.4


def cameras(count=5):
    """`[V, 4, 4]` camera to world, around CENTER and not aimed at it."""
    rng = np.random.default_rng(0)
    sampling = placement.CameraSampling(distance=6.0, shift=0.6, max_elevation_degrees=60)
    directions = [placement.sample_direction(rng, sampling) for _ in range(count)]
    poses = np.stack([placement.place_camera(rng, d, sampling) for d in directions])
    world = placement.invert_pose(poses)
    world[:, :3, 3] = world[:, :3, 3] * SCALE + CENTER
    return world


def pixels_of(point, camera_to_world):
    """`(x, y)` where a photo shows a world point."""
    x, y, z = (placement.invert_pose(camera_to_world) @ [*point, 1])[:3]
    return np.array([WIDTH / 2 - FOCAL * x / z, HEIGHT / 2 + FOCAL * y / z])


def dot(xy, radius=2.5):
    """uint8 `[HEIGHT, WIDTH, 4]` white dot on a transparent picture."""
    columns, rows = np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5
    square = (columns - xy[0]) ** 2 + (rows[:, None] - xy[1]) ** 2
    image = np.full((HEIGHT, WIDTH, 4), 255, np.uint8)
    image[..., 3] = np.round(255 * np.exp(-square / (2 * radius**2)))
    return image


def disc(xy, radius):
    """uint8 `[HEIGHT, WIDTH, 4]`, opaque within a radius in pixels."""
    image = dot(xy)
    columns, rows = np.arange(WIDTH) + 0.5, np.arange(HEIGHT) + 0.5
    square = (columns - xy[0]) ** 2 + (rows[:, None] - xy[1]) ** 2
    image[..., 3] = 255 * (square < radius**2)
    return image


def write(folder, pictures, matrices, **top):
    frames = []
    for number, (picture, matrix) in enumerate(zip(pictures, matrices, strict=True)):
        Image.fromarray(picture).save(folder / f"p{number}.png")
        frames.append({"file_path": f"p{number}", "transform_matrix": matrix.tolist()})
    top = {"camera_angle_x": 2 * math.atan(WIDTH / 2 / FOCAL), "frames": frames} | top
    (folder / "transforms.json").write_text(json.dumps(top))
    return folder


def centroid(alpha):
    place = np.arange(SIZE) + 0.5
    shares = alpha / alpha.sum()
    xy = np.array([(shares.sum(0) * place).sum(), (shares.sum(1) * place).sum()])
    return placement.pixels_to_ndc(xy, SIZE, SIZE)


def test_points_of_the_centre_plane_are_where_the_virtual_camera_sees_them(tmp_path):
    matrices = cameras()
    right_up = np.array([0.35, -0.25])
    points = []
    for matrix in matrices:
        # In the plane through the centre across the line of sight, found without the code tested.
        sight = CENTER - matrix[:3, 3]
        sight /= np.linalg.norm(sight)
        right = np.cross(sight, [0, 0, 1])
        right /= np.linalg.norm(right)
        points.append(CENTER + SCALE * (right_up @ np.stack([right, np.cross(right, sight)])))
    pictures = [dot(pixels_of(p, m)) for p, m in zip(points, matrices, strict=True)]
    posed = read_transforms(write(tmp_path, pictures, matrices))
    views = training_views(posed, SIZE, center=CENTER, scale=SCALE)
    assert views.masked and views.images.shape == (5, SIZE, SIZE, 4)
    for point, view, pose, focal in zip(
        points, views.images, views.object_to_camera, views.focal, strict=True
    ):
        assert focal == pytest.approx(placement.focal_length())
        expected, depth = placement.project_points((point - CENTER)[None] / SCALE, pose, focal)
        assert depth[0] == pytest.approx(-placement.NOMINAL_DISTANCE, abs=1e-3)
        assert np.abs(expected).max() > 0.2
        np.testing.assert_allclose(centroid(view[..., 3] / 255), expected[0], atol=0.01)


def test_centre_and_scale_are_found_from_the_masks(tmp_path):
    matrices = cameras(12)
    ball = []
    for matrix in matrices:
        depth = -(placement.invert_pose(matrix) @ [*CENTER, 1])[2]
        ball.append(disc(pixels_of(CENTER, matrix), SCALE / depth * FOCAL))
    views = training_views(read_transforms(write(tmp_path, ball, matrices)), SIZE)
    place = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    for view in views.images:
        rows, columns = np.nonzero(view[..., 3] > 127)
        assert abs(place[columns].mean()) < 0.05 and abs(place[rows].mean()) < 0.05
        across = (np.ptp(columns) + 1) / SIZE * placement.NOMINAL_DISTANCE
        across *= 2 / placement.focal_length()
        # A ball of diameter 2, measured in whole pixels of the photo and of the view.
        assert 1.7 < across <= 2.2


def test_rotations_are_those_of_the_cameras_up_to_the_turn_to_the_centre(tmp_path):
    matrices = cameras()
    pictures = [dot((60, 40))] * 5
    views = training_views(
        read_transforms(write(tmp_path, pictures, matrices)), SIZE, center=CENTER, scale=SCALE
    )
    for matrix, pose in zip(matrices, views.object_to_camera, strict=True):
        np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-5)
        toward = pose[:3, :3] @ (CENTER - matrix[:3, 3])
        np.testing.assert_allclose(toward[:2], 0, atol=1e-5)
        assert toward[2] < 0
        turn = pose[:3, :3] @ matrix[:3, :3]
        # The shortest turn has its axis across the old line of sight.
        assert turn[0, 1] - turn[1, 0] == pytest.approx(0, abs=1e-5)


def test_masks_may_be_files_and_photos_opaque(tmp_path):
    picture = dot((60, 40))
    opaque = picture.copy()
    opaque[..., 3] = 255
    write(tmp_path, [opaque, opaque], cameras(2))
    with pytest.raises(ValueError, match="expected masks or transparency"):
        training_views(read_transforms(tmp_path), SIZE)
    assert not training_views(read_transforms(tmp_path), SIZE, center=CENTER, scale=1).masked
    Image.fromarray((picture[..., 3] > 99).astype(np.uint8) * 255).save(tmp_path / "mask.png")
    top = json.loads((tmp_path / "transforms.json").read_text())
    for frame in top["frames"]:
        frame["mask_path"] = "mask.png"
    (tmp_path / "transforms.json").write_text(json.dumps(top))
    assert training_views(read_transforms(tmp_path), SIZE, center=CENTER, scale=1).masked


def test_pairs_keep_to_the_angle(tmp_path):
    matrices = cameras(8)
    posed = read_transforms(write(tmp_path, [dot((60, 40))] * 8, matrices))
    views = training_views(posed, SIZE, center=CENTER, scale=SCALE)
    whole, near = pairs_of(views, "a"), pairs_of(views, "a", max_angle_degrees=60)
    assert len(whole) == 28 and 0 < len(near) < 28 and len(pairs_of(views, "a", limit=5)) == 5
    sight = near.object_to_camera[:, :, 2, :3]
    assert (np.einsum("ni,ni->n", sight[:, 0], sight[:, 1]) >= 0.5 - 1e-5).all()
    assert set(near.object_ids) == {"a"}
    with pytest.raises(ValueError, match="a: no two of 8 photos are within 0.001"):
        pairs_of(views, "a", max_angle_degrees=0.001)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frames": []}, "lists 0 frames; expected at least 2"),
        ({"frames": None}, "expected JSON with a list of frames"),
        ({"camera_angle_x": -1.0}, r"frame 0: focal length is -"),
        ({"file_path": "gone"}, "frame 1: no image gone"),
        ({"transform_matrix": np.diag([2, 1, 1, 1]).tolist()}, "frame 1: .*not rigid"),
        ({"transform_matrix": np.diag([-1, 1, 1, 1]).tolist()}, "frame 1: .*not rigid"),
        ({"transform_matrix": "x"}, "frame 1: .*expected file_path and transform_matrix"),
    ],
)
def test_damaged_files_are_named(tmp_path, change, message):
    write(tmp_path, [dot((60, 40))] * 2, cameras(2))
    top = json.loads((tmp_path / "transforms.json").read_text())
    if set(change) <= {"frames", "camera_angle_x"}:
        top |= change
    else:
        top["frames"][1] |= change
    (tmp_path / "transforms.json").write_text(json.dumps(top))
    with pytest.raises(ValueError, match=message):
        read_transforms(tmp_path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(ValueError, match="transforms.json"):
        read_transforms(tmp_path)


def test_cameras_side_by_side_find_no_centre(tmp_path):
    matrix = cameras(1)[0]
    write(tmp_path, [dot((60, 40))] * 2, [matrix, matrix])
    with pytest.raises(ValueError, match="lines of sight do not meet"):
        training_views(read_transforms(tmp_path), SIZE)
