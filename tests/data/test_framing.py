"""Where the framing puts what is in a photo."""

import numpy as np
import pytest

from keypointnet_tf.data.framing import Framing, frame_photo


def test_framing_maps_ndc_to_pixels_and_back():
    framing = Framing((10.0, 20.0), 8.0)
    assert framing.corner == (6, 16)
    ndc = np.array([[-1, 1], [1, -1], [0, 0], [0.5, 0.5]])
    pixels = np.array([[6, 16], [14, 24], [10, 20], [12, 18]])
    assert np.allclose(framing.to_pixels(ndc), pixels)
    assert np.allclose(framing.to_ndc(pixels), ndc)


def whole(rgba, size, **rest):
    return frame_photo(rgba, size=size, object_share=0.6, **rest)


def noise(height, width):
    values = np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)
    values[..., 3] = 255
    return values


def test_a_photo_of_the_networks_size_is_untouched():
    rgba = noise(16, 16)
    image, mask, framing = whole(rgba, 16)
    assert image.dtype == mask.dtype == np.float32
    assert np.array_equal(image, rgba[..., :3].astype(np.float32) / 255)
    assert np.array_equal(mask, np.ones((16, 16, 1)))
    assert framing == Framing((8, 8), 16)


def test_a_photo_alone_is_padded_to_a_square_with_black():
    rgba = noise(9, 16)
    image, mask, framing = whole(rgba, 16)
    assert framing.corner == (0, -3)
    assert np.array_equal(image[3:12], rgba[..., :3].astype(np.float32) / 255)
    assert not image[:3].any() and not image[12:].any() and mask.all()


def test_shrinking_takes_the_mean():
    rgba = noise(32, 32)
    expected = rgba[..., :3].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3)) / 255
    assert np.allclose(whole(rgba, 8)[0], expected, atol=1e-6)
    flat = np.full((31, 31, 4), 255, np.uint8)
    assert np.allclose(whole(flat, 7)[0], 1, atol=1e-6)
    assert np.allclose(whole(flat, 50)[0], 1, atol=1e-6)


def centroid(image):
    weights = image.sum(axis=-1)
    y, x = np.mgrid[: len(image), : len(image)] + 0.5
    return np.array([(x * weights).sum(), (y * weights).sum()]) / weights.sum()


@pytest.mark.parametrize(
    "size, box",
    [
        (32, (10.0, 12.0, 31.0, 29.0)),
        (32, (17.3, 15.1, 27.9, 24.2)),
        (16, (1.7, 2.2, 57.1, 37.9)),
        (64, (20.0, 18.0, 26.5, 22.0)),
        (32, None),
    ],
)
def test_a_dot_lands_where_the_framing_says(size, box):
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[..., 3] = 255
    rgba[20, 22, :3] = 255
    image, _, framing = whole(rgba, size, box=box)
    uv = framing.to_ndc(np.array([22.5, 20.5]))
    expected = (np.array([uv[0], -uv[1]]) + 1) / 2 * size
    assert np.abs(centroid(image) - expected).max() < 0.5
    found = centroid(image) / size * 2 - 1
    pixels = framing.to_pixels(np.array([found[0], -found[1]]))
    assert np.abs(pixels - [22.5, 20.5]).max() < max(0.5, 0.5 * framing.side / size)


def test_a_mask_blackens_the_background_and_scales_its_box():
    rgba = noise(50, 80)
    mask = np.zeros((50, 80), bool)
    mask[20:30, 40:70] = True
    image, coverage, framing = whole(rgba, 100, mask=mask)
    assert framing == Framing((55, 25), 50)
    rows, columns = np.nonzero(coverage[..., 0] > 0.5)
    assert (columns.min(), columns.max() + 1) == (20, 80)
    assert (rows.min(), rows.max() + 1) == (40, 60)
    assert not image[coverage[..., 0] == 0].any()
    near, share = rgba[24:26, 54:56, :3] / 255, np.array([0.25, 0.75])  # about (55.25, 25.25)
    assert np.allclose(image[50, 50], np.einsum("yxc,y,x->c", near, share, share), atol=1e-6)


def test_alpha_is_the_mask_where_none_is_given():
    rgba = noise(50, 80)
    rgba[..., 3] = 0
    rgba[20:30, 40:70, 3] = 255
    by_alpha = whole(rgba, 20)
    mask = rgba[..., 3] > 0
    rgba[..., 3] = 255
    for first, second in zip(by_alpha, whole(rgba, 20, mask=mask), strict=True):
        assert np.array_equal(first, second)


def test_a_box_keeps_the_background():
    rgba = noise(50, 80)
    image, coverage, framing = whole(rgba, 10, box=(40, 20, 70, 30))
    assert framing == Framing((55, 25), 50)
    assert coverage.all() and (image > 0).all()
    mask = np.zeros((50, 80), bool)
    mask[20:30, 40:70] = True
    both = whole(rgba, 10, box=(40, 20, 52, 26), mask=mask)
    assert both[2] == Framing((46, 23), 20)
    assert not both[0][0].any()


@pytest.mark.parametrize(
    "box",
    [
        (5, 5, 5, 9),
        (9, 5, 5, 9),
        (80, 0, 90, 9),
        (-9, 0, 0, 9),
        (0, 0, np.nan, 9),
        (0, 0, np.inf, 9),
    ],
)
def test_a_box_must_lie_in_the_photo(box):
    with pytest.raises(ValueError, match="expected x0,y0,x1,y1.*80 x 50"):
        whole(noise(50, 80), 10, box=box)


def test_bad_masks_and_shares_are_refused():
    rgba = noise(4, 6)
    with pytest.raises(ValueError, match="mask is empty"):
        whole(rgba, 8, mask=np.zeros((4, 6), bool))
    with pytest.raises(ValueError, match=r"mask has shape \(6, 4\)"):
        whole(rgba, 8, mask=np.ones((6, 4), bool))
    with pytest.raises(ValueError, match="object_share is 0"):
        frame_photo(rgba, size=8, object_share=0)


def test_a_fully_transparent_image_is_refused():
    with pytest.raises(ValueError, match="fully transparent"):
        frame_photo(np.zeros((8, 8, 4), np.uint8), size=8, object_share=0.5)
