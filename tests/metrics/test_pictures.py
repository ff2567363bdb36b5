"""What pictures tell of the object, by hand on pictures of a few pixels."""

import numpy as np

from keypointnet_tf.metrics import pictures


def picture(side=8):
    return np.zeros((1, 2, side, side, 4), np.uint8)


def test_box_follows_the_outer_edges_of_opaque_pixels():
    """Columns 2 to 5 and rows 1 to 2 of 8: u from -0.5 to 0.5, v from 0.25 to 0.75."""
    images = picture()
    images[0, 0, 1:3, 2:6, 3] = 1
    boxes = pictures.mask_boxes(images)
    np.testing.assert_allclose(boxes[0, 0], [-0.5, 0.25, 0.5, 0.75])
    assert np.isnan(boxes[0, 1]).all()


def test_colour_without_alpha_is_no_object():
    images = picture()
    images[..., :3] = 255
    assert np.isnan(pictures.mask_boxes(images)).all()
    np.testing.assert_array_equal(pictures.mask_shares(images), [[0, 0]])
    assert np.isnan(pictures.luminance_and_texture(images)).all()


def test_share_of_opaque_pixels():
    images = picture()
    images[0, 1, :4, :4, 3] = 7
    np.testing.assert_array_equal(pictures.mask_shares(images), [[0, 0.25]])


def test_luminance_is_over_black_and_inside_the_mask_only():
    """Pure green at half alpha: 0.7152 * 128 / 255; the black ground does not darken it."""
    images = picture()
    images[0, 0, 2:4, 2:4] = [0, 255, 0, 128]
    found = pictures.luminance_and_texture(images)[0, 0, 0]
    np.testing.assert_allclose(found, 0.7152 * 128 / 255, rtol=1e-5)


def test_plain_object_has_no_texture_though_its_edge_is_sharp():
    images = picture()
    images[0, 0, 1:7, 1:7] = 255
    np.testing.assert_allclose(pictures.luminance_and_texture(images)[0, 0], [1, 0], atol=1e-6)


def test_texture_of_a_ramp():
    """Grey rises by 20 a column: a gradient of 20 / 255 a pixel everywhere inside."""
    images = picture()
    images[0, 0, :, :, :3] = (np.arange(8) * 20)[None, :, None]
    images[0, 0, :, :, 3] = 255
    found = pictures.luminance_and_texture(images)[0, 0, 1]
    np.testing.assert_allclose(found, 20 / 255, rtol=1e-5)


def test_points_are_looked_up_in_their_own_picture():
    """Only the top left pixel of view1 is opaque; points outside the frame are off."""
    images = picture(4)
    images[0, 1, 0, 0, 3] = 255
    uv = np.array([[-0.99, 0.99], [-0.99, -0.99], [-1.01, 0.99], [50.0, 50]])
    found = pictures.points_on_object(np.tile(uv, (1, 2, 1, 1)), images)
    np.testing.assert_array_equal(found, [[[False] * 4, [True, False, False, False]]])


def test_many_pictures_are_the_same_as_one_at_a_time():
    images = np.random.default_rng(0).integers(0, 256, (70, 2, 6, 6, 4)).astype(np.uint8)
    images[..., 3] *= np.random.default_rng(1).random((70, 2, 6, 6)) < 0.5
    for function in (pictures.mask_boxes, pictures.luminance_and_texture):
        each = np.concatenate([function(images[i : i + 1]) for i in range(70)])
        np.testing.assert_array_equal(function(images), each)
