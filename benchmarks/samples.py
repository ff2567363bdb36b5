"""Models and batches for the benchmarks of the networks.

Pictures are drawn, not rendered: no network looks at what they show before it is trained.
"""

from __future__ import annotations

import numpy as np
from keras import layers

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.discovery.config import LossConfig, ModelConfig, TrainConfig
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.schedules import constant
from keypointnet_tf.discovery.training import adam, compiles_with_xla
from keypointnet_tf.geometry import placement

FOCAL = placement.focal_length()


def published_config(
    model: ModelConfig, *, pairs: int, precision: str, train: str = "both", seed: int = 0, **changes
) -> TrainConfig:
    """The published losses without schedules, noise or zoom, and the predicted left/right bit."""
    loss = LossConfig(
        pose=constant(0.2),
        separation=constant(1.0),
        silhouette=constant(1.0),
        variance=constant(0.5),
        template=constant(0.0),
        separation_delta=0.05,
        pose_noise=constant(0.0),
        true_orientation=constant(0.0),
    )
    return TrainConfig(
        model=model,
        loss=loss,
        batch_size=pairs,
        precision=precision,
        train=train,
        zoom_jitter=0.0,
        seed=seed,
        **changes,
    )


def compiled_model(config: TrainConfig) -> PairModel:
    """A model as the trainer compiles it; a frozen OrientNet stays at its initial weights."""
    model = PairModel(config)
    optimizer = adam(config.optimizer, config.steps)
    model.compile(optimizer=optimizer, jit_compile=compiles_with_xla())
    return model


def settle(model: PairModel, batch: dict[str, np.ndarray], sharpness: float = 5.0) -> None:
    """Gives an untrained model keypoints that lie apart, as trained ones do.

    All in one place, they have no rotation, and rounding decides what Procrustes finds. Moving
    averages become the moments of the batch, and heatmap logits are multiplied by `sharpness`.
    """
    norms = [x for x in model.keypoint_net.layers if isinstance(x, layers.BatchNormalization)]
    momentum = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    model(batch, training=True)
    for norm, value in zip(norms, momentum, strict=True):
        norm.momentum = value
    kernel = model.keypoint_net.get_layer("heatmap_logits").kernel
    kernel.assign(kernel * sharpness)


def pair_arrays(pairs: int, size: int, *, seed: int = 0) -> PairArrays:
    """Discs of random colours in front of random cameras."""
    rng = np.random.default_rng(seed)
    sampling = placement.CameraSampling()
    poses = np.stack([placement.sample_pair(rng, sampling) for _ in range(pairs)])
    place = (np.arange(size) + 0.5) * 2 / size - 1
    centre = rng.uniform(-0.2, 0.2, (2, pairs, 2, 1, 1))
    disc = (place[None, None, None] - centre[0]) ** 2 + (place[:, None] - centre[1]) ** 2 < 0.4
    images = np.empty((pairs, 2, size, size, 4), np.uint8)
    images[..., :3] = rng.integers(0, 256, (pairs, 2, size, size, 3), np.uint8)
    images[..., 3] = 255 * disc
    return PairArrays(
        images=images,
        object_to_camera=poses.astype(np.float32),
        focal=np.full((pairs, 2), FOCAL, np.float32),
        landmarks=None,
        object_ids=np.array([f"disc_{number // 20}" for number in range(pairs)]),
        kinds=np.full(pairs, ""),
    )


def pair_batch(pairs: int, size: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """The batch dictionary of so many pairs."""
    return pair_arrays(pairs, size, seed=seed).batch(np.arange(pairs))
