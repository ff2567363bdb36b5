"""A pair is a pure function of its numbers, and its images show its cameras."""

import dataclasses

import numpy as np

from keypointnet_tf.geometry import placement
from keypointnet_tf.rendering.lights import DEFAULT_LIGHTS
from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
from keypointnet_tf.rendering.scene import Scene
from keypointnet_tf.shapes import paint, parts

CONFIG = PairConfig(size=24)


def scene():
    builder = parts.MeshBuilder()
    builder.add(parts.box((1.0, 0.6, 0.4)), paint.plain("body", (0.7, 0.4, 0.2)))
    landmarks = np.array([[0.5, 0, 0], [np.nan] * 3])
    return Scene(builder.build(landmarks=landmarks, object_id="box_1", kind="brick"))


def pair(seed=3, index=4, number=5, config=CONFIG):
    return render_pair(scene(), pair_rng(seed, index, number), config)


def test_equal_numbers_give_equal_pairs():
    first, second = pair(), pair()
    for field in dataclasses.fields(first):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(second, field.name))


def test_each_number_gives_another_pair():
    numbers = ((3, 4, 5), (2, 4, 5), (3, 5, 5), (3, 4, 6))
    poses = [pair(*three).object_to_camera0 for three in numbers]
    assert len({pose.tobytes() for pose in poses}) == 4


def test_fields_of_a_pair():
    made = pair()
    assert made.image0.shape == made.image1.shape == (24, 24, 4)
    assert made.image0.dtype == np.uint8 and made.object_to_camera0.dtype == np.float32
    assert made.focal0 == made.focal1 == placement.focal_length(5)
    assert (made.object_id, made.kind) == ("box_1", "brick")
    np.testing.assert_array_equal(made.landmarks[0], [1, 0, 0])
    assert not np.array_equal(made.object_to_camera0, made.object_to_camera1)


def test_images_are_what_the_stored_cameras_see():
    made = pair(config=dataclasses.replace(CONFIG, lights=None))
    again = scene().render(
        made.object_to_camera1, size=24, focal=made.focal1, supersample=2, lights=DEFAULT_LIGHTS
    )
    np.testing.assert_array_equal(made.image1, again.rgba)


def test_lights_differ_between_views():
    config = dataclasses.replace(
        CONFIG,
        sampling=placement.CameraSampling(min_elevation_degrees=90, shift=0, max_angle_degrees=1),
    )
    made = pair(config=config)
    np.testing.assert_array_equal(made.image0[..., 3].sum() > 0, made.image1[..., 3].sum() > 0)
    centre = (12, 12, slice(3))
    assert not np.array_equal(made.image0[centre], made.image1[centre])


def test_views_of_near_pairs_are_near():
    config = dataclasses.replace(CONFIG, sampling=placement.CameraSampling(max_angle_degrees=20))
    for number in range(5):
        made = pair(number=number, config=config)
        centres = [
            placement.invert_pose(pose.astype(float))[:3, 3]
            for pose in (made.object_to_camera0, made.object_to_camera1)
        ]
        first, second = (centre / np.linalg.norm(centre) for centre in centres)
        assert first @ second > np.cos(np.radians(22))  # The shift adds up to a degree or so.


def test_distance_and_field_of_view_vary_within_their_ranges():
    config = dataclasses.replace(
        CONFIG,
        field_of_view_range=(4, 8),
        sampling=placement.CameraSampling(distance_range=(20, 40), shift=0),
    )
    made = [pair(number=number, config=config) for number in range(6)]
    focals = [focal for one in made for focal in (one.focal0, one.focal1)]
    poses = [pose for one in made for pose in (one.object_to_camera0, one.object_to_camera1)]
    distances = [np.linalg.norm(pose[:3, 3]) for pose in poses]
    assert placement.focal_length(8) <= min(focals) < max(focals) <= placement.focal_length(4)
    assert 20 <= min(distances) < 25 and 35 < max(distances) <= 40 and len(set(focals)) == 12
    again = scene().render(made[0].object_to_camera1, size=24, focal=made[0].focal1, supersample=2)
    np.testing.assert_array_equal(made[0].image1[..., 3], again.rgba[..., 3])
