"""Batch normalisation by the statistics of unlabelled photos, in part or in place of its own.

What a layer normalises by, its moving mean and variance, is that of the pictures it was trained on.
Where photos look otherwise, their own statistics may fit better: AdaBN (Li et al., "Revisiting
Batch Normalization for Practical Domain Adaptation", 2016). No weight is trained and no label is
needed. Letters: B images, S image side, C channels.
"""

from __future__ import annotations

import warnings

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from keypointnet_tf.discovery import losses
from keypointnet_tf.discovery.averaging import orientations
from keypointnet_tf.discovery.config import ADAPTATION_ALPHA
from keypointnet_tf.discovery.pair_model import PairModel

# Fewer photos than these show too few objects and places to stand for what is to come.
FEW_PHOTOS = 32
LEAST_PHOTOS = 2


def share_of_photos(photos: int, source_count: float) -> float:
    """`n / (N + n)`: the alpha by which n photos weigh against training pictures that count as N.

    Schneider et al., "Improving robustness against common corruptions by covariate shift
    adaptation", 2020, equation 1, where N of 8 to 1,024 did well.

    Raises:
      ValueError: `photos` is below 1, or `source_count` is negative or not finite.
    """
    if photos < 1:
        raise ValueError(f"photos is {photos}; expected at least 1")
    if not 0 <= source_count < np.inf:
        raise ValueError(f"source_count is {source_count}; expected a finite number from 0")
    return photos / (source_count + photos)


def adapt_batch_norm(
    model: PairModel,
    images: np.ndarray,
    *,
    alpha: float = ADAPTATION_ALPHA,
    averaging: str = "full",
    batch_size: int = 16,
    progress: bool = False,
) -> PairModel:
    """A copy of a model whose batch normalisation is adapted to images.

    Each layer's moving moments, s of the source, become with t of the images (the target)::

        mean     = (1 - alpha) mean_s     + alpha mean_t
        variance = (1 - alpha) variance_s + alpha variance_t

    (Schneider et al., 2020; `share_of_photos` gives alpha of their source count N. The variance of
    a mixture would also have `alpha (1 - alpha) (mean_s - mean_t)^2`, which they leave out.) The
    target's moments are exact ones over all pixels of all images, of what reaches the layer when
    those before it are adapted already: OrientNet first, then KeypointNet with the bits that the
    adapted OrientNet gives. With `alpha` 1 the result does not depend on the moments that the model
    had, and adapting again changes nothing; between 0 and 1 each time goes further.

    Args:
      model: a trained model; left as it is.
      images: float32 `[B, S, S, 3]` in [0, 1], framed and masked as those that will be predicted.
      alpha: 0 for the training's statistics, 1 for those of the images.
      averaging: of the left/right decision; see `Predictor`.
      batch_size: images at a time; changes the result within rounding alone.
      progress: whether to show a bar over the layers.

    Returns:
      The copy; its `info` tells `adapted_to` with the number of images and alpha.

    Raises:
      ValueError: `images` has another shape, is not finite, or holds fewer than `LEAST_PHOTOS`;
        `alpha` is outside of [0, 1] or `batch_size` below 1.

    Warns:
      UserWarning: there are fewer than `FEW_PHOTOS` images.
    """
    images = _checked(images, model.train_config.model.size, alpha, batch_size)
    copy = _copy(model)
    copy.info["adapted_to"] = {"photos": len(images), "alpha": float(alpha)}
    batches = np.split(images, range(batch_size, len(images), batch_size))
    networks = (copy.orient_net, copy.keypoint_net)
    layers = sum(len(_norms(network)) for network in networks)
    with tqdm(total=layers, desc="adapt", unit="layer", disable=not progress) as bar:
        _adapt(copy.orient_net, batches, alpha, bar)
        inputs = [{"image": b, "faces_right": _bits(copy, b, averaging)} for b in batches]
        _adapt(copy.keypoint_net, inputs, alpha, bar)
    return copy


def _checked(images: np.ndarray, size: int, alpha: float, batch_size: int) -> np.ndarray:
    images = np.asarray(images, np.float32)
    if images.shape[1:] != (size, size, 3):
        raise ValueError(f"images have shape {images.shape}; expected [B, {size}, {size}, 3]")
    if len(images) < LEAST_PHOTOS:
        raise ValueError(
            f"{len(images)} photos to adapt to; expected at least {LEAST_PHOTOS}, better "
            f"{FEW_PHOTOS} or more"
        )
    if not np.isfinite(images).all():
        raise ValueError("images hold numbers that are not finite; expected values in [0, 1]")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}; expected a number in [0, 1]")
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; expected at least 1")
    if len(images) < FEW_PHOTOS:
        warnings.warn(
            f"{len(images)} photos to adapt batch normalisation to; fewer than {FEW_PHOTOS} may "
            "stand for themselves alone: check the result, or lower alpha",
            stacklevel=3,
        )
    return images


def _copy(model: PairModel) -> PairModel:
    copy = PairModel.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy


def _norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """The network's batch normalisations, in the order of the data."""
    return [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]


def _adapt(network: keras.Model, batches: list, alpha: float, bar: tqdm) -> None:
    """Adapts the layers of a network in place, one after the other."""
    for layer in _norms(network):
        moments = moments_of(keras.Model(network.input, layer.input), batches)
        for average, target in zip(
            (layer.moving_mean, layer.moving_variance), moments, strict=True
        ):
            source = ops.convert_to_numpy(average)
            average.assign((1 - alpha) * source + alpha * target.astype(np.float32))
        bar.update()


def moments_of(features: keras.Model, batches: list) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance `[C]` float64 of a network's output over all batches and pixels.

    Moments of batches are joined as in Chan, Golub & LeVeque, "Updating Formulae and a Pairwise
    Algorithm for Computing Sample Variances", 1979; the variance is divided by the count, as Keras
    has it.
    """
    count, mean, squares = 0, 0.0, 0.0
    for batch in batches:
        values = ops.cast(features(batch, training=False), "float32")
        axes = tuple(range(len(values.shape) - 1))
        here = np.asarray(ops.convert_to_numpy(ops.mean(values, axes)), float)
        spread = np.asarray(ops.convert_to_numpy(ops.var(values, axes)), float)
        number = int(np.prod(values.shape[:-1]))
        step = here - mean
        squares = squares + number * spread + step**2 * count * number / (count + number)
        mean = mean + step * number / (count + number)
        count += number
    return mean, squares / count


def _bits(model: PairModel, images: np.ndarray, averaging: str) -> np.ndarray:
    """`[B]` float32, 1 where OrientNet finds that the object faces right."""
    copies = orientations(model.orient_net, ops.convert_to_tensor(images), averaging)
    bit = losses.faces_right(ops.mean(copies, axis=1))
    return np.asarray(ops.convert_to_numpy(bit), np.float32)
