"""Evaluation on procedural objects that no training has seen, rendered in memory.

A test is a function of its settings and the model's image size and camera: the same seed gives
every model of one size the same pictures, and a deformed test the objects, cameras and lights of
the one without. Letters: N pairs.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import numpy as np

from keypointnet_tf.data.batches import PairArrays
from keypointnet_tf.data.domain_randomization import Randomizer
from keypointnet_tf.data.pair_source import DeformedObjects, PairSource, ProceduralObjects
from keypointnet_tf.discovery.evaluation import export, save_and_score
from keypointnet_tf.discovery.pair_model import PairModel
from keypointnet_tf.discovery.predictor import Predictor
from keypointnet_tf.discovery.protocol import Protocol
from keypointnet_tf.metrics.bootstrap import Resampling
from keypointnet_tf.metrics.predictions import Predictions
from keypointnet_tf.metrics.summary import Scores, score
from keypointnet_tf.rendering.pairs import PairConfig
from keypointnet_tf.shapes.deformation import Deformation
from keypointnet_tf.shapes.mesh import Mesh
from keypointnet_tf.viz.report_data import MadeBy

# Objects are drawn with seeds that neither `render.py` with a small --seed nor training uses, and
# those on which the map to landmarks is fitted with others again.
TEST_SEED, FIT_SEED = 3 * 2**30, 4 * 2**30
FIT_PAIRS = 10


@dataclasses.dataclass(frozen=True)
class RenderedTest:
    """What is rendered.

    Attributes:
      category: "plane", "car" or "chair".
      objects: test objects.
      pairs: view pairs of each.
      fit_objects: further objects, never deformed, on which the map to landmarks is fitted.
      seed: tells tests apart; below 2^30.
      deformation: of the test objects, None for none.

    Raises:
      ValueError: a number is out of range.
    """

    category: str
    objects: int = 120
    pairs: int = 10
    fit_objects: int = 200
    seed: int = 0
    deformation: Deformation | None = None

    def __post_init__(self) -> None:
        for name in ("objects", "pairs", "fit_objects"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; expected at least 1")
        if not 0 <= self.seed < 2**30:
            raise ValueError(f"seed is {self.seed}; expected 0 to {2**30 - 1}")

    def mesh_at(self) -> Callable[[int], Mesh]:
        """Number to mesh of the test objects."""
        objects = ProceduralObjects(self.category, TEST_SEED + self.seed)
        return objects if self.deformation is None else DeformedObjects(objects, self.deformation)

    def settings(self) -> dict:
        """Plain JSON values, for `Protocol`."""
        return dataclasses.asdict(self)


def pair_config_of(model: PairModel) -> PairConfig:
    """Pairs of the model's image size, seen by the camera of its training data."""
    config = PairConfig(size=model.train_config.model.size)
    sampling = config.sampling
    if "distance" in model.info:
        sampling = dataclasses.replace(sampling, distance=float(model.info["distance"]))
    degrees = config.field_of_view_degrees
    if "focal" in model.info:
        degrees = float(np.degrees(2 * np.arctan(1 / model.info["focal"])))
    return dataclasses.replace(config, sampling=sampling, field_of_view_degrees=degrees)


def render_test_pairs(test: RenderedTest, config: PairConfig) -> PairArrays:
    """The N = objects x pairs test pairs, object by object."""
    return _render(test.mesh_at(), test.objects, test.pairs, TEST_SEED + test.seed, config, "test")


def render_fit_pairs(test: RenderedTest, config: PairConfig) -> PairArrays:
    """Pairs of the objects on which the map to landmarks is fitted, at most 10 of each."""
    seed, pairs = FIT_SEED + test.seed, min(test.pairs, FIT_PAIRS)
    objects = ProceduralObjects(test.category, seed)
    return _render(objects, test.fit_objects, pairs, seed, config, "fit")


def _render(
    mesh_at: Callable[[int], Mesh],
    objects: int,
    pairs: int,
    seed: int,
    config: PairConfig,
    name: str,
) -> PairArrays:
    source = PairSource(
        mesh_at, 1, config=config, seed=seed, steps_per_object=pairs, cached_scenes=1
    )
    rendered = (pair for step in range(objects * pairs) for pair in source.pairs(step))
    return PairArrays.from_pairs(rendered, count=objects * pairs, description=f"render {name}")


def predict_rendered(
    predictor: Predictor,
    test: RenderedTest,
    *,
    batch_size: int = 32,
    change: Randomizer | None = None,
) -> Predictions:
    """Renders both sets of pairs and predicts them."""
    from keypointnet_tf.shapes.procedural import CATEGORIES

    if test.category not in CATEGORIES:
        raise ValueError(f"category is {test.category!r}; expected one of {', '.join(CATEGORIES)}")
    config = pair_config_of(predictor.model)
    return export(
        predictor,
        render_test_pairs(test, config),
        render_fit_pairs(test, config),
        landmark_names=CATEGORIES[test.category].landmark_names,
        symmetric_pairs=CATEGORIES[test.category].symmetric_pairs,
        batch_size=batch_size,
        change=change,
    )


# 50 pairs on which models of the package are scored again and again: their seed is nothing else's.
FIXED_OBJECTS, FIXED_PAIRS, FIXED_SEED = 25, 2, 50


def score_fixed_pairs(model: PairModel) -> dict[str, float]:
    """Figures on 50 pairs of 25 objects of the model's category, always the same ones.

    Returns:
      `fixed_angular_error_mean_deg`, `fixed_angular_error_median_deg`,
      `fixed_orientation_accuracy` and `fixed_on_object_share`.
    """
    test = RenderedTest(
        model.info["category"], objects=FIXED_OBJECTS, pairs=FIXED_PAIRS, seed=FIXED_SEED
    )
    pairs = render_test_pairs(test, pair_config_of(model))
    summary = score(export(Predictor(model), pairs), Resampling(resamples=0)).summary
    names = ("angular_error_mean_deg", "angular_error_median_deg")
    names += ("orientation_accuracy", "on_object_share")
    return {f"fixed_{name}": round(float(summary[name]), 4) for name in names}


def evaluate_rendered(
    predictor: Predictor,
    test: RenderedTest,
    out_dir: str | os.PathLike,
    *,
    batch_size: int = 32,
    change: Randomizer | None = None,
    resampling: Resampling | None = None,
    made_by: MadeBy | None = None,
    protocol: Protocol | None = None,
) -> Scores:
    """Renders, predicts and scores a test; writes what `evaluate` writes for records.

    Args:
      predictor: a trained model.
      test: what is rendered.
      out_dir: folder of the results.
      batch_size: pairs predicted at a time.
      change: see `evaluation.export`.
      resampling: how the intervals are made; None: the default.
      made_by: what made the model, for the report.
      protocol: its settings are replaced by those of `test`.

    Raises:
      ValueError: the category is unknown, or a library for the deformation is missing.
    """
    predictions = predict_rendered(predictor, test, batch_size=batch_size, change=change)
    protocol = dataclasses.replace(protocol or Protocol(), settings=test.settings())
    return save_and_score(
        predictions, out_dir, resampling=resampling, made_by=made_by, protocol=protocol
    )
