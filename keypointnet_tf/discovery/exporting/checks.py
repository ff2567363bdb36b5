"""Does an exported file say what Keras says? Pictures to ask it of, and deviations.

Letters: N images, K keypoints, S pixels of a side.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keypointnet_tf.data.batches import over_black
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.rendered_evaluation import (
    RenderedTest,
    pair_config_of,
    render_test_pairs,
)
from keypointnet_tf.shapes.procedural import CATEGORIES

Arrays = Mapping[str, np.ndarray]

# Of 2^30 seeds of tests one that no preset has.
SEED = 2**29
OBJECTS = 6
# What OrientNet says alone. All else depends on the left/right bit.
OF_ORIENTATION = ("orient_uv", "faces_confidence")


def check_images(model: PairModel, *, objects: int = OBJECTS) -> np.ndarray:
    """Pictures like those of the training, and one of noise.

    Args:
      model: its category is rendered where it is a procedural one, else all of those.
      objects: how many, two views of each.

    Returns:
      float32 `[N, S, S, 3]` in [0, 1] over black.
    """
    category = model.info.get("category")
    names = [category] if category in CATEGORIES else list(CATEGORIES)
    each = -(-objects // len(names))
    rendered = []
    for name in names:
        test = RenderedTest(name, objects=each, pairs=1, seed=SEED)
        images = render_test_pairs(test, pair_config_of(model)).images
        rendered.append(over_black(images.reshape(-1, *images.shape[2:]))[..., :3])
    noise = np.random.default_rng(0).uniform(0, 1, (1, *rendered[0].shape[1:]))
    return np.concatenate([*rendered, noise.astype(np.float32)])


def deviations(found: Arrays, reference: Arrays) -> dict[str, dict[str, float | None]]:
    """By how much each output deviates.

    The left/right bit is a decision, and the keypoints depend on it. Where the two differ in it,
    which rounding suffices for when `u(+x)` and `u(-x)` are nearly equal, the keypoints are two
    answers to two questions: those images are left out, and counted.

    Args:
      found: outputs by name, `[N, ...]`.
      reference: the outputs that they should be; may have more.

    Returns:
      For each output of `found` the `max` and `median` absolute deviation, None where no image is
      left; under "faces_right" the `share` of the images in which the bit differs, and the largest
      `margin` |u(+x) - u(-x)| of the reference among them (NDC), 0 where there is none.

    Raises:
      ValueError: an output is not finite or has another shape than the reference.
    """
    same = np.asarray(found["faces_right"]) == np.asarray(reference["faces_right"])
    result = {}
    for name in found:
        if name == "faces_right":
            continue
        first, second = np.asarray(found[name]), np.asarray(reference[name])
        if first.shape != second.shape or not np.isfinite(first).all():
            raise ValueError(
                f"{name} has shape {first.shape}, {np.isfinite(first).mean():.0%} of it finite; "
                f"expected finite numbers of shape {second.shape}"
            )
        counted = slice(None) if name in OF_ORIENTATION else same
        distance = np.abs(first[counted].astype(np.float64) - second[counted])
        result[name] = {
            "max": float(distance.max(initial=0)),
            "median": float(np.median(distance)) if distance.size else None,
        }
    points = np.asarray(reference["orient_uv"])
    margin = np.abs(points[:, 0, 0] - points[:, 1, 0])[~same]
    result["faces_right"] = {
        "share": float((~same).mean()),
        "margin": float(margin.max(initial=0)),
    }
    return result


def check(
    found: Arrays, reference: Arrays, *, tolerance: float
) -> dict[str, dict[str, float | None]]:
    """The deviations, where all are small enough.

    The bit may differ only where the points, each at most `tolerance` away, can turn it; and it
    must be the same in at least one image, else no keypoint is checked.

    Raises:
      ValueError: they are not; the message names the output.
    """
    result = deviations(found, reference)
    for name, found_here in result.items():
        if name == "faces_right":
            if found_here["margin"] > 2 * tolerance or found_here["share"] == 1:
                raise ValueError(
                    f"faces_right differs in {found_here['share']:.0%} of the images, up to a "
                    f"margin of {found_here['margin']:.2g}; expected the same bit"
                )
        elif found_here["max"] > tolerance:
            raise ValueError(
                f"{name} deviates by {found_here['max']:.2g}; expected at most {tolerance:g}"
            )
    return result
