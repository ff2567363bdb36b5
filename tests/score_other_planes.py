"""Scores a plane model on the planes of `shapes/other_planes.py`, which nothing was trained on.

    python tests/score_other_planes.py --model_dir runs/demo/model --out runs/demo/other_planes

Not collected by pytest: it wants a trained model and takes a minute.
"""

import pathlib
import sys

from absl import flags

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from flags import run_script  # noqa: E402


def define(values: flags.FlagValues) -> None:
    """Adds the flags."""
    flags.DEFINE_string("model_dir", None, "Run folder of a plane model.", flag_values=values)
    flags.DEFINE_string("out", None, "Folder for the results.", flag_values=values)
    flags.DEFINE_integer("objects", 100, "Number of planes.", flag_values=values)
    flags.DEFINE_integer("pairs", 10, "Pairs of each.", flag_values=values)


def main(values: flags.FlagValues) -> None:
    """Renders, predicts, scores and prints the headline figures."""
    from keypointnet_tf.data.batches import PairArrays
    from keypointnet_tf.discovery.evaluation import export
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.scoring import headline, report_scores

    predictor = Predictor.load(values.model_dir)
    pairs = PairArrays.from_pairs(
        _pairs(values, predictor.size), count=values.objects * values.pairs
    )
    predictions = export(predictor, pairs)
    scores = report_scores(predictions, values.out)
    predictions.save(pathlib.Path(values.out) / "predictions.npz")
    print("\n".join(headline(scores)))


def _pairs(values: flags.FlagValues, size: int):
    from shapes.other_planes import generate_other_plane

    from keypointnet_tf.rendering.pairs import PairConfig, pair_rng, render_pair
    from keypointnet_tf.rendering.scene import Scene

    for number in range(values.objects):
        scene = Scene(generate_other_plane(0, number))
        for pair in range(values.pairs):
            yield render_pair(scene, pair_rng(1, number, pair), PairConfig(size=size))


if __name__ == "__main__":
    sys.exit(run_script("score_other_planes.py", __doc__, define, main))
