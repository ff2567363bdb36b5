"""Fine-tuning on rendered photos with known cameras: what is refused, and what is learnt from."""

import dataclasses
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from keypointnet_tf.discovery import photo_training, training
from keypointnet_tf.discovery.config import LossConfig
from keypointnet_tf.discovery.schedules import constant

ONLY_CAMERAS = LossConfig(
    orientation=constant(0.0), template=constant(0.0), true_orientation=constant(0.0)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two cars, five photos each."""
    out = tmp_path_factory.mktemp("photos")
    script = pathlib.Path(__file__).resolve().parents[2] / "examples" / "write_photo_pairs.py"
    flags = ["--objects=2", "--photos=5", "--size=32", f"--out={out}"]
    subprocess.run([sys.executable, script, *flags], check=True, capture_output=True)
    return out


def test_pairs_are_those_of_the_objects(folder, tiny):
    config = tiny.config(loss=ONLY_CAMERAS)
    data = photo_training.from_posed_photos(folder, config)
    batch = data.batches(0)[0]
    assert batch["image0"].shape == (2, 16, 16, 3)
    # The object fills much of the view and leaves its corners.
    shares = np.concatenate([batch["mask0"], batch["mask1"]]).mean((1, 2, 3))
    assert (0.05 < shares).all() and (shares < 0.7).all()
    assert set(data.validation.object_ids) == {"car_001"} and len(data.validation) == 3
    alone = photo_training.from_posed_photos(folder / "car_000", config)
    assert len(alone.validation) == 1


def test_a_run_on_photos_trains_keypoint_net_alone(folder, tiny, finished_run, tmp_path):
    config = dataclasses.replace(
        tiny.config(loss=ONLY_CAMERAS), train="keypoints", steps=2, steps_per_epoch=2
    )
    data = photo_training.from_posed_photos(folder, config)
    start = finished_run[0] / "best.keras"
    result = training.train(config, data, tmp_path, orient_weights=start, keypoint_weights=start)
    before, after = training.load_model(start), result.model
    for old, new in zip(before.orient_net.weights, after.orient_net.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(old), np.asarray(new))
    head = "heatmap_logits"
    old, new = (np.asarray(m.keypoint_net.get_layer(head).kernel) for m in (before, after))
    assert (old != new).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"template": constant(1.0)}, "expected weight 0 for template"),
        ({"orientation": constant(1.0)}, "expected weight 0 for orientation"),
        ({"true_orientation": constant(0.5)}, "true_orientation 0"),
    ],
)
def test_losses_that_need_the_object_frame_are_refused(folder, tiny, changes, message):
    loss = dataclasses.replace(ONLY_CAMERAS, **changes)
    with pytest.raises(ValueError, match=message):
        photo_training.from_posed_photos(folder, tiny.config(loss=loss))


def test_a_folder_without_transforms_is_named(tmp_path):
    with pytest.raises(ValueError, match="no transforms.json"):
        photo_training.object_folders(tmp_path)
