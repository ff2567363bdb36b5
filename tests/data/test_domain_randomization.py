"""Randomised batches: functions of (seed, step), exact in geometry, each part by itself."""

import dataclasses
import pickle

import numpy as np
import pytest

from keypointnet_tf.data.array_dataset import ArrayDataset, ArraySweep
from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.domain_randomization import DomainRandomization, Randomizer

SIZE = 16
ALL = DomainRandomization(
    background=1.0,
    recolor=1.0,
    shift=0.1,
    roll=10.0,
    occlusion=0.5,
    exposure=0.5,
    warmth=0.2,
    contrast=0.2,
    blur=0.05,
    noise=0.05,
    jpeg=0.5,
)
BANK = np.random.default_rng(9).integers(100, 256, (5, 24, 24, 3), np.uint8)


@pytest.fixture
def arrays(handmade):
    """Six pairs of a grey square in the middle with a half transparent rim."""
    pairs = [handmade.make_pair(s, size=SIZE) for s in range(6)]
    arrays = PairArrays.from_pairs(pairs, progress=False)
    arrays.images[:] = 0
    arrays.images[:, :, 4:12, 4:12] = [100, 100, 100, 128]
    arrays.images[:, :, 5:11, 5:11, 3] = 255
    return arrays


@pytest.fixture
def batch(arrays):
    return arrays.batch(np.arange(6), alpha=True)


def randomizer(settings=ALL, **changes):
    return Randomizer(dataclasses.replace(settings, **changes), SIZE, bank=BANK)


def only(**settings):
    return Randomizer(DomainRandomization(**settings), SIZE, bank=BANK)


def test_a_function_of_seed_and_step(batch):
    first, second = randomizer()(batch, 3), randomizer()(batch, 3)
    other = randomizer()(batch, 4)
    assert set(first) == {name for name in batch if not name.startswith("alpha")}
    for name, value in first.items():
        assert value.dtype == np.float32 and value.shape == batch[name].shape
        np.testing.assert_array_equal(value, second[name])
    assert (first["image0"] != other["image0"]).any()
    assert 0 <= first["image0"].min() and first["image0"].max() <= 1
    assert (first["image0"] != first["image1"]).any()


def test_nothing_asked_changes_nothing(batch):
    assert not DomainRandomization().active and ALL.active
    same = only()(batch, 0)
    for name, value in same.items():
        np.testing.assert_array_equal(value, batch[name])


def test_a_background_is_behind_and_mixes_at_the_rim(batch):
    found = only(background=1.0)(batch, 0)
    for view in (0, 1):
        image, before = found[f"image{view}"], batch[f"image{view}"]
        np.testing.assert_array_equal(image[:, 5:11, 5:11], before[:, 5:11, 5:11])
        assert image[:, :4].min() >= 100 / 255
        rim, alpha = image[:, 4, 4:12], np.float32(128 / 255)
        assert (rim >= before[:, 4, 4:12] + (1 - alpha) * 100 / 255 - 1e-6).all()
        assert (rim <= before[:, 4, 4:12] + (1 - alpha) + 1e-6).all()
        np.testing.assert_array_equal(found[f"mask{view}"], batch[f"mask{view}"])


def test_a_share_of_the_views_stays_over_black(batch):
    black = [
        (only(background=0.5)(batch, step)[f"image{view}"][:, 0, 0] == 0).all(-1)
        for step in range(40)
        for view in (0, 1)
    ]
    assert 0.4 < np.mean(black) < 0.6


def test_both_views_of_a_pair_take_one_color(batch):
    colored = batch["image0"] * np.array([1, 0.5, 0.2], np.float32)
    batch = {**batch, "image0": colored, "image1": colored}
    found = only(recolor=1.0)(batch, 0)
    np.testing.assert_allclose(found["image0"], found["image1"], atol=1e-6)
    inside = found["image0"][:, 8, 8]
    assert len({tuple(color) for color in inside.round(4).tolist()}) == 6
    assert (found["image0"][:, 0] == 0).all()


def test_crops_move_with_their_cameras(batch):
    found = only(shift=0.2, roll=5.0)(batch, 0)
    place = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    for view in (0, 1):
        before, after = batch[f"object_to_camera{view}"], found[f"object_to_camera{view}"]
        rotation = after[:, :3, :3] @ before[:, :3, :3].swapaxes(1, 2)
        focal = batch[f"focal{view}"][:, None]
        ray = rotation @ np.array([0, 0, -1.0])
        moved = -focal * ray[:, :2] / ray[:, 2:]
        mask = found[f"mask{view}"][..., 0]
        total = mask.sum((1, 2))
        u, v = (mask.sum(1) * place).sum(1) / total, -(mask.sum(2) * place).sum(1) / total
        np.testing.assert_allclose(np.stack([u, v], 1), moved, atol=0.02)
        assert np.abs(moved).max() > 0.1


def test_a_patch_hides_and_the_mask_stays(batch):
    found = only(occlusion=1.0)(batch, 1)
    changed = (found["image0"] != batch["image0"]).any(-1).mean((1, 2))
    assert (changed > 0).mean() > 0.8 and changed.max() < 0.4
    np.testing.assert_array_equal(found["mask0"], batch["mask0"])


@pytest.mark.parametrize("part", ["exposure", "warmth", "contrast", "blur", "noise", "jpeg"])
def test_each_fault_changes_pictures_and_nothing_else(batch, part):
    found = only(**{part: 0.5})(batch, 0)
    assert (found["image0"] != batch["image0"]).any()
    for name in set(found) - {"image0", "image1"}:
        np.testing.assert_array_equal(found[name], batch[name])


def test_it_pickles_for_render_workers(batch):
    copy = pickle.loads(pickle.dumps(randomizer()))
    np.testing.assert_array_equal(copy(batch, 5)["image0"], randomizer()(batch, 5)["image0"])


def test_data_sets_hand_it_their_steps(arrays):
    steps = []

    def note(batch, step):
        steps.append(step)
        assert batch["alpha0"].shape == (2, SIZE, SIZE, 1)
        return randomizer()(batch, step)

    assert "alpha0" not in ArrayDataset(arrays, batch_size=2, first_step=7, change=note)[1]
    sweep = ArraySweep(arrays, batch_size=2, change=note)
    assert "alpha0" not in sweep[2]
    assert steps == [8, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"background": 1.1}, "background is 1.1; expected a share"),
        ({"roll": -1.0}, "roll is -1.0; expected at least 0"),
        ({"jpeg": float("nan")}, "jpeg is nan"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DomainRandomization(**settings)


def test_a_missing_folder_is_named(tmp_path):
    settings = DomainRandomization(background=1, background_folder=str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="nowhere"):
        Randomizer(settings, 8)
