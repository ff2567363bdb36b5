"""Descriptors: a unit vector for each keypoint, by which keypoints of two photos are matched.

The head takes the trunk's expected features under each keypoint's heatmap through two dense layers.
Features are pooled first and mapped then: that is K vectors an image instead of H x W, and the two
layers cost nothing. A single linear layer tells far fewer keypoints apart (docs/descriptors.md).
Neither the features nor the heatmaps get a gradient from it: keypoints are where they are without.
Letters: B pairs, V = 2B views of a view batch, K keypoints, D numbers of a descriptor, C channels,
H W cells.
"""

from __future__ import annotations

from keras import layers, ops

from keypointnet_tf.discovery import views
from keypointnet_tf.discovery.trunk import glorot

HEAD = ("descriptor_hidden", "descriptor_vector")
HIDDEN = 128
_NEVER = 1e9


def unit_descriptors(features, heatmap, dimension: int, *, seeds=None):
    """The descriptor head: expected features under each heatmap, two layers, unit length.

    Args:
      features: `[B, H, W, C]` of the trunk, in any float type.
      heatmap: `[B, H, W, K]`, each map summing to 1.
      dimension: D.
      seeds: `keras.random.SeedGenerator` of the initial weights, or None.

    Returns:
      `[B, K, D]` float32 unit vectors.
    """
    features, heatmap = (ops.stop_gradient(x) for x in (features, heatmap))
    pooled = ops.einsum("bhwk,bhwc->bkc", heatmap, ops.cast(features, "float32"))

    def dense(size: int, name: str):
        return layers.Dense(size, dtype="float32", kernel_initializer=glorot(seeds), name=name)

    hidden = dense(HIDDEN, HEAD[0])(pooled)
    hidden = layers.LeakyReLU(negative_slope=0.1, dtype="float32", name="descriptor_act")(hidden)
    vectors = dense(dimension, HEAD[1])(hidden)
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + 1e-12)


def contrastive_loss(descriptors, temperature: float):
    """InfoNCE over the batch: keypoint k is to be like keypoint k in every other view.

    An anchor `(v, k)` has the positives `(w, k)`, `w != v`: the other view of its pair, and both
    views of the other pairs. Its negatives are all `(w, l)`, `l != k`, of its own view too. With
    similarities `s = a . b / temperature` each positive p gives
    `-log(exp(s_p) / (exp(s_p) + sum_n exp(s_n)))`, averaged over positives, then over k
    (van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018,
    eq. 4). Positives are taken one by one as in `L_out` of Khosla et al., "Supervised Contrastive
    Learning", NeurIPS 2020, but the others are not in the denominator, so that perfect descriptors
    come near 0.

    Args:
      descriptors: `[V, K, D]` unit vectors of a view batch.
      temperature: above 0.

    Returns:
      `[B]`, averaged over the two views of each pair. The views of one call are contrasted: of
      several TensorFlow replicas or parts of a batch each has its own.
    """
    count = descriptors.shape[1]
    others = ops.cast(ops.shape(descriptors)[0] - 1, "float32")
    all_pairs = ops.einsum("vkd,wld->vkwl", descriptors, descriptors) / temperature
    same_index = ops.reshape(ops.eye(count), (1, count, 1, count))
    negatives = ops.logsumexp(all_pairs - _NEVER * same_index, axis=(2, 3))
    positives = ops.einsum("vkd,wkd->vkw", descriptors, descriptors) / temperature
    itself = ops.sum(ops.square(descriptors), axis=-1) / temperature
    # softplus(n - p) = -log(exp(p) / (exp(p) + exp(n))); the anchor itself is no positive.
    every = ops.sum(ops.softplus(negatives[..., None] - positives), axis=-1)
    per_view = ops.mean((every - ops.softplus(negatives - itself)) / others, axis=-1)
    return sum(views.split(per_view)) / 2


def check_dimension(dimension: int) -> None:
    """Raises ValueError where descriptors of that many numbers cannot tell keypoints apart."""
    if dimension < 0 or dimension == 1:
        raise ValueError(f"descriptor is {dimension}; expected 0 for none, or at least 2")
