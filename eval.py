"""Exports predictions of a record set and scores them, or scores a predictions file again."""

import os
import pathlib
import sys

import flags
from flags import eval_flags

DESCRIPTION = """\
Exports predictions of a record set's split and scores them, or scores such a file again.

  python eval.py --model_dir runs/planes --data_dir data/planes --split test --out runs/planes/eval
  python eval.py --predictions runs/planes/eval/predictions.npz --out runs/planes/eval

Or scores on fresh procedural objects, also deformed, or looks at photos:

  python eval.py --flagfile=flags/presets/eval_synthetic.flags --shapes plane \\
    --model_dir runs/planes --out runs/planes/eval_synthetic
  python eval.py --flagfile=flags/presets/eval_photos.flags --photos 'cars/*.jpg' \\
    --model_dir runs/cars --out runs/cars/eval_photos

Writes predictions.npz, summary.json, summary.txt, per_example.csv, and pictures of the pairs."""


def main(values) -> None:
    """Scores and prints the headline figures."""
    eval_flags.check(values)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from keypointnet_tf.discovery.scoring import headline

    lines = _photos(values) if values.photos else headline(_score(values))
    print("\n".join(lines))
    print(f"written to {pathlib.Path(values.out)}")


def _score(values):
    from keypointnet_tf.discovery.protocol import load_protocol
    from keypointnet_tf.discovery.scoring import report_scores
    from keypointnet_tf.metrics.predictions import Predictions

    if not values.predictions:
        return _predict_and_score(values)
    folder = pathlib.Path(values.predictions).parent
    return report_scores(
        Predictions.load(values.predictions), values.out, protocol=load_protocol(folder)
    )


def _predict_and_score(values):
    from keypointnet_tf.data.record_set import RecordSet
    from keypointnet_tf.discovery.checkpoints import load_model
    from keypointnet_tf.discovery.evaluation import evaluate
    from keypointnet_tf.discovery.rendered_evaluation import evaluate_rendered

    same = {"batch_size": values.batch_size, "protocol": eval_flags.protocol(values)}
    if values.shapes:
        test = eval_flags.rendered_test(values)
        return evaluate_rendered(load_model(values.model_dir), test, values.out, **same)
    record_set = RecordSet(values.data_dir, records_up=values.records_up)
    return evaluate(
        load_model(values.model_dir),
        record_set,
        values.out,
        split=values.split,
        fit_objects=values.fit_objects,
        pairs=values.pairs,
        **same,
    )


def _photos(values) -> list[str]:
    from keypointnet_tf.discovery.photo_scoring import HEADLINE, evaluate_photos
    from keypointnet_tf.discovery.predictor import Predictor
    from keypointnet_tf.discovery.scoring import headline

    photos, masks, failures = eval_flags.photos_and_masks(values)
    scores = evaluate_photos(
        Predictor.load(values.model_dir),
        photos,
        masks,
        values.out,
        failures=failures,
        batch_size=values.batch_size,
        protocol=eval_flags.protocol(values),
    )
    return headline(scores, HEADLINE)


if __name__ == "__main__":
    sys.exit(flags.run_script("eval.py", DESCRIPTION, eval_flags.define, main))
