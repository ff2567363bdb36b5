"""Laws of area averaging, the batch dictionary, and the order of the stream."""

import numpy as np
import pytest

from keypointnet_tf.data.batches import PairArrays, over_black, resize_area, to_batch
from keypointnet_tf.data.order import indices_at_step
from keypointnet_tf.data.record_set import RecordSet

SIZES = [1, 3, 4, 6, 7, 12, 20]


@pytest.mark.parametrize("size", SIZES)
def test_resize_keeps_mean_and_constants(size):
    images = np.random.default_rng(0).random((2, 12, 12, 3)).astype(np.float32)
    resized = resize_area(images, size)
    assert resized.shape == (2, size, size, 3) and resized.dtype == np.float32
    np.testing.assert_allclose(resized.mean((1, 2)), images.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(resize_area(np.full((12, 12, 1), 0.3), size), 0.3, atol=1e-6)


def test_resize_by_hand():
    image = np.array([[0, 1, 2], [3, 4, 5], [6, 7, 8]], float)[..., None]
    # The first of two pixels covers one and a half old ones each way: weights 1, 1/2 of 3/2.
    top_left = (0 + 0.5 * 1 + 0.5 * 3 + 0.25 * 4) / 2.25
    assert resize_area(image, 2)[0, 0, 0] == pytest.approx(top_left)
    assert resize_area(image, 2)[0, 1, 0] == pytest.approx(
        (2 + 0.5 * 1 + 0.5 * 5 + 0.25 * 4) / 2.25
    )
    np.testing.assert_array_equal(
        resize_area(image, 6)[..., 0], np.kron(image[..., 0], np.ones((2, 2)))
    )


def test_resize_refuses():
    with pytest.raises(ValueError, match="5 x 4 pixels"):
        resize_area(np.zeros((4, 5, 1)), 2)
    with pytest.raises(ValueError, match="size 0"):
        resize_area(np.zeros((4, 4, 1)), 0)


def test_over_black_by_hand():
    image = np.array([[[255, 0, 51, 255], [255, 255, 255, 0], [100, 200, 0, 51]]], np.uint8)
    expected = [[1, 0, 0.2, 1], [0, 0, 0, 0], [20 / 255, 40 / 255, 0, 1]]
    np.testing.assert_allclose(over_black(image)[0], expected, atol=1e-6)


def test_colours_under_zero_alpha_do_not_bleed():
    image = np.zeros((2, 2, 4), np.uint8)
    image[0, 0] = 255
    image[1, 1, :3] = 255
    np.testing.assert_allclose(resize_area(over_black(image), 1)[0, 0], 0.25)


def test_batch_of_pairs(handmade):
    pairs = [handmade.make_pair(seed) for seed in range(3)]
    batch = to_batch(pairs)
    shapes = {
        "image": (3, 8, 8, 3),
        "mask": (3, 8, 8, 1),
        "object_to_camera": (3, 4, 4),
        "focal": (3,),
    }
    assert set(batch) == {f"{name}{view}" for name in shapes for view in (0, 1)}
    for name, value in batch.items():
        assert value.shape == shapes[name[:-1]] and value.dtype == np.float32
    np.testing.assert_array_equal(batch["mask1"][2, ..., 0], pairs[2].image1[..., 3] > 0)
    np.testing.assert_array_equal(batch["object_to_camera0"][1], pairs[1].object_to_camera0)
    np.testing.assert_array_equal(batch["focal1"], np.float32(23.5))
    halved = to_batch(pairs, 4)
    np.testing.assert_allclose(halved["image0"].mean(), batch["image0"].mean(), atol=1e-6)
    assert set(np.unique(halved["mask0"][:, :2])) == {0.0}


def test_arrays_hold_bytes_and_truth(handmade):
    pairs = [handmade.make_pair(seed, object_id=f"o{seed}") for seed in range(2)]
    arrays = PairArrays.from_pairs(iter(pairs), count=2, progress=False)
    assert arrays.images.dtype == np.uint8 and arrays.images.shape == (2, 2, 8, 8, 4)
    np.testing.assert_array_equal(arrays.landmarks[1], pairs[1].landmarks)
    assert arrays.object_ids.tolist() == ["o0", "o1"] and arrays.kinds.tolist() == ["sort", "sort"]
    bare = PairArrays.from_pairs([handmade.make_pair(0, landmarks=False)], progress=False)
    assert bare.landmarks is None


def test_arrays_from_records(tmp_path, handmade):
    handmade.write_published(tmp_path, {"0": [handmade.make_pair(s) for s in range(3)]})
    arrays = PairArrays.from_record_set(
        RecordSet(tmp_path, records_up="y"), "train", progress=False
    )
    assert len(arrays) == 3 and arrays.size == 8 and arrays.object_ids.tolist() == ["0"] * 3


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"size": 4}, "pair 1: images of"),
        ({"landmarks": False}, r"pair 1: landmarks of None; expected \(3, 3\)"),
    ],
)
def test_arrays_refuse_unlike_pairs(handmade, second, message):
    pairs = [handmade.make_pair(0), handmade.make_pair(1, **second)]
    with pytest.raises(ValueError, match=message):
        to_batch(pairs)


@pytest.mark.parametrize("count", [1, 3])
def test_arrays_refuse_another_count(handmade, count):
    pairs = [handmade.make_pair(0), handmade.make_pair(1)]
    with pytest.raises(ValueError, match="expected"):
        PairArrays.from_pairs(iter(pairs), count=count, progress=False)


@pytest.mark.parametrize("batch_size", [1, 4, 7, 25])
def test_each_pass_sees_each_pair_once(batch_size):
    steps = range(-(-30 // batch_size))
    stream = np.concatenate(
        [indices_at_step(s, count=10, batch_size=batch_size, seed=3) for s in steps]
    )
    passes = stream[:30].reshape(3, 10)
    np.testing.assert_array_equal(np.sort(passes), np.tile(np.arange(10), (3, 1)))
    assert not (passes[0] == passes[1]).all()
    other = indices_at_step(0, count=10, batch_size=10, seed=4)
    assert not (passes[0] == other).all()


def test_order_without_shuffle_and_refusals():
    got = indices_at_step(2, count=5, batch_size=3, shuffle=False)
    np.testing.assert_array_equal(got, [1, 2, 3])
    for wrong in ({"count": 0}, {"batch_size": 0}, {"step": -1}):
        with pytest.raises(ValueError, match="expected at least 1"):
            indices_at_step(**({"step": 0, "count": 5, "batch_size": 3} | wrong))
